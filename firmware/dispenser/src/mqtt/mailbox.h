// Letters between the two tasks: one writes, one reads, no lock, no heap.
// A ring of bytes in which every letter lies in one piece, so the reader gets
// pointers into it and nothing is copied twice. A letter that would not fit
// before the end of the ring starts again at its beginning.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace yaguts {

enum class LetterKind : uint8_t { kMessage, kConnected, kLost };

struct Letter {
  LetterKind kind = LetterKind::kMessage;
  uint8_t qos = 0;
  bool retain = false;
  // The connection this letter belongs to; one written for an earlier connection is dropped by
  // whoever would send it, so that nothing overtakes a new connection's birth.
  uint16_t connection = 0;
  const char* topic = nullptr;  // NUL-terminated, topic_len does not count the NUL
  size_t topic_len = 0;
  const uint8_t* payload = nullptr;
  size_t payload_len = 0;
};

class Mailbox {
 public:
  static constexpr size_t kBytes = 8192;

  // Writer. False: no room, nothing written.
  bool put(const Letter& letter) {
    const size_t body = letter.topic_len + 1 + letter.payload_len;
    if (letter.topic_len > UINT16_MAX || letter.payload_len > UINT16_MAX) return false;
    const size_t need = align(sizeof(Header) + body);
    const uint32_t head = head_.load(std::memory_order_relaxed);
    const uint32_t tail = tail_.load(std::memory_order_acquire);
    const size_t at = head % kBytes;
    const size_t before_end = kBytes - at;
    const size_t skip = need > before_end ? before_end : 0;
    if (skip + need > kBytes - (head - tail)) return false;
    if (skip != 0) ring_[at] = kSkip;
    uint8_t* place = ring_ + (head + skip) % kBytes;
    Header header{};
    header.kind = static_cast<uint8_t>(letter.kind);
    header.qos = letter.qos;
    header.retain = letter.retain;
    header.connection = letter.connection;
    header.topic_len = static_cast<uint16_t>(letter.topic_len);
    header.payload_len = static_cast<uint16_t>(letter.payload_len);
    memcpy(place, &header, sizeof header);
    place += sizeof header;
    if (letter.topic_len != 0) memcpy(place, letter.topic, letter.topic_len);
    place[letter.topic_len] = 0;
    if (letter.payload_len != 0) memcpy(place + letter.topic_len + 1, letter.payload, letter.payload_len);
    head_.store(head + static_cast<uint32_t>(skip + need), std::memory_order_release);
    return true;
  }

  // Reader. False: empty. The pointers in `letter` hold until pop().
  bool front(Letter& letter) {
    uint32_t tail = tail_.load(std::memory_order_relaxed);
    const uint32_t head = head_.load(std::memory_order_acquire);
    if (tail == head) return false;
    if (ring_[tail % kBytes] == kSkip) {
      tail += static_cast<uint32_t>(kBytes - tail % kBytes);
      tail_.store(tail, std::memory_order_release);
      // A skip is published together with the letter after it, so there is one.
    }
    const uint8_t* place = ring_ + tail % kBytes;
    Header header{};
    memcpy(&header, place, sizeof header);
    place += sizeof header;
    letter.kind = static_cast<LetterKind>(header.kind);
    letter.qos = header.qos;
    letter.retain = header.retain;
    letter.connection = header.connection;
    letter.topic = reinterpret_cast<const char*>(place);
    letter.topic_len = header.topic_len;
    letter.payload = place + header.topic_len + 1;
    letter.payload_len = header.payload_len;
    front_size_ = align(sizeof(Header) + header.topic_len + 1u + header.payload_len);
    return true;
  }

  // Reader: done with the letter of the last front().
  void pop() {
    if (front_size_ == 0) return;
    tail_.store(tail_.load(std::memory_order_relaxed) + static_cast<uint32_t>(front_size_),
                std::memory_order_release);
    front_size_ = 0;
  }

  // Either side, a glance: exact only for the reader.
  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  struct Header {
    uint8_t kind;
    uint8_t qos;
    uint8_t retain;
    uint8_t spare;
    uint16_t connection;
    uint16_t topic_len;
    uint16_t payload_len;
  };
  static constexpr uint8_t kSkip = 0xFF;  // in place of a kind: go on at the ring's beginning
  static constexpr size_t align(size_t bytes) { return (bytes + 3) & ~size_t{3}; }
  static_assert((kBytes & (kBytes - 1)) == 0, "free-running indices wrap at a power of two");

  alignas(4) uint8_t ring_[kBytes] = {};
  std::atomic<uint32_t> head_{0};  // moved by the writer
  std::atomic<uint32_t> tail_{0};  // moved by the reader
  size_t front_size_ = 0;          // the reader's own
};

}  // namespace yaguts
