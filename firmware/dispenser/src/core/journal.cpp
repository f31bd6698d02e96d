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

uint32_t JobRecord::finished_bits() const { return final_bits | closed_bits(); }

uint32_t JobRecord::closed_bits() const { return closed ? all_bits() & ~((1u << closing.from) - 1) : 0; }

uint32_t Journal::kept_bits() const {
  if (MUTANT(tell_owed)) return active_.finished_bits();
  if (owed_.job) return 0;
  const uint32_t closed = owed_.closing ? 0 : active_.closed_bits();
  return (active_.final_bits | closed) & ~owed_.finals;
}

bool Journal::put_surely(const char* key, const uint8_t* data, size_t len) {
  for (int i = 0; i < kTries; ++i) {
    if (store_.put(key, data, len)) return true;
  }
  return false;
}

// j goes last: while it stands, the slot is known to need erasing. False: something is still there.
bool Journal::erase_slot(uint8_t slot) {
  for (size_t i = 0; i < slots_[slot].n; ++i) {
    if (!store_.del(key_of_item(slot, i).text)) return false;
  }
  if (!store_.del(key_of('x', slot).text) || !store_.del(key_of('j', slot).text)) return false;
  slots_[slot] = {};
  return true;
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

void Journal::make_way() {
  for (size_t back = kSlots - 1; back-- > 0;) {
    const uint8_t slot = static_cast<uint8_t>((hi_slot_ + kSlots - back) % kSlots);
    if (slots_[slot].n == 0) continue;
    erase_slot(slot);
    return;
  }
}

bool Journal::accept(const Job& job) {
  make_room();
  active_ = {};
  active_.job = job;
  acked_ = 0;
  owed_.job = true;
  return settle();
}

bool Journal::put_job() {
  const Job& job = active_.job;
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
  return true;
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

void Journal::note(size_t item, const Outcome& outcome) {
  active_.outcomes[item] = outcome;
  active_.final_bits |= 1u << item;
  owed_.finals |= 1u << item;
}

bool Journal::put_outcome(size_t item) {
  uint8_t data[kOutcomeBytes];
  const size_t n = encode_outcome(active_.job.seq, active_.outcomes[item], nullptr, data, sizeof data);
  return put_surely(key_of_item(next_slot(), item).text, data, n);
}

bool Journal::close_from(const Closing& closing) {
  active_.closing = closing;
  active_.closed = true;
  owed_.closing = !MUTANT(cancel_in_ram);
  return settle();
}

bool Journal::put_closing() {
  uint8_t data[kOutcomeBytes + 1];
  const Closing& closing = active_.closing;
  const size_t n = encode_outcome(active_.job.seq, closing.outcome, &closing, data, sizeof data);
  return put_surely(key_of('x', next_slot()).text, data, n);
}

// Nothing is written over a debt: a job before the journal's id, or an ending before its job, would be read
// wrong after a restart.
bool Journal::settle() {
  if (owed_.boot && !put_boot()) return false;
  owed_.boot = false;
  if (owed_.wipe && !wipe()) return false;
  owed_.wipe = false;
  if (owed_.id && !put_id()) return false;
  owed_.id = false;
  if (owed_.job && !put_job()) return false;
  owed_.job = false;
  for (size_t i = 0; owed_.finals >> i != 0; ++i) {
    if (!(owed_.finals >> i & 1)) continue;
    if (!put_outcome(i)) return false;
    owed_.finals &= ~(1u << i);
  }
  if (owed_.closing && !put_closing()) return false;
  owed_.closing = false;
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
  if (!keeps_job()) return;
  uint8_t data[8];
  pack8(active_.job.seq | static_cast<uint64_t>(acked_) << 32, 7, data);
  store_.put("ack", data, sizeof data);
}

bool Journal::free_slot() {
  if (MUTANT(wipe_before_hi)) erase_slot(next_slot());
  const uint8_t slot = next_slot();
  uint8_t data[8];
  pack8(active_.job.seq | static_cast<uint64_t>(slot) << 32, 5, data);
  if (!put_surely("hi", data, sizeof data)) return false;
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
