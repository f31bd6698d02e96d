#include "qos1_tap.h"

#include <cstring>

namespace yaguts {

namespace {

// MQTT 3.1.1 section 2.2.1, in the high nibble.
constexpr uint8_t kConnack = 0x20;
constexpr uint8_t kPublish = 0x30;
constexpr uint8_t kPuback = 0x40;
constexpr uint8_t kSuback = 0x90;

constexpr uint8_t kRetain = 0x01;
constexpr uint8_t kQos1 = 0x02;
constexpr uint8_t kDup = 0x08;

uint16_t u16_at(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]); }

}  // namespace

bool FrameScanner::feed(uint8_t byte) {
  switch (state_) {
    case State::kHeader:
      header_ = byte;
      length_bytes_ = 0;
      size_ = 0;
      seen_ = 0;
      state_ = State::kLength;
      return false;
    case State::kLength:
      size_ |= static_cast<size_t>(byte & 0x7F) << (7 * length_bytes_);
      ++length_bytes_;
      if (byte & 0x80) {
        if (length_bytes_ == 4) state_ = State::kBroken;
        return false;
      }
      state_ = size_ == 0 ? State::kHeader : State::kBody;
      return size_ == 0;
    case State::kBody:
      if (seen_ < kKept) kept_[seen_] = byte;
      if (++seen_ < size_) return false;
      state_ = State::kHeader;
      return true;
    case State::kBroken:
      return false;
  }
  return false;
}

Qos1Tap::Qos1Tap(Client& socket, TapListener& listener, size_t library_buffer)
    : socket_(socket), listener_(listener), library_buffer_(library_buffer) {}

Qos1Tap::Sent Qos1Tap::publish(const char* topic, const uint8_t* payload, size_t size, bool retain, bool dup,
                               uint16_t id, uint16_t* used) {
  const size_t topic_len = strlen(topic);
  const size_t body = 2 + topic_len + 2 + size;
  if (topic_len == 0 || 4 + body > kFrameBytes) return Sent::kTooLarge;
  static_assert(kFrameBytes < 16384, "the length below has at most two bytes");
  if (!outbound_.between_packets()) return Sent::kMidPacket;
  if (!socket_.connected()) return Sent::kLost;
  const bool again = id != 0 && forget(id);
  if (unanswered_count_ == kMaxUnanswered) return Sent::kFull;
  if (!again) id = next_id();

  size_t at = 0;
  frame_[at++] = static_cast<uint8_t>(kPublish | kQos1 | (retain ? kRetain : 0) | (dup ? kDup : 0));
  frame_[at++] = static_cast<uint8_t>(body < 128 ? body : (body & 0x7F) | 0x80);
  if (body >= 128) frame_[at++] = static_cast<uint8_t>(body >> 7);
  frame_[at++] = static_cast<uint8_t>(topic_len >> 8);
  frame_[at++] = static_cast<uint8_t>(topic_len & 0xFF);
  memcpy(frame_ + at, topic, topic_len);
  at += topic_len;
  frame_[at++] = static_cast<uint8_t>(id >> 8);
  frame_[at++] = static_cast<uint8_t>(id & 0xFF);
  if (size != 0) memcpy(frame_ + at, payload, size);
  at += size;

  if (write(frame_, at) != at) return Sent::kLost;
  unanswered_[unanswered_count_++] = {id, millis()};
  if (used != nullptr) *used = id;
  return Sent::kOk;
}

unsigned long Qos1Tap::waiting_ms() const {
  return unanswered_count_ == 0 ? 0 : millis() - unanswered_[0].since;
}

int Qos1Tap::connect(IPAddress address, uint16_t port) {
  begin();
  return socket_.connect(address, port);
}

int Qos1Tap::connect(const char* host, uint16_t port) {
  begin();
  return socket_.connect(host, port);
}

size_t Qos1Tap::write(uint8_t byte) { return write(&byte, 1); }

size_t Qos1Tap::write(const uint8_t* bytes, size_t size) {
  const size_t written = socket_.write(bytes, size);
  for (size_t i = 0; i < written && i < size; ++i) outbound_.feed(bytes[i]);
  // Half a packet on the wire makes everything after it unreadable for the broker.
  if (written < size) stop();
  return written;
}

int Qos1Tap::available() {
  const int waiting = socket_.available();
  // PubSubClient spins on this for up to its socket timeout while it waits for
  // CONNACK: give the other tasks of this core their millisecond.
  if (waiting <= 0) delay(1);
  return waiting;
}

int Qos1Tap::read() {
  const int byte = socket_.read();
  if (byte >= 0) seen_inbound(static_cast<uint8_t>(byte));
  return byte;
}

int Qos1Tap::read(uint8_t* bytes, size_t size) {
  const int got = socket_.read(bytes, size);
  for (int i = 0; i < got; ++i) seen_inbound(bytes[i]);
  return got;
}

int Qos1Tap::peek() { return socket_.peek(); }
void Qos1Tap::flush() { socket_.flush(); }

void Qos1Tap::stop() {
  socket_.stop();
  begin();
}

uint8_t Qos1Tap::connected() { return socket_.connected(); }
Qos1Tap::operator bool() { return static_cast<bool>(socket_); }

void Qos1Tap::begin() {
  inbound_.reset();
  outbound_.reset();
  unanswered_count_ = 0;
  last_id_ = kFirstId - 1;
  retained_ = false;
}

void Qos1Tap::seen_inbound(uint8_t byte) {
  if (inbound_.feed(byte)) packet_arrived();
}

void Qos1Tap::packet_arrived() {
  const uint8_t* body = inbound_.body();
  const size_t size = inbound_.body_size();
  switch (inbound_.header() & 0xF0) {
    case kConnack:
      if (size >= 2) listener_.on_connack((body[0] & 1) != 0, body[1]);
      break;
    case kPuback:
      if (size >= 2 && forget(u16_at(body))) listener_.on_puback(u16_at(body));
      break;
    case kSuback:
      for (size_t i = 2; i < inbound_.kept(); ++i) listener_.on_suback(u16_at(body), body[i]);
      break;
    case kPublish: {
      retained_ = (inbound_.header() & kRetain) != 0;
      if (inbound_.packet_size() <= library_buffer_) break;
      size_t topic_len = size >= 2 ? u16_at(body) : 0;
      if (topic_len > inbound_.kept() - 2) topic_len = inbound_.kept() - 2;
      listener_.on_oversize(inbound_.packet_size(), reinterpret_cast<const char*>(body + 2), topic_len);
      break;
    }
    default:
      break;
  }
}

uint16_t Qos1Tap::next_id() {
  last_id_ = last_id_ == UINT16_MAX ? kFirstId : static_cast<uint16_t>(last_id_ + 1);
  return last_id_;
}

bool Qos1Tap::forget(uint16_t id) {
  for (size_t i = 0; i < unanswered_count_; ++i) {
    if (unanswered_[i].id != id) continue;
    for (size_t k = i + 1; k < unanswered_count_; ++k) unanswered_[k - 1] = unanswered_[k];
    --unanswered_count_;
    return true;
  }
  return false;
}

}  // namespace yaguts
