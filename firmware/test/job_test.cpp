#include "../dispenser/src/core/job.h"
#include "../dispenser/src/core/messages.h"
#include "check.h"
#include "world.h"

using namespace yaguts;
using contract::OfferRefusal;
using test::document;
using test::Offer;

namespace {

OfferRefusal offered(const std::string& text, Job* out = nullptr, JobRef* found = nullptr) {
  Job job;
  JobRef ref;
  const OfferRefusal code = parse_offer(reinterpret_cast<const uint8_t*>(text.data()), text.size(), job, ref);
  if (out != nullptr) *out = job;
  if (found != nullptr) *found = ref;
  return code;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) check::fault(__FILE__, __LINE__, "no " + from);
  else text.replace(at, from.size(), to);
  return text;
}

template <class T, class Parse>
bool parses(Parse parse, const std::string& text, T& out) {
  return parse(reinterpret_cast<const uint8_t*>(text.data()), text.size(), out);
}

}  // namespace

TEST("the job document of the contract is taken whole, grams as mg and times as ms") {
  Offer offer;
  offer.critico = 2;
  Job job;
  CHECK_EQ(offered(document(offer), &job), OfferRefusal::none);
  CHECK_EQ(job.job_id, uint64_t{7});
  CHECK_EQ(job.seq, 1u);
  CHECK_EQ(job.token, 0x9f3c2a71d05be864ull);
  CHECK_EQ(int{job.n}, 3);
  CHECK_EQ(job.items[2].mg, 2500u);
  CHECK_EQ(job.items[2].ms, 1000u);
  CHECK(job.items[1].critico && !job.items[0].critico);
}

TEST("24 items of 180 s fit, a 25th item does not") {
  Offer offer;
  offer.n = 24;
  offer.ms = 180000;
  CHECK(document(offer).size() <= contract::MAX_JOB_BYTES);
  CHECK_EQ(offered(document(offer)), OfferRefusal::none);
  offer.n = 25;
  CHECK_EQ(offered(document(offer)), OfferRefusal::limite);
}

TEST("a job of more than 3,072 bytes is refused limite, and its refusal can still name it") {
  Offer offer;
  JobRef ref;
  const std::string big = with(document(offer), "Tempero baiano", std::string(3072, 'x'));
  CHECK_EQ(offered(big, nullptr, &ref), OfferRefusal::limite);
  CHECK(ref.complete());
}

TEST("zero and huge times are refused limite") {
  Offer offer;
  for (const char* ms : {"\"ms\":0", "\"ms\":180001", "\"ms\":4294967296", "\"ms\":9007199254740991"}) {
    CHECK_EQ(offered(with(document(offer), "\"ms\":1000", ms)), OfferRefusal::limite);
  }
}

TEST("times that are no whole numbers are refused invalido") {
  Offer offer;
  for (const char* ms : {"\"ms\":-1", "\"ms\":1.5", "\"ms\":\"1000\"", "\"ms\":null", "\"ms\":1e99", "\"mx\":1"}) {
    CHECK_EQ(offered(with(document(offer), "\"ms\":1000", ms)), OfferRefusal::invalido);
  }
}

TEST("a frasco no device can have is refused frasco") {
  Offer offer;
  for (const char* frasco : {"\"frasco\":0", "\"frasco\":25", "\"frasco\":257"}) {
    CHECK_EQ(offered(with(document(offer), "\"frasco\":1", frasco)), OfferRefusal::frasco);
  }
}

TEST("a frasco this device does not have is refused frasco, a time outside its limits limite") {
  Offer offer;
  Job job;
  offered(document(offer), &job);
  CHECK_EQ(check_offer(job, default_config(3)), OfferRefusal::none);
  CHECK_EQ(check_offer(job, default_config(2)), OfferRefusal::frasco);
  Config config = default_config(3);
  config.frascos[1].max_ms = 999;
  CHECK_EQ(check_offer(job, config), OfferRefusal::limite);
  config = default_config(3);
  config.frascos[1].min_ms = 1001;
  CHECK_EQ(check_offer(job, config), OfferRefusal::limite);
}

