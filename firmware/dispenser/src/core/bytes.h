// Little-endian records with a crc32 at their end: what lies in flash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crc32.h"

namespace yaguts {

class RecordWriter {
 public:
  RecordWriter(uint8_t* out, size_t cap) : out_(out), cap_(cap) {}
  RecordWriter& put(uint64_t value, size_t bytes) {
    for (; bytes > 0; --bytes, value >>= 8) {
      if (len_ < cap_) out_[len_] = static_cast<uint8_t>(value);
      ++len_;
    }
    return *this;
  }
  // Appends the crc; the record's length, 0 if it did not fit.
  size_t seal() {
    if (len_ + 4 > cap_) return 0;
    put(crc32(out_, len_), 4);
    return len_;
  }

 private:
  uint8_t* out_;
  size_t cap_;
  size_t len_ = 0;
};

class RecordReader {
 public:
  // sealed() must hold before anything read is believed.
  RecordReader(const uint8_t* data, size_t len) : data_(data), end_(len >= 4 ? len - 4 : 0), len_(len) {}
  bool sealed() const {
    if (len_ < 4) return false;
    uint32_t crc = 0;
    for (size_t i = 0; i < 4; ++i) crc |= static_cast<uint32_t>(data_[end_ + i]) << 8 * i;
    return crc == crc32(data_, end_);
  }
  uint64_t take(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i, ++at_) {
      if (at_ < end_) value |= static_cast<uint64_t>(data_[at_]) << 8 * i;
      else short_ = true;
    }
    return value;
  }
  // Everything was there and nothing is left.
  bool whole() const { return !short_ && at_ == end_; }

 private:
  const uint8_t* data_;
  size_t end_;
  size_t len_;
  size_t at_ = 0;
  bool short_ = false;
};

}  // namespace yaguts
