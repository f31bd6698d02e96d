// Generated from shared/src by `npm run contract`. Do not edit: a test compares it with its source.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yaguts {
namespace contract {

enum class Publisher : uint8_t { device, api, claim };
// state: always retained. until_acked: retained by the device, cleared by the api after its ack.
enum class Retain : uint8_t { never, state, until_acked };

// One row of the topic table. The {levels} of a pattern are filled in by core/topics.h.
struct Row {
  const char* pattern;
  Publisher publisher;
  uint8_t qos;
  Retain retain;
  uint16_t max_bytes;
};

enum Topic : uint8_t {
  kPresence,
  kBirth,
  kTelemetry,
  kDeviceLog,
  kJobsNext,
  kJobRejected,
  kJobStart,
  kStartAccepted,
  kStartRejected,
  kJobLog,
  kJobProgress,
  kJobComplete,
  kJobAck,
  kJobCancel,
  kCancelAccepted,
  kCancelRejected,
  kConfigDesired,
  kConfigReported,
  kCommand,
  kCommandAccepted,
  kCommandRejected,
  kOtaDesired,
  kOtaState,
  kServerState,
  kProvisionRequest,
  kProvisionAccepted,
  kProvisionRejected,
  kTopicCount,
};

inline constexpr Row kTopics[kTopicCount] = {
    // Connection of the device, and its will
    {"yaguts/v1/{org}/devices/{device}/presence", Publisher::device, 1, Retain::state, 4096},
    // Who the device is; first on every connection
    {"yaguts/v1/{org}/devices/{device}/birth", Publisher::device, 1, Retain::state, 4096},
    // Health, at most every 10 s
    {"yaguts/v1/{org}/devices/{device}/telemetry", Publisher::device, 0, Retain::never, 4096},
    // Serial line with its tag
    {"yaguts/v1/{org}/devices/{device}/log/{level}", Publisher::device, 0, Retain::never, 4096},
    // The job offered to or running on the device; empty when none
    {"yaguts/v1/{org}/devices/{device}/jobs/next", Publisher::api, 1, Retain::state, 3072},
    // The offer cannot be taken
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/rejected", Publisher::device, 1, Retain::never, 4096},
    // Asks for leave to start
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start", Publisher::device, 1, Retain::never, 4096},
    // Leave to start, with the time
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start/accepted", Publisher::api, 1, Retain::never, 4096},
    // No leave to start
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/start/rejected", Publisher::api, 1, Retain::never, 4096},
    // The device's final word on one frasco
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/log/{item_ordem}", Publisher::device, 1, Retain::until_acked, 1024},
    // Running frasco, at most 4 a second
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/progress", Publisher::device, 0, Retain::never, 4096},
    // The device's final account
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/complete", Publisher::device, 1, Retain::until_acked, 32768},
    // Items committed: the device may free them
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/ack", Publisher::api, 1, Retain::never, 4096},
    // Stop this job
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel", Publisher::api, 1, Retain::never, 4096},
    // Stopped, and at which item
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel/accepted", Publisher::device, 1, Retain::never, 4096},
    // Not stopped, and why
    {"yaguts/v1/{org}/devices/{device}/jobs/{job_id}/cancel/rejected", Publisher::device, 1, Retain::never, 4096},
    // Frascos, calibration and limits as wanted
    {"yaguts/v1/{org}/devices/{device}/config/desired", Publisher::api, 1, Retain::state, 3072},
    // What is really applied
    {"yaguts/v1/{org}/devices/{device}/config/reported", Publisher::device, 1, Retain::state, 4096},
    // Command with an expiry
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}", Publisher::api, 1, Retain::never, 4096},
    // Command done
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}/accepted", Publisher::device, 1, Retain::never, 4096},
    // Command refused, and why
    {"yaguts/v1/{org}/devices/{device}/cmd/{op}/rejected", Publisher::device, 1, Retain::never, 4096},
    // Signed firmware manifest
    {"yaguts/v1/{org}/devices/{device}/ota/desired", Publisher::api, 1, Retain::state, 3072},
    // Progress of an update
    {"yaguts/v1/{org}/devices/{device}/ota/state", Publisher::device, 1, Retain::state, 4096},
    // Platform online, version, epoch; also its will
    {"yaguts/v1/_server/state", Publisher::api, 1, Retain::state, 4096},
    // A new device asks for its credential
    {"yaguts/v1/_provision/{code}/request", Publisher::claim, 1, Retain::never, 4096},
    // The credential, once
    {"yaguts/v1/_provision/{code}/accepted", Publisher::api, 1, Retain::never, 4096},
    // The claim is not valid
    {"yaguts/v1/_provision/{code}/rejected", Publisher::api, 1, Retain::never, 4096},
};