TEST("duplicate, missing and unordered items are refused invalido") {
  Offer offer;
  for (const char* ordem : {"\"item_ordem\":1", "\"item_ordem\":3", "\"item_ordem\":0", "\"item_ordem\":null", "\"x\":2"}) {
    CHECK_EQ(offered(with(document(offer), "\"item_ordem\":2", ordem)), OfferRefusal::invalido);
  }
  offer.n = 0;
  CHECK_EQ(offered(document(offer)), OfferRefusal::invalido);
}

TEST("a missing or malformed header field is refused invalido") {
  const std::string good = document(Offer());
  CHECK_EQ(offered(with(good, "\"v\":1", "\"v\":2")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "\"job_id\":7", "\"job_id\":0")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "\"seq\":1", "\"seq\":4294967296")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "\"seq\":1", "\"seq\":-1")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "9f3c", "9F3C")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "9f3c", "9f3")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "\"not_after\":1790000000000,", "")), OfferRefusal::invalido);
  CHECK_EQ(offered(with(good, "\"itens\":[", "\"itens\":[],\"itens\":[")), OfferRefusal::invalido);
  CHECK_EQ(offered(good + "x"), OfferRefusal::invalido);
  CHECK_EQ(offered("[]"), OfferRefusal::invalido);
}

TEST("broken JSON is refused, and named when its head could be read") {
  JobRef ref;
  std::string cut = document(Offer());
  cut.resize(cut.size() - 5);
  CHECK_EQ(offered(cut, nullptr, &ref), OfferRefusal::invalido);
  CHECK(ref.complete());
  CHECK_EQ(offered("{\"job_id\":7", nullptr, &ref), OfferRefusal::invalido);
  CHECK(!ref.complete());
}

TEST("unknown fields are ignored, at any depth that fits") {
  CHECK_EQ(offered(with(document(Offer()), "\"v\":1", "\"v\":1,\"novo\":{\"a\":[1,{\"b\":null}]}")), OfferRefusal::none);
}

TEST("an ack names items by number, and what is beyond a job is ignored") {
  Ack ack;
  CHECK(parses(parse_ack, test::ack_of(5, {1, 3}, true), ack));
  CHECK_EQ(ack.items, 5u);
  CHECK(ack.complete);
  CHECK(parses(parse_ack, "{\"token\":\"0000000000000005\",\"itens\":[0,25,24,1e3],\"rejected\":[{\"item_ordem\":24,\"code\":\"token\"}]}", ack));
  CHECK_EQ(ack.items, 1u << 23);
}

TEST("an ack without a token, or not JSON, changes nothing") {
  Ack ack;
  for (const char* it : {"", "{}", "{\"itens\":[1],\"complete\":true}", "{\"token\":5}", "{\"token\":\"0000000000000005\""}) {
    CHECK(!parses(parse_ack, it, ack));
  }
  CHECK_EQ(ack.items, 0u);
}

TEST("an order needs an id; with one it can be answered even when the rest is wrong") {
  Order order;
  CHECK(parses(parse_order, "{\"id\":\"a-1\",\"expires_at\":5,\"frasco\":2,\"ms\":100}", order));
  CHECK(order.valid);
  CHECK_EQ(order.ms, uint64_t{100});
  CHECK(parses(parse_order, "{\"id\":\"a-1\",\"expires_at\":5,\"ms\":-100}", order));
  CHECK(!order.valid);
  CHECK(parses(parse_order, "{\"id\":\"a-1\"}", order));
  CHECK(!order.valid);
  for (const char* it : {"{}", "{\"id\":\"\"}", "{\"id\":\"a b\"}", "{\"id\":\"a/1\"}", "{\"id\":7}", "no", "",
                         "{\"id\":\"1234567890123456789012345678901234567\"}"}) {
    CHECK(!parses(parse_order, it, order));
  }
}

TEST("the state of the server says whether it is there, and its epoch") {
  ServerState server;
  CHECK(parses(parse_server_state, "{\"state\":\"online\",\"version\":\"1\",\"epoch\":\"abc\"}", server));
  CHECK(server.online);
  CHECK_EQ(std::string(server.epoch), "abc");
  CHECK(parses(parse_server_state, "{\"state\":\"offline\",\"epoch\":null}", server));
  CHECK(!server.online);
  CHECK(!parses(parse_server_state, "{\"state\":\"online\",\"epoch\":\"" + std::string(65, 'x') + "\"}", server));
}
