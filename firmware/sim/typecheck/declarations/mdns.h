#pragma once
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"

#define ESP_IPADDR_TYPE_V4 0U
struct esp_ip4_addr_t { uint32_t addr; };
struct esp_ip_addr_t {
  union { esp_ip4_addr_t ip4; } u_addr;
  uint8_t type;
};
#define IPSTR "%d.%d.%d.%d"
#define IP2STR(ip) static_cast<int>((ip)->addr & 0xff), static_cast<int>((ip)->addr >> 8 & 0xff), \
                   static_cast<int>((ip)->addr >> 16 & 0xff), static_cast<int>((ip)->addr >> 24 & 0xff)
struct mdns_ip_addr_t {
  esp_ip_addr_t addr;
  mdns_ip_addr_t* next;
};
struct mdns_result_t {
  mdns_result_t* next;
  char* instance_name;
  char* hostname;
  uint16_t port;
  mdns_ip_addr_t* addr;
};
esp_err_t mdns_init();
esp_err_t mdns_query_ptr(const char* service, const char* proto, uint32_t timeout_ms, size_t max_results,
                         mdns_result_t** results);
void mdns_query_results_free(mdns_result_t* results);
