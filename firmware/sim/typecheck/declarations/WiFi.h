#pragma once
#include <Arduino.h>
#include <IPAddress.h>

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3, WL_DISCONNECTED = 6 };
enum wifi_mode_t { WIFI_OFF = 0, WIFI_STA = 1, WIFI_AP = 2, WIFI_AP_STA = 3 };
class PrintableAddress : public IPAddress {
 public:
  String toString() const;
};
class WiFiClass {
 public:
  void persistent(bool on);
  bool mode(wifi_mode_t mode);
  bool setAutoReconnect(bool on);
  bool setHostname(const char* name);
  wl_status_t begin(const char* ssid, const char* password);
  wl_status_t status();
  int8_t RSSI();
  bool softAP(const char* ssid, const char* password = nullptr);
  bool softAPdisconnect(bool radio_off = false);
  PrintableAddress softAPIP();
};
extern WiFiClass WiFi;
