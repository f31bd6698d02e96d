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
  // settings: what holds now. hw: for the claim.
  Portal(const Settings& settings, Handover& handover, const char* hw)
      : settings_(settings), handover_(handover), hw_(hw) {}

  void open();
  // On a board that is set up already it closes by itself after ten minutes: its network has no password.
  void close();
  bool is_open() const { return open_; }
  // Every few milliseconds. Blocks only after somebody has sent the form: up to 20 s for the Wi-Fi,
  // 13 s for the claim.
  void turn();

 private:
  void add_routes();
  void show_form();
  void take_form();
  // Tries what was typed; empty, or what a person should know.
  const char* try_out(const String& code);
  void page(const char* notice);

  const Settings& settings_;
  Handover& handover_;  // what works goes into flash through it
  const char* hw_;
  WebServer server_{80};
  DNSServer dns_;
  Settings typed_;
  bool open_ = false;
  unsigned long opened_at_ = 0;
  bool routed_ = false;
  bool submitted_ = false;
  String code_;
  const char* notice_ = "";
};

}  // namespace yaguts
