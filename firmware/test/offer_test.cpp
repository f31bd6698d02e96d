// From Idle to Running (firmware.md, section 4): offers, leave, refusals.
#include "bench.h"

using namespace test;

TEST("boot without a job is Idle, outputs off, boot counted") {
  Bench it(false);
  CHECK_EQ(it.state(), State::kIdle);
  CHECK_EQ(it.device().boot_counter(), 1u);
  it.restart();
  CHECK_EQ(it.device().boot_counter(), 2u);
}

TEST("on a connection birth comes first, then presence, both retained with QoS 1") {
  Bench it;
  CHECK_EQ(it.published[0].topic, it.topic(c::kBirth));
  CHECK_EQ(it.published[1].topic, it.topic(c::kPresence));
  CHECK(it.published[0].retain && it.published[0].qos == 1 && it.published[1].retain);
  const std::string birth = it.last(c::kBirth);
  CHECK_EQ(field(birth, "hi"), "0");
  CHECK_EQ(field(birth, "active"), "null");
  CHECK_EQ(field(birth, "max_step_ms"), "180000");
  CHECK_EQ(it.last(c::kPresence), "{\"state\":\"online\",\"boot_id\":\"0001\",\"session\":65537}");
}

TEST("an offer makes the device ask for leave, and moves nothing") {
  Bench it;
  it.make_offer();
  it.run(100);
  CHECK_EQ(it.state(), State::kOffered);
  CHECK_EQ(it.last(c::kJobStart, 7), "{\"seq\":1,\"token\":\"9f3c2a71d05be864\"}");
  CHECK(it.ledger.empty());
  CHECK(it.flash.count("j00") == 0);
}

TEST("leave is asked for again at the retry times while no answer comes") {
  Bench it;
  it.make_offer();
  it.run(20000);
  const size_t asked = it.said(c::kJobStart, 7).size();
  CHECK(asked >= 4 && asked <= 5);  // at 0, 2, 6, 14 s, each ± 20 %
}

TEST("accepted puts the job in flash before the first motor") {
  Bench it;
  it.begin_job();
  CHECK(it.flash.count("j00") == 1);
  CHECK(it.flash.count("cur") == 1);
  CHECK_EQ(it.state(), State::kPouring);
  CHECK_EQ(it.ledger.size(), size_t{1});
}

TEST("leave for another seq, another token or another job is no leave") {
  Bench it;
  it.make_offer();
  Offer other = it.offer;
  other.seq = 2;
  it.deliver(c::kStartAccepted, start_answer(other), 7);
  other = it.offer;
  other.token ^= 1;
  it.deliver(c::kStartAccepted, start_answer(other), 7);
  it.deliver(c::kStartAccepted, start_answer(it.offer), 8);
  it.deliver(c::kStartAccepted, "{\"seq\":1}", 7);
  it.tick();
  CHECK_EQ(it.state(), State::kOffered);
}

TEST("rejected, emptied, replaced or a lost link make the device forget the offer") {
  Bench it;
  it.make_offer();
  it.deliver(c::kStartRejected, "{\"seq\":1,\"code\":\"terminado\"}", 7);
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  it.deliver(c::kJobsNext, "", 0, "", true);
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  it.offer.seq = 2;
  it.offer.job_id = 8;
  it.make_offer();
  CHECK_EQ(it.state(), State::kOffered);
  CHECK_EQ(it.said(c::kJobStart, 8).size(), size_t{1});
  it.disconnect();
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
}

TEST("a cancel before leave arrives closes every item, so that the api sees the end of what it may have started") {
  Bench it;
  it.make_offer();
  it.cancel();
  CHECK_EQ(it.state(), State::kReporting);
  CHECK_EQ(it.last(c::kCancelAccepted, 7), "{\"id\":\"k-1\",\"item_ordem\":null}");
  it.accept();
  it.run(1000);
  CHECK(it.ledger.empty());
  CHECK_EQ(it.error(1), "cancelado");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("a finished seq is refused duplicado, the active one ignored, the same seq with another token refused") {
  Bench it;
  it.finish_job();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  CHECK_EQ(it.refusal(), "duplicado");
  it.offer.seq = 2;
  it.begin_job();
  it.published.clear();
  it.make_offer();
  CHECK_EQ(it.refusal(), "");
  it.offer.token ^= 1;
  it.make_offer();
  CHECK_EQ(it.refusal(), "duplicado");
}

TEST("an offer while another job runs is refused ocupado; while the last acks are under way it waits") {
  Bench it;
  it.begin_job();
  Offer next = it.offer;
  next.seq = 2;
  next.job_id = 8;
  it.deliver(c::kJobsNext, document(next), 0, "", true);
  it.tick();
  CHECK_EQ(field(it.last(c::kJobRejected, 8), "code"), "ocupado");
  it.pour_all();
  it.published.clear();
  it.deliver(c::kJobsNext, document(next), 0, "", true);
  it.tick();
  CHECK(it.said(c::kJobRejected, 8).empty());
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  it.run(20);
  CHECK_EQ(it.said(c::kJobStart, 8).size(), size_t{1});
}

TEST("an offer without a bowl is refused tigela, one that has expired expirado") {
  Bench it;
  it.no_bowl = true;
  it.make_offer();
  CHECK_EQ(it.refusal(), "tigela");
  it.no_bowl = false;
  it.epoch = 1700000000000;
  it.offer.not_after = 1700000000000;
  it.make_offer();
  CHECK_EQ(it.refusal(), "expirado");
  CHECK_EQ(it.state(), State::kIdle);
}
