// What is said besides the reports of a job: who we are, answers, refusals, health.
#include "dispenser.h"

#include <initializer_list>

#include "presence.h"
#include "version.h"

namespace yaguts {
namespace {

using contract::LogLevel;

constexpr uint32_t kProgressMs = 1000 / contract::PROGRESS_PER_SECOND;

void boot_id_text(uint32_t boot, char (&out)[5]) {
  for (int i = 0; i < 4; ++i) out[i] = "0123456789abcdef"[boot >> (12 - 4 * i) & 15];
  out[4] = 0;
}

void write_presence(JsonWriter& json, const char* state, uint32_t boot, uint16_t connection) {
  char boot_id[5];
  boot_id_text(boot, boot_id);
  json.open('{').key("state").string(state).key("boot_id").string(boot_id);
  json.key("session").uint(presence_session(boot, connection)).close('}');
}

}  // namespace

size_t render_presence(char* out, size_t cap, const char* state, uint32_t boot_counter, uint16_t connection) {
  JsonWriter json(out, cap);
  write_presence(json, state, boot_counter, connection);
  return json.done();
}

void Dispenser::pump() {
  const bool greeted = connected_ && greet();
  const size_t sent = reporter_.tick(motor_on());
  if (sent > 0) {
    log_.say(LogLevel::info, "REPORT", Line() << "Enviados " << static_cast<uint32_t>(sent) << " registro(s)");
  }
  if (!greeted) return;
  ask_leave();
  answers_.pump(outbox_);
  if (refused_.due) refused_.due = !send_refusal();
  if (offline_due_) offline_due_ = !send_presence("offline");
  if (config_due_) config_due_ = !send_config();
  send_ota();
  tick_progress();
  tick_telemetry();
}

// birth, then presence, then anything else: the api judges reports by what birth has said.
bool Dispenser::greet() {
  if (!birth_due_ && !presence_due_) return true;
  if (birth_due_) birth_due_ = !send_birth();
  if (birth_due_) return false;
  presence_due_ = !send_presence("online");
  if (presence_due_) return false;
  log_.mirror(true);
  reporter_.connected();
  return true;
}

bool Dispenser::send_birth() {
  JsonWriter json = outbox_.json();
  char boot_id[5], journal_id[11];
  boot_id_text(journal_.boot(), boot_id);
  for (int i = 0; i < 10; ++i) journal_id[i] = "0123456789abcdef"[journal_.id() >> (36 - 4 * i) & 15];
  journal_id[10] = 0;
  json.open('{').key("fw_version").string(kFirmwareVersion).key("hw").string(identity_.hw);
  json.key("schema").uint(kSchemaVersion).key("journal_id").string(journal_id).key("boot_id").string(boot_id);
  json.key("hi").uint(journal_.hi()).key("epoch");
  if (journal_.epoch()[0] == 0) json.null();
  else json.string(journal_.epoch());
  json.key("reset_reason").string(identity_.reset_reason).key("frascos").uint(identity_.frascos);
  json.key("limits").open('{').key("max_itens").uint(contract::MAX_ITENS);
  json.key("max_job_bytes").uint(contract::MAX_JOB_BYTES).key("max_step_ms").uint(contract::MAX_STEP_MS).close('}');
  json.key("capabilities").open('[');
  for (const char* it : {"offline", "cancel", "pause", "config", "identify", "prime", "clean", "calibrate"}) {
    json.string(it);
  }
  if (updater_ != nullptr) json.string("ota");
  if (identity_.bowl_sensor) json.string("tigela");
  if (identity_.empty_sensor) json.string("vazio");
  json.close(']').key("active");
  if (journal_.keeps_job()) {
    json.open('{').key("job_id").uint(journal_.active().job.job_id);
    json.key("seq").uint(journal_.active().job.seq).close('}');
  } else {
    json.null();
  }
  json.close('}');
  return outbox_.send(json, contract::kBirth);
}

bool Dispenser::send_presence(const char* state) {
  JsonWriter json = outbox_.json();
  write_presence(json, state, journal_.boot(), connection_);
  return outbox_.send(json, contract::kPresence);
}

// The api believes the farewell of a connection that it has heard come online.
void Dispenser::say_offline() {
  drain_inbox();
  if (connected_ && greet()) send_presence("offline");
}

bool Dispenser::send_config() {
  JsonWriter json = outbox_.json();
  json.open('{').key("versao").uint(config_.versao);
  if (config_faults_.n > 0) {
    json.key("errors").open('[');
    for (size_t i = 0; i < config_faults_.n; ++i) {
      const ConfigFault& it = config_faults_.list[i];
      Line line;
      if (it.frasco != 0) line << "frasco " << static_cast<uint32_t>(it.frasco) << ": ";
      line << config_fault_text(it.kind);
      json.string(line.text());
    }
    json.close(']');
  }
  json.close('}');
  return outbox_.send(json, contract::kConfigReported);
}

bool Dispenser::send_refusal() {
  char token[kTokenTextBytes];
  render_token(refused_.job.token, token);
  JsonWriter json = outbox_.json();
  json.open('{').key("seq").uint(refused_.job.seq).key("token").string(token);
  json.key("code").string(contract::kOfferRefusals[static_cast<size_t>(refused_.code)]).close('}');
  return outbox_.send(json, contract::kJobRejected, refused_.job.job_id);
}

void Dispenser::send_ota() {
  if (updater_ == nullptr) return;
  const Updater::Status status = updater_->status();
  if (status.changed) ota_due_ = true;
  if (!ota_due_) return;
  JsonWriter json = outbox_.json();
  json.open('{').key("state").string(status.state).key("percent").uint(status.percent);
  json.key("version").string(kFirmwareVersion);
  if (status.error != nullptr) json.key("message").string(status.error);
  json.close('}');
  ota_due_ = !outbox_.send(json, contract::kOtaState);
}

void Dispenser::ask_leave() {
  if (!asking_.wanted) return;
  const uint64_t time = clock_.ms();
  if (asking_.sent && time - asking_.at < asking_.wait_ms) return;
  const Job& job = state_ == State::kOffered ? offer_ : journal_.active().job;
  char token[kTokenTextBytes];
  render_token(job.token, token);
  JsonWriter json = outbox_.json();
  json.open('{').key("seq").uint(job.seq).key("token").string(token).close('}');
  if (!outbox_.send(json, contract::kJobStart, job.job_id)) return;
  asking_.sent = true;
  asking_.at = time;
  asking_.wait_ms = asking_.backoff.next_ms(random_);
}

void Dispenser::tick_progress() {
  if (state_ != State::kPouring || clock_.ms() - progress_at_ < kProgressMs) return;
  progress_at_ = clock_.ms();
  JsonWriter json = outbox_.json();
  json.open('{').key("item_ordem").uint(pouring_.item_ordem).key("frasco").uint(pouring_.frasco);
  json.key("ran_ms").uint(actuator_.ran_ms()).key("of_ms").uint(journal_.active().job.items[item_].ms).close('}');
  outbox_.send(json, contract::kJobProgress, pouring_.job_id);
}

void Dispenser::tick_telemetry() {
  const uint32_t every_s = config_.telemetry_s > contract::TELEMETRY_S ? config_.telemetry_s : contract::TELEMETRY_S;
  if (clock_.ms() - telemetry_at_ < every_s * 1000ull) return;
  telemetry_at_ = clock_.ms();
  const Health health = board_.health();
  JsonWriter json = outbox_.json();
  json.open('{');
  if (health.rssi != 0) json.key("rssi").sint(health.rssi);
  // A flash that refuses has no room, whatever it says.
  json.key("heap_free").uint(health.heap_free).key("flash_free").uint(journal_.owes() ? 0 : health.flash_free);
  json.key("uptime_ms").uint(clock_.ms()).key("paused").boolean(paused_).close('}');
  outbox_.send(json, contract::kTelemetry);
}

}  // namespace yaguts
