#include "job.h"

#include "json.h"

namespace yaguts {
namespace {

using contract::OfferRefusal;

constexpr uint64_t kMaxMg = 1000000000;  // 1,000 kg

// What is wrong with the document, apart from its grammar.
struct Findings {
  bool limite = false;
  bool frasco = false;
};

bool read_token(JsonReader& json, uint64_t& token) {
  char text[kTokenTextBytes];
  size_t n;
  return json.read_string(text, sizeof text, &n) && (parse_token(text, n, token) || json.fail());
}

bool parse_item(JsonReader& json, size_t ordem, Item& out, Findings& findings) {
  JsonReader::Key key;
  uint64_t item_ordem = 0, frasco = 0, mg = 0, ms = 0;
  bool has_frasco = false, has_mg = false, has_ms = false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("item_ordem")) json.read_uint(kMaxSafeInteger, item_ordem);
    else if (key.is("frasco")) has_frasco = json.read_uint(kMaxSafeInteger, frasco);
    else if (key.is("quantidade_g")) has_mg = json.read_milli(kMaxMg, true, mg);
    else if (key.is("ms")) has_ms = json.read_uint(kMaxSafeInteger, ms);
    else if (key.is("critico")) json.read_bool(out.critico);
    else json.skip();
  }
  if (!json.ok()) return false;
  if (item_ordem != ordem || !has_frasco || !has_mg || !has_ms) return json.fail();
  if (frasco == 0 || frasco > contract::MAX_FRASCOS) findings.frasco = true;
  if (ms == 0 || ms > contract::MAX_STEP_MS) findings.limite = true;
  out.frasco = static_cast<uint8_t>(frasco);
  out.mg = static_cast<uint32_t>(mg);
  out.ms = static_cast<uint32_t>(ms);
  return true;
}

bool parse_items(JsonReader& json, Job& job, Findings& findings) {
  json.begin_array();
  for (size_t ordem = 1; json.next_element(); ++ordem) {
    Item item;
    if (!parse_item(json, ordem, item, findings)) return false;
    if (ordem > contract::MAX_ITENS) {
      findings.limite = true;
    } else {
      job.items[ordem - 1] = item;
      job.n = static_cast<uint8_t>(ordem);
    }
  }
  return json.ok();
}

}  // namespace

OfferRefusal parse_offer(const uint8_t* payload, size_t len, Job& out, JobRef& ref) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  Job job;
  Findings findings;
  uint64_t version = 1, value;
  bool has_not_after = false, has_items = false;
  ref = {};
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("v")) {
      json.read_uint(kMaxSafeInteger, version);
    } else if (key.is("job_id")) {
      if (json.read_uint(kMaxSafeInteger, value)) ref.job_id = value;
    } else if (key.is("seq")) {
      if (json.read_uint(UINT32_MAX, value)) ref.seq = static_cast<uint32_t>(value);
    } else if (key.is("token")) {
      ref.has_token = read_token(json, ref.token);
    } else if (key.is("not_after")) {
      has_not_after = json.read_uint(kMaxSafeInteger, job.not_after);
    } else if (key.is("itens")) {
      // A second list would add to the first: which of the two was meant?
      if (has_items) json.fail();
      has_items = parse_items(json, job, findings);
    } else {
      json.skip();
    }
  }
  if (!json.end() || version != 1 || !ref.complete() || !has_not_after || !has_items) {
    return len > contract::MAX_JOB_BYTES ? OfferRefusal::limite : OfferRefusal::invalido;
  }
  if (len > contract::MAX_JOB_BYTES || findings.limite) return OfferRefusal::limite;
  if (job.n == 0) return OfferRefusal::invalido;
  if (findings.frasco) return OfferRefusal::frasco;
  job.job_id = ref.job_id;
  job.seq = ref.seq;
  job.token = ref.token;
  out = job;
  return OfferRefusal::none;
}

OfferRefusal check_offer(const Job& job, const Config& config) {
  for (size_t i = 0; i < job.n; ++i) {
    if (config.find(job.items[i].frasco) == nullptr) return OfferRefusal::frasco;
  }
  for (size_t i = 0; i < job.n; ++i) {
    const FrascoConfig* frasco = config.find(job.items[i].frasco);
    if (job.items[i].ms < frasco->min_ms || job.items[i].ms > frasco->max_ms) return OfferRefusal::limite;
  }
  return OfferRefusal::none;
}

bool parse_token(const char* text, size_t len, uint64_t& out) {
  if (len != contract::TOKEN_HEX_CHARS) return false;
  uint64_t token = 0;
  for (size_t i = 0; i < len; ++i) {
    const char c = text[i];
    uint64_t digit;
    if (c >= '0' && c <= '9') digit = static_cast<uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<uint64_t>(c - 'a') + 10;
    else return false;
    token = token << 4 | digit;
  }
  out = token;
  return true;
}

void render_token(uint64_t token, char (&out)[kTokenTextBytes]) {
  for (size_t i = contract::TOKEN_HEX_CHARS; i-- > 0; token >>= 4) out[i] = "0123456789abcdef"[token & 15];
  out[contract::TOKEN_HEX_CHARS] = 0;
}

}  // namespace yaguts
