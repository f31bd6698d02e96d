// Generated from shared/ by `npm run contract`. Do not edit: a test compares it with its source.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yaguts {
namespace contract {

enum class Publisher : uint8_t { device, api };

// One row of the topic table. {org} {device} {job_id} {item_ordem} {op} {level} are filled in by core/topics.h.
struct Row {
  const char* pattern;
  Publisher publisher;
  uint8_t qos;
  bool retain;
};

enum Topic : uint8_t {
  kPresence,
  kBirth,
  kTelemetry,
  kLog,
  kJobRejected,
  kJobStart,
  kJobLog,
  kJobProgress,
  kJobComplete,
  kCancelAccepted,
  kCancelRejected,
  kConfigReported,
  kCmdAccepted,
  kCmdRejected,
  kOtaState,
  kJobAck,
  kJobsNext,
  kStartAccepted,
  kStartRejected,
  kJobCancel,
  kConfigDesired,
  kCmd,
  kOtaDesired,
  kServerState,
  kTopicCount,
};

constexpr Row kTopics[kTopicCount] = {
    {"yaguts/v1/{org}/devices/{device}/presence", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/birth", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/telemetry", Publisher::device, 0, false},
    {"yaguts/v1/{org}/devices/{device}/log/{level}", Publisher::device, 0, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/rejected", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/log/{item_ordem}", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/progress", Publisher::device, 0, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/complete", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel/accepted", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel/rejected", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/config/reported", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}/accepted", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}/rejected", Publisher::device, 1, false},
    {"yaguts/v1/{org}/devices/{device}/ota/state", Publisher::device, 1, true},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/ack", Publisher::api, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/next", Publisher::api, 1, true},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start/accepted", Publisher::api, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start/rejected", Publisher::api, 1, false},
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel", Publisher::api, 1, false},
    {"yaguts/v1/{org}/devices/{device}/config/desired", Publisher::api, 1, true},
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}", Publisher::api, 1, false},
    {"yaguts/v1/{org}/devices/{device}/ota/desired", Publisher::api, 1, true},
    {"yaguts/v1/_server/state", Publisher::api, 1, true},
};

// What the device subscribes to, `ack` first: with `+` for every parameter but org and device.
constexpr Topic kSubscriptions[] = {kJobAck,        kJobsNext,      kStartAccepted,
                                    kStartRejected, kJobCancel,     kConfigDesired,
                                    kCmd,           kOtaDesired,    kServerState};
constexpr size_t kSubscriptionCount = sizeof kSubscriptions / sizeof kSubscriptions[0];

constexpr size_t MAX_ITENS = 24;
constexpr size_t MAX_FRASCOS = 24;
constexpr size_t MAX_JOB_BYTES = 3072;
constexpr uint32_t MAX_STEP_MS = 180000;
constexpr size_t MAX_ENTRY_BYTES = 1024;
constexpr size_t MAX_ERROR_CHARS = 200;
constexpr size_t MAX_TEXT_BYTES = 32;  // tempero and receita in the job document
constexpr size_t MAX_ID_CHARS = 36;    // org, device, user
constexpr size_t RING_ENTRIES = 64;
constexpr uint32_t REPORT_RETRY_MS[] = {2000, 4000, 8000, 16000, 30000, 60000};
constexpr uint32_t REPORT_RETRY_JITTER_PERCENT = 20;
constexpr uint32_t KEEPALIVE_S = 15;
constexpr uint32_t TELEMETRY_MIN_MS = 10000;
constexpr uint32_t PROGRESS_MIN_MS = 250;

// Codes an entry's `error` begins with.
enum class EntryCode : uint8_t {
  none, timeout, rele, interrompido, cancelado, expirado, flash, limite, vazio, abortado, recusado,
};
constexpr const char* kEntryCodes[] = {"",       "timeout", "rele",  "interrompido", "cancelado", "expirado",
                                       "flash",  "limite",  "vazio", "abortado",     "recusado"};

// Codes of refused offers and commands.
enum class Refusal : uint8_t { none, duplicado, ocupado, frasco, limite, tigela, expirado, invalido,
                               terminado, diario_perdido, rele, flash };
constexpr const char* kRefusals[] = {"",         "duplicado", "ocupado",   "frasco",         "limite", "tigela",
                                     "expirado", "invalido",  "terminado", "diario_perdido", "rele",   "flash"};

}  // namespace contract
}  // namespace yaguts
