#include "topics.h"

#include <cstring>

#include "json.h"

namespace yaguts {
namespace {

using contract::kTopics;

struct Cursor {
  char* out;
  size_t cap;
  size_t len;
  bool put(const char* text, size_t n) {
    if (len + n >= cap) return false;
    std::memcpy(out + len, text, n);
    len += n;
    return true;
  }
  bool put(const char* text) { return put(text, std::strlen(text)); }
  bool put(uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = static_cast<char>('0' + value % 10);
    while (value /= 10);
    return put(digits + at, sizeof digits - at);
  }
};

// One level of a pattern: is it `{name}`?
bool is_param(const char* level, size_t len, const char* name) {
  const size_t n = std::strlen(name);
  return len == n + 2 && level[0] == '{' && std::memcmp(level + 1, name, n) == 0;
}

size_t level_length(const char* at, const char* end) {
  const void* slash = std::memchr(at, '/', static_cast<size_t>(end - at));
  return slash ? static_cast<size_t>(static_cast<const char*>(slash) - at) : static_cast<size_t>(end - at);
}

// A positive integer without leading zero, at most max.
bool parse_number(const char* text, size_t len, uint64_t max, uint64_t& out) {
  if (len == 0 || len > 16 || text[0] == '0') return false;
  uint64_t value = 0;
  for (size_t i = 0; i < len; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (value > max) return false;
  out = value;
  return true;
}

}  // namespace

bool is_ident(const char* text, size_t len) {
  if (len == 0 || len > contract::MAX_ID_CHARS || text[0] == '-') return false;
  for (size_t i = 0; i < len; ++i) {
    const char c = text[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

bool Topics::render(contract::Topic row, char* out, size_t cap, uint64_t job_id, uint32_t item_ordem,
                    const char* op) const {
  Cursor to{out, cap, 0};
  const char* at = kTopics[row].pattern;
  const char* end = at + std::strlen(at);
  for (;;) {
    const size_t n = level_length(at, end);
    bool fits;
    if (is_param(at, n, "org")) fits = to.put(org_);
    else if (is_param(at, n, "device")) fits = to.put(device_);
    else if (is_param(at, n, "job_id")) fits = to.put(job_id);
    else if (is_param(at, n, "item_ordem")) fits = to.put(static_cast<uint64_t>(item_ordem));
    else if (at[0] == '{') fits = to.put(op);
    else fits = to.put(at, n);
    if (!fits) return false;
    at += n;
    if (at == end) break;
    if (!to.put("/", 1)) return false;
    ++at;
  }
  out[to.len] = 0;
  return true;
}

bool Topics::filter(size_t i, char* out, size_t cap) const {
  Cursor to{out, cap, 0};
  const char* at = kTopics[contract::kSubscriptions[i]].pattern;
  const char* end = at + std::strlen(at);
  for (;;) {
    const size_t n = level_length(at, end);
    bool fits;
    if (is_param(at, n, "org")) fits = to.put(org_);
    else if (is_param(at, n, "device")) fits = to.put(device_);
    else if (at[0] == '{') fits = to.put("+", 1);
    else fits = to.put(at, n);
    if (!fits) return false;
    at += n;
    if (at == end) break;
    if (!to.put("/", 1)) return false;
    ++at;
  }
  out[to.len] = 0;
  return true;
}

bool Topics::parse(const char* topic, size_t len, ParsedTopic& out) const {
  for (const contract::Topic row : contract::kSubscriptions) {
    ParsedTopic found;
    found.row = row;
    const char* p = kTopics[row].pattern;
    const char* p_end = p + std::strlen(p);
    const char* t = topic;
    const char* t_end = topic + len;
    bool same = true;
    for (;;) {
      const size_t pn = level_length(p, p_end);
      const size_t tn = level_length(t, t_end);
      uint64_t number = 0;
      if (is_param(p, pn, "org")) {
        same = std::strlen(org_) == tn && std::memcmp(t, org_, tn) == 0;
      } else if (is_param(p, pn, "device")) {
        same = std::strlen(device_) == tn && std::memcmp(t, device_, tn) == 0;
      } else if (is_param(p, pn, "job_id")) {
        same = parse_number(t, tn, kMaxSafeInteger, found.job_id);
      } else if (is_param(p, pn, "item_ordem")) {
        same = parse_number(t, tn, contract::MAX_ITENS, number);
        found.item_ordem = static_cast<uint32_t>(number);
      } else if (p[0] == '{') {
        same = is_ident(t, tn);
        found.op = t;
        found.op_len = tn;
      } else {
        same = pn == tn && std::memcmp(p, t, tn) == 0;
      }
      p += pn;
      t += tn;
      if (!same || (p == p_end) != (t == t_end)) {
        same = false;
        break;
      }
      if (p == p_end) break;
      ++p;
      ++t;
    }
    if (same) {
      out = found;
      return true;
    }
  }
  return false;
}

}  // namespace yaguts
