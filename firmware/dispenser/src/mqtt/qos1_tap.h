// Sits between PubSubClient and its socket, because the library publishes QoS 0
// only and hides PUBACK, SUBACK, session-present, the retain bit and messages
// larger than its buffer. Every byte passes through unchanged in both directions;
// the tap reads along, and between whole packets writes its own QoS 1 PUBLISH.
// To be used from one task, the one that calls PubSubClient.
#pragma once

#include <Arduino.h>
#include <Client.h>

#include <cstddef>
#include <cstdint>

namespace yaguts {

// Follows the framing of one direction of an MQTT stream, byte by byte, and
// keeps the first bytes of each packet's body.
class FrameScanner {
 public:
  // 96: the topic of an oversize message is worth reading in a log line.
  static constexpr size_t kKept = 96;

  // True when this byte was the last one of a packet.
  bool feed(uint8_t byte);
  void reset() { *this = FrameScanner(); }

  bool between_packets() const { return state_ == State::kHeader; }
  // A length of more than four bytes [MQTT-2.2.3]: the stream cannot be followed any more.
  bool broken() const { return state_ == State::kBroken; }
  // Of the packet that has just ended, until the next byte.
  uint8_t header() const { return header_; }
  size_t body_size() const { return size_; }
  size_t packet_size() const { return 1 + length_bytes_ + size_; }
  const uint8_t* body() const { return kept_; }
  size_t kept() const { return seen_ < kKept ? seen_ : kKept; }

 private:
  enum class State : uint8_t { kHeader, kLength, kBody, kBroken };
  State state_ = State::kHeader;
  uint8_t header_ = 0;
  uint8_t length_bytes_ = 0;
  size_t size_ = 0;
  size_t seen_ = 0;
  uint8_t kept_[kKept] = {};
};

// What the tap has seen go by. Called in the middle of PubSubClient's own
// reading: note it, never write to the socket from here.
struct TapListener {
  virtual ~TapListener() = default;
  virtual void on_connack(bool session_present, uint8_t code) { (void)session_present; (void)code; }
  // The broker's word for one of the tap's own publishes. Transport only: it frees nothing in flash.
  virtual void on_puback(uint16_t id) { (void)id; }
  // One call for each return code: 0, 1 granted QoS; 0x80 refused.
  virtual void on_suback(uint16_t id, uint8_t code) { (void)id; (void)code; }
  // A message that the library will drop in silence. The topic has no NUL and may be cut short.
  virtual void on_oversize(size_t packet_bytes, const char* topic, size_t topic_len) {
    (void)packet_bytes; (void)topic; (void)topic_len;
  }
};

class Qos1Tap : public Client {
 public:
  static constexpr size_t kMaxUnanswered = 8;
  static constexpr uint16_t kFirstId = 0x8000;  // the library counts from 1 and never gets here
  // One publish: the core's payload buffer (1,536), its longest topic (192) and 9 bytes of framing.
  static constexpr size_t kFrameBytes = 1792;

  enum class Sent : uint8_t {
    kOk,
    kFull,       // eight are unanswered: try later
    kMidPacket,  // the library has half a packet out: try later
    kTooLarge,   // never fits
    kLost        // the socket is closed, or was closed because it took only a part
  };

  // Both outlive the tap. library_buffer: what setBufferSize was given.
  Qos1Tap(Client& socket, TapListener& listener, size_t library_buffer);

  // Writes one QoS 1 PUBLISH in a single write. A nonzero id (with dup) repeats that id;
  // otherwise the next one from 0x8000 is taken. *used receives it when not null.
  Sent publish(const char* topic, const uint8_t* payload, size_t size, bool retain, bool dup = false,
               uint16_t id = 0, uint16_t* used = nullptr);

  size_t unanswered() const { return unanswered_count_; }
  // Since the oldest unanswered publish went out; 0 when there is none.
  unsigned long waiting_ms() const;
  // Bytes wait on the socket; unlike available() never sleeps.
  bool readable() { return socket_.available() > 0; }
  // The retain bit of the PUBLISH that PubSubClient is handing to its callback.
  bool retained() const { return retained_; }

  int connect(IPAddress address, uint16_t port) override;
  int connect(const char* host, uint16_t port) override;
  size_t write(uint8_t byte) override;
  size_t write(const uint8_t* bytes, size_t size) override;
  int available() override;
  int read() override;
  int read(uint8_t* bytes, size_t size) override;
  int peek() override;
  void flush() override;
  void stop() override;
  uint8_t connected() override;
  operator bool() override;

 private:
  void begin();
  void seen_inbound(uint8_t byte);
  void packet_arrived();
  uint16_t next_id();
  bool forget(uint16_t id);

  struct Unanswered {
    uint16_t id;
    unsigned long since;
  };

  Client& socket_;
  TapListener& listener_;
  const size_t library_buffer_;
  FrameScanner inbound_;
  FrameScanner outbound_;
  Unanswered unanswered_[kMaxUnanswered] = {};  // oldest first
  size_t unanswered_count_ = 0;
  uint16_t last_id_ = kFirstId - 1;
  bool retained_ = false;
  uint8_t frame_[kFrameBytes];
};

}  // namespace yaguts
