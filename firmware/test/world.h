// A dispenser's world that can be stopped between any two port calls: flash that survives, a relay that
// keeps a ledger, a broker and an api that remember, a clock that only moves when told.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../dispenser/src/core/dispenser.h"

namespace test {

using yaguts::contract::Topic;

struct Crash {};  // power is gone: thrown out of a port call

// Counts the calls with an effect (put, del, start, stop_all, publish, a message taken from the link) and
// cuts power in front of or behind one of them. A call without effect (get, running, ms) needs no point of
// its own: a crash there leaves the same world as one behind the effect before it.
class PowerCut {
 public:
  static constexpr uint64_t kNever = ~0ull;
  // Points until the cut: 2k cuts before the (k+1)th call from now, 2k+1 behind it.
  void arm(uint64_t points) { left_ = points; }
  bool armed() const { return left_ != kNever; }
  uint64_t calls() const { return calls_; }
  template <class Effect>
  auto around(Effect effect) {
    point();
    ++calls_;
    auto result = effect();
    point();
    return result;
  }

 private:
  void point() {
    if (left_ == kNever) return;
    if (left_-- == 0) {
      left_ = kNever;
      throw Crash{};
    }
  }
  uint64_t left_ = kNever;
  uint64_t calls_ = 0;
};

// Flash that refuses puts and deletes from one call on.
struct FlashFault {
  enum Kind : uint8_t { times, until_restart, until_erase };
  int at = -1;         // 0-based, of all flash calls since the world began; -1: never
  Kind kind = times;   // until_erase: full; a delete is taken and makes room
  int count = 1;       // of kind times
  bool writes = false; // says no, but has written: as a sync that fails does
};

struct Message {
  std::string topic;
  std::string payload;
  bool retain = false;
  uint8_t qos = 0;
};

struct Start {
  uint32_t seq;
  uint64_t job_id;
  uint8_t item;
  uint8_t frasco;
  uint32_t ms;
  uint32_t ran_ms;  // set when the output goes off
  uint64_t at;
};

class World : public yaguts::Clock, public yaguts::Store, public yaguts::Actuator, public yaguts::Link,
              public yaguts::Board {
 public:
  World();

  // -- the device
  void boot();               // a new Dispenser over the same flash; begin() has run
  void power_off();          // what a crash leaves: outputs off, nothing in flight, no connection
  void connect();            // CONNACK: the retained topics follow
  void disconnect();
  void tick();               // one turn of the device
  void run(uint64_t ms);     // turns and time
  void deliver(Topic row, const std::string& payload, uint64_t job_id = 0, const std::string& op = "",
               bool retain = false);
  yaguts::Dispenser& device() { return *device_; }
  bool is_connected() const { return connected_; }

  // Topic of a row for this device.
  std::string topic(Topic row, uint64_t job_id = 0, uint32_t item = 0, const std::string& op = "") const;
  // Payloads published on a row since the last clear, oldest first.
  std::vector<std::string> said(Topic row, uint64_t job_id = 0, uint32_t item = 0, const std::string& op = "") const;
  bool said_line(const std::string& part) const;

  // -- what tests read and turn
  PowerCut cut;
  std::map<std::string, std::string> flash;
  std::vector<Start> ledger;
  std::vector<Message> published;
  std::vector<std::string> lines;
  std::map<std::string, std::string> retained;  // what the broker holds for this device
  std::function<void(const Message&)> on_publish;   // the api's ear
  std::function<void()> on_connect;                 // after CONNACK, before the device's first turn
  uint64_t epoch = 0;           // of the clock at time 0; 0 unknown
  uint64_t time = 1000000;      // never runs backwards
  int puts = 0, dels = 0;
  bool refuse_puts = false;
  std::string refuse_put_of;    // prefix of keys that cannot be put
  FlashFault flash_fault;
  int flash_calls = 0;          // puts and deletes so far
  int refusals = 0;             // of them refused by flash_fault
  std::string broken_key;       // unreadable
  std::vector<int> failing_items;  // item_ordem whose relay does not take
  bool stuck = false;           // the output does not go off by itself
  bool is_empty = false, stop_button = false, no_bowl = false;
  bool link_full = false;
  bool twice = false;           // QoS 1 may deliver again: every message arrives twice
  int room_per_turn = 1 << 30;  // publishes that fit the outbox between two turns
  int reboots = 0, identified = 0;
  bool motor_on_during_put = false;
  uint8_t frascos = 24;
  yaguts::Updater* updater = nullptr;
  uint64_t entropy = 0x1234567890abcdefull;
  uint32_t pin_of[25] = {};

  // -- the ports
  uint64_t ms() override { return time - booted_at_; }
  uint64_t epoch_ms() override { return epoch == 0 ? 0 : epoch + time; }
  int get(const char* key, void* out, size_t cap) override;
  bool put(const char* key, const void* data, size_t len) override;
  bool del(const char* key) override;
  bool start(uint8_t frasco, uint32_t ms) override;
  void stop_all() override;
  bool running() override;
  uint32_t ran_ms() override;
  bool empty(uint8_t) override { return is_empty; }
  bool stop_pressed() override { return stop_button; }
  bool bowl_missing() override { return no_bowl; }
  bool pin_allowed(uint8_t pin) override { return pin != 6; }
  bool assign(uint8_t frasco, uint8_t pin) override { pin_of[frasco] = pin; return true; }
  bool publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos, bool retain) override;
  bool poll(yaguts::LinkEvent& event) override;
  void print(const char* line) override { lines.push_back(line); }
  void reboot() override { ++reboots; }
  void identify(uint32_t) override { ++identified; }
  yaguts::Health health() override { return {-60, 100000, 1600}; }

  // Milliseconds until the running output goes off by itself; 0 if none runs.
  uint64_t motor_left() const;
  std::deque<Message> inbox;
  bool keep_published = true;  // the sweep needs no history

 private:
  void settle_motor();
  bool flash_refuses(bool is_delete);
  std::unique_ptr<yaguts::Dispenser> device_;
  yaguts::Topics topics_{"demo", "mao"};
  uint64_t booted_at_ = 0;
  bool connected_ = false;
  bool connect_event_ = false;
  bool lost_event_ = false;
  uint16_t connection_ = 0;
  Message current_;
  int room_ = 1 << 30;
  bool motor_on_ = false;
  uint64_t motor_since_ = 0;
  uint32_t motor_ms_ = 0;
  uint32_t last_ran_ = 0;
};

// The job document of the contract: n items of ms each, frascos 1…n.
struct Offer {
  uint64_t job_id = 7;
  uint32_t seq = 1;
  uint64_t token = 0x9f3c2a71d05be864;
  uint64_t not_after = 1790000000000ull;
  size_t n = 3;
  uint32_t ms = 1000;
  int critico = 0;  // item_ordem, 0 none
};
std::string document(const Offer& offer);
std::string token_text(uint64_t token);
std::string start_answer(const Offer& offer, uint64_t now = 0);
std::string ack_of(uint64_t token, const std::vector<int>& items, bool complete = false);

// The value of a top-level field of a flat JSON object, as it stands; empty if absent.
std::string field(const std::string& json, const std::string& name);

}  // namespace test
