// Recovery: what flash says has happened.
#include <cstring>
#include <initializer_list>

#include "journal_format.h"
#include "mutant.h"

namespace yaguts {

using namespace journal_format;

namespace {

// No id reads like this: its check is wrong. Eight bytes, because an NVS key keeps its type.
constexpr uint8_t kWiping[8] = {};
constexpr uint64_t kIdMask = 0xFFFFFFFFFFull;  // 40 bits: ten hex digits in `birth`

}  // namespace

Journal::Read Journal::read_u64(const char* key, size_t value_bytes, uint64_t& out) {
  uint8_t data[8], again[8];
  const int n = store_.get(key, data, sizeof data);
  if (n == Store::kAbsent) return Read::absent;
  if (n != sizeof data) return Read::broken;
  uint64_t value = 0;
  for (size_t i = 0; i < value_bytes; ++i) value |= static_cast<uint64_t>(data[i]) << 8 * i;
  pack8(value, value_bytes, again);
  if (std::memcmp(data, again, sizeof data) != 0) return Read::broken;
  out = value;
  return Read::ok;
}

Journal::Read Journal::read_job(uint8_t slot, Job& out) {
  uint8_t data[Store::kMaxValueBytes];
  const int n = store_.get(key_of('j', slot).text, data, sizeof data);
  if (n == Store::kAbsent) return Read::absent;
  RecordReader record(data, n < 0 ? 0 : static_cast<size_t>(n));
  if (n < 0 || !record.sealed() || record.take(1) != kJobVersion) return Read::broken;
  Job job;
  job.n = static_cast<uint8_t>(record.take(1));
  job.seq = static_cast<uint32_t>(record.take(4));
  job.job_id = record.take(8);
  job.token = record.take(8);
  job.not_after = record.take(8);
  if (job.n == 0 || job.n > contract::MAX_ITENS || job.seq == 0) return Read::broken;
  for (size_t i = 0; i < job.n; ++i) {
    const uint8_t frasco = static_cast<uint8_t>(record.take(1));
    job.items[i].frasco = frasco & ~kCritico;
    job.items[i].critico = frasco & kCritico;
    job.items[i].ms = static_cast<uint32_t>(record.take(4));
    job.items[i].mg = static_cast<uint32_t>(record.take(4));
  }
  if (!record.whole()) return Read::broken;
  out = job;
  return Read::ok;
}

// absent also for a record left by an older job in the same slot.
Journal::Read Journal::read_outcome(const char* key, uint32_t seq, Outcome& out, Closing* closing) {
  uint8_t data[kOutcomeBytes + 1];
  const int n = store_.get(key, data, sizeof data);
  if (n == Store::kAbsent) return Read::absent;
  RecordReader record(data, n < 0 ? 0 : static_cast<size_t>(n));
  if (n < 0 || !record.sealed()) return Read::broken;
  if (record.take(4) != seq) return Read::absent;
  const uint64_t flags = record.take(1);
  const uint64_t code = record.take(1);
  if (code >= contract::kEntryCodesCount || (flags & kDone) != (code == 0 ? kDone : 0)) return Read::broken;
  out.code = static_cast<EntryCode>(code);
  out.ran_ms = static_cast<uint32_t>(record.take(4));
  out.boot = static_cast<uint16_t>(record.take(2));
  out.uptime_ms = record.take(6);
  out.ts = record.take(6);
  if (closing != nullptr) {
    closing->all_alike = flags & kAllAlike;
    closing->from = static_cast<uint8_t>(record.take(1));
  }
  return record.whole() ? Read::ok : Read::broken;
}

// Fills everything but job. False: a record of this very job cannot be read.
bool Journal::read_outcomes(uint8_t slot, JobRecord& record) {
  record.final_bits = 0;
  record.closed = false;
  for (size_t i = 0; i < record.job.n; ++i) {
    switch (read_outcome(key_of_item(slot, i).text, record.job.seq, record.outcomes[i], nullptr)) {
      case Read::ok: record.final_bits |= 1u << i; break;
      case Read::absent: break;
      case Read::broken: return false;
    }
  }
  Closing closing;
  switch (read_outcome(key_of('x', slot).text, record.job.seq, closing.outcome, &closing)) {
    case Read::ok:
      record.closing = closing;
      record.closed = true;
      return closing.from < record.job.n;
    case Read::absent: return true;
    case Read::broken: break;
  }
  return false;
}

Journal::Recovery Journal::load(uint64_t entropy) {
  Recovery recovery;
  count_boot(entropy);
  const Read id = read_u64("jid", 5, id_);
  uint8_t nothing[8];
  if (id == Read::absent && store_.get("hi", nothing, sizeof nothing) == Store::kAbsent &&
      store_.get(key_of('j', 0).text, nothing, 0) == Store::kAbsent) {
    id_ = entropy & kIdMask;  // a board that has never run
    owed_.id = true;
  } else if (id != Read::ok || !load_records(recovery)) {
    recovery = {};
    recovery.lost = true;
    forget_everything(entropy & kIdMask);
    owed_.wipe = owed_.id = true;
  }
  settle();
  return recovery;
}

void Journal::count_boot(uint64_t entropy) {
  uint64_t boots = 0;
  // Unreadable: any number will do that the last connections did not have.
  if (read_u64("boot", 4, boots) == Read::broken) boots = entropy >> 40;
  boot_ = static_cast<uint32_t>(boots + 1);
  owed_.boot = true;
}

bool Journal::put_boot() {
  uint8_t data[8];
  pack8(boot_, 4, data);
  return put_surely("boot", data, sizeof data);
}

// False: something that decides about the active job cannot be read.
bool Journal::load_records(Recovery& recovery) {
  uint64_t packed = 0;
  const Read hi = read_u64("hi", 5, packed);
  if (hi == Read::broken) return false;
  if (hi == Read::ok) {
    hi_ = static_cast<uint32_t>(packed);
    hi_slot_ = static_cast<uint8_t>(packed >> 32);
    if (hi_slot_ >= kSlots) return false;
  }

  uint8_t text[kEpochBytes + 4];
  const int n = store_.get("ep", text, sizeof text);
  // An unreadable epoch is an unknown one: the ring is sent once more, nothing else.
  if (n > 4 && static_cast<size_t>(n) - 4 < kEpochBytes && RecordReader(text, static_cast<size_t>(n)).sealed()) {
    std::memcpy(epoch_, text, static_cast<size_t>(n) - 4);
    epoch_[n - 4] = 0;
  }

  for (uint8_t slot = 0; slot < kSlots; ++slot) {
    Job job;
    const Read read = read_job(slot, job);
    if (read == Read::absent) continue;
    const bool is_next = slot == next_slot();
    if (read == Read::broken) {
      if (is_next) return false;
      // An old job nobody needs unless a backup is restored: too little to give up a running job for.
      slots_[slot].n = contract::MAX_ITENS;
      continue;
    }
    slots_[slot] = {job.token, job.seq, job.n};
    if (is_next && job.seq > hi_) active_.job = job;
  }
  if (!has_job()) return true;
  if (!read_outcomes(next_slot(), active_)) return false;

  if (read_u64("ack", 7, packed) == Read::ok && static_cast<uint32_t>(packed) == active_.job.seq) {
    acked_ = static_cast<uint32_t>(packed >> 32) & active_.finished_bits();
  }
  switch (read_u64("cur", 5, packed)) {
    case Read::broken: return false;
    case Read::absent: break;
    case Read::ok: {
      const size_t item = static_cast<size_t>(packed >> 32);
      if (static_cast<uint32_t>(packed) != active_.job.seq || item >= active_.job.n) break;
      if (!active_.is_final(item) && !MUTANT(rerun_iniciado)) recovery.interrupted = static_cast<int>(item);
    }
  }
  return true;
}

bool Journal::put_id() {
  uint8_t data[8];
  pack8(id_, 5, data);
  return put_surely("jid", data, sizeof data);
}

void Journal::forget_everything(uint64_t id) {
  for (Slot& slot : slots_) slot = {};
  active_ = {};
  acked_ = 0;
  hi_ = 0;
  hi_slot_ = kSlots - 1;
  epoch_[0] = 0;
  id_ = id;
}

// The mark comes first and the id, put by settle, last: a wipe cut short, or refused half-way, must not leave
// half a journal that looks whole.
bool Journal::wipe() {
  if (!put_surely("jid", kWiping, sizeof kWiping)) return false;
  uint8_t nothing[1];
  for (uint8_t slot = 0; slot < kSlots; ++slot) {
    if (store_.get(key_of('j', slot).text, nothing, 0) == Store::kAbsent) continue;
    slots_[slot].n = contract::MAX_ITENS;
    if (!erase_slot(slot) && !MUTANT(half_a_wipe)) return false;
  }
  for (const char* key : {"cur", "ack", "hi", "ep"}) {
    if (!store_.del(key)) return false;
  }
  return true;
}

}  // namespace yaguts
