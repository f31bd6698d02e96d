// What src/mqtt relies on in PubSubClient 2.8, good habits and bad. Compiled
// against the stand-in or, with PUBSUBCLIENT_DIR, against the real library; the
// last line says which.
#include <PubSubClient.h>

#include "check.h"
#include "scripted_socket.h"

namespace {

int calls = 0;
std::string seen_topic;
std::string seen_payload;
size_t written_at_callback = 0;
ScriptedSocket* watched = nullptr;

void remember(char* topic, uint8_t* payload, unsigned int size) {
  ++calls;
  seen_topic = topic;
  seen_payload.assign(reinterpret_cast<char*>(payload), size);
  if (watched) written_at_callback = watched->out.size();
}

struct Bench {
  ScriptedSocket socket;
  PubSubClient mqtt{socket};
  Bench() {
    calls = 0;
    watched = &socket;
    mqtt.setServer("broker.local", 1883);
    mqtt.setCallback(remember);
    mqtt.setKeepAlive(15);
    mqtt.setSocketTimeout(3);
  }
  bool join() {
    socket.on_connect = connack(0);
    const bool joined = mqtt.connect("demo.um", "demo.um", "segredo");
    socket.sent();
    return joined;
  }
};

std::string text(const std::vector<uint8_t>& bytes) { return std::string(bytes.begin(), bytes.end()); }
std::string field(const std::string& value) { return std::string{0, static_cast<char>(value.size())} + value; }
bool holds(const std::vector<uint8_t>& bytes, const std::string& part) { return text(bytes).find(part) != std::string::npos; }

}  // namespace

TEST("connect goes to the host it was given and sends level 4, will, user and password") {
  Bench bench;
  bench.socket.on_connect = connack(0);
  CHECK(bench.mqtt.connect("demo.um", "nome", "segredo", "a/will", 1, true, "{\"state\":\"lost\"}", true));
  CHECK(bench.socket.host == "broker.local" && bench.socket.port == 1883);
  const auto packet = bench.socket.sent();
  CHECK(packet.size() > 12 && packet[0] == 0x10);
  CHECK(text(packet).substr(2, 7) == std::string("\0\4MQTT\4", 7));
  // user 80, password 40, will retain 20, will QoS 1 08, will 04, clean 02
  CHECK(packet.size() > 12 && packet[9] == (0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02));
  CHECK(packet[10] == 0 && packet[11] == 15);
  CHECK(text(packet).substr(12) ==
        field("demo.um") + field("a/will") + field("{\"state\":\"lost\"}") + field("nome") + field("segredo"));
  CHECK(bench.mqtt.state() == MQTT_CONNECTED && bench.mqtt.connected());
}

TEST("the clean flag goes out as asked, and no will means no will flags") {
  Bench bench;
  bench.socket.on_connect = connack(0);
  bench.mqtt.connect("x", "u", "p", nullptr, 0, false, nullptr, false);
  CHECK(bench.socket.sent()[9] == (0x80 | 0x40));
}

TEST("connect on a silent server gives up after the socket timeout, state -4, socket closed") {
  Bench bench;
  const unsigned long began = test_clock();
  CHECK(!bench.mqtt.connect("demo.um"));
  CHECK(test_clock() - began >= 3000 && test_clock() - began < 3200);
  CHECK(bench.mqtt.state() == MQTT_CONNECTION_TIMEOUT);
  CHECK(bench.socket.stops >= 1 && !bench.mqtt.connected());
}

TEST("a refused CONNACK is the state, and a refused socket is -2") {
  Bench bench;
  bench.socket.on_connect = connack(5);
  CHECK(!bench.mqtt.connect("demo.um"));
  CHECK(bench.mqtt.state() == MQTT_CONNECT_UNAUTHORIZED && !bench.mqtt.connected());
  bench.socket.refuses = true;
  CHECK(!bench.mqtt.connect("demo.um"));
  CHECK(bench.mqtt.state() == MQTT_CONNECT_FAILED);
}

TEST("loop takes one packet and leaves the next on the socket") {
  Bench bench;
  CHECK(bench.join());
  bench.socket.feed(message("t/1", "um"));
  bench.socket.feed(message("t/2", "dois"));
  CHECK(bench.mqtt.loop());
  CHECK(calls == 1 && seen_topic == "t/1" && seen_payload == "um");
  CHECK(bench.mqtt.loop());
  CHECK(calls == 2 && seen_topic == "t/2" && seen_payload == "dois");
}

TEST("PUBACK and SUBACK pass without callback, answer or change of state") {
  Bench bench;
  CHECK(bench.join());
  bench.socket.feed(puback(0x8000));
  bench.socket.feed(suback(2, {0x80}));
  CHECK(bench.mqtt.loop() && bench.mqtt.loop());
  CHECK(calls == 0 && bench.socket.sent().empty() && bench.mqtt.state() == MQTT_CONNECTED);
}

TEST("a QoS 1 message is acknowledged after its callback, with its own id") {
  Bench bench;
  CHECK(bench.join());
  bench.socket.feed(message("t", "abc", 1, 0x1234));
  CHECK(bench.mqtt.loop());
  CHECK(calls == 1 && seen_topic == "t" && seen_payload == "abc");
  CHECK(written_at_callback == 0);
  CHECK((bench.socket.sent() == std::vector<uint8_t>{0x40, 2, 0x12, 0x34}));
}

TEST("an empty payload reaches the callback with size 0") {
  Bench bench;
  CHECK(bench.join());
  bench.socket.feed(message("t", "", 1, 7));
  CHECK(bench.mqtt.loop());
  CHECK(calls == 1 && seen_topic == "t" && seen_payload.empty());
}

