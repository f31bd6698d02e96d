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

#include "answers.h"
#include "backoff.h"
#include "config.h"
#include "journal.h"
#include "manual.h"
#include "messages.h"
#include "outbox.h"
#include "ports.h"
#include "reporter.h"
#include "serial_log.h"
#include "topics.h"

namespace yaguts {

struct Identity {
  const char* org;            // checked ident, lives as long as the dispenser
  const char* device;
  const char* hw;             // "esp32", "esp32c3", "sim" …
  const char* reset_reason;   // "poweron", "panic", "brownout" …
  uint8_t frascos;            // 1…n exist until a config/desired says otherwise; 1…MAX_FRASCOS
  uint64_t entropy;           // random, fresh each boot: journal id, jitter
  bool bowl_sensor = false;   // capabilities of `birth`
  bool empty_sensor = false;
};

enum class State : uint8_t {
  kIdle,       // takes an offer
  kOffered,    // asked for leave to start, nothing in flash
  kRunning,    // a job is ours, no motor on (between items, paused)
  kPouring,    // a motor is on
  kReporting,  // every item is final, the api does not have it all yet
  kManual,     // prime, clean, calibrate
  kUpdating,   // the updater is at work
  kFaulted,    // flash refuses: no motor moves until it has taken what is owed to it
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
  uint32_t boot_counter() const { return journal_.boot(); }
  State state() const { return journal_.owes() ? State::kFaulted : state_; }
  const Pouring& pouring() const { return pouring_; }
  const Topics& topics() const { return topics_; }
  // Jobs wholly acked and freed since start.
  uint32_t jobs_freed() const { return jobs_freed_; }
  // The newest finished job, read from flash; false if there is none that can be read.
  bool last_finished(JobRecord& out);
  // Queues `presence` offline: call before an orderly stop of the process, motors off.
  void say_offline();

 private:
  // Asks for leave to start, again and again while connected.
  struct Asking {
    bool wanted = false;
    bool sent = false;
    uint64_t at = 0;
    uint32_t wait_ms = 0;
    ReportBackoff backoff;
  };
  struct Refused {
    bool due = false;
    JobRef job;
    contract::OfferRefusal code = contract::OfferRefusal::none;
  };

  // dispenser.cpp: time passes
  void recover();
  void step_owing();
  void step_idle();
  void step_running();
  void step_pouring();
  void step_manual();
  void end_manual(bool ok);
  void step_updating();
  void watch_stop_input();
  void take_offer();
  void adopt();
  void begin_item(size_t item);
  void end_item(contract::EntryCode code, uint32_t ran_ms);
  bool close_rest(contract::EntryCode code, bool all_alike);
  bool abort_if_hopeless();
  bool take_and_close(contract::EntryCode code);
  bool end_by_stop();
  void say_refused();
  void job_over();
  Outcome outcome(contract::EntryCode code, uint32_t ran_ms);
  bool motor_on() const { return state_ == State::kPouring || state_ == State::kManual; }
  uint64_t now();
  void apply_config();

  // dispenser_inbox.cpp: messages arrive
  void drain_inbox();
  void on_connected(uint16_t connection);
  void on_lost();
  void on_message(const LinkEvent& event);
  void on_jobs_next(const uint8_t* payload, size_t len);
  void on_start_accepted(uint64_t job_id, const StartAnswer& answer);
  void on_start_rejected(uint64_t job_id, const StartAnswer& answer);
  void on_ack(uint64_t job_id, const Ack& ack);
  void on_cancel(uint64_t job_id, const Order& order);
  void on_command(contract::Command op, const Order& order);
  contract::CommandRefusal run_command(contract::Command op, const Order& order, Answer& answer);
  void on_config(const uint8_t* payload, size_t len);
  void on_server_state(const ServerState& server, bool live);
  bool is_expired(const Order& order);
  void refuse(const JobRef& ref, contract::OfferRefusal code);
  void drop_offer();

  // dispenser_outbox.cpp: what is said besides reports
  void pump();
  bool greet();
  bool send_birth();
  bool send_presence(const char* state);
  bool send_config();
  void send_ota();
  bool send_refusal();
  void ask_leave();
  void tick_progress();
  void tick_telemetry();

  Clock& clock_;
  Actuator& actuator_;
  Link& link_;
  Board& board_;
  Updater* updater_;
  const Identity identity_;
  Topics topics_;
  Outbox outbox_;
  Random random_;
  SerialLog log_;
  Journal journal_;
  Reporter reporter_;
  Answers answers_;
  Manual manual_;

  State state_ = State::kIdle;
  Pouring pouring_;
  size_t item_ = 0;           // being poured
  uint64_t item_since_ = 0;
  uint64_t exec_since_ = 0;
  bool paused_ = false;
  bool owing_ = false;        // flash refused, and it has been said
  uint64_t owing_since_ = 0;  // the last try
  uint32_t owing_wait_ms_ = 0;
  int owing_tries_ = 0;
  ReportBackoff owing_backoff_;
  bool stop_was_pressed_ = false;
  uint32_t jobs_freed_ = 0;

  bool has_offer_ = false;
  Job offer_;
  Asking asking_;
  Refused refused_;

  Config config_;
  Config wanted_config_;
  bool has_wanted_config_ = false;
  ConfigFaults config_faults_;

  bool connected_ = false;
  uint16_t connection_ = 0;
  bool birth_due_ = false;
  bool presence_due_ = false;
  bool config_due_ = false;
  bool ota_due_ = false;
  bool ota_wanted_ = false;
  bool offline_due_ = false;  // before a reboot asked for by command
  bool reboot_due_ = false;
  uint64_t reboot_at_ = 0;
  uint64_t progress_at_ = 0;
  uint64_t telemetry_at_ = 0;

  uint64_t known_epoch_ms_ = 0;  // `now` of the last start/accepted, 0: none
  uint64_t known_at_ = 0;        // and the Clock::ms() of its arrival
};

}  // namespace yaguts
