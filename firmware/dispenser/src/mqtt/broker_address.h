// Where a broker is, and how a person writes that down.
#pragma once

#include <cstdint>

namespace yaguts {

// 64 characters: a label of a host name has at most 63, an IPv4 text 15.
struct BrokerAddress {
  char host[65] = "";
  uint16_t port = 0;
};

// "host" or "host:port"; without a port 8883 when secure, else 1883. False, and `address` untouched, for
// anything that is neither a host name nor an IPv4 address.
bool read_address(const char* typed, bool secure, BrokerAddress& address);

}  // namespace yaguts
