#include "model_api.h"

#include <algorithm>
#include <cstdlib>

namespace test {

namespace contract = yaguts::contract;

namespace {

constexpr uint64_t kRepeatMs = 2000;

std::vector<std::string> levels(const std::string& topic) {
  std::vector<std::string> out(1);
  for (const char c : topic) {
    if (c == '/') out.emplace_back();
    else out.back() += c;
  }
  return out;
}

uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

}  // namespace

ModelApi::ModelApi(World& world) : world_(world) {
  world_.on_publish = [this](const Message& message) { hear(message); };
  world_.on_connect = [this] { greet(); };
}

void ModelApi::add_job(size_t n, uint32_t ms, int critico, uint64_t not_after) {
  ApiJob job;
  job.offer.job_id = 100 + jobs_.size();
  job.offer.seq = 0;
  job.offer.token = 0x1000000000000000ull + jobs_.size();
  job.offer.n = n;
  job.offer.ms = ms;
  job.offer.critico = critico;
  job.offer.not_after = not_after;
  jobs_.push_back(job);
}

ApiJob* ModelApi::find(uint64_t job_id, const std::string& token) {
  for (ApiJob& it : jobs_) {
    if (it.offer.job_id == job_id && token_text(it.offer.token) == token) return &it;
  }
  return nullptr;
}

void ModelApi::tick() {
  if (!world_.is_connected()) return;
  if (say_state_at_ != 0 && world_.time >= say_state_at_) {
    say_state_at_ = 0;
    world_.deliver(contract::kServerState,
                   "{\"state\":\"online\",\"version\":\"1\",\"epoch\":\"" + epoch() + "\"}", 0, "", true);
  }
  offer_next();
  if (order_.open && world_.time - order_.asked_at >= kRepeatMs) {
    order_.asked_at = world_.time;
    const std::string payload = "{\"id\":\"" + order_.id + "\",\"motivo\":\"x\",\"expires_at\":1800000000000}";
    if (order_.op.empty()) world_.deliver(contract::kJobCancel, payload, order_.job_id);
    else world_.deliver(contract::kCommand, payload, 0, order_.op);
  }
}

// One job at a time; after a restore none before the device's birth, and its seq above what that says.
void ModelApi::offer_next() {
  if (!knows_birth_ || world_.time < offer_not_before_) return;
  for (const ApiJob& it : jobs_) {
    if (it.status == ApiJob::offered || it.status == ApiJob::running) return;
  }
  for (ApiJob& it : jobs_) {
    if (it.status != ApiJob::queued) continue;
    it.status = ApiJob::offered;
    it.offer.seq = next_seq_++;
    say_next();
    return;
  }
}

std::string ModelApi::next_document() const {
  for (const ApiJob& it : jobs_) {
    if (it.status == ApiJob::offered || it.status == ApiJob::running) return document(it.offer);
  }
  return "";
}

void ModelApi::say_next() {
  if (world_.is_connected()) world_.deliver(contract::kJobsNext, next_document());
}

void ModelApi::greet() {
  // Retained topics follow their own SUBSCRIBE, and _server/state is the last of nine.
  say_state_at_ = world_.time + 200;
  std::string next = next_document();
  if (stale_next) {
    for (const ApiJob& it : jobs_) {
      if (it.offer.seq != 0) { next = document(it.offer); break; }
    }
  }
  if (!next.empty()) world_.deliver(contract::kJobsNext, next, 0, "", true);
  order_.asked_at = 0;
}

void ModelApi::restore() {
  for (ApiJob& it : snapshot_) it.accepted_journal.clear();
  jobs_ = snapshot_;
  restored_ = true;
  ++epoch_;
  knows_birth_ = false;
  order_.open = false;
  world_.disconnect();
}

void ModelApi::ask_cancel() {
  for (const ApiJob& it : jobs_) {
    if (it.status == ApiJob::running) order_ = {"cancel-1", "", it.offer.job_id, true, 0};
  }
}

void ModelApi::ask_command(const std::string& op) {
  order_ = {op + "-1", op, 0, true, 0};
  for (const ApiJob& it : jobs_) {
    if (it.status == ApiJob::running) order_.job_id = it.offer.job_id;
  }
}

void ModelApi::hear(const Message& message) {
  const std::vector<std::string> at = levels(message.topic);  // yaguts v1 demo devices mao …
  const auto level = [&](size_t i) { return i < at.size() ? at[i] : std::string(); };
  if (level(5) == "birth") {
    journal_id_ = field(message.payload, "journal_id");
    birth_hi_ = number(field(message.payload, "hi"));
    birth_active_ = number(field(message.payload, "seq"));
    next_seq_ = static_cast<uint32_t>(std::max<uint64_t>({next_seq_, birth_hi_ + 1, birth_active_ + 1}));
    if (!knows_birth_) {
      knows_birth_ = true;
      for (ApiJob& it : jobs_) {
        // Started before the restore: its entries are on their way, by the active job or the ring.
        if (it.offer.seq != 0 && it.offer.seq <= std::max(birth_hi_, birth_active_) && it.status != ApiJob::terminal) {
          it.status = ApiJob::running;
          it.accepted_journal = journal_id_;
        }
      }
    }
    if (stale_next) say_next();  // the projection is said again on birth: the broker's copy may be old
    return;
  }
  if (level(5) == "cmd" && level(6) == order_.op && field(message.payload, "id") == order_.id) {
    order_.open = false;
    if (order_.op == "stop" && level(7) == "accepted") {
      for (const ApiJob& it : jobs_) {
        if (it.offer.job_id == order_.job_id) cancel_accepted_.emplace(it.offer.seq, world_.ledger.size());
      }
    }
    return;
  }
  if (level(5) != "jobs") return;
  const uint64_t job_id = number(level(6));
  const std::string token = field(message.payload, "token");
  ApiJob* job = find(job_id, token);
  if (level(7) == "start") {
    hear_start(job, job_id, message.payload);
  } else if (level(7) == "log") {
    hear_entry(job_id, static_cast<int>(number(level(8))), message.payload);
  } else if (level(7) == "complete") {
    hear_complete(job_id, message.payload);
  } else if (level(7) == "cancel") {
    order_.open = false;
    if (level(8) != "accepted") return;
    for (const ApiJob& it : jobs_) {
      if (it.offer.job_id == job_id) cancel_accepted_.emplace(it.offer.seq, world_.ledger.size());
    }
  } else if (level(7) == "rejected" && job != nullptr && job->status == ApiJob::running && job->entries.empty()) {
    // Leave was given, power went before it was in flash, and now it is too late: a person closes the job.
    if (field(message.payload, "code") != "expirado") return;
    job->status = ApiJob::terminal;
    job->is_refused = true;
  } else if (level(7) == "rejected" && job != nullptr && job->status == ApiJob::offered) {
    const std::string code = field(message.payload, "code");
    if (code == "duplicado" && birth_hi_ >= job->offer.seq) {
      job->status = ApiJob::running;  // it has finished there: the ring tells how
    } else if (code == "duplicado" || code == "ocupado") {
      job->status = ApiJob::queued;
      offer_not_before_ = world_.time + kRepeatMs;
    } else {
      job->status = ApiJob::terminal;
      job->is_refused = true;
    }
  }
}

void ModelApi::hear_start(ApiJob* job, uint64_t job_id, const std::string& payload) {
  const std::string seq = field(payload, "seq");
  const std::string now = std::to_string(world_.epoch + world_.time);
  const auto reject = [&](const char* code) {
    world_.deliver(contract::kStartRejected, "{\"seq\":" + seq + ",\"code\":\"" + code + "\"}", job_id);
  };
  if (job == nullptr) return reject("desconhecido");
  if (job->status == ApiJob::terminal) return reject("terminado");
  if (job->status == ApiJob::running && job->accepted_journal != journal_id_) {
    job->status = ApiJob::terminal;
    job->is_forced = true;
    return reject("diario_perdido");
  }
  if (number(seq) != job->offer.seq) return reject("terminado");
  job->status = ApiJob::running;
  job->accepted_journal = journal_id_;
  leave_given_.emplace(job->offer.seq, world_.ledger.size());
  if (loss == Loss::first_leave && leaves_++ == 0) return;
  world_.deliver(contract::kStartAccepted,
                 "{\"seq\":" + seq + ",\"token\":\"" + field(payload, "token") + "\",\"now\":" + now + "}", job_id);
}

void ModelApi::hear_entry(uint64_t job_id, int item, const std::string& payload) {
  const std::string token = field(payload, "token");
  const auto [said, is_first] = first_said_.emplace(token + "/" + std::to_string(item), payload);
  if (!is_first && said->second != payload) {
    blame("a second, different report:\n      " + said->second + "\n      " + payload);
  }
  ApiJob* job = find(job_id, token);
  if (job != nullptr) {
    job->entries.emplace(item, payload);
    if (job->status != ApiJob::terminal) job->status = ApiJob::running;
    // After a restore the ring carries entries only; elsewhere the account closes the job.
    if (restored_ && job->entries.size() == job->offer.n) job->status = ApiJob::terminal;
  }
  ack(job_id, token, {item}, false);
}

void ModelApi::hear_complete(uint64_t job_id, const std::string& payload) {
  const std::string token = field(payload, "token");
  ApiJob* job = find(job_id, token);
  if (job != nullptr) {
    if (job->entries.size() != job->offer.n) return;
    job->complete = true;
    job->status = ApiJob::terminal;
  }
  ack(job_id, token, {}, true);
}

void ModelApi::ack(uint64_t job_id, const std::string& token, const std::vector<int>& items, bool complete) {
  const int n = acks_++;
  if ((loss == Loss::first_ack && n == 0) || (loss == Loss::every_other && n % 2 == 0)) return;
  std::string text = "{\"token\":\"" + token + "\",\"itens\":[";
  for (size_t i = 0; i < items.size(); ++i) text += (i ? "," : "") + std::to_string(items[i]);
  text += std::string("],\"complete\":") + (complete ? "true}" : "false}");
  world_.deliver(contract::kJobAck, text, job_id);
}

size_t ModelApi::entries_stored() const {
  size_t n = 0;
  for (const ApiJob& it : jobs_) n += it.entries.size();
  return n;
}

bool ModelApi::settled() const {
  return !order_.open && std::all_of(jobs_.begin(), jobs_.end(), [](const ApiJob& it) {
    return it.status == ApiJob::terminal;
  });
}

}  // namespace test
