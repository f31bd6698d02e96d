// The journal: what has happened, in flash, so that no reboot can make it happen twice or be forgotten.
//
// The store is atomic per key and promises nothing across keys; so every fact below is one put, and no rule
// needs two of them. Numbers are little-endian. `SS` is a slot 00…71, `NN` an item 00…23 (item_ordem - 1).
//
//   jid    u64 + crc        random journal id; eight zeros: a wipe has begun and must be finished
//   boot   u32 + crc        boot counter
//   ep     text + crc       last server epoch whose resend is done
//   jSS    the job + crc    put on `accepted`: from here the job is ours
//   cur    seq, item, crc24 intent: put before the output goes on
//   fSSNN  outcome + crc    put when the output is off, before publishing
//   xSS    outcome, from    items >= from without f are closed with this code
//   ack    seq, bits, crc8  acked items of the active job
//   hi     seq, slot, crc24 highest finished seq and its slot: the slot is free
//
// The active job sits in slot hi.slot + 1 and has seq > hi. Freeing it is the single put of hi; what it
// leaves behind is the ring of the last 64 acked entries. Records of another seq than their slot's are old.
//
// Flash may refuse. A fact that is not in flash is owed: it is kept in RAM and written as soon as flash takes
// it. Until then it is not told to anybody, because after a restart it would not have happened; and no motor
// starts, because what it does could not be recorded either. Power lost meanwhile leaves what was told, true.
#pragma once

#include <cstddef>
#include <cstdint>

#include "job.h"
#include "messages.h"
#include "ports.h"

namespace yaguts {

// The final word on one item, sampled once: what a resend says is what the first sending said.
struct Outcome {
  uint64_t uptime_ms = 0;
  uint64_t ts = 0;  // epoch ms, 0 unknown
  uint32_t ran_ms = 0;
  uint16_t boot = 0;
  contract::EntryCode code = contract::EntryCode::none;  // none: done
};

// Ends several items at once.
struct Closing {
  Outcome outcome;
  uint8_t from = 0;
  // abortado only: every item from `from` on is abortado; otherwise that one, and those after it cancelado.
  bool all_alike = false;
};

// A job with its outcomes, as far as there are any.
struct JobRecord {
  Job job;
  Outcome outcomes[contract::MAX_ITENS];
  uint32_t final_bits = 0;  // items with an f
  Closing closing;
  bool closed = false;

  bool is_final(size_t i) const { return final_bits >> i & 1 || (closed && i >= closing.from); }
  // The entry of a final item; false if it is not final.
  bool entry(size_t i, Outcome& out) const;
  uint32_t all_bits() const { return (1u << job.n) - 1; }
  uint32_t finished_bits() const;
  uint32_t closed_bits() const;
};

class Journal {
 public:
  static constexpr size_t kSlots = 72;
  static constexpr int kTries = 3;  // for a put that must not fail

  explicit Journal(Store& store) : store_(store) {}

  struct Recovery {
    bool lost = false;     // unreadable: wiped, new id
    int interrupted = -1;  // item that was pouring when power went, its outcome still to be put
  };
  // Counts the boot, then reads everything. Never fails: what cannot be read is lost, and says so.
  Recovery load(uint64_t entropy);

  uint64_t id() const { return id_; }
  uint32_t boot() const { return boot_; }
  uint32_t hi() const { return hi_; }
  const char* epoch() const { return epoch_; }

  bool has_job() const { return active_.job.seq != 0; }
  const JobRecord& active() const { return active_; }
  // First item without a final word, job.n if there is none.
  size_t next_item() const;
  uint32_t acked() const { return acked_; }
  // Final in flash, not yet acked: what is to be told.
  uint32_t unacked() const { return kept_bits() & ~acked_; }

  // These hold in RAM from here on. False: flash refused, the fact is owed.
  bool accept(const Job& job);  // makes room first
  bool finish(size_t item, const Outcome& outcome) { return note(item, outcome), settle(); }
  bool close_from(const Closing& closing);
  // False: flash refused. Nothing is owed: the item must not run now, and its outcome says why.
  bool intend(size_t item);

  // The outcome in RAM alone, for settle to write.
  void note(size_t item, const Outcome& outcome);
  bool owes() const { return owed_.boot || owed_.wipe || owed_.id || owed_.job || owed_.closing || owed_.finals; }
  // The active job is in flash: a restart would find it.
  bool keeps_job() const { return has_job() && !owed_.job; }
  // Writes what is owed, never while a motor runs. True: nothing is owed any more.
  bool settle();
  // Gives up the oldest finished job of the ring, for a flash that is full.
  void make_way();

  // Bits of items that are not final are ignored: nothing is freed before it happened.
  // True if something new was acked. RAM only; flush() writes it, and only while no motor runs.
  bool ack(uint32_t bits);
  bool ack_dirty() const { return ack_dirty_; }
  void flush();
  // Everything acked and the account closed: frees the slot. False: the store refused, try again.
  bool free_slot();

  // Acked entries of the active job count as unacked again: a new epoch has not seen them.
  void forget_acks();
  bool put_epoch(const char* epoch);
  // Finished jobs, newest first: back = 0, 1, … until false. Slot and token are known without reading flash.
  bool ring_slot(size_t back, uint8_t& slot, uint64_t& token, uint8_t& n) const;
  bool read_slot(uint8_t slot, JobRecord& out);

  // The record of config/desired lives here too; absent or unreadable: false.
  bool load_config(Config& out);
  bool put_config(const Config& config);

 private:
  struct Slot {
    uint64_t token = 0;
    uint32_t seq = 0;
    uint8_t n = 0;  // 0: nothing there
  };
  enum class Read : uint8_t { ok, absent, broken };
  // What flash has refused, in the order in which it is written.
  struct Owed {
    bool boot = false;
    bool wipe = false;
    bool id = false;
    bool job = false;
    bool closing = false;
    uint32_t finals = 0;
  };

  uint32_t kept_bits() const;
  bool put_surely(const char* key, const uint8_t* data, size_t len);
  Read read_u64(const char* key, size_t value_bytes, uint64_t& out);
  Read read_job(uint8_t slot, Job& out);
  Read read_outcome(const char* key, uint32_t seq, Outcome& out, Closing* closing);
  bool read_outcomes(uint8_t slot, JobRecord& record);
  bool load_records(Recovery& recovery);
  void count_boot(uint64_t entropy);
  void forget_everything(uint64_t id);
  bool wipe();
  bool put_boot();
  bool put_id();
  bool put_job();
  bool put_outcome(size_t item);
  bool put_closing();
  bool erase_slot(uint8_t slot);
  void make_room();
  uint8_t next_slot() const { return static_cast<uint8_t>((hi_slot_ + 1) % kSlots); }

  Store& store_;
  uint64_t id_ = 0;
  uint32_t boot_ = 0;
  uint32_t hi_ = 0;
  uint8_t hi_slot_ = kSlots - 1;
  Owed owed_;
  bool ack_dirty_ = false;
  uint32_t acked_ = 0;
  char epoch_[kEpochBytes] = "";
  JobRecord active_;
  Slot slots_[kSlots];
};

}  // namespace yaguts
