// The session against a scripted broker: what goes out on connect and in which
// order, what the core hears, and how long the net task waits between tries.
#include "../../dispenser/src/mqtt/session.h"

#include "../../dispenser/src/mqtt/mailbox_link.h"
#include "check.h"
#include "scripted_socket.h"

using namespace yaguts;

namespace {

struct Host : SessionHost {
  bool up = true;
  uint32_t seed = 1;
  BrokerAddress in_the_house;
  int discoveries = 0;
  BrokerAddress remembered;
  std::vector<std::string> lines;

  bool network_up() override { return up; }
  uint32_t random() override { return seed; }
  void print(const char* line) override { lines.push_back(line); }
  bool discover(BrokerAddress& found) override {
    ++discoveries;
    if (in_the_house.host[0] == 0) return false;
    found = in_the_house;
    return true;
  }
  void remember(const BrokerAddress& good) override { remembered = good; }
};

BrokerAddress address(const char* host, uint16_t port) {
  BrokerAddress made;
  snprintf(made.host, sizeof made.host, "%s", host);
  made.port = port;
  return made;
}

SessionConfig config() {
  SessionConfig made;
  made.org = "demo";
  made.device = "cozinha";
  made.password = "segredo";
  made.broker = address("configurado", 1883);
  made.boot_counter = 3;
  return made;
}

struct Packet {
  uint8_t header;
  std::string body;
};

std::vector<Packet> packets(const std::vector<uint8_t>& bytes) {
  std::vector<Packet> found;
  FrameScanner scanner;
  size_t start = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!scanner.feed(bytes[i])) continue;
    const size_t body = i + 1 - scanner.body_size();
    found.push_back({bytes[start], std::string(bytes.begin() + static_cast<long>(body), bytes.begin() + static_cast<long>(i) + 1)});
    start = i + 1;
  }
  return found;
}

struct Bench {
  ScriptedSocket socket;
  Host host;
  Mailbox inbox, outbox;
  MailboxLink link{inbox, outbox};
  Session session;

  explicit Bench(const SessionConfig& with = config(), uint32_t seed = 1) : session(socket, with, inbox, outbox, host) {
    host.seed = seed;
    socket.on_connect = connack(0);
    CHECK(session.begin());
  }
  // Turns until the session is online or `turns` have passed.
  void turns(int count) {
    for (int i = 0; i < count; ++i) session.turn();
  }
  // Lets time pass until the next try; how long that took.
  unsigned long pause() {
    const unsigned long began = test_clock();
    const int tries = socket.connects;
    while (socket.connects == tries && test_clock() - began < 100000) {
      ++test_clock();
      session.turn();
    }
    return test_clock() - began;
  }
  bool online() {
    turns(3);
    LinkEvent event;
    const bool told = link.poll(event) && event.kind == LinkEvent::kConnected;
    return session.online() && told;
  }
};

bool publish(MailboxLink& link, const std::string& topic, const std::string& payload, uint8_t qos, bool retain = false) {
  return link.publish(topic.c_str(), reinterpret_cast<const uint8_t*>(payload.data()), payload.size(), qos, retain);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST("CONNECT is clean, with keepalive 15 and a retained QoS 1 will naming this boot and connection") {
  Bench bench;
  CHECK(bench.online());
  const auto sent = packets(bench.socket.sent());
  CHECK(!sent.empty() && sent[0].header == 0x10);
  const std::string& body = sent[0].body;
  CHECK(static_cast<uint8_t>(body[7]) == (0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02));
  CHECK(body[8] == 0 && body[9] == 15);
  CHECK(contains(body, "demo.cozinha") && contains(body, "yaguts/v1/demo/devices/cozinha/presence"));
  CHECK(contains(body, "\"lost\"") && contains(body, "\"0003\"") && contains(body, std::to_string(3 * 65536 + 1)));
  CHECK(contains(body, "segredo"));
}

TEST("nine filters follow CONNECT without waiting, ack first, _server/state last, all QoS 1") {
  Bench bench;
  CHECK(bench.online());
  const auto sent = packets(bench.socket.sent());
  CHECK(sent.size() == 10);
  const char* filters[] = {"jobs/+/ack",    "jobs/next",      "jobs/+/start/accepted",
                           "jobs/+/start/rejected", "jobs/+/cancel", "config/desired",
                           "cmd/+",         "ota/desired"};
  for (size_t i = 0; i < 8 && i + 1 < sent.size(); ++i) {
    CHECK(sent[i + 1].header == 0x82);
    CHECK(sent[i + 1].body.substr(4) == std::string("yaguts/v1/demo/devices/cozinha/") + filters[i] + '\1');
  }
  CHECK(sent.size() == 10 && sent[9].body.substr(4) == "yaguts/v1/_server/state\1");
}

TEST("the core hears of the connection before any message, even one that came before SUBACK") {
  Bench bench;
  bench.socket.on_connect = connack(0);
  const auto early = message("yaguts/v1/demo/devices/cozinha/jobs/next", "{\"v\":1}", 1, 4, true);
  bench.socket.on_connect.insert(bench.socket.on_connect.end(), early.begin(), early.end());
  bench.turns(3);
  LinkEvent event;
  CHECK(bench.link.poll(event) && event.kind == LinkEvent::kConnected && event.connection == 1);
  CHECK(bench.link.poll(event) && event.kind == LinkEvent::kMessage && event.retain);
  CHECK(std::string(event.topic, event.topic_len) == "yaguts/v1/demo/devices/cozinha/jobs/next");
  CHECK(std::string(reinterpret_cast<const char*>(event.payload), event.payload_len) == "{\"v\":1}");
}

TEST("what the core publishes leaves in order, QoS 1 through the tap and QoS 0 through the library") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.sent();
  CHECK(publish(bench.link, "a/birth", "{}", 1, true) && publish(bench.link, "a/progress", "1", 0));
  bench.turns(1);
  std::vector<uint8_t> expected = message("a/birth", "{}", 1, 0x8000, true);
  const auto second = message("a/progress", "1", 0);
  expected.insert(expected.end(), second.begin(), second.end());
  CHECK(bench.socket.sent() == expected);
  CHECK(!bench.session.drained());
  bench.socket.feed(puback(0x8000));
  bench.turns(1);
  CHECK(bench.session.drained());
}

