#include "json.h"

#include <cstring>

namespace yaguts {

bool JsonReader::Key::is(const char* name) const {
  return len <= sizeof text && std::strlen(name) == len && std::memcmp(text, name, len) == 0;
}

void JsonReader::space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
}

bool JsonReader::expect(char c) {
  if (!ok_) return false;
  space();
  if (at_ == end_ || *at_ != c) return fail();
  ++at_;
  return true;
}

bool JsonReader::literal(const char* word) {
  const size_t n = std::strlen(word);
  if (static_cast<size_t>(end_ - at_) < n || std::memcmp(at_, word, n) != 0) return fail();
  at_ += n;
  return true;
}

bool JsonReader::begin_object() {
  if (!expect('{')) return false;
  if (depth_ == kMaxDepth) return fail();
  first_ |= 1u << ++depth_;
  return true;
}

bool JsonReader::begin_array() {
  if (!expect('[')) return false;
  if (depth_ == kMaxDepth) return fail();
  first_ |= 1u << ++depth_;
  return true;
}

// The comma before the next member, or the end of the container.
bool JsonReader::separator(char close, bool& closed) {
  closed = false;
  if (!ok_ || depth_ == 0) return fail();
  space();
  if (at_ == end_) return fail();
  const uint32_t bit = 1u << depth_;
  const bool first = first_ & bit;
  first_ &= ~bit;
  if (*at_ == close) {
    ++at_;
    --depth_;
    closed = true;
    return true;
  }
  return first || expect(',');
}

bool JsonReader::next_key(Key& key) {
  bool closed;
  if (!separator('}', closed) || closed) return false;
  space();
  if (!string(key.text, sizeof key.text, key.len)) return false;
  return expect(':');
}

bool JsonReader::next_element() {
  bool closed;
  return separator(']', closed) && !closed;
}

bool JsonReader::hex4(uint32_t& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == end_) return fail();
    const char c = *at_;
    uint32_t digit;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A' + 10);
    else return fail();
    out = out << 4 | digit;
  }
  return true;
}

// After a backslash. A lone surrogate has no UTF-8 form, so it is a fault.
bool JsonReader::escape(char* utf8, size_t& n) {
  if (at_ == end_) return fail();
  n = 1;
  switch (*at_++) {
    case '"': utf8[0] = '"'; return true;
    case '\\': utf8[0] = '\\'; return true;
    case '/': utf8[0] = '/'; return true;
    case 'b': utf8[0] = '\b'; return true;
    case 'f': utf8[0] = '\f'; return true;
    case 'n': utf8[0] = '\n'; return true;
    case 'r': utf8[0] = '\r'; return true;
    case 't': utf8[0] = '\t'; return true;
    case 'u': break;
    default: return fail();
  }
  uint32_t code;
  if (!hex4(code)) return false;
  if (code >= 0xDC00 && code < 0xE000) return fail();
  if (code >= 0xD800 && code < 0xDC00) {
    uint32_t low;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return fail();
    at_ += 2;
    if (!hex4(low)) return false;
    if (low < 0xDC00 || low >= 0xE000) return fail();
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code < 0x80) {
    utf8[0] = static_cast<char>(code);
  } else if (code < 0x800) {
    n = 2;
    utf8[0] = static_cast<char>(0xC0 | code >> 6);
    utf8[1] = static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    n = 3;
    utf8[0] = static_cast<char>(0xE0 | code >> 12);
    utf8[1] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
    utf8[2] = static_cast<char>(0x80 | (code & 0x3F));
  } else {
    n = 4;
    utf8[0] = static_cast<char>(0xF0 | code >> 18);
    utf8[1] = static_cast<char>(0x80 | (code >> 12 & 0x3F));
    utf8[2] = static_cast<char>(0x80 | (code >> 6 & 0x3F));
    utf8[3] = static_cast<char>(0x80 | (code & 0x3F));
  }
  return true;
}

// The length of the well-formed UTF-8 sequence at at_ (Unicode table 3-7: no overlong forms, no surrogates).
bool JsonReader::utf8_sequence(size_t& n) {
  const auto byte = [this](size_t i) -> uint8_t {
    return at_ + i < end_ ? static_cast<uint8_t>(at_[i]) : 0;
  };
  const auto within = [](uint8_t b, uint8_t low, uint8_t high) { return b >= low && b <= high; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) {
    n = 1;
    return true;
  }
  if (within(lead, 0xC2, 0xDF)) {
    n = 2;
    return within(byte(1), 0x80, 0xBF) || fail();
  }
  if (within(lead, 0xE0, 0xEF)) {
    n = 3;
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return (within(byte(1), low, high) && within(byte(2), 0x80, 0xBF)) || fail();
  }
  if (within(lead, 0xF0, 0xF4)) {
    n = 4;
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return (within(byte(1), low, high) && within(byte(2), 0x80, 0xBF) && within(byte(3), 0x80, 0xBF)) ||
           fail();
  }
  return fail();
}

