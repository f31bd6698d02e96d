// The motors. One output at a time, each start with a hardware timer behind it that
// cuts the pin whatever the tasks are doing.
#pragma once

#include <esp_timer.h>
#include <freertos/FreeRTOS.h>

#include "../contract.h"
#include "../core/ports.h"

namespace yaguts {

class RelayActuator : public Actuator {
 public:
  // First thing in setup(): every motor pin to its off level, then to output. Until here only the pull
  // resistors hold the motors still.
  static void outputs_off();

  // Makes the cut-off timer and sets the input pins. False: no timer, no motor will start.
  bool begin();

  bool start(uint8_t frasco, uint32_t ms) override;
  void stop_all() override;
  bool running() override;
  uint32_t ran_ms() override;
  bool stop_pressed() override;
  bool bowl_missing() override;
  bool pin_allowed(uint8_t pin) override;
  bool assign(uint8_t frasco, uint8_t pin) override;

  // Any task: is an output on? For whoever must not disturb it.
  bool output_on() const { return on_; }

 private:
  static void on_timer(void* self);
  void cut_off();
  void settle_locked();

  esp_timer_handle_t timer_ = nullptr;
  portMUX_TYPE lock_ = portMUX_INITIALIZER_UNLOCKED;
  uint8_t pins_[contract::MAX_FRASCOS] = {};
  uint8_t pin_ = 0;
  volatile bool on_ = false;
  int64_t since_us_ = 0;
  uint32_t length_us_ = 0;
  uint32_t ran_us_ = 0;
};

}  // namespace yaguts
