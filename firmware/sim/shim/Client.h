// Arduino's abstract Client: a stream socket. The signatures are Arduino's, so
// that a class written against them compiles on the ESP32 unchanged.
#pragma once

#include "IPAddress.h"
#include "Stream.h"

class Client : public Stream {
public:
  virtual int connect(IPAddress address, uint16_t port) = 0; // 1 = connected
  virtual int connect(const char* host, uint16_t port) = 0;
  size_t write(uint8_t byte) override = 0;
  size_t write(const uint8_t* bytes, size_t size) override = 0;
  int available() override = 0;
  int read() override = 0;
  virtual int read(uint8_t* bytes, size_t size) = 0;
  int peek() override = 0;
  void flush() override = 0;
  virtual void stop() = 0;
  virtual uint8_t connected() = 0; // also true while unread bytes wait
  virtual operator bool() = 0;
};
