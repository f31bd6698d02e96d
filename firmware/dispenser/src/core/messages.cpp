#include "messages.h"

#include <cstring>

#include "job.h"
#include "json.h"

namespace yaguts {
namespace {

bool read_token(JsonReader& json, uint64_t& token) {
  char text[kTokenTextBytes];
  size_t n;
  return json.read_string(text, sizeof text, &n) && (parse_token(text, n, token) || json.fail());
}

// Items beyond ours are another dialect's business, not a fault.
void read_items(JsonReader& json, uint32_t& bits) {
  uint64_t item;
  json.begin_array();
  while (json.next_element()) {
    if (json.read_uint(kMaxSafeInteger, item) && item >= 1 && item <= contract::MAX_ITENS) bits |= 1u << (item - 1);
  }
}

bool is_order_id(const char* text, size_t len) {
  for (size_t i = 0; i < len; ++i) {
    const char c = text[i];
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!word) return false;
  }
  return len > 0;
}

}  // namespace

bool parse_ack(const uint8_t* payload, size_t len, Ack& out) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  Ack ack;
  bool has_token = false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("token")) has_token = read_token(json, ack.token);
    else if (key.is("itens")) read_items(json, ack.items);
    else if (key.is("complete")) json.read_bool(ack.complete);
    else json.skip();
  }
  if (!json.end() || !has_token) return false;
  out = ack;
  return true;
}

bool parse_start_answer(const uint8_t* payload, size_t len, StartAnswer& out) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  StartAnswer answer;
  uint64_t value = 0;
  char code[33];
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("seq")) {
      if (json.read_uint(UINT32_MAX, value)) answer.seq = static_cast<uint32_t>(value);
    } else if (key.is("token")) {
      answer.has_token = read_token(json, answer.token);
    } else if (key.is("now")) {
      json.read_uint(kMaxSafeInteger, answer.now);
    } else if (key.is("code")) {
      if (!json.read_string(code, sizeof code)) break;
      for (size_t i = 1; i < contract::kStartRefusalsCount; ++i) {
        if (std::strcmp(code, contract::kStartRefusals[i]) == 0) answer.code = static_cast<contract::StartRefusal>(i);
      }
    } else {
      json.skip();
    }
  }
  if (!json.end() || answer.seq == 0) return false;
  out = answer;
  return true;
}

bool parse_order(const uint8_t* payload, size_t len, Order& out) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  Order order;
  size_t id_len = 0;
  bool has_expiry = false, sane = true;
  // A number that is none of ours spoils the order, not the reading: the id may still come.
  const auto number = [&](uint64_t& field) {
    if (json.read_uint(kMaxSafeInteger, field)) return true;
    sane = false;
    return false;
  };
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("id")) json.read_string(order.id, sizeof order.id, &id_len);
    else if (key.is("expires_at")) has_expiry = number(order.expires_at);
    else if (key.is("frasco")) number(order.frasco);
    else if (key.is("ms")) number(order.ms);
    else if (key.is("on_ms")) number(order.on_ms);
    else if (key.is("off_ms")) number(order.off_ms);
    else if (key.is("cycles")) number(order.cycles);
    else json.skip();
  }
  const bool whole = json.end();
  if (!is_order_id(order.id, id_len)) return false;
  order.valid = whole && sane && has_expiry;
  out = order;
  return true;
}

bool parse_server_state(const uint8_t* payload, size_t len, ServerState& out) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  ServerState server;
  char state[16] = "";
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("state")) json.read_string(state, sizeof state);
    else if (key.is("epoch")) json.take_null() || json.read_string(server.epoch, sizeof server.epoch);
    else json.skip();
  }
  if (!json.end()) return false;
  server.online = std::strcmp(state, "online") == 0;
  out = server;
  return true;
}

}  // namespace yaguts
