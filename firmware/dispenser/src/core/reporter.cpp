#include "reporter.h"

#include <cstring>

#include "mutant.h"

namespace yaguts {
namespace {

using contract::EntryCode;

void write_job(const Job& job, JsonWriter& json) {
  char token[kTokenTextBytes];
  render_token(job.token, token);
  json.key("v").uint(1).key("job_id").uint(job.job_id).key("seq").uint(job.seq).key("token").string(token);
}

}  // namespace

bool write_entry(const JobRecord& record, size_t item, JsonWriter& json) {
  Outcome outcome;
  if (!record.entry(item, outcome)) return false;
  const bool done = outcome.code == EntryCode::none;
  const Item& planned = record.job.items[item];
  char boot_id[5];
  for (int i = 0; i < 4; ++i) boot_id[i] = "0123456789abcdef"[outcome.boot >> (12 - 4 * i) & 15];
  boot_id[4] = 0;
  json.open('{');
  write_job(record.job, json);
  json.key("item_ordem").uint(item + 1).key("frasco").uint(planned.frasco);
  json.key("quantidade_g").milli(planned.mg).key("segundos").milli(outcome.ran_ms);
  json.key("status").string(done ? "done" : "failed");
  json.key("error");
  // The code alone: free text would have to be the same in every future version, or a resend contradicts.
  if (done) json.null();
  else json.string(contract::kEntryCodes[static_cast<size_t>(outcome.code)]);
  json.key("boot_id").string(boot_id).key("uptime_ms").uint(outcome.uptime_ms).key("ts");
  if (outcome.ts == 0) json.null();
  else json.uint(outcome.ts);
  json.close('}');
  return true;
}

void write_complete(const JobRecord& record, JsonWriter& json) {
  uint64_t done = 0, failed = 0, canceled = 0;
  for (size_t i = 0; i < record.job.n; ++i) {
    Outcome outcome;
    if (!record.entry(i, outcome)) continue;
    if (outcome.code == EntryCode::none) ++done;
    else if (outcome.code == EntryCode::cancelado) ++canceled;
    else ++failed;
  }
  json.open('{');
  write_job(record.job, json);
  json.key("itens_completados").uint(done).key("itens_falhados").uint(failed);
  json.key("itens_cancelados").uint(canceled).key("execution_logs").open('[').close(']').close('}');
}

void Reporter::connected() {
  connected_ = true;
  resend();
}

void Reporter::resend() {
  due_ = journal_.unacked();
  complete_sent_ = false;
  armed_ = false;
  backoff_.reset();
  restart_ring_round();
}

void Reporter::job_changed() {
  due_ = journal_.unacked();
  complete_due_ = complete_sent_ = false;
  backoff_.reset();
  armed_ = false;
}

// Every item final and acked, the account itself not yet.
bool Reporter::account_open() const {
  return journal_.has_job() && journal_.acked() == journal_.active().all_bits();
}

Reporter::Acked Reporter::acked(uint64_t job_id, const Ack& ack) {
  Acked result;
  const Job& job = journal_.active().job;
  if (journal_.has_job() && job.token == ack.token && job.job_id == job_id) {
    const uint32_t before = journal_.acked();
    if (journal_.ack(ack.items)) {
      result.fresh = journal_.acked() & ~before;
      due_ &= ~result.fresh;
      backoff_.reset();
      armed_ = false;
    }
    result.complete = account_open() && (ack.complete || MUTANT(free_without_complete));
    return result;
  }
  uint8_t slot, n;
  uint64_t token;
  for (size_t back = 0; journal_.ring_slot(back, slot, token, n); ++back) {
    if (token == ack.token) ring_acked_[slot] |= ack.items;
  }
  return result;
}

void Reporter::epoch(const char* epoch) {
  if (epoch[0] == 0 || std::strcmp(epoch, journal_.epoch()) == 0) return;
  if (std::strcmp(epoch, epoch_) == 0 && (is_ring_busy() || ring_done_)) return;
  std::strncpy(epoch_, epoch, sizeof epoch_ - 1);
  journal_.forget_acks();
  std::memset(ring_acked_, 0, sizeof ring_acked_);
  ring_round_ = 1;
  ring_done_ = false;
  resend();
}

bool Reporter::is_ring_acked() const {
  uint8_t slot, n;
  uint64_t token;
  for (size_t back = 0; journal_.ring_slot(back, slot, token, n); ++back) {
    if (~ring_acked_[slot] & ((1u << n) - 1)) return false;
  }
  return true;
}

void Reporter::restart_ring_round() {
  ring_back_ = ring_item_ = 0;
  ring_loaded_ = kNoSlot;
}

void Reporter::retry_when_due() {
  if (!armed_ || clock_.ms() - armed_at_ < wait_ms_) return;
  armed_ = false;
  due_ = journal_.unacked();
  if (complete_sent_) complete_due_ = true;
  if (is_ring_busy()) {
    ++ring_round_;
    restart_ring_round();
  }
}

bool Reporter::send_entry(const JobRecord& record, size_t item) {
  JsonWriter json = outbox_.json();
  if (MUTANT(time_at_resend)) {
    JobRecord late = record;
    late.outcomes[item].uptime_ms = clock_.ms();
    write_entry(late, item, json);
  } else if (!write_entry(record, item, json)) {
    return true;
  }
  if (!outbox_.send(json, contract::kJobLog, record.job.job_id, static_cast<uint32_t>(item + 1))) return false;
  ++sent_;
  return true;
}

bool Reporter::send_complete() {
  JsonWriter json = outbox_.json();
  write_complete(journal_.active(), json);
  if (!outbox_.send(json, contract::kJobComplete, journal_.active().job.job_id)) return false;
  ++sent_;
  return true;
}

// The rest of this round, as far as it fits; reading flash is harmless while a motor runs. True: round sent.
bool Reporter::send_ring() {
  uint8_t slot, n;
  uint64_t token;
  for (; journal_.ring_slot(ring_back_, slot, token, n); ++ring_back_, ring_item_ = 0) {
    for (; ring_item_ < n; ++ring_item_) {
      if (ring_acked_[slot] >> ring_item_ & 1) continue;
      if (ring_loaded_ != slot && !journal_.read_slot(slot, ring_record_)) {
        ring_acked_[slot] = ~0u;  // unreadable: nothing to send, ever
        break;
      }
      ring_loaded_ = slot;
      if (!send_entry(ring_record_, ring_item_)) return false;
    }
  }
  return true;
}

size_t Reporter::tick(bool motor_on) {
  sent_ = 0;
  if (!motor_on) {
    journal_.flush();
    if (ring_done_) {
      // A put that fails costs the whole resend again at the next connect, and is worth no more care.
      journal_.put_epoch(epoch_);
      ring_done_ = false;
    }
  }
  if (connected_) send_due();
  return sent_;
}

void Reporter::send_due() {
  retry_when_due();
  for (size_t i = 0; due_ >> i != 0; ++i) {
    if (!(due_ >> i & 1)) continue;
    if (!send_entry(journal_.active(), i)) return;
    due_ &= ~(1u << i);
  }
  if (account_open() && (!complete_sent_ || complete_due_)) {
    if (!send_complete()) return;
    complete_sent_ = true;
    complete_due_ = false;
  }
  if (is_ring_busy()) {
    if (is_ring_acked() || ring_round_ > kRounds) {
      ring_round_ = 0;
      ring_done_ = true;
    } else if (!send_ring()) {
      return;
    }
  }
  const bool waiting = journal_.unacked() != 0 || account_open() || is_ring_busy();
  if (waiting && !armed_) {
    armed_ = true;
    armed_at_ = clock_.ms();
    wait_ms_ = backoff_.next_ms(random_);
  }
}

}  // namespace yaguts
