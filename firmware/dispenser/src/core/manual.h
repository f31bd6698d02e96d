// Motor commands outside a job: prime, calibrate (one run) and clean (pulses). One at a time.
#pragma once

#include "config.h"
#include "messages.h"
#include "ports.h"

namespace yaguts {

class Manual {
 public:
  Manual(Actuator& actuator, Clock& clock) : actuator_(actuator), clock_(clock) {}

  // Checks against the frasco's limits without moving anything. none: start() may follow.
  static contract::CommandRefusal check(contract::Command op, const Order& order, const Config& config);

  // Output on. False: the relay did not take.
  bool start(contract::Command op, const Order& order);

  enum class Step : uint8_t { running, done, failed };
  Step tick();
  // Outputs off, nothing more to come.
  void stop();

  const char* id() const { return id_; }
  uint8_t frasco() const { return frasco_; }
  uint32_t ran_ms() const { return ran_ms_; }

 private:
  bool pulse();

  Actuator& actuator_;
  Clock& clock_;
  char id_[kIdBytes] = "";
  uint8_t frasco_ = 0;
  uint32_t on_ms_ = 0;
  uint32_t off_ms_ = 0;
  uint32_t pulses_left_ = 0;
  bool on_ = false;
  uint64_t since_ = 0;
  uint32_t ran_ms_ = 0;  // all pulses so far
};

}  // namespace yaguts
