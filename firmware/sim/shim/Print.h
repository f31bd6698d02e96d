// Arduino's Print: where bytes go.
#pragma once

#include <stddef.h>
#include <stdint.h>

class Print {
public:
  virtual ~Print() = default;
  virtual size_t write(uint8_t byte) = 0;
  virtual size_t write(const uint8_t* bytes, size_t size)
  {
    size_t written = 0;
    while (written < size && write(bytes[written]) == 1)
      ++written;
    return written;
  }
  virtual void flush() {}
};
