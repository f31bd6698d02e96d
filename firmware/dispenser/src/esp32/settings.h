// What a person tells the board once: the house's Wi-Fi, where the platform is, who
// the board is. Kept in the first NVS partition, apart from the journal; the start-up
// code may erase it, and then the portal comes back.
#pragma once

#include "../mqtt/claim.h"
#include "../mqtt/session.h"

namespace yaguts {

struct Settings {
  char ssid[33] = "";
  char wifi_password[65] = "";
  BrokerAddress broker;
  BrokerAddress last_good;
  Credential credential;
  // PEM of the authority that signed the broker's certificate; not empty: TLS. 2 KiB holds an RSA-4096 one.
  char ca[2049] = "";

  bool has_wifi() const { return ssid[0] != 0 && broker.host[0] != 0; }
  bool provisioned() const { return has_wifi() && credential.password[0] != 0; }
};

/** What flash holds; fields that are not there stay empty. */
void load_settings(Settings& settings);
/** Dispense task only, no motor running. False: some of it is not in flash. */
bool save_settings(const Settings& settings);
bool save_last_good(const BrokerAddress& address);
bool erase_settings();

}  // namespace yaguts