TEST("the ninth unanswered publish waits in the outbox and nothing overtakes it") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.sent();
  for (int i = 0; i < 10; ++i) CHECK(publish(bench.link, "a", std::to_string(i), 1));
  CHECK(publish(bench.link, "b", "ultima", 0));
  bench.turns(2);
  CHECK(packets(bench.socket.sent()).size() == 8);
  bench.socket.feed(puback(0x8000));
  bench.turns(1);
  CHECK(packets(bench.socket.sent()).size() == 1);
  bench.socket.feed(puback(0x8001));
  bench.turns(1);
  CHECK(packets(bench.socket.sent()).size() == 2);
}

TEST("a refused SUBACK is logged and the session reconnects") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.feed(suback(2, {0x80}));
  bench.turns(1);
  CHECK(!bench.session.online() && bench.socket.stops >= 1);
  LinkEvent event;
  CHECK(bench.link.poll(event) && event.kind == LinkEvent::kLost);
  bool logged = false;
  for (const auto& line : bench.host.lines) logged = logged || contains(line, "0x80");
  CHECK(logged);
  test_clock() += 1001;
  bench.turns(2);
  CHECK(bench.session.online() && bench.session.connection() == 2);
}

TEST("letters of an earlier connection are dropped: nothing overtakes the new one's birth") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.peer_closes();
  CHECK(publish(bench.link, "velha", "1", 1));  // the core has not heard yet
  bench.turns(1);
  test_clock() += 1001;
  CHECK(publish(bench.link, "velha", "2", 1));
  bench.turns(1);
  CHECK(bench.session.online());
  LinkEvent event;
  CHECK(bench.link.poll(event) && event.kind == LinkEvent::kLost);
  CHECK(bench.link.poll(event) && event.kind == LinkEvent::kConnected && event.connection == 2);
  bench.socket.sent();
  CHECK(publish(bench.link, "birth", "{}", 1, true));
  bench.turns(1);
  CHECK(bench.socket.sent() == message("birth", "{}", 1, 0x8000, true));
}

TEST("pauses are a random part of 1, 2, 4 … 60 s, and small again after 60 s of session") {
  unsigned long longest[8] = {}, sum[8] = {};
  constexpr unsigned kSeeds = 60;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    Bench bench(config(), seed);
    bench.socket.refuses = true;
    bench.turns(1);
    for (int i = 0; i < 8; ++i) {
      const unsigned long pause = bench.pause();
      sum[i] += pause;
      if (pause > longest[i]) longest[i] = pause;
    }
  }
  const unsigned long ceilings[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (int i = 0; i < 8; ++i) {
    CHECK(longest[i] <= ceilings[i] + 1 && longest[i] > ceilings[i] * 8 / 10);
    CHECK(sum[i] / kSeeds > ceilings[i] * 3 / 10 && sum[i] / kSeeds < ceilings[i] * 7 / 10);
  }
}

