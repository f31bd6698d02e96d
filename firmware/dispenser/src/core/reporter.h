// Tells the api every outcome until the api says it has it.
//
// Due at once: a new outcome; everything unacked after a connect, after the server comes online, after a new
// epoch. Due again: by ReportBackoff, for ever. `complete` is derived, and waits for the last entry's ack.
//
// A new epoch means another database (a restore): the acked entries of the active job count as unacked, and
// the ring of finished jobs is sent again until each entry is acked or kRounds have passed; only then the
// epoch is put, so that a reboot in between starts over.
#pragma once

#include "backoff.h"
#include "journal.h"
#include "messages.h"
#include "outbox.h"

namespace yaguts {

class Reporter {
 public:
  static constexpr int kRounds = 10;

  Reporter(Journal& journal, Outbox& outbox, Clock& clock, Random& random)
      : journal_(journal), outbox_(outbox), clock_(clock), random_(random) {}

  void connected();
  void lost() { connected_ = false; }
  // Everything unacked is due now.
  void resend();
  // The outcome of an item is in flash (or, when flash refuses, at least true).
  void item_final(size_t item) { due_ |= 1u << item; }
  // The job changed as a whole: closed, freed, accepted.
  void job_changed();

  struct Acked {
    uint32_t fresh = 0;  // items newly acked of the active job
    bool complete = false;  // the whole account is acked: the slot may be freed
  };
  Acked acked(uint64_t job_id, const Ack& ack);
  void epoch(const char* epoch);

  // Sends what is due and fits; how many reports that was. motor_on: nothing is written to flash now.
  size_t tick(bool motor_on);

 private:
  void send_due();
  static constexpr uint8_t kNoSlot = 0xFF;

  bool account_open() const;
  bool is_ring_busy() const { return ring_round_ > 0; }
  bool is_ring_acked() const;
  void restart_ring_round();
  void retry_when_due();
  bool send_entry(const JobRecord& record, size_t item);
  bool send_complete();
  bool send_ring();

  Journal& journal_;
  Outbox& outbox_;
  Clock& clock_;
  Random& random_;
  ReportBackoff backoff_;

  bool connected_ = false;
  bool armed_ = false;
  uint64_t armed_at_ = 0;
  uint32_t wait_ms_ = 0;
  uint32_t due_ = 0;
  size_t sent_ = 0;  // in this tick
  bool complete_due_ = false;
  bool complete_sent_ = false;

  char epoch_[kEpochBytes] = "";
  int ring_round_ = 0;      // 0: no resend under way
  bool ring_done_ = false;  // waits for the motor to stop before the epoch is put
  size_t ring_back_ = 0;    // next job to send in this round
  size_t ring_item_ = 0;
  uint8_t ring_loaded_ = kNoSlot;  // the slot that lies in ring_record_
  JobRecord ring_record_;
  uint32_t ring_acked_[Journal::kSlots] = {};
};

// ExecutionLogEntry of a final item, from the journal alone. False: not final.
bool write_entry(const JobRecord& record, size_t item, JsonWriter& json);
// JobCompleteIn; every item must be final.
void write_complete(const JobRecord& record, JsonWriter& json);

}  // namespace yaguts