bool JsonReader::string(char* out, size_t cap, size_t& len) {
  if (!expect('"')) return false;
  len = 0;
  for (;;) {
    if (at_ == end_) return fail();
    char decoded[4];
    const char* bytes = at_;
    size_t n;
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (static_cast<uint8_t>(*at_) < 0x20) return fail();
    if (*at_ == '\\') {
      ++at_;
      if (!escape(decoded, n)) return false;
      bytes = decoded;
    } else {
      if (!utf8_sequence(n)) return false;
      at_ += n;
    }
    for (size_t i = 0; i < n; ++i, ++len) {
      if (len < cap) out[len] = bytes[i];
    }
  }
}

bool JsonReader::read_string(char* out, size_t cap, size_t* len) {
  size_t n;
  if (!string(out, cap, n)) return false;
  if (n >= cap || std::memchr(out, 0, n) != nullptr) return fail();
  out[n] = 0;
  if (len != nullptr) *len = n;
  return true;
}

bool JsonReader::read_bool(bool& out) {
  if (!ok_) return false;
  space();
  if (at_ == end_) return fail();
  const bool value = *at_ == 't';
  if (!literal(value ? "true" : "false")) return false;
  out = value;
  return true;
}

bool JsonReader::take_null() {
  if (!ok_) return false;
  space();
  if (at_ == end_ || *at_ != 'n') return false;
  return literal("null");
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?, kept as mantissa * 10^exponent.
bool JsonReader::number(Number& out) {
  if (!ok_) return false;
  space();
  const auto digit = [this] { return at_ < end_ && *at_ >= '0' && *at_ <= '9'; };
  out = {0, 0, false, false};
  if (at_ < end_ && *at_ == '-') {
    out.negative = true;
    ++at_;
  }
  if (!digit()) return fail();
  const auto take = [&out](char c, bool fraction) {
    // 18 digits always fit 64 bits; what comes after them only shifts (whole part) or is lost (fraction).
    if (out.mantissa < 100000000000000000ull) {
      out.mantissa = out.mantissa * 10 + static_cast<uint64_t>(c - '0');
      if (fraction) --out.exponent;
    } else {
      if (c != '0') out.inexact = true;
      if (!fraction) ++out.exponent;
    }
  };
  if (*at_ == '0') {
    ++at_;
    if (digit()) return fail();
  } else {
    for (; digit(); ++at_) take(*at_, false);
  }
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    if (!digit()) return fail();
    for (; digit(); ++at_) take(*at_, true);
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    bool down = false;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) down = *at_++ == '-';
    if (!digit()) return fail();
    int e = 0;
    for (; digit(); ++at_) e = e < 10000 ? e * 10 + (*at_ - '0') : e;
    out.exponent += down ? -e : e;
  }
  return true;
}

bool JsonReader::read_scaled(int places, uint64_t max, bool round, uint64_t& out) {
  Number n;
  if (!number(n)) return false;
  if (n.negative && n.mantissa != 0) return fail();
  uint64_t value = n.mantissa;
  int shift = value == 0 ? 0 : n.exponent + places;
  for (; shift > 0; --shift) {
    if (value > max / 10) return fail();
    value *= 10;
  }
  bool half = false;
  for (; shift < 0 && value != 0; ++shift) {
    const uint64_t last = value % 10;
    if (last != 0) n.inexact = true;
    half = last >= 5;
    value /= 10;
  }
  if (shift < 0) half = false;  // the last digit dropped was a zero in front of the number
  if (n.inexact && !round) return fail();
  if (round && half) ++value;
  if (value > max) return fail();
  out = value;
  return true;
}

// Iterative, because a hostile text must not choose the depth of our stack.
bool JsonReader::skip() {
  if (!ok_) return false;
  const int floor = depth_;
  uint32_t objects = 0;
  do {
    if (depth_ > floor) {
      Key key;
      const bool in_object = objects & (1u << depth_);
      const bool more = in_object ? next_key(key) : next_element();
      if (!ok_) return false;
      if (!more) continue;
    }
    space();
    if (at_ == end_) return fail();
    size_t len;
    Number n;
    switch (*at_) {
      case '{':
        if (!begin_object()) return false;
        objects |= 1u << depth_;
        break;
      case '[':
        if (!begin_array()) return false;
        objects &= ~(1u << depth_);
        break;
      case '"':
        if (!string(nullptr, 0, len)) return false;
        break;
      case 't': if (!literal("true")) return false; break;
      case 'f': if (!literal("false")) return false; break;
      case 'n': if (!literal("null")) return false; break;
      default:
        if (!number(n)) return false;
    }
  } while (depth_ > floor);
  return true;
}

bool JsonReader::end() {
  if (!ok_) return false;
  space();
  return (depth_ == 0 && at_ == end_) || fail();
}

}  // namespace yaguts
