// The answers to the last commands and cancels, so that one sent twice is answered twice and run once.
#pragma once

#include "messages.h"
#include "outbox.h"

namespace yaguts {

struct Answer {
  char id[kIdBytes] = "";
  contract::Command op = contract::Command::none;  // none: a cancel
  contract::CommandRefusal code = contract::CommandRefusal::none;
  uint64_t job_id = 0;      // of a cancel
  uint8_t item_ordem = 0;   // where a cancel stopped the job, 0: nothing had begun
  uint32_t ran_ms = 0;
  bool has_ran = false;
  bool running = false;     // no answer yet: the motor still runs
  bool due = false;
};

class Answers {
 public:
  Answer* find(const char* id);
  // A place for a new id, in exchange for the oldest answer. Valid until the next add.
  Answer& add(const char* id);
  // Sends what is due; false when the link has no room for the rest.
  bool pump(Outbox& outbox);

 private:
  bool send(const Answer& answer, Outbox& outbox);

  Answer list_[contract::RECENT_COMMANDS];
  size_t next_ = 0;
};

}  // namespace yaguts
