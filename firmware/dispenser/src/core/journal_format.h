// How the journal's records lie in flash; shared by the half that reads (journal_load.cpp) and the half that
// writes (journal.cpp).
#pragma once

#include "bytes.h"
#include "journal.h"

namespace yaguts {
namespace journal_format {

using contract::EntryCode;

constexpr uint8_t kJobVersion = 1;
constexpr uint8_t kCritico = 0x80;  // beside the frasco, which is at most 24
// The codes lie in flash as numbers: a new one goes to the end of the table, or a running job changes its story.
static_assert(static_cast<int>(EntryCode::interrompido) == 3 && static_cast<int>(EntryCode::flash) == 6 &&
                  static_cast<int>(EntryCode::abortado) == 9,
              "the order of entryErrorCodes is part of the journal's format");

struct Name {
  char text[8];
};

inline Name key_of(char kind, size_t slot) {
  return {{kind, static_cast<char>('0' + slot / 10), static_cast<char>('0' + slot % 10), 0}};
}

inline Name key_of_item(size_t slot, size_t item) {
  Name key = key_of('f', slot);
  key.text[3] = static_cast<char>('0' + item / 10);
  key.text[4] = static_cast<char>('0' + item % 10);
  key.text[5] = 0;
  return key;
}

constexpr size_t kOutcomeBytes = 28;  // within one NVS data entry, as is Closing's 29
constexpr uint8_t kDone = 1;
constexpr uint8_t kAllAlike = 2;

inline size_t encode_outcome(uint32_t seq, const Outcome& it, const Closing* closing, uint8_t* out, size_t cap) {
  uint8_t flags = it.code == EntryCode::none ? kDone : 0;
  if (closing != nullptr && closing->all_alike) flags |= kAllAlike;
  RecordWriter record(out, cap);
  record.put(seq, 4).put(flags, 1).put(static_cast<uint8_t>(it.code), 1).put(it.ran_ms, 4).put(it.boot, 2);
  record.put(it.uptime_ms, 6).put(it.ts, 6);
  if (closing != nullptr) record.put(closing->from, 1);
  return record.seal();
}

// Eight bytes with their check inside, because an NVS u64 costs one entry and a longer value three.
inline void pack8(uint64_t value, size_t value_bytes, uint8_t (&out)[8]) {
  for (size_t i = 0; i < value_bytes; ++i) out[i] = static_cast<uint8_t>(value >> 8 * i);
  const uint32_t crc = crc32(out, value_bytes);
  for (size_t i = value_bytes; i < 8; ++i) out[i] = static_cast<uint8_t>(crc >> 8 * (i - value_bytes));
}

}  // namespace journal_format
}  // namespace yaguts
