#include "journal.h"

#include <cstring>

#include "journal_format.h"
#include "mutant.h"

namespace yaguts {

using namespace journal_format;

bool JobRecord::entry(size_t i, Outcome& out) const {
  if (i >= job.n || !is_final(i)) return false;
  if (final_bits >> i & 1) {
    out = outcomes[i];
    return true;
  }
  out = closing.outcome;
  if (i == closing.from) return true;
  out.ran_ms = 0;
  if (out.code == EntryCode::abortado && !closing.all_alike) out.code = EntryCode::cancelado;
  return true;
}

uint32_t JobRecord::finished_bits() const {
  const uint32_t closed_bits = closed ? all_bits() & ~((1u << closing.from) - 1) : 0;
  return final_bits | closed_bits;
}

bool Journal::put_surely(const char* key, const uint8_t* data, size_t len) {
  for (int i = 0; i < kTries; ++i) {
    if (store_.put(key, data, len)) return true;
  }
  return false;
}

// j goes last: while it stands, the slot is known to need erasing.
void Journal::erase_slot(uint8_t slot) {
  for (size_t i = 0; i < slots_[slot].n; ++i) store_.del(key_of_item(slot, i).text);
  store_.del(key_of('x', slot).text);
  store_.del(key_of('j', slot).text);
  slots_[slot] = {};
}

// Keeps the newest finished jobs whose entries reach the ring's size together; the others go.
void Journal::make_room() {
  if (slots_[next_slot()].n > 0) erase_slot(next_slot());
  const size_t ring = MUTANT(short_ring) ? contract::RING_JOBS / 8 : contract::RING_JOBS;
  size_t entries = 0;
  for (size_t back = 0; back < kSlots - 1; ++back) {
    const uint8_t slot = static_cast<uint8_t>((hi_slot_ + kSlots - back) % kSlots);
    if (slots_[slot].n == 0) continue;
    if (entries >= ring) erase_slot(slot);
    else entries += slots_[slot].n;
  }
}

bool Journal::accept(const Job& job) {
  make_room();
  uint8_t data[Store::kMaxValueBytes];
  RecordWriter record(data, sizeof data);
  record.put(kJobVersion, 1).put(job.n, 1).put(job.seq, 4).put(job.job_id, 8).put(job.token, 8);
  record.put(job.not_after, 8);
  for (size_t i = 0; i < job.n; ++i) {
    const Item& item = job.items[i];
    record.put(item.frasco | (item.critico ? kCritico : 0u), 1).put(item.ms, 4).put(item.mg, 4);
  }
  const uint8_t slot = next_slot();
  if (!put_surely(key_of('j', slot).text, data, record.seal())) return false;
  slots_[slot] = {job.token, job.seq, job.n};
  active_ = {};
  active_.job = job;
  acked_ = 0;
  in_ram_ = false;
  return true;
}

void Journal::hold_in_ram(const Job& job) {
  active_ = {};
  active_.job = job;
  acked_ = 0;
  in_ram_ = true;
}

size_t Journal::next_item() const {
  size_t i = 0;
  while (i < active_.job.n && active_.is_final(i)) ++i;
  return i;
}

bool Journal::intend(size_t item) {
  if (MUTANT(no_cur)) return true;
  uint8_t data[8];
  pack8(active_.job.seq | static_cast<uint64_t>(item) << 32, 5, data);
  return store_.put("cur", data, sizeof data);
}

bool Journal::finish(size_t item, const Outcome& outcome) {
  uint8_t data[kOutcomeBytes];
  const size_t n = encode_outcome(active_.job.seq, outcome, nullptr, data, sizeof data);
  if (!put_surely(key_of_item(next_slot(), item).text, data, n)) return false;
  finish_in_ram(item, outcome);
  return true;
}

void Journal::finish_in_ram(size_t item, const Outcome& outcome) {
  active_.outcomes[item] = outcome;
  active_.final_bits |= 1u << item;
}

bool Journal::close_from(const Closing& closing) {
  uint8_t data[kOutcomeBytes + 1];
  const size_t n = encode_outcome(active_.job.seq, closing.outcome, &closing, data, sizeof data);
  if (!MUTANT(cancel_in_ram) && !put_surely(key_of('x', next_slot()).text, data, n)) return false;
  active_.closing = closing;
  active_.closed = true;
  return true;
}

bool Journal::ack(uint32_t bits) {
  const uint32_t fresh = bits & unacked();
  if (fresh == 0) return false;
  acked_ |= fresh;
  ack_dirty_ = true;
  return true;
}

void Journal::flush() {
  if (!ack_dirty_) return;
  ack_dirty_ = false;  // a put that fails costs a resend after the next reboot, nothing more
  if (!has_job() || in_ram_) return;
  uint8_t data[8];
  pack8(active_.job.seq | static_cast<uint64_t>(acked_) << 32, 7, data);
  store_.put("ack", data, sizeof data);
}

bool Journal::free_slot() {
  if (MUTANT(wipe_before_hi)) erase_slot(next_slot());
  const uint8_t slot = in_ram_ ? hi_slot_ : next_slot();
  uint8_t data[8];
  pack8(active_.job.seq | static_cast<uint64_t>(slot) << 32, 5, data);
  if (!put_surely("hi", data, sizeof data) && !in_ram_) return false;
  hi_ = active_.job.seq;
  hi_slot_ = slot;
  active_ = {};
  acked_ = 0;
  ack_dirty_ = false;
  return true;
}

void Journal::forget_acks() {
  if (acked_ == 0 || MUTANT(epoch_skips_active)) return;
  acked_ = 0;
  ack_dirty_ = true;
}

bool Journal::put_epoch(const char* epoch) {
  uint8_t data[kEpochBytes + 4];
  const size_t n = std::strlen(epoch);
  if (n >= kEpochBytes) return false;
  RecordWriter record(data, sizeof data);
  for (size_t i = 0; i < n; ++i) record.put(static_cast<uint8_t>(epoch[i]), 1);
  if (!store_.put("ep", data, record.seal())) return false;
  std::memcpy(epoch_, epoch, n + 1);
  return true;
}

bool Journal::ring_slot(size_t back, uint8_t& slot, uint64_t& token, uint8_t& n) const {
  for (size_t step = 0; step < kSlots - 1; ++step) {
    slot = static_cast<uint8_t>((hi_slot_ + kSlots - step) % kSlots);
    if (slots_[slot].seq == 0 || slots_[slot].n == 0) continue;
    if (back-- > 0) continue;
    token = slots_[slot].token;
    n = slots_[slot].n;
    return true;
  }
  return false;
}

bool Journal::read_slot(uint8_t slot, JobRecord& out) {
  return read_job(slot, out.job) == Read::ok && read_outcomes(slot, out);
}

bool Journal::load_config(Config& out) {
  uint8_t data[Store::kMaxValueBytes];
  const int n = store_.get("cfg", data, sizeof data);
  return n > 0 && decode_config(data, static_cast<size_t>(n), out);
}

bool Journal::put_config(const Config& config) {
  uint8_t data[Store::kMaxValueBytes];
  const size_t n = encode_config(config, data, sizeof data);
  return n > 0 && store_.put("cfg", data, n);
}

}  // namespace yaguts
