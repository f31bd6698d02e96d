// The net task's half of MQTT: keeps one clean session to the broker open and
// carries letters between it and the mailboxes. Knows topics, no jobs.
//
//   Waiting ──(time is up, network up)──▶ connect, ≤ 3 s ──CONNACK 0──▶ Online
//      ▲                                       │ no                       │
//      └───────── full jitter, 1 s × 2ⁿ ≤ 60 s ┴── lost, refused SUBACK ◀─┘
//
// Online: subscribes without waiting, tells the core, then each turn takes up to
// 16 packets in and sends what the outbox holds.
#pragma once

#include <Arduino.h>
#include <PubSubClient.h>

#include <cstddef>
#include <cstdint>

#include "../core/backoff.h"
#include "../core/topics.h"
#include "broker_address.h"
#include "mailbox.h"
#include "qos1_tap.h"

namespace yaguts {

// What the session asks of the chip or the process. Called from the net task.
struct SessionHost {
  virtual ~SessionHost() = default;
  virtual bool network_up() = 0;
  // Seeds the jitter; once, in begin().
  virtual uint32_t random() = 0;
  // One serial line without line end.
  virtual void print(const char* line) = 0;
  // Looks for _mqtt._tcp in the house; false when not found or not now (a motor runs).
  virtual bool discover(BrokerAddress& found) { (void)found; return false; }
  // This address has answered; may be kept for the next boot.
  virtual void remember(const BrokerAddress& good) { (void)good; }
};

// All pointers stay the caller's and live as long as the session.
struct SessionConfig {
  const char* org = nullptr;
  const char* device = nullptr;
  const char* password = nullptr;
  BrokerAddress broker;       // as configured
  BrokerAddress last_good;    // host "" when unknown
  uint32_t boot_counter = 0;  // makes will and `presence` name the same session
};

class Session : private TapListener {
 public:
  static constexpr uint16_t kBufferBytes = 4096;  // the largest api row, its topic and header, with room
  static constexpr int kLoopsPerTurn = 16;        // the library takes one packet per loop()
  static constexpr uint16_t kSocketTimeoutS = 3;  // blocks the net task only
  static constexpr unsigned long kPubackPatienceMs = 30000;

  // socket: a plain or TLS client, closed. inbox: written here; outbox: read here.
  Session(Client& socket, const SessionConfig& config, Mailbox& inbox, Mailbox& outbox, SessionHost& host);

  // Once, before turn(). False: no memory for the buffer.
  bool begin();
  // One pass; call every few milliseconds. Blocks while connecting, up to two socket timeouts.
  void turn();
  // Sends DISCONNECT, so that the will does not fire. The session may be used again.
  void close();

  bool online() const { return online_; }
  // Everything handed over has been written and answered.
  bool drained() const { return outbox_.empty() && tap_.unanswered() == 0; }
  // Since begin(); a session number of the wire is boot_counter × 65,536 + this.
  uint16_t connection() const { return connection_; }

 private:
  void on_connack(bool session_present, uint8_t code) override;
  void on_suback(uint16_t id, uint8_t code) override;
  void on_oversize(size_t packet_bytes, const char* topic, size_t topic_len) override;

  static void deliver(char* topic, uint8_t* payload, unsigned int size);
  void received(const char* topic, const uint8_t* payload, size_t size);
  void connect();
  bool subscribe(bool retained_only);
  void pump_in();
  void pump_out();
  void lost();
  void fail();
  BrokerAddress pick_address();
  bool tell_core();
  void say(const char* format, ...) __attribute__((format(printf, 2, 3)));

  const SessionConfig config_;
  SessionHost& host_;
  Mailbox& inbox_;
  Mailbox& outbox_;
  Topics topics_;
  Qos1Tap tap_;
  PubSubClient mqtt_;

  char client_id_[2 * contract::MAX_ID_CHARS + 2] = "";
  BrokerAddress current_;    // setServer keeps a pointer to its host
  BrokerAddress last_good_;
  uint16_t connection_ = 0;
  bool online_ = false;
  bool was_up_ = false;
  bool lost_untold_ = false;       // the core must hear of the end before it hears of a beginning
  bool connected_untold_ = false;
  bool filter_refused_ = false;
  bool inbox_overflowed_ = false;
  Random random_{0};
  ReconnectBackoff backoff_;
  unsigned failures_ = 0;          // since the last session that lasted
  unsigned long since_ = 0;        // online: since CONNACK; waiting: since the last try
  unsigned long pause_ms_ = 0;     // waiting: how long
};

}  // namespace yaguts
