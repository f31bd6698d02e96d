// The tap between PubSubClient and the socket: frames cut at every byte,
// oversize messages, refused subscriptions, short writes.
#include <PubSubClient.h>

#include "../../dispenser/src/mqtt/qos1_tap.h"
#include "check.h"
#include "scripted_socket.h"

using yaguts::Qos1Tap;

namespace {

constexpr size_t kBuffer = 256;

struct Notes : yaguts::TapListener {
  int connacks = 0;
  bool session_present = false;
  uint8_t connack_code = 0xFF;
  std::vector<uint16_t> pubacks;
  std::vector<std::pair<uint16_t, uint8_t>> subacks;
  std::vector<std::pair<size_t, std::string>> oversize;

  void on_connack(bool present, uint8_t code) override {
    ++connacks;
    session_present = present;
    connack_code = code;
  }
  void on_puback(uint16_t id) override { pubacks.push_back(id); }
  void on_suback(uint16_t id, uint8_t code) override { subacks.push_back({id, code}); }
  void on_oversize(size_t bytes, const char* topic, size_t topic_len) override {
    oversize.push_back({bytes, std::string(topic, topic_len)});
  }
};

struct Received {
  std::string topic, payload;
  bool retained;
};
std::vector<Received> received;
Qos1Tap* current = nullptr;

void remember(char* topic, uint8_t* payload, unsigned int size) {
  received.push_back({topic, std::string(reinterpret_cast<char*>(payload), size), current->retained()});
}

struct Bench {
  ScriptedSocket socket;
  Notes notes;
  Qos1Tap tap{socket, notes, kBuffer};
  PubSubClient mqtt{tap};

  Bench() {
    received.clear();
    current = &tap;
    mqtt.setServer("broker.local", 1883);
    mqtt.setCallback(remember);
    mqtt.setSocketTimeout(3);
    socket.on_connect = connack(0);
  }
  bool join() {
    const bool joined = mqtt.connect("demo.um");
    socket.sent();
    return joined;
  }
  Qos1Tap::Sent publish(const std::string& topic, const std::string& payload, bool retain = false) {
    return tap.publish(topic.c_str(), reinterpret_cast<const uint8_t*>(payload.data()), payload.size(), retain);
  }
};

// Everything the tap reports, in one packet each.
std::vector<uint8_t> busy_stream() {
  std::vector<uint8_t> all;
  auto add = [&all](const std::vector<uint8_t>& packet) { all.insert(all.end(), packet.begin(), packet.end()); };
  add(message("a/retido", "um", 1, 5, true));
  add(puback(0x8000));
  add(suback(2, {1}));
  add(message("a/grande", std::string(300, 'x'), 1, 6));
  add(suback(3, {0x80}));
  add({0xD0, 0});
  add(message("a/vivo", "", 0));
  add(puback(0x8001));
  return all;
}

void check_busy_stream(const Bench& bench) {
  CHECK(received.size() == 2);
  if (received.size() == 2) {
    CHECK(received[0].topic == "a/retido" && received[0].payload == "um" && received[0].retained);
    CHECK(received[1].topic == "a/vivo" && received[1].payload.empty() && !received[1].retained);
  }
  CHECK((bench.notes.pubacks == std::vector<uint16_t>{0x8000, 0x8001}));
  CHECK((bench.notes.subacks == std::vector<std::pair<uint16_t, uint8_t>>{{2, 1}, {3, 0x80}}));
  CHECK(bench.notes.oversize.size() == 1 && bench.notes.oversize[0].second == "a/grande");
  CHECK(bench.tap.unanswered() == 0);
}

}  // namespace

TEST("CONNACK is reported with its code and its session-present flag") {
  Bench bench;
  bench.socket.on_connect = connack(0, true);
  CHECK(bench.join());
  CHECK(bench.notes.connacks == 1 && bench.notes.session_present && bench.notes.connack_code == 0);
}

TEST("PUBACK, SUBACK, retain bit and oversize are reported, and the library sees every byte") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.publish("x", "1") == Qos1Tap::Sent::kOk && bench.publish("x", "2") == Qos1Tap::Sent::kOk);
  bench.socket.feed(busy_stream());
  for (int i = 0; i < 20; ++i) bench.mqtt.loop();
  check_busy_stream(bench);
}

TEST("the same holds when the stream arrives in two pieces, cut at every byte") {
  const std::vector<uint8_t> stream = busy_stream();
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    ScriptedSocket socket;
    Notes notes;
    Qos1Tap tap(socket, notes, kBuffer);
    socket.on_connect = connack(0);
    tap.connect("h", 1);
    tap.write(reinterpret_cast<const uint8_t*>("\x10\x00"), 2);
    tap.publish("x", nullptr, 0, false);
    tap.publish("x", nullptr, 0, false);
    // Read as a socket hands bytes out: up to the cut, then nothing, then the rest.
    uint8_t room[2048];
    tap.read(room, sizeof room);
    size_t passed = 0;
    bool same = true;
    for (const auto& piece : {std::vector<uint8_t>(stream.begin(), stream.begin() + static_cast<long>(cut)),
                              std::vector<uint8_t>(stream.begin() + static_cast<long>(cut), stream.end())}) {
      socket.feed(piece);
      const int got = tap.read(room, sizeof room);
      for (int i = 0; i < got; ++i) same = same && room[i] == stream[passed++];
    }
    CHECK(same && passed == stream.size());
    CHECK(notes.connacks == 1 && notes.pubacks.size() == 2 && notes.subacks.size() == 2);
    CHECK(notes.oversize.size() == 1 && notes.oversize[0].first == 300 + 8 + 2 + 2 + 3);
    CHECK(tap.unanswered() == 0);
  }
}

