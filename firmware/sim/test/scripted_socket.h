// A socket whose other end is the test, and a clock that the test moves: time
// passes only when somebody sleeps or looks for bytes that are not there.
#pragma once

#include <Arduino.h>
#include <Client.h>

#include <deque>
#include <string>
#include <vector>

inline unsigned long& test_clock() {
  static unsigned long now = 1000;
  return now;
}

class ScriptedSocket : public Client {
 public:
  bool refuses = false;                // connect fails
  size_t takes = SIZE_MAX;             // bytes that write still accepts
  std::deque<uint8_t> in;              // what the library will read
  std::vector<uint8_t> out;            // what it has written since the last sent()
  std::vector<size_t> writes;          // sizes of single writes
  std::vector<uint8_t> on_connect;     // put into `in` by every connect
  int connects = 0;
  int stops = 0;
  std::string host;
  uint16_t port = 0;

  void feed(const std::vector<uint8_t>& bytes) { in.insert(in.end(), bytes.begin(), bytes.end()); }
  std::vector<uint8_t> sent() {
    std::vector<uint8_t> bytes;
    bytes.swap(out);
    writes.clear();
    return bytes;
  }
  void peer_closes() { open_ = false; }

  int connect(IPAddress, uint16_t to) override { return connect("", to); }
  int connect(const char* to_host, uint16_t to_port) override {
    ++connects;
    host = to_host;
    port = to_port;
    if (refuses) return 0;
    open_ = true;
    in.assign(on_connect.begin(), on_connect.end());
    return 1;
  }
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t* bytes, size_t size) override {
    const size_t taken = !open_ ? 0 : size < takes ? size : takes;
    takes -= takes == SIZE_MAX ? 0 : taken;
    out.insert(out.end(), bytes, bytes + taken);
    writes.push_back(taken);
    return taken;
  }
  int available() override {
    if (in.empty()) ++test_clock();
    return static_cast<int>(in.size());
  }
  int read() override {
    if (in.empty()) return -1;
    const int byte = in.front();
    in.pop_front();
    return byte;
  }
  int read(uint8_t* bytes, size_t size) override {
    size_t got = 0;
    while (got < size && !in.empty()) bytes[got++] = static_cast<uint8_t>(read());
    return static_cast<int>(got);
  }
  int peek() override { return in.empty() ? -1 : in.front(); }
  void flush() override {}
  void stop() override {
    ++stops;
    open_ = false;
    in.clear();
  }
  uint8_t connected() override { return open_ || !in.empty(); }
  operator bool() override { return open_; }

 private:
  bool open_ = false;
};

// Packets as a broker writes them (MQTT 3.1.1, section 3).
inline std::vector<uint8_t> with_length(uint8_t header, const std::vector<uint8_t>& body) {
  std::vector<uint8_t> packet{header};
  size_t left = body.size();
  do {
    const uint8_t digit = left & 0x7F;
    left >>= 7;
    packet.push_back(static_cast<uint8_t>(digit | (left ? 0x80 : 0)));
  } while (left);
  packet.insert(packet.end(), body.begin(), body.end());
  return packet;
}
inline std::vector<uint8_t> connack(uint8_t code, bool session_present = false) {
  return {0x20, 2, static_cast<uint8_t>(session_present), code};
}
inline std::vector<uint8_t> puback(uint16_t id) {
  return {0x40, 2, static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id & 0xFF)};
}
inline std::vector<uint8_t> suback(uint16_t id, std::vector<uint8_t> codes) {
  codes.insert(codes.begin(), {static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id & 0xFF)});
  return with_length(0x90, codes);
}
inline std::vector<uint8_t> message(const std::string& topic, const std::string& payload, uint8_t qos = 0,
                                    uint16_t id = 0, bool retain = false) {
  std::vector<uint8_t> body{static_cast<uint8_t>(topic.size() >> 8), static_cast<uint8_t>(topic.size() & 0xFF)};
  body.insert(body.end(), topic.begin(), topic.end());
  if (qos > 0) {
    body.push_back(static_cast<uint8_t>(id >> 8));
    body.push_back(static_cast<uint8_t>(id & 0xFF));
  }
  body.insert(body.end(), payload.begin(), payload.end());
  return with_length(static_cast<uint8_t>(0x30 | (qos << 1) | (retain ? 1 : 0)), body);
}
