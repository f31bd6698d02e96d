// The set-up portal: a Wi-Fi network of the board's own with one page that asks for
// SSID, password, the platform's address and the claim code. Lives in the net task, so
// a job that was running before goes on pouring while somebody types.
#pragma once

#include <Arduino.h>
#include <DNSServer.h>
#include <WebServer.h>

#include "handover.h"

namespace yaguts {

class Portal {
 public:
  // plain, secure: closed sockets to claim through. hw: for the claim.
  Portal(Settings& settings, Handover& handover, Client& plain, Client& secure, const char* hw)
      : settings_(settings), handover_(handover), plain_(plain), secure_(secure), hw_(hw) {}

  void open();
  bool is_open() const { return open_; }
  // Every few milliseconds. Blocks only after somebody has sent the form: up to 20 s for the Wi-Fi,
  // 13 s for the claim.
  void turn();

 private:
  void show_form();
  void take_form();
  // Tries what was typed; empty, or what a person should know.
  const char* try_out(const String& code);
  void page(const char* notice);

  Settings& settings_;  // what works goes here and, through the handover, into flash
  Handover& handover_;
  Client& plain_;
  Client& secure_;
  const char* hw_;
  WebServer server_{80};
  DNSServer dns_;
  Settings typed_;
  bool open_ = false;
  bool submitted_ = false;
  String code_;
  const char* notice_ = "";
};

// host or host:port; 8883 when a CA is given, 1883 otherwise. False: not an address.
bool read_address(const char* typed, bool secure, BrokerAddress& address);

}  // namespace yaguts
