// What lies in flash, and what a flash that fails or lies does.
#include "../dispenser/src/core/bytes.h"
#include "bench.h"

using namespace test;

namespace {

// Entries of 32 bytes an NVS value takes: a u64 one; longer a header, its data and an index.
size_t nvs_entries(const std::string& value) { return value.size() == 8 ? 1 : 2 + (value.size() + 31) / 32; }

}  // namespace

TEST("the crc is the one everybody else computes") { CHECK_EQ(yaguts::crc32("123456789", 9), 0xCBF43926u); }

TEST("an eight-item job costs 47 NVS entries, as designed") {
  Bench it(false);
  it.keep_published = true;
  it.connect();
  it.tick();
  it.offer.n = 8;
  it.begin_job();
  size_t entries = nvs_entries(it.flash["j00"]) + 8 * nvs_entries(it.flash["cur"]);
  it.pour_all();
  for (int i = 1; i <= 8; ++i) it.ack({i});
  it.ack({}, true);
  it.run(20);
  entries += 8 * nvs_entries(it.flash["f0000"]) + 8 * nvs_entries(it.flash["ack"]) + nvs_entries(it.flash["hi"]);
  CHECK_EQ(entries, size_t{47});
}

TEST("the largest job fits the record it was given") {
  Bench it;
  it.offer.n = 24;
  it.begin_job();
  CHECK(it.flash["j00"].size() <= 272);
}

TEST("freed jobs stay as the ring: 64 acked entries, and what is older goes when the next job comes") {
  Bench it;
  it.offer.n = 4;
  it.offer.ms = 10;
  for (uint32_t seq = 1; seq <= 30; ++seq) {
    it.offer.seq = seq;
    it.offer.job_id = 100 + seq;
    it.offer.token = seq;
    it.finish_job();
  }
  CHECK_EQ(it.device().jobs_freed(), 30u);
  size_t jobs = 0, outcomes = 0;
  for (const auto& [key, value] : it.flash) {
    jobs += key[0] == 'j' && key != "jid";
    outcomes += key[0] == 'f';
  }
  CHECK_EQ(jobs, size_t{17});  // 16 jobs make the 64, the newest came after the last clearing
  CHECK_EQ(outcomes, size_t{68});
}

TEST("the ring goes round its 72 slots and old records never speak for a new job") {
  Bench it;
  it.offer.n = 1;
  it.offer.ms = 10;
  for (uint32_t seq = 1; seq <= 200; ++seq) {
    it.offer.seq = seq;
    it.offer.token = seq;
    it.published.clear();
    it.finish_job();
  }
  CHECK_EQ(it.device().jobs_freed(), 200u);
  CHECK_EQ(it.ledger.size(), size_t{200});
}

TEST("a record of the active job that cannot be read means the journal is lost: wiped, new id, nothing poured") {
  for (const char* key : {"hi", "cur", "j01", "f0100"}) {
    Bench it;
    const std::string id = field(it.last(c::kBirth), "journal_id");
    it.finish_job();
    it.offer.seq = 2;
    it.begin_job();
    it.run(1500);
    const size_t poured = it.ledger.size();
    it.flash[key] = "garbled!";
    it.restart();
    it.run(5000);
    it.connect();
    it.tick();
    CHECK_EQ(it.ledger.size(), poured);
    CHECK(field(it.last(c::kBirth), "journal_id") != id);
    CHECK_EQ(field(it.last(c::kBirth), "hi"), "0");
    CHECK(it.said_line("[PERSIST] Diário ilegível"));
    CHECK(it.flash.count("j00") == 0 && it.flash.count("f0000") == 0);
  }
}

TEST("every single bit turned in a record of the active job is noticed") {
  Bench base;
  base.begin_job();
  base.run(1500);
  base.power_off();
  for (const char* key : {"j00", "cur", "f0000"}) {
    for (size_t bit = 0; bit < base.flash[key].size() * 8; ++bit) {
      Bench it(false);
      it.flash = base.flash;
      it.flash[key][bit / 8] = static_cast<char>(it.flash[key][bit / 8] ^ (1 << bit % 8));
      it.restart();
      CHECK(it.said_line("[PERSIST] Diário ilegível"));
    }
  }
}