// What a device subscribes to: `+` for every level but org and device.
inline constexpr Topic kSubscriptions[] = {
    kJobAck,
    kJobsNext,
    kStartAccepted,
    kStartRejected,
    kJobCancel,
    kConfigDesired,
    kCommand,
    kOtaDesired,
    kServerState,
};
constexpr size_t kSubscriptionCount = 9;

constexpr uint32_t MAX_STEP_MS = 180000;
constexpr uint32_t MAX_ITENS = 24;
constexpr uint32_t MAX_FRASCOS = 24;
constexpr uint32_t MAX_JOB_BYTES = 3072;
constexpr uint32_t MAX_CONFIG_BYTES = 3072;
constexpr uint32_t MAX_ENTRY_BYTES = 1024;
constexpr uint32_t MAX_ERROR_CHARS = 200;
constexpr uint32_t MAX_NOME_BYTES = 32;
constexpr uint32_t MAX_ID_CHARS = 36;
constexpr uint32_t TOKEN_HEX_CHARS = 16;
constexpr uint32_t REPORT_RETRY_MS = 30000;
constexpr uint32_t RING_JOBS = 64;
constexpr uint32_t DEVICE_KEEPALIVE_S = 15;
constexpr uint32_t PROGRESS_PER_SECOND = 4;
constexpr uint32_t TELEMETRY_S = 10;
constexpr uint32_t CANCEL_WITHIN_MS = 500;
constexpr uint32_t RECENT_COMMANDS = 8;
inline constexpr uint32_t REPORT_SCHEDULE_S[] = {2, 4, 8, 16, 30, 60};

// What `error` of an entry begins with.
enum class EntryCode : uint8_t { none, timeout, rele, interrompido, cancelado, expirado, flash, limite, vazio, abortado, recusado };
inline constexpr const char* kEntryCodes[] = {"", "timeout", "rele", "interrompido", "cancelado", "expirado", "flash", "limite", "vazio", "abortado", "recusado"};
constexpr size_t kEntryCodesCount = 11;

// Why the device does not take an offer.
enum class OfferRefusal : uint8_t { none, duplicado, ocupado, frasco, limite, tigela, expirado, invalido };
inline constexpr const char* kOfferRefusals[] = {"", "duplicado", "ocupado", "frasco", "limite", "tigela", "expirado", "invalido"};
constexpr size_t kOfferRefusalsCount = 8;

// Why the api gives no leave to start.
enum class StartRefusal : uint8_t { none, terminado, diario_perdido, desconhecido, expirado };
inline constexpr const char* kStartRefusals[] = {"", "terminado", "diario_perdido", "desconhecido", "expirado"};
constexpr size_t kStartRefusalsCount = 5;

// Why the device refuses a command or a cancel.
enum class CommandRefusal : uint8_t { none, ocupado, expirado, frasco, limite, terminado, invalido, rele, flash };
inline constexpr const char* kCommandRefusals[] = {"", "ocupado", "expirado", "frasco", "limite", "terminado", "invalido", "rele", "flash"};
constexpr size_t kCommandRefusalsCount = 9;

// The level {op} of cmd.
enum class Command : uint8_t { none, identify, reboot, prime, clean, calibrate, stop, pause, resume };
inline constexpr const char* kCommands[] = {"", "identify", "reboot", "prime", "clean", "calibrate", "stop", "pause", "resume"};
constexpr size_t kCommandsCount = 9;

// The level {level} of log.
enum class LogLevel : uint8_t { none, debug, info, warn, error };
inline constexpr const char* kLogLevels[] = {"", "debug", "info", "warn", "error"};
constexpr size_t kLogLevelsCount = 5;

}  // namespace contract
}  // namespace yaguts
