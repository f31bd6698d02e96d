// Hostile input with a seed: fuzz SEED ROUNDS. The same seed gives the same bytes; built with sanitizers.
//
// 1. Parsers: mutated documents from a heap buffer of exactly their size, so that one byte too far is seen.
// 2. A whole device: mutated messages on true and mutated topics, links that come and go, power cuts; the
//    oracles are the ledger (no item twice), what it says (valid JSON within its row), and that it still runs
//    an honest job afterwards.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "../dispenser/src/core/backoff.h"
#include "../dispenser/src/core/json.h"
#include "../dispenser/src/core/messages.h"
#include "bench.h"

using namespace test;

namespace {

yaguts::Random chance(1);

uint32_t below(size_t n) { return chance.below(static_cast<uint32_t>(n)); }

const char kConfig[] =
    "{\"versao\":5,\"frascos\":[{\"frasco\":1,\"tempero\":\"Sal\",\"g_por_s\":1.5,\"pin\":4,\"min_ms\":100,"
    "\"max_ms\":2000},{\"frasco\":2,\"tempero\":null,\"g_por_s\":0.333333333,\"min_ms\":0,\"max_ms\":180000}],\"telemetry_s\":20}";

std::string seed_text() {
  Offer offer;
  offer.n = 1 + below(4);
  offer.seq = 1 + below(6);
  offer.ms = 100;
  offer.job_id = 7 + below(2);
  switch (below(8)) {
    case 0: return document(offer);
    case 1: return ack_of(offer.token, {1, 2, 3}, below(2));
    case 2: return start_answer(offer, below(2) ? 1700000000000 : 0);
    case 3: return "{\"id\":\"c-" + std::to_string(below(20)) + "\",\"expires_at\":1790000000000,\"frasco\":1,\"ms\":200,"
                   "\"on_ms\":50,\"off_ms\":50,\"cycles\":3,\"motivo\":\"x\"}";
    case 4: return kConfig;
    case 5: return "{\"state\":\"online\",\"version\":\"1\",\"epoch\":\"e" + std::to_string(below(3)) + "\"}";
    case 6: return "{\"seq\":" + std::to_string(offer.seq) + ",\"code\":\"terminado\",\"message\":\"\"}";
    default: return "{\"a\":[1.5e-3,-0,1e400,\"\\ud83d\\ude00\\u0000\",true,null,{\"b\":{\"c\":[[[[]]]]}}]}";
  }
}

std::string mutated(std::string text) {
  static const char* const kPieces[] = {"{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "null", "true", "-",
      "0", "1e9", "1e-9", "99999999999999999999", "0.0000000001", "\xFF", "\xC3", "\xED\xA0\x80", "\x00x", " ", "\n",
      "\"itens\":[", "\"ms\":0,", "\"seq\":4294967295,", "\"token\":\"9f3c2a71d05be864\",", "\"item_ordem\":1,"};
  for (uint32_t times = below(4); times > 0; --times) {
    const size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0: text.resize(at); break;
      case 1: if (at < text.size()) text[at] = static_cast<char>(below(256)); break;
      case 2: text.insert(at, kPieces[below(sizeof kPieces / sizeof kPieces[0])]); break;
      case 3: if (at < text.size()) text.erase(at, 1 + below(8)); break;
      case 4: text.insert(at, text.substr(below(text.size() + 1), below(64))); break;
      default: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
    }
  }
  return text;
}

// A parser sees a buffer with nothing behind its last byte.
template <class Use>
void exactly(const std::string& text, Use use) {
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[text.size()]);
  std::memcpy(bytes.get(), text.data(), text.size());
  use(bytes.get(), text.size());
}

bool is_json(const std::string& text) {
  yaguts::JsonReader json(text.data(), text.size());
  return json.skip() && json.end();
}

void parse_all(const std::string& text) {
  exactly(text, [](const uint8_t* data, size_t len) {
    yaguts::Job job;
    yaguts::JobRef ref;
    if (yaguts::parse_offer(data, len, job, ref) == c::OfferRefusal::none) {
      // Whatever is taken is lawful: this is what stands between a payload and a motor.
      CHECK(job.n >= 1 && job.n <= c::MAX_ITENS && len <= c::MAX_JOB_BYTES && job.seq > 0 && job.job_id > 0);
      for (size_t i = 0; i < job.n; ++i) {
        CHECK(job.items[i].ms >= 1 && job.items[i].ms <= c::MAX_STEP_MS);
        CHECK(job.items[i].frasco >= 1 && job.items[i].frasco <= c::MAX_FRASCOS);
      }
    }
    yaguts::Ack ack;
    if (yaguts::parse_ack(data, len, ack)) CHECK(ack.items < 1u << c::MAX_ITENS);
    yaguts::Order order;
    if (yaguts::parse_order(data, len, order)) CHECK(std::strlen(order.id) >= 1 && std::strlen(order.id) <= 36);
    yaguts::StartAnswer answer;
    yaguts::parse_start_answer(data, len, answer);
    yaguts::ServerState server;
    yaguts::parse_server_state(data, len, server);
    World board;
    yaguts::Config config;
    yaguts::ConfigFaults faults;
    if (yaguts::parse_config(data, len, board, config, faults)) CHECK(faults.n == 0 && config.n <= c::MAX_FRASCOS);
    yaguts::decode_config(data, len, config);
    yaguts::JsonReader json(data, len);
    json.skip();
    json.end();
  });
}

