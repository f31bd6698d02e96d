#include "manual.h"

#include <cstring>

namespace yaguts {
namespace {

using contract::Command;
using contract::CommandRefusal;

constexpr uint64_t kMaxCycles = 100;
constexpr uint32_t kOverrunMs = 250;  // as in a job: beyond it the cut-off has failed

}  // namespace

CommandRefusal Manual::check(Command op, const Order& order, const Config& config) {
  const bool pulsed = op == Command::clean;
  const uint64_t run = pulsed ? order.on_ms : order.ms;
  if (run == 0 || order.frasco == 0) return CommandRefusal::invalido;
  if (pulsed && (order.off_ms == 0 || order.cycles == 0)) return CommandRefusal::invalido;
  const FrascoConfig* frasco = config.find(order.frasco);
  if (frasco == nullptr) return CommandRefusal::frasco;
  if (run > frasco->max_ms || run > contract::MAX_STEP_MS) return CommandRefusal::limite;
  if (pulsed && (order.cycles > kMaxCycles || order.off_ms > contract::MAX_STEP_MS ||
                 order.cycles * order.on_ms > contract::MAX_STEP_MS)) {
    return CommandRefusal::limite;
  }
  return CommandRefusal::none;
}

bool Manual::start(Command op, const Order& order) {
  const bool pulsed = op == Command::clean;
  std::memcpy(id_, order.id, sizeof id_);
  frasco_ = static_cast<uint8_t>(order.frasco);
  on_ms_ = static_cast<uint32_t>(pulsed ? order.on_ms : order.ms);
  off_ms_ = static_cast<uint32_t>(order.off_ms);
  pulses_left_ = pulsed ? static_cast<uint32_t>(order.cycles) : 1;
  ran_ms_ = 0;
  return pulse();
}

bool Manual::pulse() {
  --pulses_left_;
  on_ = actuator_.start(frasco_, on_ms_);
  since_ = clock_.ms();
  return on_;
}

Manual::Step Manual::tick() {
  const uint64_t elapsed = clock_.ms() - since_;
  if (on_ && actuator_.running()) {
    if (elapsed <= on_ms_ + kOverrunMs) return Step::running;
    stop();
    return Step::failed;
  }
  if (on_) {
    on_ = false;
    ran_ms_ += actuator_.ran_ms();
    since_ = clock_.ms();
    return pulses_left_ == 0 ? Step::done : Step::running;
  }
  if (elapsed < off_ms_) return Step::running;
  return pulse() ? Step::running : Step::failed;
}

void Manual::stop() {
  actuator_.stop_all();
  if (on_) ran_ms_ += actuator_.ran_ms();
  on_ = false;
  pulses_left_ = 0;
}

}  // namespace yaguts
