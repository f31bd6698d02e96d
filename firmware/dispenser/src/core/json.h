// Strict, bounded JSON without heap or floats.
//
// JsonReader walks a text once, in the order it stands; it never copies more than the caller's buffers
// take. What it accepts is RFC 8259 in valid UTF-8, at most kMaxDepth levels deep; the first fault makes
// ok() false and every later call return false, so that callers check once at the end.
// JsonWriter fills a fixed buffer and reports overflow once, at the end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yaguts {

// Largest integer every party can hold (2^53 - 1).
constexpr uint64_t kMaxSafeInteger = 9007199254740991ull;

class JsonReader {
 public:
  static constexpr int kMaxDepth = 8;

  // A member's name; longer than the array: it is none of ours and `is` answers false.
  struct Key {
    char text[24];
    size_t len;
    bool is(const char* name) const;
  };

  JsonReader(const void* data, size_t len)
      : at_(static_cast<const char*>(data)), end_(at_ + len) {}

  bool ok() const { return ok_; }

  // begin_object(); while (next_key(key)) { one read or skip } — then ok() tells end from fault.
  bool begin_object();
  bool next_key(Key& key);
  bool begin_array();
  bool next_element();

  // 0 <= out <= max, written in any form JSON allows for it (12, 12.0, 1.2e1).
  bool read_uint(uint64_t max, uint64_t& out) { return read_scaled(0, max, false, out); }
  // A decimal times 1000: grams to mg, seconds to ms. A fourth decimal is a fault, or rounded.
  bool read_milli(uint64_t max, bool round, uint64_t& out) { return read_scaled(3, max, round, out); }
  // Decoded, with NUL, cap includes it; fails if it does not fit or holds a NUL itself.
  bool read_string(char* out, size_t cap, size_t* len = nullptr);
  bool read_bool(bool& out);
  // True and consumed if a null stands here; otherwise false, nothing consumed, no fault.
  bool take_null();
  // Any value, validated.
  bool skip();
  // Nothing but white space is left.
  bool end();

  // Marks a fault of meaning (a value of the wrong kind): same as one of grammar from here on.
  bool fail() { ok_ = false; return false; }

 private:
  struct Number { uint64_t mantissa; int exponent; bool negative; bool inexact; };

  void space();
  bool expect(char c);
  bool literal(const char* word);
  bool separator(char close, bool& closed);
  bool number(Number& out);
  bool read_scaled(int places, uint64_t max, bool round, uint64_t& out);
  // Decodes a string; keeps the first cap bytes, counts all of them.
  bool string(char* out, size_t cap, size_t& len);
  bool escape(char* utf8, size_t& n);
  bool hex4(uint32_t& out);
  bool utf8_sequence(size_t& n);

  const char* at_;
  const char* end_;
  bool ok_ = true;
  int depth_ = 0;
  uint32_t first_ = 0;  // bit d: nothing read yet at depth d
};

class JsonWriter {
 public:
  // The buffer stays the caller's; cap counts the NUL that done() writes.
  JsonWriter(char* out, size_t cap) : out_(out), cap_(cap) {}

  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& key(const char* name);
  JsonWriter& uint(uint64_t value);
  JsonWriter& sint(int64_t value);
  // value / 1000 in its shortest form: 1250 -> 1.25, 5000 -> 5.
  JsonWriter& milli(uint64_t value);
  JsonWriter& string(const char* text);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  // Length without the NUL, 0 if it did not fit.
  size_t done();
  bool fits(size_t more) const { return !overflow_ && len_ + more < cap_; }

 private:
  void raw(char c);
  void raw(const char* text);
  void comma();

  char* out_;
  size_t cap_;
  size_t len_ = 0;
  bool overflow_ = false;
  bool need_comma_ = false;
};

}  // namespace yaguts
