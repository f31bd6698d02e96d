// Arduino's IPAddress, four octets; nothing in the sim speaks IPv6.
#pragma once

#include <stdint.h>

class IPAddress {
public:
  IPAddress() = default;
  IPAddress(uint8_t a, uint8_t b, uint8_t c, uint8_t d) : octets_{a, b, c, d} {}
  uint8_t operator[](int index) const { return octets_[index]; }
  uint8_t& operator[](int index) { return octets_[index]; }

private:
  uint8_t octets_[4] = {0, 0, 0, 0};
};
