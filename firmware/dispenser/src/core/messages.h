// The small messages of the api, parsed. Each parser returns false, its output untouched, for anything that
// is not the whole message: such a message is logged and forgotten, senders repeat what matters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"

namespace yaguts {

constexpr size_t kIdBytes = contract::MAX_ID_CHARS + 1;  // with its NUL

// jobs/{job_id}/ack
struct Ack {
  uint64_t token = 0;
  uint32_t items = 0;  // bit i: item_ordem i + 1; those put aside (`rejected`) included: they are filed
  bool complete = false;
};
bool parse_ack(const uint8_t* payload, size_t len, Ack& out);

// jobs/{job_id}/start/accepted and …/rejected. A rejection need not carry the token.
struct StartAnswer {
  uint64_t token = 0;
  uint64_t now = 0;  // epoch ms, 0 if absent
  uint32_t seq = 0;
  bool has_token = false;
  contract::StartRefusal code = contract::StartRefusal::none;
};
bool parse_start_answer(const uint8_t* payload, size_t len, StartAnswer& out);

// cmd/{op} and jobs/{job_id}/cancel. A field that is absent is 0; one of the wrong kind or out of all bounds
// makes `valid` false, and the id is still there to answer to.
struct Order {
  char id[kIdBytes] = "";  // [A-Za-z0-9-]{1,36}
  uint64_t expires_at = 0;
  uint64_t frasco = 0;
  uint64_t ms = 0;
  uint64_t on_ms = 0;
  uint64_t off_ms = 0;
  uint64_t cycles = 0;
  bool valid = false;
};
bool parse_order(const uint8_t* payload, size_t len, Order& out);

// _server/state
constexpr size_t kEpochBytes = 65;  // with its NUL
struct ServerState {
  bool online = false;
  char epoch[kEpochBytes] = "";
};
bool parse_server_state(const uint8_t* payload, size_t len, ServerState& out);

}  // namespace yaguts
