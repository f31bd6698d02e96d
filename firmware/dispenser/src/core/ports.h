// What the core needs from the world, and nothing more. Two worlds fill these in: the chip
// (src/esp32) and a Linux process (firmware/sim); a third one, a model that crashes, in firmware/test.
//
// All calls come from one task, the dispense task. None may block longer than a flash write does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yaguts {

// Time. Values are milliseconds; compare by subtraction only.
struct Clock {
  virtual ~Clock() = default;
  // Since start, monotonic, never wraps in practice (64 bits).
  virtual uint64_t ms() = 0;
  // Unix epoch in milliseconds, 0 while unknown. The core falls back to `now` of start/accepted.
  virtual uint64_t epoch_ms() = 0;
};

// Flash. Keys are at most 15 characters, values at most kMaxValueBytes.
// Durable on return, atomic per key, no promise across keys.
// A value of exactly 8 bytes is worth storing as an NVS u64: one entry of 32 bytes instead of three.
struct Store {
  static constexpr int kAbsent = -1;  // no such key
  static constexpr int kBroken = -2;  // there is a key, its value cannot be read (or exceeds cap)
  static constexpr size_t kMaxValueBytes = 512;

  virtual ~Store() = default;
  // Copies at most cap bytes to out; returns the value's length, kAbsent or kBroken.
  virtual int get(const char* key, void* out, size_t cap) = 0;
  // False: the old value (or its absence) is still there.
  virtual bool put(const char* key, const void* data, size_t len) = 0;
  // True also when the key was not there.
  virtual bool del(const char* key) = 0;
};

// Motors. One output at a time; frasco is the number of the wire, not a pin.
struct Actuator {
  virtual ~Actuator() = default;
  // Output on, with its own cut-off armed after ms whatever the caller does next.
  // False (output off): the relay did not take.
  virtual bool start(uint8_t frasco, uint32_t ms) = 0;
  // Everything off, at once, at any time.
  virtual void stop_all() = 0;
  virtual bool running() = 0;
  // Measured time of the last start, growing while running; kept after the stop until the next start.
  virtual uint32_t ran_ms() = 0;

  // Sensors, for boards that have them.
  virtual bool empty(uint8_t frasco) { (void)frasco; return false; }  // nothing left to pour
  virtual bool stop_pressed() { return false; }                       // the stop input, level
  virtual bool bowl_missing() { return false; }                       // refuses an offer (`tigela`), holds a job

  // Pins, for boards that let config/desired move them. assign is called only while no motor runs.
  virtual bool pin_allowed(uint8_t pin) { (void)pin; return false; }
  virtual bool assign(uint8_t frasco, uint8_t pin) { (void)frasco; (void)pin; return false; }
};

struct LinkEvent {
  enum Kind : uint8_t { kConnected, kLost, kMessage };
  Kind kind = kLost;
  // kConnected: number of this connection since boot, counted from 1; it is also in the will of this
  // connection: session = boot_counter() * 65536 + connection.
  uint16_t connection = 0;
  // kMessage: valid until the next poll; no NUL at the end of either.
  const char* topic = nullptr;
  size_t topic_len = 0;
  const uint8_t* payload = nullptr;
  size_t payload_len = 0;
  bool retain = false;
};

// The way out. kConnected comes after CONNACK, when the subscriptions have been sent.
struct Link {
  virtual ~Link() = default;
  // Queues a copy of topic (NUL-terminated) and payload. False: no room or no connection, try later.
  // True promises nothing: only our own `ack` proves that the api has it.
  virtual bool publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos,
                       bool retain) = 0;
  // The next event, oldest first; false when there is none.
  virtual bool poll(LinkEvent& event) = 0;
};

struct Health {
  int32_t rssi = 0;         // dBm, 0 = unknown
  uint32_t heap_free = 0;   // bytes
  uint32_t flash_free = 0;  // entries or bytes left in the journal partition
};

// The rest of the board: what has no rule of its own.
struct Board {
  virtual ~Board() = default;
  // One serial line, without line end; UTF-8.
  virtual void print(const char* line) { (void)line; }
  virtual Health health() { return {}; }
  // Blinks for so long; returns at once.
  virtual void identify(uint32_t ms) { (void)ms; }
  // Orderly restart. `presence` offline was queued half a second before.
  virtual void reboot() {}
};

// Over-the-air update: the core says when, the updater does it. Boards without one pass nullptr.
struct Updater {
  struct Status {
    const char* state = "idle";     // a state of the ota/state row
    uint8_t percent = 0;
    const char* error = nullptr;    // static text or nullptr
    bool changed = false;           // since the last call of status()
  };
  virtual ~Updater() = default;
  // Keeps a copy of ota/desired (no flash write). True: newer than what runs, wants to begin.
  virtual bool offer(const uint8_t* manifest, size_t len) = 0;
  // The core is Idle now and takes no job until busy() is false again. False: did not begin.
  virtual bool begin() = 0;
  virtual bool busy() = 0;
  virtual Status status() = 0;
};

struct Ports {
  Clock& clock;
  Store& store;
  Actuator& actuator;
  Link& link;
  Board& board;
  Updater* updater = nullptr;
};

}  // namespace yaguts
