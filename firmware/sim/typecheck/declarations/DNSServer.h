#pragma once
#include <WiFi.h>
class DNSServer {
 public:
  bool start(const uint16_t& port, const String& domain, const IPAddress& address);
  void processNextRequest();
  void stop();
};
