#include "ledger_actuator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

namespace yaguts {

volatile sig_atomic_t stop_button = 0;

namespace {

bool lists(const std::vector<unsigned>& indices, uint8_t item_ordem) {
  return item_ordem > 0 && std::find(indices.begin(), indices.end(), item_ordem - 1u) != indices.end();
}

}  // namespace

LedgerActuator::~LedgerActuator() {
  if (ledger_ >= 0) close(ledger_);
}

bool LedgerActuator::open(std::string& fault) {
  if (options_.ledger.empty()) return true;
  ledger_ = ::open(options_.ledger.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (ledger_ < 0) fault = "cannot open the ledger " + options_.ledger + ": " + strerror(errno);
  return ledger_ >= 0;
}

bool LedgerActuator::start(uint8_t frasco, uint32_t ms) {
  stop_all();
  what_ = dispenser_->pouring();
  if (what_.seq != 0 && lists(options_.fail, what_.item_ordem)) return false;
  // Written before the motor would turn: a kill in between shows as a start, never hides one.
  write_line("START %u %llu %u %u %u %u\n", static_cast<unsigned>(what_.seq),
             static_cast<unsigned long long>(what_.job_id), static_cast<unsigned>(what_.item_ordem),
             static_cast<unsigned>(frasco), static_cast<unsigned>(ms),
             static_cast<unsigned>(dispenser_->boot_counter()));
  length_ = std::min(ms, contract::MAX_STEP_MS);
  if (options_.frasco_delay_ms >= 0) length_ = std::min(length_, static_cast<uint32_t>(options_.frasco_delay_ms));
  since_ = clock_.ms();
  ran_ = 0;
  on_ = true;
  if (what_.seq != 0 && when_started) when_started(what_.item_ordem);
  return true;
}

void LedgerActuator::stop_all() {
  if (on_) settle(static_cast<uint32_t>(std::min<uint64_t>(clock_.ms() - since_, length_)));
}

// The chip's timer cuts the pin at the exact time whatever the task does; here that
// moment is worked out afterwards.
bool LedgerActuator::running() {
  if (on_ && clock_.ms() - since_ >= length_) settle(length_);
  return on_;
}

uint32_t LedgerActuator::ran_ms() {
  return on_ ? static_cast<uint32_t>(std::min<uint64_t>(clock_.ms() - since_, length_)) : ran_;
}

bool LedgerActuator::empty(uint8_t) {
  return on_ && what_.seq != 0 && lists(options_.empty, what_.item_ordem);
}

bool LedgerActuator::stop_pressed() {
  if (stop_button == 0) return false;
  stop_button = 0;
  return true;
}

void LedgerActuator::settle(uint32_t ran) {
  on_ = false;
  ran_ = ran;
  write_line("STOP %u %llu %u %u\n", static_cast<unsigned>(what_.seq),
             static_cast<unsigned long long>(what_.job_id), static_cast<unsigned>(what_.item_ordem),
             static_cast<unsigned>(ran));
}

// One write per line: O_APPEND keeps lines whole, and SIGKILL cannot take back what the kernel has.
void LedgerActuator::write_line(const char* format, ...) {
  if (ledger_ < 0) return;
  char line[128];
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (write(ledger_, line, static_cast<size_t>(size)) != size) {
    perror("ledger");
    _exit(3);  // an oracle with holes proves nothing
  }
}

}  // namespace yaguts
