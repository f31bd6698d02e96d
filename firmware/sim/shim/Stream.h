// Arduino's Stream: a Print that can also be read without blocking.
#pragma once

#include "Print.h"

class Stream : public Print {
public:
  virtual int available() = 0; // bytes that read() would return at once
  virtual int read() = 0;      // next byte, or -1
  virtual int peek() = 0;
};
