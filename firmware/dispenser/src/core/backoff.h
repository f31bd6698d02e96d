// How long to wait before saying it again, and before connecting again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"

namespace yaguts {

// xorshift64*: for jitter and ids, not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed ? seed : 0x9E3779B97F4A7C15ull) {}
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Dull;
  }
  // 0 <= result < n; n > 0
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }

 private:
  uint64_t state_;
};

// 2, 4, 8, 16, 30, 60, 60, … s, each ± 20 %: a kitchen of devices must not repeat in step.
class ReportBackoff {
 public:
  void reset() { step_ = 0; }
  uint32_t next_ms(Random& random) {
    constexpr size_t kSteps = sizeof contract::REPORT_SCHEDULE_S / sizeof contract::REPORT_SCHEDULE_S[0];
    const uint32_t base = contract::REPORT_SCHEDULE_S[step_] * 1000;
    if (step_ + 1 < kSteps) ++step_;
    return base - base / 5 + random.below(base / 5 * 2 + 1);
  }

 private:
  size_t step_ = 0;
};

// Full jitter over 1, 2, 4, … 60 s. Reset it after 60 s of session, not at CONNACK: a broker that accepts
// and drops would otherwise be hammered.
class ReconnectBackoff {
 public:
  static constexpr uint32_t kMaxMs = 60000;
  static constexpr uint32_t kStableMs = 60000;

  void reset() { ceiling_ = 1000; }
  uint32_t next_ms(Random& random) {
    const uint32_t wait = random.below(ceiling_ + 1);
    ceiling_ = ceiling_ > kMaxMs / 2 ? kMaxMs : ceiling_ * 2;
    return wait;
  }

 private:
  uint32_t ceiling_ = 1000;
};

}  // namespace yaguts
