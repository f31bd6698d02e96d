// Running and Pouring (firmware.md, section 4): outcomes, cancel, stop, pause.
#include "bench.h"

#include <utility>

using namespace test;

TEST("a job runs to its end without a network, once it is ours") {
  Bench it;
  it.begin_job();
  it.disconnect();
  it.pour_all();
  CHECK_EQ(it.state(), State::kReporting);
  CHECK_EQ(it.ledger.size(), size_t{3});
  it.connect();
  it.tick();
  CHECK_EQ(field(it.entry(3), "status"), "done");
}

TEST("a relay that does not take fails its item, and the others go on") {
  Bench it;
  it.failing_items = {2};
  it.begin_job();
  it.pour_all();
  CHECK_EQ(it.error(2), "rele");
  CHECK_EQ(field(it.entry(3), "status"), "done");
}

TEST("an output that stays on 250 ms too long is stopped: timeout") {
  Bench it;
  it.stuck = true;
  it.begin_job();
  it.run(1240);
  CHECK_EQ(it.state(), State::kPouring);
  it.run(30);
  CHECK_EQ(it.error(1), "timeout");
  CHECK(it.ledger[0].ran_ms >= 1250 && it.ledger[0].ran_ms < 1300);
}

// The task is held up for so long before an output goes on, and after it was asked whether it is on.
struct HeldUp : Bench {
  uint64_t before_start = 0;
  uint64_t after_asking = 0;
  bool start(uint8_t frasco, uint32_t ms) override {
    time += std::exchange(before_start, 0);
    return Bench::start(frasco, ms);
  }
  bool running() override {
    const bool on = Bench::running();
    if (on) time += std::exchange(after_asking, 0);
    return on;
  }
};

TEST("a task that is held up does not take a good run for an overrun") {
  HeldUp it;
  it.before_start = 400;
  it.begin_job();
  it.run(900);
  it.after_asking = 500;
  it.pour_all();
  CHECK_EQ(field(it.entry(1), "status"), "done");
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  it.before_start = 400;
  it.command("prime", ",\"frasco\":1,\"ms\":1000");
  it.run(1500);
  CHECK_EQ(it.state(), State::kIdle);
  CHECK_EQ(field(it.last(c::kCommandAccepted, 0, 0, "prime"), "ran_ms"), "1000");
}

TEST("an empty jar stops its item: vazio") {
  Bench it;
  it.begin_job();
  it.run(300);
  it.is_empty = true;
  it.run(20);
  CHECK_EQ(it.error(1), "vazio");
  CHECK(it.ledger[0].ran_ms < 400);
}

TEST("when a critical item fails the rest are closed abortado") {
  Bench it;
  it.offer.critico = 1;
  it.failing_items = {1};
  it.begin_job();
  it.pour_all();
  CHECK(it.ledger.empty());
  CHECK_EQ(it.error(1), "rele");
  CHECK_EQ(it.error(2), "abortado");
  CHECK_EQ(it.error(3), "abortado");
}

TEST("past not_after the remaining items are expirado, at an item boundary and with a known clock only") {
  Bench it;
  it.epoch = 1700000000000;
  it.offer.not_after = it.epoch + it.time + 1500;
  it.begin_job();
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(field(it.entry(2), "status"), "done");
  CHECK_EQ(it.error(3), "expirado");
  Bench no_clock;
  no_clock.offer.not_after = 5;
  no_clock.begin_job();
  no_clock.pour_all();
  CHECK_EQ(no_clock.ledger.size(), size_t{3});
}

TEST("cancel stops the motor in its tick, is in flash before it is accepted, and names the item") {
  Bench it;
  it.begin_job();
  it.run(1500);
  bool early = false;
  it.on_publish = [&](const Message& message) {
    if (message.topic == it.topic(c::kCancelAccepted, 7)) early |= it.flash.count("x00") == 0;
  };
  it.cancel();
  CHECK(!early);
  CHECK(!it.running());
  CHECK_EQ(it.last(c::kCancelAccepted, 7), "{\"id\":\"k-1\",\"item_ordem\":2}");
  CHECK_EQ(it.error(2), "cancelado");
  CHECK(field(it.entry(2), "segundos") > "0.4");
  CHECK_EQ(field(it.entry(3), "segundos"), "0");
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(it.state(), State::kReporting);
}

TEST("stop closes the pouring item abortado, the rest cancelado") {
  Bench it;
  it.begin_job();
  it.run(200);
  it.command("stop");
  CHECK(it.command_accepted("stop"));
  CHECK_EQ(it.error(1), "abortado");
  CHECK_EQ(it.error(2), "cancelado");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("the stop input does the same without a network, once per press") {
  Bench it;
  it.begin_job();
  it.run(200);
  it.disconnect();
  it.stop_button = true;
  it.run(100);
  CHECK(!it.running());
  CHECK(it.flash.count("x00") == 1);
  it.stop_button = false;
  it.connect();
  it.tick();
  CHECK_EQ(it.error(1), "abortado");
}

TEST("pause holds before the next item until resume; a reboot ends it") {
  Bench it;
  it.begin_job();
  it.command("pause");
  CHECK(it.command_accepted("pause"));
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.state(), State::kRunning);
  it.command("resume", "", "c-2");
  it.run(500);
  CHECK_EQ(it.ledger.size(), size_t{2});
  it.command("pause", "", "c-3");
  it.run(2000);
  it.restart();
  it.run(100);
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("a bowl taken away holds the job before its next item") {
  Bench it;
  it.begin_job();
  it.no_bowl = true;
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  it.no_bowl = false;
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("a stop input held at boot ends the job before anything is poured") {
  Bench it;
  it.begin_job();
  it.run(500);
  it.power_off();
  it.stop_button = true;
  it.boot();
  it.run(2000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.state(), State::kReporting);
}

TEST("a cancel that arrives with the end of an item does not unmake it") {
  Bench it;
  it.begin_job();
  it.time += 1000;
  it.cancel();
  CHECK_EQ(field(it.entry(1), "status"), "done");
  CHECK_EQ(it.last(c::kCancelAccepted, 7), "{\"id\":\"k-1\",\"item_ordem\":2}");
  CHECK_EQ(it.error(2), "cancelado");
  CHECK_EQ(it.ledger.size(), size_t{1});
}
