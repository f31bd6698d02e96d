#include "settings.h"

#include <Preferences.h>

#include <cstring>

namespace yaguts {

namespace {

constexpr char kNamespace[] = "yaguts";

// Preferences tells a failed put from a good one by 0 alone, and an empty text is 0 bytes long.
bool put_text(Preferences& flash, const char* key, const char* value) {
  if (value[0] == 0) return !flash.isKey(key) || flash.remove(key);
  return flash.putString(key, value) == strlen(value);
}

template <size_t kSize>
void get_text(Preferences& flash, const char* key, char (&out)[kSize]) {
  if (!flash.isKey(key) || flash.getString(key, out, kSize) == 0) out[0] = 0;
}

bool put_address(Preferences& flash, const char* host_key, const char* port_key, const BrokerAddress& address) {
  return put_text(flash, host_key, address.host) && flash.putUShort(port_key, address.port) != 0;
}

void get_address(Preferences& flash, const char* host_key, const char* port_key, BrokerAddress& address) {
  get_text(flash, host_key, address.host);
  address.port = flash.getUShort(port_key, 0);
}

}  // namespace

void load_settings(Settings& settings) {
  Preferences flash;
  if (!flash.begin(kNamespace, true)) return;
  get_text(flash, "ssid", settings.ssid);
  get_text(flash, "wifi", settings.wifi_password);
  get_address(flash, "host", "port", settings.broker);
  get_address(flash, "good_host", "good_port", settings.last_good);
  get_text(flash, "org", settings.credential.org);
  get_text(flash, "device", settings.credential.device);
  get_text(flash, "password", settings.credential.password);
  get_text(flash, "ca", settings.ca);
  flash.end();
}

bool save_settings(const Settings& settings) {
  Preferences flash;
  if (!flash.begin(kNamespace, false)) return false;
  const bool saved = put_text(flash, "ssid", settings.ssid) && put_text(flash, "wifi", settings.wifi_password) &&
                     put_address(flash, "host", "port", settings.broker) &&
                     put_address(flash, "good_host", "good_port", settings.last_good) &&
                     put_text(flash, "org", settings.credential.org) &&
                     put_text(flash, "device", settings.credential.device) &&
                     put_text(flash, "ca", settings.ca) &&
                     // Last: a board is provisioned once it has its password.
                     put_text(flash, "password", settings.credential.password);
  flash.end();
  return saved;
}

bool save_last_good(const BrokerAddress& address) {
  Preferences flash;
  if (!flash.begin(kNamespace, false)) return false;
  const bool saved = put_address(flash, "good_host", "good_port", address);
  flash.end();
  return saved;
}

bool erase_settings() {
  Preferences flash;
  if (!flash.begin(kNamespace, false)) return false;
  const bool erased = flash.clear();
  flash.end();
  return erased;
}

}  // namespace yaguts
