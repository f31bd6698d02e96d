// Issue text, "Bad input": refused with a code, journal untouched, device alive.
#include "bench.h"

using namespace test;

namespace {

// Delivers an offer and says how it was refused; the journal must not have been written.
std::string refused(const std::string& text) {
  Bench it;
  const auto flash = it.flash;
  it.deliver(c::kJobsNext, text, 0, "", true);
  it.run(50);
  CHECK(it.flash == flash);
  CHECK(it.ledger.empty());
  CHECK_EQ(it.state(), State::kIdle);
  const std::string code = it.refusal();
  it.finish_job();  // alive: the next good job runs
  CHECK_EQ(it.ledger.size(), size_t{3});
  return code;
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = document(Offer());
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST("a job of 25 items or of more than 3,072 bytes is refused limite") {
  Offer offer;
  offer.n = 25;
  CHECK_EQ(refused(document(offer)), "limite");
  CHECK_EQ(refused(changed("Tempero baiano", std::string(3500, 'x'))), "limite");
}

TEST("an unknown frasco is refused frasco") { CHECK_EQ(refused(changed("\"frasco\":2", "\"frasco\":200")), "frasco"); }

TEST("zero and huge times are refused limite") {
  CHECK_EQ(refused(changed("\"ms\":1000", "\"ms\":0")), "limite");
  CHECK_EQ(refused(changed("\"ms\":1000", "\"ms\":180001")), "limite");
  CHECK_EQ(refused(changed("\"ms\":1000", "\"ms\":999999999999")), "limite");
}

TEST("duplicate items are refused invalido") {
  CHECK_EQ(refused(changed("\"item_ordem\":2", "\"item_ordem\":1")), "invalido");
}

TEST("broken JSON is refused invalido when it says which job it is, and ignored when it does not") {
  const std::string text = document(Offer());
  CHECK_EQ(refused(text.substr(0, text.size() - 1)), "invalido");
  CHECK_EQ(refused("{\"job_id\":7,"), "");
  CHECK_EQ(refused("not json"), "");
  CHECK_EQ(refused("[]"), "");
}

TEST("an empty offer is no offer") { CHECK_EQ(refused(""), ""); }

TEST("a wrong seq is refused: one that has finished duplicado, one out of range ignored or invalido") {
  Bench it;
  it.offer.seq = 5;
  it.finish_job();
  const auto flash = it.flash;
  for (const uint32_t seq : {1u, 4u, 5u}) {
    it.published.clear();
    it.offer.seq = seq;
    it.make_offer();
    CHECK_EQ(it.refusal(), "duplicado");
  }
  CHECK(it.flash == flash);
  CHECK_EQ(refused(changed("\"seq\":1", "\"seq\":0")), "");
  CHECK_EQ(refused(changed("\"seq\":1", "\"seq\":1.5")), "");
}

TEST("empty and unreadable payloads on every api row leave the device as it was") {
  Bench it;
  it.begin_job();
  it.run(300);
  const auto flash = it.flash;
  for (const c::Topic row : c::kSubscriptions) {
    for (const char* payload : {"", "{", "[]", "null", "\"\"", "{\"id\":null}", "\xFF\xFE", "{\"token\":\"\"}"}) {
      it.deliver(row, payload, 7, "stop");
      it.tick();
    }
  }
  CHECK(it.flash == flash);
  CHECK_EQ(it.state(), State::kPouring);
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("topics that are none of ours are ignored") {
  Bench it;
  for (const char* topic : {"", "x", "yaguts/v1/demo/devices/outro/cmd/stop", "yaguts/v1/demo/devices/mao/cmd/explode",
                            "yaguts/v1/demo/devices/mao/jobs/99999999999999999999/ack"}) {
    it.inbox.push_back({topic, "{\"id\":\"a\",\"expires_at\":1790000000000}", false, 1});
    it.tick();
  }
  CHECK_EQ(it.state(), State::kIdle);
}

TEST("a flood of messages is worked off a few per tick, and a cancel among them still stops the motor in 500 ms") {
  Bench it;
  it.begin_job();
  it.run(200);
  for (int i = 0; i < 500; ++i) it.deliver(c::kJobAck, ack_of(1, {1}), 9);
  const uint64_t asked = it.time;
  it.deliver(c::kJobCancel, "{\"id\":\"k\",\"motivo\":\"x\",\"expires_at\":1790000000000}", 7);
  while (it.running() && it.time - asked < 2000) it.run(10);
  CHECK(it.time - asked <= c::CANCEL_WITHIN_MS);
  CHECK_EQ(it.state(), State::kReporting);
}
