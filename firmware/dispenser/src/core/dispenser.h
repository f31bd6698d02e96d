// The dispenser: takes one job, pours every item at most once, reports until the api has it all.
//
//   static Dispenser dispenser(ports, identity);     // big (see sizeof): never on a stack
//   dispenser.begin();                               // outputs off, boot counter, recovery; no network
//   for (;;) { dispenser.tick(); sleep(<= 10 ms); }  // never blocks longer than one flash write
//
// In:  LinkEvents of Link::poll. kConnected: publishes birth, presence, what is unacked, start;
//      kMessage: any api row of the topic table (others are ignored); kLost.
// Out: every device row of the table except the will, through Link::publish, with the QoS and retain
//      of the table; serial lines through Board::print, mirrored to log/{level}.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ports.h"
#include "topics.h"

namespace yaguts {

struct Identity {
  const char* org;            // checked ident, lives as long as the dispenser
  const char* device;
  const char* hw;             // "esp32", "esp32c3", "sim" …
  const char* reset_reason;   // "poweron", "panic", "brownout" …
  uint8_t frascos;            // 1…n exist until a config/desired says otherwise; 1…MAX_FRASCOS
  uint64_t entropy;           // random, fresh each boot: journal id, jitter
};

enum class State : uint8_t {
  kIdle,       // takes an offer
  kOffered,    // asked for leave to start, nothing in flash
  kRunning,    // a job is ours, no motor on (between items, paused)
  kPouring,    // a motor is on
  kReporting,  // every item is final, the api does not have it all yet
  kManual,     // prime, clean, calibrate
  kUpdating,   // the updater is at work
  kFaulted,    // flash refused a final three times: no job until restarted
};

// What is being poured; set before Actuator::start is called, so that a ledger can name it.
struct Pouring {
  uint32_t seq = 0;     // 0: no job (prime, clean, calibrate)
  uint64_t job_id = 0;
  uint8_t item_ordem = 0;
  uint8_t frasco = 0;
};

class Dispenser {
 public:
  Dispenser(const Ports& ports, const Identity& identity);
  Dispenser(const Dispenser&) = delete;
  Dispenser& operator=(const Dispenser&) = delete;

  void begin();
  void tick();

  // After begin(). boot_id on the wire is the low 16 bits.
  uint32_t boot_counter() const;
  State state() const;
  const Pouring& pouring() const;
  const Topics& topics() const;
  // Jobs wholly acked and freed since start.
  uint32_t jobs_freed() const;
  // Queues `presence` offline: call before an orderly stop of the process.
  bool say_offline();
};

}  // namespace yaguts
