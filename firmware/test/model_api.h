// The api and the broker as the contract has them, small enough to be swept: a database that commits, a
// snapshot of it that can be restored, acks that can be lost. It survives the device's crashes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "world.h"

namespace test {

struct ApiJob {
  Offer offer;
  enum Status : uint8_t { queued, offered, running, terminal } status = queued;
  std::string accepted_journal;
  std::map<int, std::string> entries;
  bool complete = false;
  bool is_refused = false; // by the device, before it began
  bool is_forced = false;  // closed by the api: the device has lost its journal
};

class ModelApi {
 public:
  enum class Loss : uint8_t { none, first_ack, every_other, first_leave };

  explicit ModelApi(World& world);

  void add_job(size_t n, uint32_t ms, int critico = 0, uint64_t not_after = 1790000000000ull);
  // What the api does on its own: offer the head of the queue, repeat an unanswered cancel.
  void tick();
  // A person's wish for the job that runs now; repeated until answered.
  void ask_cancel();
  void ask_command(const std::string& op);
  void take_snapshot() { snapshot_ = jobs_; has_snapshot_ = true; }
  bool has_snapshot() const { return has_snapshot_; }
  // An older backup: another epoch, and everybody's connection drops.
  void restore();

  bool settled() const;            // every job terminal, nothing waits for an answer
  bool restored() const { return restored_; }
  std::string epoch() const { return "e" + std::to_string(epoch_); }
  size_t entries_stored() const;
  const std::vector<ApiJob>& jobs() const { return jobs_; }
  const std::string& fault() const { return fault_; }
  uint32_t highest_seq() const { return next_seq_ - 1; }

  Loss loss = Loss::none;
  bool stale_next = false;  // the broker still holds the last job's document when the device subscribes

 private:
  void hear(const Message& message);
  void greet();
  void offer_next();
  void say_next();
  void hear_start(ApiJob* job, uint64_t job_id, const std::string& payload);
  void hear_entry(uint64_t job_id, int item, const std::string& payload);
  void hear_complete(uint64_t job_id, const std::string& payload);
  void ack(uint64_t job_id, const std::string& token, const std::vector<int>& items, bool complete);
  void blame(const std::string& what) { if (fault_.empty()) fault_ = what; }
  ApiJob* find(uint64_t job_id, const std::string& token);
  std::string next_document() const;

  World& world_;
  std::vector<ApiJob> jobs_, snapshot_;
  bool has_snapshot_ = false;
  bool restored_ = false;
  bool knows_birth_ = true;     // since the restore
  int epoch_ = 1;
  uint32_t next_seq_ = 1;
  std::string journal_id_;
  uint64_t birth_hi_ = 0, birth_active_ = 0;
  int acks_ = 0, leaves_ = 0;
  uint64_t say_state_at_ = 0, offer_not_before_ = 0;
  std::string fault_;
  // the promises of one (token, item), kept over restores: what the device once said, it must say again
  std::map<std::string, std::string> first_said_;
  struct Order { std::string id, op; uint64_t job_id = 0; bool open = false; uint64_t asked_at = 0; };
  Order order_;
  std::map<uint32_t, size_t> leave_given_;      // seq -> starts in the ledger at that time
  std::map<uint32_t, size_t> cancel_accepted_;  // seq -> the same

 public:
  const std::map<uint32_t, size_t>& leaves() const { return leave_given_; }
  const std::map<uint32_t, size_t>& cancels() const { return cancel_accepted_; }
};

}  // namespace test
