// Wi-Fi as the session sees it: up or not, chance, and who in the house is a broker.
#pragma once

#include "../mqtt/session.h"
#include "handover.h"
#include "relay_actuator.h"

namespace yaguts {

class ChipNetwork : public SessionHost {
 public:
  ChipNetwork(const Settings& settings, Handover& handover, const RelayActuator& motors)
      : settings_(settings), handover_(handover), motors_(motors) {}

  // Net task, once. Begins to connect and asks the house's or the internet's time; waits for neither.
  void begin();

  bool network_up() override;
  uint32_t random() override;
  void print(const char* line) override;
  // Asks for _mqtt._tcp for 2 s. Not while a motor runs: mDNS writes nothing, but its answers come in
  // bursts of interrupts.
  bool discover(BrokerAddress& found) override;
  void remember(const BrokerAddress& good) override;

 private:
  const Settings& settings_;
  Handover& handover_;
  const RelayActuator& motors_;
  bool mdns_begun_ = false;
  unsigned long down_since_ = 0;
};

}  // namespace yaguts