TEST("60 s of session make the next pause short again, a CONNACK alone does not") {
  Bench bench;
  bench.socket.refuses = true;
  bench.turns(1);
  for (int i = 0; i < 8; ++i) bench.pause();
  bench.socket.refuses = false;
  bool long_pause = false;
  for (int i = 0; i < 5; ++i) {  // accepted, then dropped at once
    long_pause = bench.pause() > 1001 || long_pause;
    bench.socket.peer_closes();
    bench.turns(1);
  }
  CHECK(long_pause);
  bench.pause();
  for (int i = 0; i < 6; ++i) {
    test_clock() += 10001;
    bench.turns(1);
    bench.socket.feed({0xD0, 0});
    bench.turns(1);
  }
  CHECK(bench.session.online());
  bench.socket.peer_closes();
  bench.turns(1);
  CHECK(bench.pause() <= 1001);
}

TEST("after three failures it looks in the house by mDNS, and remembers what answered") {
  Bench bench;
  bench.host.in_the_house = address("192.0.2.7", 2883);
  bench.socket.refuses = true;
  bench.turns(1);
  bench.pause();
  bench.pause();
  CHECK(bench.host.discoveries == 0 && bench.socket.host == "configurado");
  bench.socket.refuses = false;
  bench.pause();
  CHECK(bench.host.discoveries == 1 && bench.socket.host == "192.0.2.7" && bench.socket.port == 2883);
  CHECK(std::string(bench.host.remembered.host) == "192.0.2.7");
}

TEST("the last good address is tried first, the configured one after it fails") {
  SessionConfig with = config();
  with.last_good = address("lembrado", 1884);
  Bench bench(with);
  bench.socket.refuses = true;
  bench.turns(1);
  CHECK(bench.socket.host == "lembrado");
  for (int i = 0; i < 3; ++i) bench.pause();
  CHECK(bench.socket.host == "configurado");
}

TEST("without network nothing is tried; when it comes back the try is immediate") {
  Bench bench;
  bench.host.up = false;
  test_clock() += 100000;
  bench.turns(5);
  CHECK(bench.socket.connects == 0);
  bench.host.up = true;
  bench.turns(1);
  CHECK(bench.session.online());
  bench.host.up = false;
  bench.turns(1);
  CHECK(!bench.session.online() && bench.socket.stops >= 1);
  bench.host.up = true;
  bench.turns(1);
  CHECK(bench.session.online() && bench.session.connection() == 2);
}

TEST("a full inbox drops messages, and the retained topics are asked for again once it is empty") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.sent();
  const std::string topic = "yaguts/v1/demo/devices/cozinha/jobs/next";
  for (uint16_t i = 1; i <= 4; ++i) bench.socket.feed(message(topic, std::string(3000, 'x'), 1, i));
  bench.turns(2);
  CHECK(packets(bench.socket.sent()).size() == 4);  // PUBACK is transport only
  LinkEvent event;
  int messages = 0;
  while (bench.link.poll(event)) ++messages;
  CHECK(messages == 2);
  bench.turns(1);
  const auto again = packets(bench.socket.sent());
  CHECK(again.size() == 4);
  for (const char* part : {"jobs/next", "config/desired", "ota/desired", "_server/state"}) {
    bool asked = false;
    for (const Packet& packet : again) asked = asked || (packet.header == 0x82 && contains(packet.body, part));
    CHECK(asked);
  }
}

TEST("a broker that stops answering PUBACK for 30 s loses the session, pings or not") {
  Bench bench;
  CHECK(bench.online());
  CHECK(publish(bench.link, "a", "x", 1));
  bench.turns(1);
  for (int i = 0; i < 2; ++i) {
    test_clock() += 14000;
    bench.socket.feed({0xD0, 0});
    bench.turns(1);
    CHECK(bench.session.online());
  }
  test_clock() += 2500;
  bench.turns(1);
  CHECK(!bench.session.online());
}

TEST("an oversize message is logged with its topic and disturbs nothing") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.feed(message("yaguts/v1/demo/devices/cozinha/jobs/next", std::string(5000, 'x'), 1, 5));
  bench.turns(2);
  CHECK(bench.session.online());
  CHECK(!bench.host.lines.empty() && contains(bench.host.lines.back(), "jobs/next"));
}

TEST("an orderly close sends DISCONNECT, so that the will stays silent") {
  Bench bench;
  CHECK(bench.online());
  bench.socket.sent();
  bench.session.close();
  CHECK((bench.socket.sent() == std::vector<uint8_t>{0xE0, 0}) && !bench.session.online());
}

TEST("a wrong password is a pause, not an end") {
  Bench bench;
  bench.socket.on_connect = connack(5);
  bench.turns(1);
  CHECK(!bench.session.online());
  bench.socket.on_connect = connack(0);
  test_clock() += 1001;
  CHECK(bench.online());
}

int main() { return check::run("Session"); }
