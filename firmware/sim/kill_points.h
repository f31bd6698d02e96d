// Counts the moments at which a crash could matter and kills the process at one of
// them. Each call of a port that changes something has two: before and after.
#pragma once

#include <signal.h>
#include <unistd.h>

#include "../dispenser/src/core/ports.h"

namespace yaguts {

class KillPoints {
 public:
  explicit KillPoints(uint64_t kill_at) : kill_at_(kill_at) {}

  void pass() {
    if (++passed_ != kill_at_) return;
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  uint64_t passed() const { return passed_; }

 private:
  const uint64_t kill_at_;  // 0: never
  uint64_t passed_ = 0;
};

class KillableStore : public Store {
 public:
  KillableStore(Store& store, KillPoints& points) : store_(store), points_(points) {}
  int get(const char* key, void* out, size_t cap) override { return store_.get(key, out, cap); }
  bool put(const char* key, const void* data, size_t len) override {
    points_.pass();
    const bool done = store_.put(key, data, len);
    points_.pass();
    return done;
  }
  bool del(const char* key) override {
    points_.pass();
    const bool done = store_.del(key);
    points_.pass();
    return done;
  }

 private:
  Store& store_;
  KillPoints& points_;
};

class KillableActuator : public Actuator {
 public:
  KillableActuator(Actuator& actuator, KillPoints& points) : actuator_(actuator), points_(points) {}
  bool start(uint8_t frasco, uint32_t ms) override {
    points_.pass();
    const bool done = actuator_.start(frasco, ms);
    points_.pass();
    return done;
  }
  void stop_all() override {
    points_.pass();
    actuator_.stop_all();
    points_.pass();
  }
  bool running() override { return actuator_.running(); }
  uint32_t ran_ms() override { return actuator_.ran_ms(); }
  bool empty(uint8_t frasco) override { return actuator_.empty(frasco); }
  bool stop_pressed() override { return actuator_.stop_pressed(); }
  bool bowl_missing() override { return actuator_.bowl_missing(); }
  bool pin_allowed(uint8_t pin) override { return actuator_.pin_allowed(pin); }
  bool assign(uint8_t frasco, uint8_t pin) override { return actuator_.assign(frasco, pin); }

 private:
  Actuator& actuator_;
  KillPoints& points_;
};

class KillableLink : public Link {
 public:
  KillableLink(Link& link, KillPoints& points) : link_(link), points_(points) {}
  bool publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos, bool retain) override {
    if (qos == 0) return link_.publish(topic, payload, len, qos, retain);  // ticks and log lines: nothing hangs on them
    points_.pass();
    const bool done = link_.publish(topic, payload, len, qos, retain);
    points_.pass();
    return done;
  }
  bool poll(LinkEvent& event) override { return link_.poll(event); }

 private:
  Link& link_;
  KillPoints& points_;
};

}  // namespace yaguts
