// Topics by the table of contract.h: none is ever written by hand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"

namespace yaguts {

// Longest topic the table can give: 36 + 36 + a 16-digit job_id + words; with its NUL.
constexpr size_t kMaxTopicBytes = 192;

// A topic that has arrived, taken apart. op points into the topic it was parsed from.
struct ParsedTopic {
  contract::Topic row = contract::kTopicCount;
  uint64_t job_id = 0;
  uint32_t item_ordem = 0;
  const char* op = nullptr;  // also the level of a log row
  size_t op_len = 0;
};

class Topics {
 public:
  // Both stay owned by the caller and must live as long as this does.
  Topics(const char* org, const char* device) : org_(org), device_(device) {}

  // The full topic of a row into out (NUL-terminated); false if it does not fit.
  bool render(contract::Topic row, char* out, size_t cap, uint64_t job_id = 0,
              uint32_t item_ordem = 0, const char* op = "") const;

  // The i-th filter to subscribe to, 0 <= i < contract::kSubscriptionCount.
  bool filter(size_t i, char* out, size_t cap) const;

  // False for anything that is no row published by the api to this very device.
  bool parse(const char* topic, size_t len, ParsedTopic& out) const;

 private:
  const char* org_;
  const char* device_;
};

// [a-z0-9][a-z0-9-]{0,35}: the form of org, device and op; anything else never becomes part of a topic.
bool is_ident(const char* text, size_t len);

}  // namespace yaguts