TEST("an unreadable record of the ring, of acks or of the epoch costs only a resend") {
  for (const char* key : {"j00", "ack", "ep", "boot"}) {
    Bench it;
    it.deliver(c::kServerState, "{\"state\":\"online\",\"epoch\":\"a\"}", 0, "", true);
    it.run(20);
    it.finish_job();
    it.offer.seq = 2;
    it.begin_job();
    it.run(1500);
    it.ack({1});
    it.run(1000);
    it.flash[key] = "garbled!";
    it.restart();
    CHECK(!it.said_line("[PERSIST] Diário ilegível"));
    it.run(3000);
    CHECK_EQ(it.state(), State::kReporting);
  }
}

TEST("a wipe cut short is finished at the next boot") {
  Bench base;
  base.begin_job();
  base.run(500);
  base.flash["cur"] = "garbled!";
  base.power_off();
  for (uint64_t cut = 0; cut < 40; ++cut) {
    Bench it(false);
    it.flash = base.flash;
    it.power_off();
    it.cut.arm(cut);
    try {
      it.boot();
    } catch (const Crash&) {
      it.power_off();
    }
    it.cut.arm(PowerCut::kNever);
    it.restart();
    it.run(3000);
    CHECK(it.ledger.empty());
    CHECK_EQ(it.state(), State::kIdle);
    CHECK(it.flash.count("j00") == 0);
  }
}

TEST("a wiped chip cut at any point of its first boot starts clean") {
  for (uint64_t cut = 0; cut < 6; ++cut) {
    World it;
    it.cut.arm(cut);
    try {
      it.boot();
    } catch (const Crash&) {
      it.power_off();
    }
    it.cut.arm(PowerCut::kNever);
    it.boot();
    CHECK_EQ(it.device().state(), State::kIdle);
    CHECK(it.flash.count("jid") == 1);
  }
}

TEST("flash that refuses the intent alone: the frasco is not run, the entry says flash") {
  Bench it;
  it.refuse_put_of = "cur";
  it.begin_job();
  it.pour_all();
  CHECK(it.ledger.empty());
  for (uint32_t item = 1; item <= 3; ++item) CHECK_EQ(it.error(item), "flash");
}

TEST("flash that refuses the job: nothing is run, nothing is told, no leave is asked; once it takes it, every entry says flash") {
  Bench it;
  it.make_offer();
  it.refuse_puts = true;
  it.accept();
  it.run(60000);
  CHECK_EQ(it.state(), State::kFaulted);
  CHECK(it.said_line("[PERSIST] Flash recusa gravar"));
  CHECK_EQ(it.entry(1), "");
  CHECK_EQ(it.said(c::kJobStart, 7).size(), size_t{1});
  CHECK_EQ(field(it.last(c::kTelemetry), "flash_free"), "0");
  it.refuse_puts = false;
  it.run(70000);
  for (uint32_t item = 1; item <= 3; ++item) CHECK_EQ(it.error(item), "flash");
  CHECK(it.ledger.empty());
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  CHECK_EQ(it.state(), State::kIdle);
}

TEST("flash that refuses the job until power goes: it is offered again as if it had never been") {
  Bench it;
  it.make_offer();
  it.refuse_puts = true;
  it.accept();
  it.run(5000);
  it.refuse_puts = false;
  it.restart();
  it.connect();
  it.begin_job();
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{3});
  CHECK_EQ(field(it.entry(1), "status"), "done");
}

TEST("flash that refuses intent and outcome: the frasco is not run, and its entry leaves once flash takes it") {
  Bench it;
  it.refuse_put_of = "cur";
  it.begin_job();
  CHECK_EQ(it.error(1), "flash");
  it.refuse_puts = true;
  it.run(5000);
  CHECK_EQ(it.entry(2), "");
  it.refuse_puts = false;
  it.run(20000);
  CHECK_EQ(it.error(2), "flash");
  CHECK(it.ledger.empty());
}

