// Boot (firmware.md, section 4): a job found in flash.
#include "bench.h"

using namespace test;

TEST("a job found at boot resumes by item without waiting for a network, and then asks again") {
  Bench it;
  it.begin_job();
  it.run(1500);
  it.restart();
  CHECK(it.said_line("[SETUP] Job anterior detectado, será retomado ao conectar"));
  CHECK(it.said_line("[RESUME] ⚡ Job pendente detectado em Flash!"));
  CHECK(it.said_line("[RESUME] Retomando job 7 (item 3/3)"));
  it.tick();
  CHECK_EQ(it.state(), State::kPouring);
  CHECK_EQ(int{it.ledger.back().item}, 3);
  it.connect();
  it.published.clear();
  it.tick();
  CHECK_EQ(it.said(c::kJobStart, 7).size(), size_t{1});
  CHECK_EQ(it.error(2), "interrompido");
  CHECK_EQ(field(it.last(c::kBirth), "active"), "{\"job_id\":7");
}

TEST("after a reboot terminado or diario_perdido closes the rest cancelado") {
  Bench it;
  it.begin_job();
  it.run(500);
  it.restart();
  it.connect();
  it.tick();
  it.deliver(c::kStartRejected, "{\"seq\":1,\"code\":\"terminado\"}", 7);
  it.run(50);
  CHECK_EQ(it.state(), State::kReporting);
  CHECK(!it.running());
  CHECK_EQ(it.error(1), "interrompido");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("a second interruption closes the rest: the next item abortado, those after it cancelado") {
  Bench it;
  it.offer.n = 5;
  it.begin_job();
  it.run(500);
  it.restart();
  it.run(500);
  it.restart();
  it.run(5000);
  it.connect();
  it.tick();
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(it.error(1), "interrompido");
  CHECK_EQ(it.error(2), "interrompido");
  CHECK_EQ(it.error(3), "abortado");
  CHECK_EQ(it.error(4), "cancelado");
}

TEST("a job whose items are all final reports after a reboot and does not ask for leave") {
  Bench it;
  it.begin_job();
  it.pour_all();
  it.restart();
  CHECK_EQ(it.state(), State::kReporting);
  it.connect();
  it.published.clear();
  it.tick();
  CHECK(it.said(c::kJobStart, 7).empty());
  CHECK_EQ(it.said(c::kJobLog, 7, 2).size(), size_t{1});
}
