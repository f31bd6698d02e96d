// The rest of the simulated board: its clock, its serial port and the air between
// it and the broker.
#pragma once

#include <Arduino.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>

#include "../dispenser/src/core/ports.h"
#include "../dispenser/src/mqtt/session.h"
#include "options.h"

namespace yaguts {

// Real time runs the network; device time, which is `speed` times as fast, runs everything else.
class SimClock : public Clock {
 public:
  explicit SimClock(const Options& options) : options_(options) {}
  uint64_t ms() override { return static_cast<uint64_t>(static_cast<double>(millis()) * options_.speed); }
  uint64_t epoch_ms() override {
    if (options_.clock_ms == 0) return 0;
    if (options_.clock_ms > 0) return static_cast<uint64_t>(options_.clock_ms) + ms();
    timeval now{};
    gettimeofday(&now, nullptr);
    return static_cast<uint64_t>(now.tv_sec) * 1000u + static_cast<uint64_t>(now.tv_usec) / 1000u;
  }

 private:
  const Options& options_;
};

// One line at a time: those of the two threads never mix, however long.
inline void print_line(const char* text) {
  static std::mutex one;
  const std::lock_guard<std::mutex> hold(one);
  std::string line = text;
  line += '\n';
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) return;  // nobody reads: the dispenser goes on
}

class SimBoard : public Board {
 public:
  // Asked for by cmd/reboot.
  bool reboot_wanted() const { return reboot_wanted_; }
  void print(const char* line) override { print_line(line); }
  Health health() override {
    Health health;
    health.rssi = -50;
    return health;
  }
  void identify(uint32_t ms) override { print_line(("[SETUP] LED pisca por " + std::to_string(ms) + " ms").c_str()); }
  void reboot() override { reboot_wanted_ = true; }

 private:
  bool reboot_wanted_ = false;
};

// Wi-Fi that can be taken away, and chance.
class SimNetwork : public SessionHost {
 public:
  // From now until `real_ms` later; any thread.
  void drop_for(unsigned long real_ms) {
    print_line("[LOOP] Wi-Fi caiu");
    back_at_ = millis() + real_ms;
    down_ = true;
  }
  bool network_up() override {
    if (down_ && static_cast<long>(millis() - back_at_) >= 0) {
      down_ = false;
      print_line("[LOOP] Wi-Fi voltou");
    }
    return !down_;
  }
  uint32_t random() override {
    uint32_t value = 0;
    if (getentropy(&value, sizeof value) != 0) value = static_cast<uint32_t>(millis()) * 2654435761u;
    return value;
  }
  void print(const char* line) override { print_line(line); }

 private:
  std::atomic<unsigned long> back_at_{0};
  std::atomic<bool> down_{false};
};

// Fast device time makes fast ticks: QoS 0 beyond what a real board would send in a real second is
// left out, as QoS 0 may be, so that the broker's cap per device never delays a report.
class PacedLink : public Link {
 public:
  explicit PacedLink(Link& link) : link_(link) {}
  bool publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos, bool retain) override {
    if (qos == 0) {
      const unsigned long now = millis();
      credit_ += (now - since_) * kTicksPerSecond;
      since_ = now;
      if (credit_ > kBurst * 1000) credit_ = kBurst * 1000;
      if (credit_ < 1000) return true;
      credit_ -= 1000;
    }
    return link_.publish(topic, payload, len, qos, retain);
  }
  bool poll(LinkEvent& event) override { return link_.poll(event); }

 private:
  static constexpr unsigned long kTicksPerSecond = 8;
  static constexpr unsigned long kBurst = 40;
  Link& link_;
  unsigned long credit_ = kBurst * 1000;
  unsigned long since_ = millis();
};

}  // namespace yaguts
