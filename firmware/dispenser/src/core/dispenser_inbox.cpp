// What arrives: every message is checked whole before it changes anything.
#include "dispenser.h"
#include "mutant.h"

namespace yaguts {
namespace {

using contract::Command;
using contract::CommandRefusal;
using contract::EntryCode;
using contract::LogLevel;
using contract::OfferRefusal;

constexpr int kMaxEventsPerTick = 16;
constexpr uint32_t kIdentifyMs = 5000;

Command command_of(const char* op, size_t len) {
  for (size_t i = 1; i < contract::kCommandsCount; ++i) {
    const char* name = contract::kCommands[i];
    size_t n = 0;
    while (n < len && name[n] != 0 && name[n] == op[n]) ++n;
    if (n == len && name[n] == 0) return static_cast<Command>(i);
  }
  return Command::none;
}

}  // namespace

void Dispenser::drain_inbox() {
  LinkEvent event;
  for (int i = 0; i < kMaxEventsPerTick && link_.poll(event); ++i) {
    switch (event.kind) {
      case LinkEvent::kConnected: on_connected(event.connection); break;
      case LinkEvent::kLost: on_lost(); break;
      case LinkEvent::kMessage: on_message(event); break;
    }
  }
}

void Dispenser::on_connected(uint16_t connection) {
  if (connected_) on_lost();  // the loss went unreported
  connected_ = true;
  connection_ = connection;
  birth_due_ = presence_due_ = true;
  config_due_ = config_.versao != 0;
  ota_due_ = updater_ != nullptr;
  asking_.sent = false;
  asking_.backoff.reset();
}

void Dispenser::on_lost() {
  connected_ = false;
  log_.mirror(false);
  reporter_.lost();
  drop_offer();  // it is retained: the broker says it again, if it still holds
}

void Dispenser::on_message(const LinkEvent& event) {
  ParsedTopic topic;
  if (!topics_.parse(event.topic, event.topic_len, topic)) return;
  // Only state may be retained; a retained command, cancel, leave or ack is somebody's mistake, or old.
  if (event.retain && contract::kTopics[topic.row].retain == contract::Retain::never) {
    log_.say(LogLevel::warn, "MQTT", Line() << "Comando retido ignorado");
    return;
  }
  const uint8_t* payload = event.payload;
  const size_t len = event.payload_len;
  bool readable = true;
  StartAnswer answer;
  Ack ack;
  Order order;
  ServerState server;
  switch (topic.row) {
    case contract::kJobsNext: on_jobs_next(payload, len); break;
    case contract::kStartAccepted:
      if ((readable = parse_start_answer(payload, len, answer))) on_start_accepted(topic.job_id, answer);
      break;
    case contract::kStartRejected:
      if ((readable = parse_start_answer(payload, len, answer))) on_start_rejected(topic.job_id, answer);
      break;
    case contract::kJobAck:
      if ((readable = parse_ack(payload, len, ack))) on_ack(topic.job_id, ack);
      break;
    case contract::kJobCancel:
      if ((readable = parse_order(payload, len, order))) on_cancel(topic.job_id, order);
      break;
    case contract::kCommand:
      if ((readable = parse_order(payload, len, order))) on_command(command_of(topic.op, topic.op_len), order);
      break;
    case contract::kConfigDesired: on_config(payload, len); break;
    case contract::kOtaDesired:
      if (updater_ != nullptr && len > 0 && updater_->offer(payload, len)) ota_wanted_ = true;
      break;
    case contract::kServerState:
      if ((readable = parse_server_state(payload, len, server))) {
        // The retained copy after a subscribe says nothing new: we have just resent everything.
        on_server_state(server, !event.retain);
      }
      break;
    default: break;
  }
  if (!readable) {
    log_.say(LogLevel::warn, "MQTT", Line() << "Mensagem ilegível em " << contract::kTopics[topic.row].pattern);
  }
}

void Dispenser::on_jobs_next(const uint8_t* payload, size_t len) {
  if (len == 0) {
    drop_offer();
    return;
  }
  Job job;
  JobRef ref;
  const OfferRefusal code = parse_offer(payload, len, job, ref);
  if (!ref.complete()) {
    log_.say(LogLevel::warn, "POLL", Line() << "Oferta ilegível ignorada");
    return;
  }
  const Job& active = journal_.active().job;
  const bool is_active = journal_.has_job() && ref.seq == active.seq && ref.token == active.token;
  const bool is_held = has_offer_ && ref.seq == offer_.seq && ref.token == offer_.token;
  if (is_active || is_held) return;
  drop_offer();  // replaced, whatever we think of the new one
  if (ref.seq <= journal_.hi() && !MUTANT(no_hi_check)) return refuse(ref, OfferRefusal::duplicado);
  if (journal_.has_job() && ref.seq <= active.seq) return refuse(ref, OfferRefusal::duplicado);
  if (code != OfferRefusal::none) return refuse(ref, code);
  // While the last acks of a job are under way the next may wait here; while motors move it may not.
  if (state_ != State::kIdle && state_ != State::kReporting) return refuse(ref, OfferRefusal::ocupado);
  if (reboot_due_) return refuse(ref, OfferRefusal::ocupado);
  offer_ = job;
  has_offer_ = true;
}

void Dispenser::refuse(const JobRef& ref, OfferRefusal code) {
  refused_.due = true;
  refused_.job = ref;
  refused_.code = code;
  log_.say(LogLevel::warn, "POLL",
           Line() << "Job " << ref.job_id << " recusado: " << contract::kOfferRefusals[static_cast<size_t>(code)]);
}

void Dispenser::drop_offer() {
  has_offer_ = false;
  if (state_ != State::kOffered) return;
  state_ = State::kIdle;
  asking_.wanted = false;
}

void Dispenser::on_start_accepted(uint64_t job_id, const StartAnswer& answer) {
  const bool offered = state_ == State::kOffered;
  const Job& job = offered ? offer_ : journal_.active().job;
  if (!answer.has_token || job.job_id != job_id || job.seq != answer.seq || job.token != answer.token) return;
  if (answer.now != 0) {
    known_epoch_ms_ = answer.now;
    known_at_ = clock_.ms();
  }
  if (offered) adopt();
  else asking_.wanted = false;
}

void Dispenser::on_start_rejected(uint64_t job_id, const StartAnswer& answer) {
  const bool offered = state_ == State::kOffered;
  const Job& job = offered ? offer_ : journal_.active().job;
  if (job.job_id != job_id || job.seq != answer.seq || (answer.has_token && job.token != answer.token)) return;
  log_.say(LogLevel::warn, "POLL",
           Line() << "Início negado: " << contract::kStartRefusals[static_cast<size_t>(answer.code)]);
  if (offered) return drop_offer();
  asking_.wanted = false;
  // Ended by force or unknown to the api: a person has been told, nothing more may fall into the bowl.
  if (state_ == State::kPouring || (state_ == State::kRunning && journal_.next_item() < job.n)) {
    close_rest(EntryCode::cancelado, true);
  }
}

void Dispenser::on_ack(uint64_t job_id, const Ack& ack) {
  const Reporter::Acked result = reporter_.acked(job_id, ack);
  for (size_t i = 0; result.fresh >> i != 0; ++i) {
    if (result.fresh >> i & 1) {
      log_.say(LogLevel::info, "REPORT", Line() << "✓ Item " << static_cast<uint32_t>(i + 1) << " confirmado");
    }
  }
  if (result.complete && state_ == State::kReporting) job_over();
}

void Dispenser::on_cancel(uint64_t job_id, const Order& order) {
  if (Answer* known = answers_.find(order.id)) {
    known->due = true;
    return;
  }
  Answer& answer = answers_.add(order.id);
  answer.job_id = job_id;
  answer.due = true;
  const bool active = journal_.has_job() && journal_.active().job.job_id == job_id;
  const bool pouring = state_ == State::kPouring;
  if (!order.valid) {
    answer.code = CommandRefusal::invalido;
  } else if (is_expired(order)) {
    answer.code = CommandRefusal::expirado;
  } else if (state_ == State::kOffered && offer_.job_id == job_id) {
    if (!take_and_close(EntryCode::cancelado)) answer.code = CommandRefusal::flash;
  } else if (active && journal_.next_item() < journal_.active().job.n) {
    const size_t at = pouring ? item_ : journal_.next_item();
    if (pouring || at > 0) answer.item_ordem = static_cast<uint8_t>(at + 1);
    if (!close_rest(EntryCode::cancelado, true)) answer.code = CommandRefusal::flash;
  } else if (active && journal_.owes()) {
    answer.code = CommandRefusal::flash;  // how it ended is not in flash: a restart might go on with it
  } else {
    answer.code = CommandRefusal::terminado;
  }
}

void Dispenser::on_command(Command op, const Order& order) {
  if (op == Command::none) return;
  if (Answer* known = answers_.find(order.id)) {
    known->due = true;
    return;
  }
  Answer& answer = answers_.add(order.id);
  answer.op = op;
  answer.due = true;
  answer.code = run_command(op, order, answer);
}

CommandRefusal Dispenser::run_command(Command op, const Order& order, Answer& answer) {
  if (!order.valid) return CommandRefusal::invalido;
  if (is_expired(order)) return CommandRefusal::expirado;
  const bool job_runs = state_ == State::kRunning || state_ == State::kPouring;
  switch (op) {
    case Command::stop:
      return end_by_stop() ? CommandRefusal::none : CommandRefusal::flash;
    case Command::pause:
    case Command::resume:
      if (!job_runs) return CommandRefusal::terminado;
      paused_ = op == Command::pause;
      return CommandRefusal::none;
    default: break;
  }
  if (state_ != State::kIdle || has_offer_ || reboot_due_) return CommandRefusal::ocupado;
  switch (op) {
    case Command::identify:
      board_.identify(kIdentifyMs);
      return CommandRefusal::none;
    case Command::reboot:
      reboot_due_ = true;
      reboot_at_ = clock_.ms();
      offline_due_ = true;
      return CommandRefusal::none;
    default: break;
  }
  if (journal_.owes()) return CommandRefusal::flash;
  const CommandRefusal fault = Manual::check(op, order, config_);
  if (fault != CommandRefusal::none) return fault;
  if (actuator_.stop_pressed()) return CommandRefusal::ocupado;
  pouring_ = {0, 0, 0, static_cast<uint8_t>(order.frasco)};
  if (!manual_.start(op, order)) return CommandRefusal::rele;
  answer.running = true;
  state_ = State::kManual;
  return CommandRefusal::none;
}

void Dispenser::on_config(const uint8_t* payload, size_t len) {
  if (len == 0) return;
  config_faults_ = {};
  has_wanted_config_ = false;
  config_due_ = true;
  if (!parse_config(payload, len, actuator_, wanted_config_, config_faults_)) return;
  if (wanted_config_.versao == config_.versao) return;
  has_wanted_config_ = true;
  config_due_ = false;  // reported once it is applied, when no job runs
}

void Dispenser::on_server_state(const ServerState& server, bool live) {
  if (!server.online) return;
  reporter_.epoch(server.epoch);
  if (!live || !connected_) return;
  // A platform that has just started knows nobody: say everything again.
  birth_due_ = presence_due_ = true;
  asking_.sent = false;
}

bool Dispenser::is_expired(const Order& order) {
  const uint64_t time = now();
  return time != 0 && time > order.expires_at;
}

}  // namespace yaguts
