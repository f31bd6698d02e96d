// How a job ends before its last item, and what comes after its last ack.
#include "dispenser.h"
#include "mutant.h"

namespace yaguts {
namespace {

using contract::EntryCode;
using contract::LogLevel;
using contract::OfferRefusal;

constexpr size_t kInterruptionsToAbort = 2;  // a motor that browns us out must not walk through every jar

}  // namespace

// Decided from outcomes in flash alone, so that a reboot in between decides the same.
bool Dispenser::abort_if_hopeless() {
  const JobRecord& record = journal_.active();
  if (journal_.next_item() == record.job.n) return false;
  size_t interruptions = 0;
  for (size_t i = 0; i < record.job.n; ++i) {
    Outcome it;
    if (!record.entry(i, it) || it.code == EntryCode::none) continue;
    if (record.job.items[i].critico) {
      close_rest(EntryCode::abortado, true);
      return true;
    }
    if (it.code == EntryCode::interrompido) ++interruptions;
  }
  if (interruptions < kInterruptionsToAbort) return false;
  close_rest(EntryCode::abortado, false);
  return true;
}

// Ends the job from the item that pours, or from the next one: one put for all of them, so that no reboot
// leaves some cancelled and some not. False: flash refused it, so a restart would go on; until then it holds.
bool Dispenser::close_rest(EntryCode code, bool all_alike) {
  const bool was_pouring = state_ == State::kPouring;
  if (was_pouring) actuator_.stop_all();
  Closing closing;
  closing.from = static_cast<uint8_t>(was_pouring ? item_ : journal_.next_item());
  closing.all_alike = all_alike;
  closing.outcome = outcome(code, was_pouring ? actuator_.ran_ms() : 0);
  if (MUTANT(cancel_as_finals)) {
    for (size_t i = closing.from; i < journal_.active().job.n; ++i) {
      journal_.finish(i, outcome(i == closing.from ? code : EntryCode::cancelado, 0));
    }
  } else {
    journal_.close_from(closing);
  }
  state_ = State::kReporting;
  reporter_.job_changed();
  log_.say(LogLevel::warn, "EXEC",
           Line() << "Job encerrado no item " << static_cast<uint32_t>(closing.from + 1) << ": "
                  << contract::kEntryCodes[static_cast<size_t>(code)]);
  if (journal_.owes()) say_refused();
  return !journal_.owes();
}

// Leave may be on its way, so the api may count this offer as running already: it must see every item closed,
// or the job would hang there and start again after our next reboot. No motor moves.
bool Dispenser::take_and_close(EntryCode code) {
  adopt();
  if (state_ == State::kRunning) close_rest(code, true);
  return !journal_.owes();
}

// What a stop button or cmd/stop does. False: it stands still, but flash did not take it.
bool Dispenser::end_by_stop() {
  actuator_.stop_all();
  switch (state_) {
    case State::kPouring: return close_rest(EntryCode::abortado, false);
    case State::kRunning:
      if (journal_.next_item() < journal_.active().job.n) close_rest(EntryCode::cancelado, true);
      break;
    case State::kOffered: return take_and_close(EntryCode::cancelado);
    case State::kManual: end_manual(true); break;
    default:
      if (!has_offer_) break;
      // Not asked for yet: back into the queue, for a person to confirm once more.
      refuse(ref_of(offer_), OfferRefusal::ocupado);
      drop_offer();
  }
  return !journal_.has_job() || !journal_.owes();
}

void Dispenser::watch_stop_input() {
  const bool pressed = actuator_.stop_pressed();
  if (pressed && !stop_was_pressed_) {
    log_.say(LogLevel::warn, "EXEC", Line() << "Parada acionada");
    end_by_stop();
  }
  stop_was_pressed_ = pressed;
}

void Dispenser::say_refused() {
  owing_ = true;
  owing_since_ = clock_.ms();
  owing_wait_ms_ = owing_backoff_.next_ms(random_);
  Line line;
  (line << "Flash recusa gravar: nada se move, nada se conta até gravar; nova tentativa em ")
      .seconds(owing_wait_ms_, 1);
  log_.say(LogLevel::error, "PERSIST", line);
}

void Dispenser::job_over() {
  const uint64_t job_id = journal_.active().job.job_id;
  // Refused by flash: `complete` is sent and acked again at the next retry, and then we are here again.
  if (!journal_.free_slot()) {
    log_.say(LogLevel::error, "PERSIST", Line() << "Flash recusa gravar: o job " << job_id << " fica aqui até gravar");
    return;
  }
  ++jobs_freed_;
  state_ = State::kIdle;
  asking_.wanted = false;
  reporter_.job_changed();
  log_.say(LogLevel::info, "REPORT", Line() << "✓ Job " << job_id << " confirmado, memória liberada");
}

bool Dispenser::last_finished(JobRecord& out) {
  uint8_t slot, n;
  uint64_t token;
  return journal_.ring_slot(0, slot, token, n) && journal_.read_slot(slot, out);
}

}  // namespace yaguts
