// The chip's clock, serial port and health.
#pragma once

#include <Arduino.h>
#include <WiFi.h>
#include <esp_system.h>
#include <esp_timer.h>
#include <sys/time.h>

#include "../core/ports.h"
#include "led.h"
#include "nvs_store.h"

namespace yaguts {

class ChipClock : public Clock {
 public:
  uint64_t ms() override { return static_cast<uint64_t>(esp_timer_get_time()) / 1000u; }
  // SNTP sets the system clock; before that it counts from 1970.
  uint64_t epoch_ms() override {
    timeval now{};
    gettimeofday(&now, nullptr);
    constexpr time_t kPlausible = 1704067200;  // 2024-01-01
    if (now.tv_sec < kPlausible) return 0;
    return static_cast<uint64_t>(now.tv_sec) * 1000u + static_cast<uint64_t>(now.tv_usec) / 1000u;
  }
};

class ChipBoard : public Board {
 public:
  // restart: parts from the broker and resets the chip.
  ChipBoard(Led& led, const NvsStore& flash, void (*restart)()) : led_(led), flash_(flash), restart_(restart) {}
  void print(const char* line) override { Serial.println(line); }
  Health health() override {
    Health health;
    health.rssi = WiFi.RSSI();
    health.heap_free = ESP.getFreeHeap();
    health.flash_free = flash_.free_entries();
    return health;
  }
  void identify(uint32_t ms) override { led_.identify(ms); }
  void reboot() override { restart_(); }

 private:
  Led& led_;
  const NvsStore& flash_;
  void (*const restart_)();
};

// For `birth`: why the chip started.
inline const char* reset_reason() {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
      return "poweron";
    case ESP_RST_SW:
      return "software";
    case ESP_RST_PANIC:
      return "panic";
    case ESP_RST_TASK_WDT:
    case ESP_RST_INT_WDT:
    case ESP_RST_WDT:
      return "watchdog";
    case ESP_RST_BROWNOUT:
      return "brownout";
    case ESP_RST_EXT:
      return "external";
    default:
      return "unknown";
  }
}

}  // namespace yaguts
