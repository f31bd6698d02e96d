// Motors that only write down what they would have done. The ledger lies outside
// the flash and is only ever appended to, so it is the oracle for a killed
// process: no (seq, item) may START twice.
//
//   START seq job item frasco ms boot
//   STOP seq job item ran
//
// seq 0: prime, clean, calibrate. Times are device time.
#pragma once

#include <signal.h>

#include <functional>
#include <string>

#include "../dispenser/src/core/dispenser.h"
#include "../dispenser/src/core/ports.h"
#include "options.h"

namespace yaguts {

class LedgerActuator : public Actuator {
 public:
  LedgerActuator(Clock& clock, const Options& options) : clock_(clock), options_(options) {}
  ~LedgerActuator() override;

  // False with a sentence in `fault`.
  bool open(std::string& fault);
  // Whose motors these are; before the first start.
  void belongs_to(const Dispenser& dispenser) { dispenser_ = &dispenser; }

  // Called with the item when its motor goes on: the moment at which faults are due.
  std::function<void(uint8_t item_ordem)> when_started;

  bool start(uint8_t frasco, uint32_t ms) override;
  void stop_all() override;
  bool running() override;
  uint32_t ran_ms() override;
  bool empty(uint8_t frasco) override;
  bool stop_pressed() override;
  bool pin_allowed(uint8_t pin) override { return pin < 40; }
  bool assign(uint8_t, uint8_t) override { return true; }

 private:
  void settle(uint32_t ran);
  void write_line(const char* format, ...) __attribute__((format(printf, 2, 3)));

  Clock& clock_;
  const Options& options_;
  const Dispenser* dispenser_ = nullptr;
  int ledger_ = -1;
  bool on_ = false;
  Pouring what_;
  uint64_t since_ = 0;
  uint32_t length_ = 0;
  uint32_t ran_ = 0;
};

// Held down from a signal until the core has looked once.
extern volatile sig_atomic_t stop_button;

}  // namespace yaguts
