#include "json.h"

namespace yaguts {

void JsonWriter::raw(char c) {
  if (len_ + 1 >= cap_) {
    overflow_ = true;
    return;
  }
  out_[len_++] = c;
}

void JsonWriter::raw(const char* text) {
  for (; *text; ++text) raw(*text);
}

void JsonWriter::comma() {
  if (need_comma_) raw(',');
  need_comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  raw(bracket);
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  raw(bracket);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(const char* name) {
  string(name);
  raw(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::uint(uint64_t value) {
  comma();
  char digits[20];
  size_t n = 0;
  do digits[n++] = static_cast<char>('0' + value % 10);
  while (value /= 10);
  while (n > 0) raw(digits[--n]);
  return *this;
}

JsonWriter& JsonWriter::sint(int64_t value) {
  if (value >= 0) return uint(static_cast<uint64_t>(value));
  comma();
  raw('-');
  need_comma_ = false;
  return uint(0 - static_cast<uint64_t>(value));
}

JsonWriter& JsonWriter::milli(uint64_t value) {
  uint(value / 1000);
  unsigned rest = static_cast<unsigned>(value % 1000);
  if (rest == 0) return *this;
  raw('.');
  for (unsigned unit = 100; rest != 0; unit /= 10) {
    raw(static_cast<char>('0' + rest / unit));
    rest %= unit;
  }
  return *this;
}

JsonWriter& JsonWriter::string(const char* text) {
  static const char kHex[] = "0123456789abcdef";
  comma();
  raw('"');
  for (; *text; ++text) {
    const uint8_t c = static_cast<uint8_t>(*text);
    if (c == '"' || c == '\\') {
      raw('\\');
      raw(*text);
    } else if (c < 0x20) {
      raw("\\u00");
      raw(kHex[c >> 4]);
      raw(kHex[c & 15]);
    } else {
      raw(*text);
    }
  }
  raw('"');
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  comma();
  raw(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::null() {
  comma();
  raw("null");
  return *this;
}

size_t JsonWriter::done() {
  if (overflow_ || cap_ == 0) return 0;
  out_[len_] = 0;
  return len_;
}

}  // namespace yaguts
