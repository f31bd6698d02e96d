#include "broker_address.h"

#include <cstdlib>
#include <cstring>

namespace yaguts {

bool read_address(const char* typed, bool secure, BrokerAddress& address) {
  const char* colon = strrchr(typed, ':');
  const size_t size = colon != nullptr ? static_cast<size_t>(colon - typed) : strlen(typed);
  if (size == 0 || size >= sizeof address.host) return false;
  for (size_t i = 0; i < size; ++i) {
    const char c = typed[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-')) return false;
  }
  long port = secure ? 8883 : 1883;
  if (colon != nullptr) {
    char* end = nullptr;
    port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != 0 || port < 1 || port > 65535) return false;
  }
  memcpy(address.host, typed, size);
  address.host[size] = 0;
  address.port = static_cast<uint16_t>(port);
  return true;
}

}  // namespace yaguts