TEST("a stream cut for good at any byte never reports more than what came whole") {
  const std::vector<uint8_t> stream = busy_stream();
  size_t before = 0;
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    ScriptedSocket socket;
    Notes notes;
    Qos1Tap tap(socket, notes, kBuffer);
    tap.connect("h", 1);
    tap.publish("x", nullptr, 0, false);
    tap.publish("x", nullptr, 0, false);
    socket.feed(std::vector<uint8_t>(stream.begin(), stream.begin() + static_cast<long>(cut)));
    while (tap.read() >= 0) {
    }
    const size_t seen = notes.pubacks.size() + notes.subacks.size() + notes.oversize.size();
    CHECK(seen == before || seen == before + 1);
    before = seen;
  }
  CHECK(before == 5);
}

TEST("a publish is one write: QoS 1, retain as asked, ids from 0x8000") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.publish("a/b", "xy", true) == Qos1Tap::Sent::kOk);
  CHECK(bench.socket.writes.size() == 1);
  CHECK(bench.socket.sent() == message("a/b", "xy", 1, 0x8000, true));
  CHECK(bench.publish("a/b", std::string(1024, 'z')) == Qos1Tap::Sent::kOk);
  CHECK(bench.socket.sent() == message("a/b", std::string(1024, 'z'), 1, 0x8001));
}

TEST("a repeat carries DUP and its old id and takes no second place") {
  Bench bench;
  CHECK(bench.join());
  uint16_t id = 0;
  CHECK(bench.tap.publish("a", nullptr, 0, false, false, 0, &id) == Qos1Tap::Sent::kOk && id == 0x8000);
  bench.socket.sent();
  CHECK(bench.tap.publish("a", nullptr, 0, false, true, id) == Qos1Tap::Sent::kOk);
  auto expected = message("a", "", 1, 0x8000);
  expected[0] |= 0x08;
  CHECK(bench.socket.sent() == expected);
  CHECK(bench.tap.unanswered() == 1);
}

TEST("the ninth unanswered publish waits, and one PUBACK makes room for one") {
  Bench bench;
  CHECK(bench.join());
  for (int i = 0; i < 8; ++i) CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
  bench.socket.sent();
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kFull);
  CHECK(bench.socket.sent().empty());
  test_clock() += 500;
  CHECK(bench.tap.waiting_ms() >= 500);
  bench.socket.feed(puback(0x8003));
  bench.mqtt.loop();
  CHECK(bench.notes.pubacks.size() == 1 && bench.tap.unanswered() == 7);
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kFull);
}

TEST("a PUBACK for an id that is not the tap's own frees nothing") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
  bench.socket.feed(puback(1));
  bench.socket.feed(puback(0x9000));
  bench.mqtt.loop();
  bench.mqtt.loop();
  CHECK(bench.notes.pubacks.empty() && bench.tap.unanswered() == 1);
}

TEST("a short write closes the socket, wherever it is cut") {
  const size_t whole = message("a/b", "xyz", 1, 0x8000).size();
  for (size_t cut = 0; cut < whole; ++cut) {
    Bench bench;
    CHECK(bench.join());
    bench.socket.takes = cut;
    CHECK(bench.publish("a/b", "xyz") == Qos1Tap::Sent::kLost);
    CHECK(bench.socket.stops == 1 && bench.tap.unanswered() == 0);
    CHECK(!bench.mqtt.loop() && bench.mqtt.state() == MQTT_CONNECTION_LOST);
  }
}

TEST("nothing is written into the middle of a packet that the library has begun") {
  Bench bench;
  CHECK(bench.join());
  const uint8_t half[] = {0x30, 5, 0, 1, 'a'};
  bench.tap.write(half, sizeof half);
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kMidPacket);
  bench.tap.write(reinterpret_cast<const uint8_t*>("bc"), 2);
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
}

TEST("what can never fit is told apart from what must wait") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.publish("a", std::string(Qos1Tap::kFrameBytes, 'x')) == Qos1Tap::Sent::kTooLarge);
  CHECK(bench.publish("", "x") == Qos1Tap::Sent::kTooLarge);
  bench.socket.peer_closes();
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kLost);
}

TEST("a new connection starts with ids from 0x8000, nothing unanswered and no half packet") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
  bench.socket.feed({0x30, 9, 0});  // half a message
  bench.mqtt.loop();
  bench.socket.stop();
  CHECK(!bench.mqtt.connected());
  CHECK(bench.join());
  CHECK(bench.tap.unanswered() == 0);
  CHECK(bench.publish("a", "x") == Qos1Tap::Sent::kOk);
  CHECK(bench.socket.sent() == message("a", "x", 1, 0x8000));
}

TEST("random bytes never make the tap report a publish of its own as answered twice, or crash") {
  uint32_t seed = 20240229;
  auto next = [&seed] { return seed = seed * 1664525u + 1013904223u, seed >> 24; };
  for (int round = 0; round < 2000; ++round) {
    ScriptedSocket socket;
    Notes notes;
    Qos1Tap tap(socket, notes, kBuffer);
    tap.connect("h", 1);
    for (int i = 0; i < 3; ++i) tap.publish("x", nullptr, 0, false);
    std::vector<uint8_t> noise;
    for (int i = 0; i < 200; ++i) noise.push_back(static_cast<uint8_t>(next()));
    socket.feed(noise);
    while (tap.read() >= 0) {
    }
    CHECK(notes.pubacks.size() <= 3);
  }
}

int main() { return check::run("QoS 1 tap"); }
