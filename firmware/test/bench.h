// A dispenser on the bench: booted, connected, its journal empty; with the steps that many tests begin with.
#pragma once

#include "check.h"
#include "world.h"

namespace test {

namespace c = yaguts::contract;
using yaguts::State;

struct Bench : World {
  Offer offer;

  explicit Bench(bool online = true) {
    boot();
    if (online) {
      connect();
      tick();
    }
  }
  void restart() {
    power_off();
    boot();
  }
  State state() { return device().state(); }
  // The offer arrives, leave is asked for.
  void make_offer() {
    deliver(c::kJobsNext, document(offer), 0, "", true);
    tick();
  }
  // Leave arrives: the job is ours.
  void accept(uint64_t now = 0) {
    deliver(c::kStartAccepted, start_answer(offer, now), offer.job_id);
    tick();
  }
  void begin_job() {
    make_offer();
    accept();
  }
  void pour_all() {
    for (int i = 0; i < 100000 && (state() == State::kRunning || state() == State::kPouring); ++i) run(10);
  }
  void ack(const std::vector<int>& items, bool complete = false) {
    deliver(c::kJobAck, ack_of(offer.token, items, complete), offer.job_id);
    tick();
  }
  void finish_job() {
    begin_job();
    pour_all();
    std::vector<int> all;
    for (size_t i = 1; i <= offer.n; ++i) all.push_back(static_cast<int>(i));
    ack(all);
    tick();
    ack({}, true);
  }
  void command(const std::string& op, const std::string& rest = "", const std::string& id = "c-1",
               uint64_t expires_at = 1790000000000ull, bool retain = false) {
    deliver(c::kCommand, "{\"id\":\"" + id + "\",\"expires_at\":" + std::to_string(expires_at) + rest + "}", 0, op,
            retain);
    tick();
  }
  void cancel(const std::string& id = "k-1", uint64_t job_id = 0) {
    deliver(c::kJobCancel, "{\"id\":\"" + id + "\",\"motivo\":\"x\",\"expires_at\":1790000000000}",
            job_id == 0 ? offer.job_id : job_id);
    tick();
  }
  std::string last(c::Topic row, uint64_t job_id = 0, uint32_t item = 0, const std::string& op = "") {
    const auto all = said(row, job_id, item, op);
    return all.empty() ? "" : all.back();
  }
  std::string entry(uint32_t item) { return last(c::kJobLog, offer.job_id, item); }
  std::string error(uint32_t item) { return field(entry(item), "error"); }
  std::string refusal() { return field(last(c::kJobRejected, offer.job_id), "code"); }
  std::string command_refusal(const std::string& op) { return field(last(c::kCommandRejected, 0, 0, op), "code"); }
  bool command_accepted(const std::string& op) { return !last(c::kCommandAccepted, 0, 0, op).empty(); }
};

}  // namespace test
