// State      what moves it on
// Idle       an offer that this device can run -> Offered; motor command -> Manual; update -> Updating
// Offered    start/accepted: put j -> Running; rejected, emptied, link lost -> Idle; cancel, stop: put j, x -> Reporting
// Running    item pending: put cur, output on -> Pouring; none, or not_after passed (put x) -> Reporting
// Pouring    output off, 250 ms too long, jar empty: put f -> Running; cancel, stop: off, put x -> Reporting
// Reporting  complete acked: put hi -> Idle
// Manual     run over, stop -> Idle
// Updating   updater done or failed -> Idle
// Faulted    flash has taken what it refused -> what it was before; beside every state but Pouring and Manual
#include "dispenser.h"

#include "mutant.h"

namespace yaguts {
namespace {

using contract::Command;
using contract::CommandRefusal;
using contract::EntryCode;
using contract::LogLevel;
using contract::OfferRefusal;

constexpr int kTriesBeforeMakingWay = 5;  // a minute
constexpr uint32_t kOverrunMs = 250;  // beyond it the actuator's own cut-off has failed

}  // namespace

Dispenser::Dispenser(const Ports& ports, const Identity& identity)
    : clock_(ports.clock),
      actuator_(ports.actuator),
      link_(ports.link),
      board_(ports.board),
      updater_(ports.updater),
      identity_(identity),
      topics_(identity.org, identity.device),
      outbox_(ports.link, topics_),
      random_(identity.entropy),
      log_(ports.board, ports.link, topics_, ports.clock),
      journal_(ports.store),
      reporter_(journal_, outbox_, ports.clock, random_),
      manual_(ports.actuator, ports.clock),
      config_(default_config(identity.frascos)) {}

void Dispenser::begin() {
  actuator_.stop_all();
  const Journal::Recovery recovery = journal_.load(identity_.entropy);
  if (recovery.lost) {
    log_.say(LogLevel::error, "PERSIST", Line() << "Diário ilegível: apagado, novo diário iniciado");
  }
  if (journal_.load_config(config_)) {
    for (size_t i = 0; i < config_.n; ++i) {
      const FrascoConfig& it = config_.frascos[i];
      if (it.pin != kNoPin) actuator_.assign(it.frasco, it.pin);
    }
  }
  if (!journal_.has_job()) {
    if (journal_.owes()) say_refused();
    return;
  }
  log_.say(LogLevel::info, "SETUP", Line() << "Job anterior detectado, será retomado ao conectar");
  state_ = State::kRunning;
  exec_since_ = clock_.ms();
  if (recovery.interrupted >= 0) {
    item_ = static_cast<size_t>(recovery.interrupted);
    end_item(EntryCode::interrompido, 0);
  } else if (journal_.owes()) {
    say_refused();
  }
  recover();
}

// The job goes on without waiting for a network; it only asks again whether it should.
void Dispenser::recover() {
  const Job& job = journal_.active().job;
  const size_t next = journal_.next_item();
  if (next == job.n) {
    state_ = State::kReporting;
    return;
  }
  asking_ = {};
  asking_.wanted = true;
  log_.say(LogLevel::info, "RESUME", Line() << "⚡ Job pendente detectado em Flash!");
  log_.say(LogLevel::info, "RESUME",
           Line() << "Retomando job " << job.job_id << " (item " << static_cast<uint32_t>(next + 1) << '/'
                  << static_cast<uint32_t>(job.n) << ')');
}

void Dispenser::tick() {
  // Before the messages: a cancel that comes too late for this item must not unmake it.
  if (state_ == State::kPouring && !actuator_.running()) end_item(EntryCode::none, actuator_.ran_ms());
  drain_inbox();
  watch_stop_input();
  step_owing();
  switch (state_) {
    case State::kIdle: step_idle(); break;
    case State::kRunning: step_running(); break;
    case State::kPouring: step_pouring(); break;
    case State::kManual: step_manual(); break;
    case State::kUpdating: step_updating(); break;
    case State::kOffered:
    case State::kReporting:
    case State::kFaulted: break;  // kFaulted is what state() says; state_ keeps what to go back to
  }
  pump();
}

// Flash may come back by itself, or have been full. What it takes now is told now, and the job goes on.
void Dispenser::step_owing() {
  if (owing_ && clock_.ms() - owing_since_ >= owing_wait_ms_) {
    // Not at once: a flash that merely stumbles must not cost what a restored backup may ask for.
    if (++owing_tries_ > kTriesBeforeMakingWay) journal_.make_way();
    if (!journal_.settle()) say_refused();
  }
  if (!owing_ || journal_.owes()) return;
  owing_ = false;
  owing_tries_ = 0;
  owing_backoff_.reset();
  reporter_.job_changed();
  log_.say(LogLevel::info, "PERSIST", Line() << "Flash voltou a gravar");
}

void Dispenser::step_idle() {
  if (reboot_due_) {
    // Half a second for `presence` offline and the answer to reach the broker.
    if (clock_.ms() - reboot_at_ >= 500) {
      reboot_due_ = false;
      board_.reboot();
    }
    return;
  }
  if (has_wanted_config_) apply_config();
  if (journal_.owes()) return;  // an offer waits: no leave is asked for what could not be recorded
  if (has_offer_) {
    take_offer();
  } else if (ota_wanted_ && updater_ != nullptr) {
    ota_wanted_ = false;
    if (updater_->begin()) state_ = State::kUpdating;
  }
}

// The offer was read when it came; whether we can run it is decided when we are free to.
void Dispenser::take_offer() {
  OfferRefusal code = check_offer(offer_, config_);
  const uint64_t time = now();
  if (code == OfferRefusal::none && actuator_.bowl_missing()) code = OfferRefusal::tigela;
  if (code == OfferRefusal::none && actuator_.stop_pressed()) code = OfferRefusal::ocupado;
  if (code == OfferRefusal::none && time != 0 && time > offer_.not_after) code = OfferRefusal::expirado;
  if (code != OfferRefusal::none) {
    refuse(ref_of(offer_), code);
    has_offer_ = false;
    return;
  }
  log_.say(LogLevel::info, "POLL", Line() << "✓ Job recebido!");
  state_ = State::kOffered;
  asking_ = {};
  asking_.wanted = true;
  if (MUTANT(run_before_accepted)) adopt();
}

// The api has said yes: from the put of j on, the job is ours and needs no network.
void Dispenser::adopt() {
  const Job& job = offer_;
  has_offer_ = false;
  asking_.wanted = false;
  paused_ = false;
  exec_since_ = clock_.ms();
  const bool kept = journal_.accept(job);
  state_ = State::kRunning;
  reporter_.job_changed();
  if (kept) {
    log_.say(LogLevel::info, "EXEC", Line() << "Iniciando execução do job " << job.job_id);
  } else {
    // Whoever put the bowl there has gone by the time flash takes it: nothing of this job is run.
    close_rest(EntryCode::flash, true);
  }
}

void Dispenser::step_running() {
  if (journal_.owes() || abort_if_hopeless()) return;
  const Job& job = journal_.active().job;
  const size_t item = journal_.next_item();
  if (item == job.n) {
    state_ = State::kReporting;
    log_.say(LogLevel::info, "EXEC", (Line() << "Execução concluída em ").seconds(clock_.ms() - exec_since_, 2));
    return;
  }
  const uint64_t time = now();
  if (time != 0 && time > job.not_after) {
    close_rest(EntryCode::expirado, true);
    return;
  }
  // A bowl taken away holds the job like a pause does: what is poured then lies on the table.
  if (!paused_ && !actuator_.bowl_missing()) begin_item(item);
}

void Dispenser::begin_item(size_t item) {
  const Job& job = journal_.active().job;
  const Item& it = job.items[item];
  item_ = item;
  if (!journal_.intend(item)) {
    end_item(EntryCode::flash, 0);
    return;
  }
  log_.say(LogLevel::info, "EXEC",
           (Line() << "Item " << static_cast<uint32_t>(item + 1) << '/' << static_cast<uint32_t>(job.n)
                   << ": Frasco " << static_cast<uint32_t>(it.frasco) << " por ")
               .seconds(it.ms, 3));
  pouring_ = {job.seq, job.job_id, static_cast<uint8_t>(item + 1), it.frasco};
  if (MUTANT(final_before_run)) journal_.finish(item, outcome(EntryCode::none, it.ms));
  if (!actuator_.start(it.frasco, it.ms)) {
    end_item(EntryCode::rele, 0);
    return;
  }
  item_since_ = clock_.ms();
  state_ = State::kPouring;
}

void Dispenser::step_pouring() {
  const Item& it = journal_.active().job.items[item_];
  // Asked before the output: a task held up between the two must not make a good run look like an overrun.
  const uint64_t ran_for = clock_.ms() - item_since_;
  if (!actuator_.running()) return;  // told at the next tick's start
  if (ran_for > it.ms + kOverrunMs) {
    actuator_.stop_all();
    end_item(EntryCode::timeout, actuator_.ran_ms());
  } else if (actuator_.empty(it.frasco)) {
    actuator_.stop_all();
    end_item(EntryCode::vazio, actuator_.ran_ms());
  }
}

// The output is off. The outcome goes to flash first, then it may be told.
void Dispenser::end_item(EntryCode code, uint32_t ran_ms) {
  const Outcome it = outcome(code, ran_ms);
  state_ = State::kRunning;
  if (!MUTANT(final_before_run) || code != EntryCode::none) journal_.note(item_, it);
  if (MUTANT(publish_before_f)) {
    reporter_.item_final(item_);
    reporter_.tick(true);
  }
  const bool kept = journal_.settle();
  if (kept) reporter_.item_final(item_);
  Line line;
  const uint32_t ordem = static_cast<uint32_t>(item_ + 1);
  if (code == EntryCode::none) {
    (line << "✓ Item " << ordem << " concluído (real: ").seconds(ran_ms, 2) << ").";
    line << (kept ? " Progresso salvo." : " Ainda não gravado.");
  } else {
    line << "✗ Item " << ordem << " falhou: " << contract::kEntryCodes[static_cast<size_t>(code)];
  }
  log_.say(code == EntryCode::none ? LogLevel::info : LogLevel::warn, "EXEC", line);
  if (!kept) say_refused();
}

void Dispenser::step_manual() {
  const Manual::Step step = manual_.tick();
  if (step != Manual::Step::running) end_manual(step == Manual::Step::done);
}

void Dispenser::end_manual(bool ok) {
  manual_.stop();
  state_ = State::kIdle;
  if (Answer* answer = answers_.find(manual_.id())) {
    answer->code = ok ? CommandRefusal::none : CommandRefusal::rele;
    answer->ran_ms = manual_.ran_ms();
    answer->has_ran = true;
    answer->running = false;
  }
}

void Dispenser::step_updating() {
  if (!updater_->busy()) state_ = State::kIdle;
}

Outcome Dispenser::outcome(EntryCode code, uint32_t ran_ms) {
  Outcome it;
  it.uptime_ms = clock_.ms();
  it.ts = now();
  it.ran_ms = ran_ms;
  it.boot = static_cast<uint16_t>(journal_.boot());
  it.code = code;
  return it;
}

uint64_t Dispenser::now() {
  const uint64_t synced = clock_.epoch_ms();
  if (synced != 0) return synced;
  return known_epoch_ms_ == 0 ? 0 : known_epoch_ms_ + (clock_.ms() - known_at_);
}

void Dispenser::apply_config() {
  has_wanted_config_ = false;
  config_due_ = true;
  if (!journal_.put_config(wanted_config_)) {
    config_faults_.add(ConfigFault::kFlash, 0);
    return;
  }
  config_ = wanted_config_;
  for (size_t i = 0; i < config_.n; ++i) {
    const FrascoConfig& it = config_.frascos[i];
    if (it.pin != kNoPin && !actuator_.assign(it.frasco, it.pin)) config_faults_.add(ConfigFault::kPin, it.frasco);
  }
  log_.say(LogLevel::info, "PERSIST", Line() << "Configuração " << config_.versao << " aplicada");
}

}  // namespace yaguts