void parse_topic(const std::string& text) {
  static const yaguts::Topics topics("demo", "mao");
  exactly(text, [](const uint8_t* data, size_t len) {
    yaguts::ParsedTopic out;
    if (!topics.parse(reinterpret_cast<const char*>(data), len, out)) return;
    // What is taken renders back to the very same topic.
    char again[yaguts::kMaxTopicBytes];
    const std::string op(out.op == nullptr ? "" : out.op, out.op_len);
    CHECK(topics.render(out.row, again, sizeof again, out.job_id, out.item_ordem, op.c_str()));
    CHECK_EQ(std::string(again), std::string(reinterpret_cast<const char*>(data), len));
  });
}

std::string some_topic(const World& world) {
  static const char* const kOps[] = {"identify", "prime", "clean", "calibrate", "stop", "pause", "resume"};
  return world.topic(c::kSubscriptions[below(c::kSubscriptionCount)], 7 + below(2), 0, kOps[below(7)]);
}

long pours = 0;  // of all lives: a fuzz that never reaches a motor would prove little

// Whatever has happened to it, the device ends what it has and then runs a good job.
void work_honestly(Bench& it) {
  it.link_full = it.stop_button = it.stuck = false;
  it.restart();
  it.connect();
  it.deliver(c::kConfigDesired, "{\"versao\":99,\"frascos\":[{\"frasco\":1,\"min_ms\":0,\"max_ms\":9999},"
             "{\"frasco\":2,\"min_ms\":0,\"max_ms\":9999},{\"frasco\":3,\"min_ms\":0,\"max_ms\":9999}],\"telemetry_s\":60}");
  it.command("stop", "", "z-" + std::to_string(it.time));
  for (int i = 0; i < 3 && it.state() != State::kIdle; ++i) {
    for (const uint64_t job_id : {7, 8}) {
      it.deliver(c::kJobAck, ack_of(it.offer.token, {1, 2, 3, 4}, i > 0), job_id);
      it.run(50);
    }
  }
  CHECK_EQ(it.state(), State::kIdle);
  it.run(50);
  it.offer.n = 3;
  it.offer.seq = 1000;
  it.offer.job_id = 9;
  it.offer.token = 0x77;
  const size_t before = it.ledger.size();
  it.on_publish = nullptr;
  it.finish_job();
  CHECK_EQ(it.ledger.size(), before + 3);
  CHECK_EQ(it.state(), State::kIdle);
}

// One life of a device among hostile messages.
void live(int turns) {
  Bench it;
  std::set<std::pair<uint32_t, int>> started;
  std::map<std::string, std::string> said;
  it.keep_published = false;
  it.on_publish = [&](const Message& message) {
    if (!is_json(message.payload)) check::fault(__FILE__, __LINE__, "not JSON: " + message.payload);
    if (message.topic.find("/log/") == std::string::npos || message.qos == 0) return;
    CHECK(message.payload.size() <= c::MAX_ENTRY_BYTES);
    const auto [first, is_new] = said.emplace(message.topic + field(message.payload, "token") + field(message.payload, "seq"), message.payload);
    if (!is_new) CHECK_EQ(message.payload, first->second);
  };
  for (int i = 0; i < turns; ++i) {
    const bool honest = below(2);
    const std::string text = honest ? seed_text() : mutated(seed_text());
    const std::string topic = below(8) ? some_topic(it) : mutated(some_topic(it));
    if (below(4) == 0 && it.state() == State::kIdle) {
      // An honest job amid the noise, small enough for any configuration of ours.
      it.offer.seq = 10 + static_cast<uint32_t>(i);
      it.offer.n = 1 + below(2);
      it.offer.ms = 100 + below(400);
      it.make_offer();
      it.accept();
    } else if (below(4) == 0 && it.state() == State::kReporting) {
      it.ack({1, 2});
      it.tick();
      it.ack({}, true);
    }
    it.inbox.push_back({topic, text, below(4) == 0, 1});
    it.run(10 * (1 + below(20)));
    if (below(20) == 0) it.link_full = it.stop_button = it.stuck = false;
    switch (below(120)) {
      case 0: it.disconnect(); it.run(50); it.connect(); break;
      case 1: it.restart(); it.connect(); break;
      case 2: it.link_full = true; break;
      case 3: it.stop_button = true; break;
      case 4: it.stuck = true; break;
      default: break;
    }
  }
  for (const Start& it2 : it.ledger) {
    if (it2.seq != 0) CHECK(started.insert({it2.seq, it2.item}).second);
    CHECK(it2.ms <= c::MAX_STEP_MS);
  }
  CHECK(!it.motor_on_during_put);
  pours += static_cast<long>(it.ledger.size());
  work_honestly(it);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  const long rounds = argc > 2 ? std::atol(argv[2]) : 60000;
  chance = yaguts::Random(seed);
  long parsed = 0, lives = 0;
  for (; parsed < rounds && check::faults() == 0; ++parsed) {
    parse_all(mutated(seed_text()));
    static const World world;
    parse_topic(mutated(some_topic(world)));
  }
  for (; lives < rounds / 400 && check::faults() == 0; ++lives) live(200);
  if (check::faults() > 0) std::printf("  broken in payload %ld, life %ld of seed %llu\n", parsed, lives, static_cast<unsigned long long>(seed));
  std::printf("fuzz: seed %llu, %ld payloads and topics, %ld lives of 200 messages with %ld pours, sanitizers on\n",
              static_cast<unsigned long long>(seed), parsed, lives, pours);
  CHECK(pours > 5 * lives);
  const int failed = check::faults() > 0;
  std::printf("fuzz: %d passed, %d failed\n", !failed, failed);
  return failed;
}
