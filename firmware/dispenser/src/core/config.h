// config/desired as the device keeps it: which frascos there are, what each may do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"
#include "ports.h"

namespace yaguts {

constexpr uint8_t kNoPin = 0xFF;

struct FrascoConfig {
  uint32_t min_ms = 0;
  uint32_t max_ms = contract::MAX_STEP_MS;
  uint32_t mg_per_s = 0;  // 0: not calibrated
  uint8_t frasco = 0;
  uint8_t pin = kNoPin;
};

struct Config {
  uint64_t versao = 0;  // 0: none has come yet
  uint16_t telemetry_s = 30;
  uint8_t n = 0;
  FrascoConfig frascos[contract::MAX_FRASCOS];

  const FrascoConfig* find(uint64_t frasco) const;
};

// Frascos 1…n without pins, limits wide open: what holds before the first config/desired.
Config default_config(uint8_t frascos);

// Why a desired config is not applied; frasco 0: the document as a whole.
struct ConfigFault {
  enum Kind : uint8_t { kUnreadable, kRepeated, kLimits, kPin, kPinTaken, kFlash };
  Kind kind;
  uint8_t frasco;
};
const char* config_fault_text(ConfigFault::Kind kind);

struct ConfigFaults {
  static constexpr size_t kMax = 8;  // the first ones; each is at most 120 characters on the wire
  ConfigFault list[kMax];
  size_t n = 0;
  void add(ConfigFault::Kind kind, uint8_t frasco) {
    if (n < kMax) list[n++] = {kind, frasco};
  }
};

// Parses and checks. True: out is whole and may be applied. False: out untouched, faults says why; versao is
// still set if it could be read.
bool parse_config(const uint8_t* payload, size_t len, Actuator& actuator, Config& out, ConfigFaults& faults);

// One flash record, key `cfg`, with its crc.
size_t encode_config(const Config& config, uint8_t* out, size_t cap);
bool decode_config(const uint8_t* data, size_t len, Config& out);

}  // namespace yaguts