TEST("flash that refuses an outcome: the device stands still, tells it once flash takes it, and goes on") {
  Bench it;
  it.refuse_put_of = "f";
  it.begin_job();
  it.run(3000);
  CHECK_EQ(it.state(), State::kFaulted);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.entry(1), "");
  Offer next = it.offer;
  next.seq = 2;
  next.job_id = 8;
  it.deliver(c::kJobsNext, document(next), 0, "", true);
  it.tick();
  CHECK_EQ(field(it.last(c::kJobRejected, 8), "code"), "ocupado");
  it.refuse_put_of.clear();
  it.run(10000);
  CHECK(it.said_line("[PERSIST] Flash voltou a gravar"));
  CHECK_EQ(field(it.entry(1), "status"), "done");
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("flash that refuses an outcome until power goes: the frasco is interrompido, and nothing else was ever told") {
  Bench it;
  it.refuse_put_of = "f";
  it.begin_job();
  it.run(3000);
  it.refuse_put_of.clear();
  it.restart();
  it.connect();
  it.run(5000);
  CHECK_EQ(it.error(1), "interrompido");
  for (const std::string& said : it.said(c::kJobLog, 7, 1)) CHECK_EQ(field(said, "error"), "interrompido");
  CHECK_EQ(it.ledger.size(), size_t{3});
  CHECK_EQ(int{it.ledger[1].item}, 2);
}

TEST("a cancel while flash refuses is refused flash, and holds all the same once flash takes it") {
  Bench it;
  it.begin_job();
  it.run(500);
  it.refuse_puts = true;
  it.cancel();
  CHECK(!it.running());
  CHECK_EQ(field(it.last(c::kCancelRejected, 7), "code"), "flash");
  it.cancel("k-2");
  CHECK_EQ(it.said(c::kCancelRejected, 7).size(), size_t{2});
  it.command("stop");
  CHECK_EQ(it.command_refusal("stop"), "flash");
  it.refuse_puts = false;
  it.run(20000);
  for (uint32_t item = 1; item <= 3; ++item) CHECK_EQ(it.error(item), "cancelado");
  CHECK_EQ(it.ledger.size(), size_t{1});
}

TEST("an offer waits while flash refuses, and a stop sends it back") {
  Bench it;
  it.refuse_puts = true;
  it.restart();
  it.connect();
  it.make_offer();
  CHECK(it.said(c::kJobStart, 7).empty() && it.said(c::kJobRejected, 7).empty());
  it.command("stop", "", "c-0");
  CHECK(it.command_accepted("stop"));
  it.make_offer();
  it.refuse_puts = false;
  it.run(3000);
  CHECK_EQ(it.said(c::kJobStart, 7).size(), size_t{1});
}

TEST("prime is refused flash while the boot counter cannot be written") {
  Bench it;
  it.refuse_puts = true;
  it.restart();
  it.connect();
  it.tick();
  it.command("prime", ",\"frasco\":1,\"ms\":500");
  CHECK_EQ(it.command_refusal("prime"), "flash");
  CHECK(it.ledger.empty());
}

TEST("a full flash gives up the oldest finished job, after a minute") {
  Bench it;
  it.finish_job();
  it.offer.seq = 2;
  it.offer.token = 2;
  it.begin_job();
  it.flash_fault = {it.flash_calls, FlashFault::until_erase, 0, false};
  it.run(55000);
  CHECK(it.flash.count("j00") == 1);
  it.run(100000);
  CHECK(it.flash.count("j00") == 0);
  CHECK_EQ(field(it.entry(1), "status"), "done");
}

TEST("a put that fails once is tried again") {
  Bench it;
  it.make_offer();
  it.flash_fault = {it.flash_calls, FlashFault::times, 2, false};
  it.accept();
  CHECK_EQ(it.state(), State::kPouring);
  CHECK(it.flash.count("j00") == 1);
}

TEST("a cancel that flash does not take is not accepted, and the motor is off all the same") {
  Bench it;
  it.begin_job();
  it.run(200);
  it.refuse_put_of = "x";
  it.cancel();
  CHECK(!it.running());
  CHECK(it.said(c::kCancelAccepted, 7).empty());
  CHECK_EQ(field(it.last(c::kCancelRejected, 7), "code"), "flash");
}
