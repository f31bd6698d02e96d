// A job as it is offered, and why an offer is not taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"
#include "config.h"

namespace yaguts {

struct Item {
  uint32_t ms = 0;
  uint32_t mg = 0;
  uint8_t frasco = 0;
  bool critico = false;
};

// item_ordem i stands at items[i - 1].
struct Job {
  uint64_t job_id = 0;
  uint64_t token = 0;      // 16 hex digits on the wire
  uint64_t not_after = 0;  // epoch ms
  uint32_t seq = 0;
  uint8_t n = 0;
  Item items[contract::MAX_ITENS];
};

// What a refusal must echo; found even in a document that is otherwise no good.
struct JobRef {
  uint64_t job_id = 0;
  uint64_t token = 0;
  uint32_t seq = 0;
  bool has_token = false;
  bool complete() const { return job_id != 0 && seq != 0 && has_token; }
};

inline JobRef ref_of(const Job& job) { return {job.job_id, job.token, job.seq, true}; }

// none: out is whole and within the contract's limits; else out is untouched: invalido (unreadable, a field
// missing or of the wrong kind, item_ordem not 1…n), limite (too many bytes or items, ms 0 or too long),
// frasco (no such number on any device).
contract::OfferRefusal parse_offer(const uint8_t* payload, size_t len, Job& out, JobRef& ref);

// Whether this device, configured so, can run it: frasco (not there), limite (outside its min_ms…max_ms).
contract::OfferRefusal check_offer(const Job& job, const Config& config);

constexpr size_t kTokenTextBytes = contract::TOKEN_HEX_CHARS + 1;
bool parse_token(const char* text, size_t len, uint64_t& out);
// 16 lowercase hex digits and a NUL.
void render_token(uint64_t token, char (&out)[kTokenTextBytes]);

}  // namespace yaguts