TEST("a message larger than the buffer has no callback and no PUBACK, and the next one is read well") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.mqtt.getBufferSize() == 256);
  bench.socket.feed(message("t", std::string(400, 'x'), 1, 9));
  bench.socket.feed(message("t", "curto", 1, 10));
  for (int i = 0; i < 4; ++i) bench.mqtt.loop();
  CHECK(calls == 1 && seen_payload == "curto");
  CHECK((bench.socket.sent() == std::vector<uint8_t>{0x40, 2, 0, 10}));
}

TEST("a packet of exactly the buffer's size is delivered, one byte more is not") {
  Bench bench;
  CHECK(bench.join());
  // 1 type + 2 length + 2 + 1 topic + payload = 256
  bench.socket.feed(message("t", std::string(250, 'x')));
  CHECK(bench.mqtt.loop() && calls == 1);
  bench.socket.feed(message("t", std::string(251, 'x')));
  bench.mqtt.loop();
  CHECK(calls == 1);
}

TEST("setBufferSize makes room for 4096 bytes") {
  Bench bench;
  CHECK(bench.mqtt.setBufferSize(4096) && bench.mqtt.getBufferSize() == 4096);
  CHECK(bench.join());
  bench.socket.feed(message("t", std::string(3072, 'x'), 1, 9));
  bench.mqtt.loop();
  CHECK(calls == 1 && seen_payload == std::string(3072, 'x'));
}

TEST("publish is QoS 0 in one write, retained when asked, and false beyond topic + payload + 7") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.mqtt.publish("a/b", reinterpret_cast<const uint8_t*>("xy"), 2, true));
  CHECK(bench.socket.writes.size() == 1);
  CHECK(bench.socket.sent() == message("a/b", "xy", 0, 0, true));
  const std::string fits(256 - 7 - 3, 'x');
  CHECK(bench.mqtt.publish("a/b", fits.c_str()));
  CHECK(bench.socket.sent() == message("a/b", fits));
  CHECK(!bench.mqtt.publish("a/b", (fits + "x").c_str()));
  CHECK(bench.socket.sent().empty());
}

TEST("publish says true on a socket that takes the bytes, whoever is behind it, and false on a closed one") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.mqtt.publish("a", "b"));
  bench.socket.peer_closes();
  CHECK(!bench.mqtt.publish("a", "b"));
}

TEST("subscribe asks for one filter with its QoS, ids rise and start anew with each connection") {
  Bench bench;
  CHECK(bench.join());
  CHECK(bench.mqtt.subscribe("a/+/b", 1));
  const auto first = bench.socket.sent();
  CHECK(first.size() == 12 && first[0] == 0x82 && holds(first, "a/+/b") && first.back() == 1);
  CHECK(bench.mqtt.subscribe("c", 1));
  const auto second = bench.socket.sent();
  const int id1 = first[2] << 8 | first[3];
  const int id2 = second[2] << 8 | second[3];
  CHECK(id2 == id1 + 1 && id1 >= 1 && id1 < 0x100);
  bench.mqtt.disconnect();
  CHECK(bench.join());
  CHECK(bench.mqtt.subscribe("a/+/b", 1));
  CHECK(bench.socket.sent() == first);
}

TEST("PINGREQ after the keepalive; without an answer state -4 after twice that") {
  Bench bench;
  CHECK(bench.join());
  test_clock() += 15500;
  CHECK(bench.mqtt.loop());
  CHECK((bench.socket.sent() == std::vector<uint8_t>{0xC0, 0}));
  test_clock() += 15500;
  CHECK(!bench.mqtt.loop());
  CHECK(bench.mqtt.state() == MQTT_CONNECTION_TIMEOUT && !bench.mqtt.connected());
}

TEST("an answered ping keeps the connection for another keepalive") {
  Bench bench;
  CHECK(bench.join());
  for (int i = 0; i < 5; ++i) {
    test_clock() += 15500;
    CHECK(bench.mqtt.loop());
    CHECK((bench.socket.sent() == std::vector<uint8_t>{0xC0, 0}));
    bench.socket.feed({0xD0, 0});
    CHECK(bench.mqtt.loop());
  }
  CHECK(bench.mqtt.state() == MQTT_CONNECTED);
}

TEST("a lost socket turns state 0 into -3") {
  Bench bench;
  CHECK(bench.join());
  bench.socket.peer_closes();
  CHECK(!bench.mqtt.loop());
  CHECK(bench.mqtt.state() == MQTT_CONNECTION_LOST);
}

TEST("half a packet blocks loop for the socket timeout and then goes on without it") {
  Bench bench;
  CHECK(bench.join());
  const auto packet = message("t", "abcdef");
  bench.socket.feed(std::vector<uint8_t>(packet.begin(), packet.begin() + 5));
  const unsigned long began = test_clock();
  bench.mqtt.loop();
  CHECK(calls == 0);
  CHECK(test_clock() - began >= 3000 && test_clock() - began < 3200);
}

TEST("disconnect says so to the broker and closes") {
  Bench bench;
  CHECK(bench.join());
  bench.mqtt.disconnect();
  CHECK((bench.socket.sent() == std::vector<uint8_t>{0xE0, 0}));
  CHECK(bench.mqtt.state() == MQTT_DISCONNECTED && bench.socket.stops == 1);
}

int main() {
#ifdef YAGUTS_PUBSUB_STAND_IN
  return check::run("PubSubClient contract (the project's stand-in)");
#else
  return check::run("PubSubClient contract (the real library)");
#endif
}
