#include "wifi.h"

#include <Arduino.h>
#include <WiFi.h>
#include <esp_random.h>
#include <mdns.h>

#include <cstdio>

namespace yaguts {

namespace {

// The driver's own reconnecting gives up on some answers of an access point that is restarting.
constexpr unsigned long kWifiPatienceMs = 30000;
constexpr uint32_t kMdnsMs = 2000;
constexpr size_t kMdnsAnswers = 4;

}  // namespace

void ChipNetwork::begin() {
  WiFi.persistent(false);  // or the driver writes flash on its own, motor or not
  WiFi.setHostname(settings_.credential.device[0] != 0 ? settings_.credential.device : "yaguts");  // before mode
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  if (settings_.ssid[0] != 0) WiFi.begin(settings_.ssid, settings_.wifi_password);
  configTime(0, 0, "pool.ntp.org");
}

bool ChipNetwork::network_up() {
  if (WiFi.status() == WL_CONNECTED) {
    down_since_ = millis();
    return true;
  }
  if (millis() - down_since_ > kWifiPatienceMs) {
    down_since_ = millis();
    WiFi.begin(settings_.ssid, settings_.wifi_password);
  }
  return false;
}

uint32_t ChipNetwork::random() { return esp_random(); }

void ChipNetwork::print(const char* line) { Serial.println(line); }

bool ChipNetwork::discover(BrokerAddress& found) {
  if (motors_.output_on()) return false;
  if (!mdns_begun_) mdns_begun_ = mdns_init() == ESP_OK;
  if (!mdns_begun_) return false;
  mdns_result_t* answers = nullptr;
  if (mdns_query_ptr("_mqtt", "_tcp", kMdnsMs, kMdnsAnswers, &answers) != ESP_OK) return false;
  bool taken = false;
  for (const mdns_result_t* answer = answers; answer != nullptr && !taken; answer = answer->next) {
    for (const mdns_ip_addr_t* place = answer->addr; place != nullptr && !taken; place = place->next) {
      if (place->addr.type != ESP_IPADDR_TYPE_V4) continue;
      const esp_ip4_addr_t& ip = place->addr.u_addr.ip4;
      snprintf(found.host, sizeof found.host, IPSTR, IP2STR(&ip));
      found.port = answer->port;
      taken = true;
    }
  }
  mdns_query_results_free(answers);
  return taken;
}

void ChipNetwork::remember(const BrokerAddress& good) {
  if (!handover_.free()) return;  // next time
  handover_.address = good;
  handover_.ask(Wish::kSaveAddress);
}

}  // namespace yaguts
