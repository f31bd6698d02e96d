#include "relay_actuator.h"

#include <Arduino.h>
#include <driver/gpio.h>

#include <algorithm>

#include "board_pins.h"

namespace yaguts {

namespace {

constexpr uint32_t kOff = kMotorOnLevel ? 0 : 1;

// In core 3.x digitalWrite does nothing before pinMode, so the level is set below it; INPUT as well,
// because start() reads back whether the pin took the level.
void make_output(uint8_t pin) {
  gpio_set_level(static_cast<gpio_num_t>(pin), kOff);
  gpio_set_direction(static_cast<gpio_num_t>(pin), GPIO_MODE_INPUT_OUTPUT);
}

}  // namespace

void RelayActuator::outputs_off() {
  for (uint8_t pin : kMotorPins) {
    gpio_set_level(static_cast<gpio_num_t>(pin), kOff);
    pinMode(pin, OUTPUT);  // also takes the pin from whatever the ROM had given it to
    make_output(pin);
  }
}

bool RelayActuator::begin() {
  for (uint8_t& pin : pins_) pin = kNotFitted;
  std::copy(kMotorPins, kMotorPins + kMotorPinCount, pins_);
  if (kStopPin != kNotFitted) pinMode(kStopPin, INPUT_PULLUP);
  if (kBowlPin != kNotFitted) pinMode(kBowlPin, INPUT_PULLUP);
  esp_timer_create_args_t arguments{};
  arguments.callback = &RelayActuator::on_timer;
  arguments.arg = this;
  arguments.dispatch_method = ESP_TIMER_TASK;  // a task of priority 22: above both of ours
  arguments.name = "cut-off";
  return esp_timer_create(&arguments, &timer_) == ESP_OK;
}

bool RelayActuator::start(uint8_t frasco, uint32_t ms) {
  stop_all();
  if (timer_ == nullptr || frasco == 0 || frasco > contract::MAX_FRASCOS) return false;
  const uint8_t pin = pins_[frasco - 1];
  if (pin == kNotFitted) return false;
  const uint32_t length_us = std::min(ms, contract::MAX_STEP_MS) * 1000u;

  // Armed before the output goes on: there is no moment at which only a task could stop the motor.
  if (esp_timer_start_once(timer_, length_us) != ESP_OK) return false;
  portENTER_CRITICAL(&lock_);
  pin_ = pin;
  length_us_ = length_us;
  since_us_ = esp_timer_get_time();
  ran_us_ = 0;
  on_ = true;
  gpio_set_level(static_cast<gpio_num_t>(pin), kMotorOnLevel);
  portEXIT_CRITICAL(&lock_);
  delayMicroseconds(20);
  if (gpio_get_level(static_cast<gpio_num_t>(pin)) != kMotorOnLevel) {
    stop_all();  // shorted, or not an output: the relay cannot have taken
    return false;
  }
  return true;
}

void RelayActuator::stop_all() {
  portENTER_CRITICAL(&lock_);
  for (uint8_t pin : pins_) {
    if (pin != kNotFitted) gpio_set_level(static_cast<gpio_num_t>(pin), kOff);
  }
  settle_locked();
  portEXIT_CRITICAL(&lock_);
  if (timer_ != nullptr) esp_timer_stop(timer_);  // its error only says that it was not running
}

bool RelayActuator::running() { return on_; }

uint32_t RelayActuator::ran_ms() {
  portENTER_CRITICAL(&lock_);
  const uint32_t us = on_ ? static_cast<uint32_t>(esp_timer_get_time() - since_us_) : ran_us_;
  portEXIT_CRITICAL(&lock_);
  return (us + 500) / 1000;
}

bool RelayActuator::stop_pressed() { return kStopPin != kNotFitted && digitalRead(kStopPin) == HIGH; }
bool RelayActuator::bowl_missing() { return kBowlPin != kNotFitted && digitalRead(kBowlPin) == HIGH; }

bool RelayActuator::pin_allowed(uint8_t pin) {
  return pin < 64 && (kAllowedPins >> pin & 1) != 0 && pin != kStopPin && pin != kBowlPin;
}

bool RelayActuator::assign(uint8_t frasco, uint8_t pin) {
  if (on_ || frasco == 0 || frasco > contract::MAX_FRASCOS || !pin_allowed(pin)) return false;
  make_output(pin);
  pins_[frasco - 1] = pin;
  return true;
}

void RelayActuator::on_timer(void* self) { static_cast<RelayActuator*>(self)->cut_off(); }

void RelayActuator::cut_off() {
  portENTER_CRITICAL(&lock_);
  // A shot that was already on its way when its motor was stopped must not end the next one early.
  const bool due = on_ && esp_timer_get_time() - since_us_ + 1000 >= static_cast<int64_t>(length_us_);
  if (due) {
    gpio_set_level(static_cast<gpio_num_t>(pin_), kOff);
    settle_locked();
  }
  portEXIT_CRITICAL(&lock_);
}

void RelayActuator::settle_locked() {
  if (!on_) return;
  ran_us_ = static_cast<uint32_t>(esp_timer_get_time() - since_us_);
  on_ = false;
}

}  // namespace yaguts
