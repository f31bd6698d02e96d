#include "config.h"

#include "bytes.h"
#include "json.h"

namespace yaguts {
namespace {

constexpr uint8_t kRecordVersion = 1;
constexpr uint64_t kMaxPin = 48;
constexpr uint64_t kMaxMgPerS = 1000000;  // 1,000 g/s
constexpr uint64_t kMaxTelemetryS = 3600;

bool parse_frasco(JsonReader& json, FrascoConfig& out) {
  JsonReader::Key key;
  bool has_frasco = false, has_min = false, has_max = false;
  uint64_t value;
  if (!json.begin_object()) return false;
  while (json.next_key(key)) {
    if (key.is("frasco")) {
      if (!json.read_uint(contract::MAX_FRASCOS, value) || value == 0) return json.fail();
      out.frasco = static_cast<uint8_t>(value);
      has_frasco = true;
    } else if (key.is("g_por_s")) {
      if (json.take_null()) continue;
      if (!json.read_milli(kMaxMgPerS, true, value)) return false;
      out.mg_per_s = static_cast<uint32_t>(value);
    } else if (key.is("pin")) {
      if (!json.read_uint(kMaxPin, value)) return false;
      out.pin = static_cast<uint8_t>(value);
    } else if (key.is("min_ms")) {
      if (!json.read_uint(contract::MAX_STEP_MS, value)) return false;
      out.min_ms = static_cast<uint32_t>(value);
      has_min = true;
    } else if (key.is("max_ms")) {
      if (!json.read_uint(contract::MAX_STEP_MS, value)) return false;
      out.max_ms = static_cast<uint32_t>(value);
      has_max = true;
    } else {
      json.skip();
    }
  }
  return json.ok() && ((has_frasco && has_min && has_max) || json.fail());
}

bool parse_document(const uint8_t* payload, size_t len, Config& out) {
  JsonReader json(payload, len);
  JsonReader::Key key;
  bool has_versao = false, has_frascos = false;
  uint64_t value;
  json.begin_object();
  while (json.next_key(key)) {
    if (key.is("versao")) {
      has_versao = json.read_uint(kMaxSafeInteger, out.versao);
    } else if (key.is("telemetry_s")) {
      if (json.read_uint(kMaxTelemetryS, value)) out.telemetry_s = static_cast<uint16_t>(value);
    } else if (key.is("frascos")) {
      if (has_frascos) json.fail();
      has_frascos = json.begin_array();
      while (json.next_element()) {
        FrascoConfig frasco;
        if (out.n == contract::MAX_FRASCOS || !parse_frasco(json, frasco)) json.fail();
        else out.frascos[out.n++] = frasco;
      }
    } else {
      json.skip();
    }
  }
  return json.end() && has_versao && has_frascos;
}

void check(const Config& config, Actuator& actuator, ConfigFaults& faults) {
  for (size_t i = 0; i < config.n; ++i) {
    const FrascoConfig& it = config.frascos[i];
    if (it.max_ms == 0 || it.min_ms > it.max_ms) faults.add(ConfigFault::kLimits, it.frasco);
    if (it.pin != kNoPin && !actuator.pin_allowed(it.pin)) faults.add(ConfigFault::kPin, it.frasco);
    for (size_t k = 0; k < i; ++k) {
      if (config.frascos[k].frasco == it.frasco) faults.add(ConfigFault::kRepeated, it.frasco);
      if (it.pin != kNoPin && config.frascos[k].pin == it.pin) faults.add(ConfigFault::kPinTaken, it.frasco);
    }
  }
}

}  // namespace

const FrascoConfig* Config::find(uint64_t frasco) const {
  for (size_t i = 0; i < n; ++i) {
    if (frascos[i].frasco == frasco) return &frascos[i];
  }
  return nullptr;
}

Config default_config(uint8_t frascos) {
  Config config;
  for (; config.n < frascos && config.n < contract::MAX_FRASCOS; ++config.n) {
    config.frascos[config.n].frasco = static_cast<uint8_t>(config.n + 1);
  }
  return config;
}

const char* config_fault_text(ConfigFault::Kind kind) {
  switch (kind) {
    case ConfigFault::kUnreadable: return "unreadable document";
    case ConfigFault::kRepeated: return "named twice";
    case ConfigFault::kLimits: return "min_ms must not exceed max_ms, max_ms must not be 0";
    case ConfigFault::kPin: return "this board may not drive that pin";
    case ConfigFault::kPinTaken: return "pin already taken by another frasco";
    case ConfigFault::kFlash: return "flash refused the record";
  }
  return "";
}

bool parse_config(const uint8_t* payload, size_t len, Actuator& actuator, Config& out, ConfigFaults& faults) {
  Config parsed;
  if (len > contract::MAX_CONFIG_BYTES || !parse_document(payload, len, parsed)) {
    faults.add(ConfigFault::kUnreadable, 0);
    return false;
  }
  check(parsed, actuator, faults);
  if (faults.n > 0) return false;
  out = parsed;
  return true;
}

size_t encode_config(const Config& config, uint8_t* out, size_t cap) {
  RecordWriter record(out, cap);
  record.put(kRecordVersion, 1).put(config.versao, 8).put(config.telemetry_s, 2).put(config.n, 1);
  for (size_t i = 0; i < config.n; ++i) {
    const FrascoConfig& it = config.frascos[i];
    record.put(it.frasco, 1).put(it.pin, 1).put(it.min_ms, 4).put(it.max_ms, 4).put(it.mg_per_s, 4);
  }
  return record.seal();
}

bool decode_config(const uint8_t* data, size_t len, Config& out) {
  RecordReader record(data, len);
  if (!record.sealed() || record.take(1) != kRecordVersion) return false;
  Config config;
  config.versao = record.take(8);
  config.telemetry_s = static_cast<uint16_t>(record.take(2));
  config.n = static_cast<uint8_t>(record.take(1));
  if (config.n > contract::MAX_FRASCOS) return false;
  for (size_t i = 0; i < config.n; ++i) {
    FrascoConfig& it = config.frascos[i];
    it.frasco = static_cast<uint8_t>(record.take(1));
    it.pin = static_cast<uint8_t>(record.take(1));
    it.min_ms = static_cast<uint32_t>(record.take(4));
    it.max_ms = static_cast<uint32_t>(record.take(4));
    it.mg_per_s = static_cast<uint32_t>(record.take(4));
  }
  if (!record.whole()) return false;
  out = config;
  return true;
}

}  // namespace yaguts
