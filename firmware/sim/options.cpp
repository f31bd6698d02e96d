#include "options.h"

#include <cstdlib>

#include "../dispenser/src/core/topics.h"

namespace yaguts {

const char* const kUsage =
    R"(dispenser-sim: the dispenser's firmware as a process. The password is taken from YAGUTS_DEVICE_PASSWORD.

  --broker HOST:PORT   MQTT broker                                  127.0.0.1:1883
  --org O --device D   who it is; user name and client id are O.D   demo, no default
  --frascos N          frascos 1..N exist until config/desired      8
  --dir PATH           the flash: one file per key (made if missing)
  --ledger FILE        appended: START seq job item frasco ms boot / STOP seq job item ran

  --speed X            device time runs X times as fast; MQTT's keepalive does not
  --once               exit 0 when one job is wholly acked
  --result             a line of JSON for each job that is wholly acked: its account and its entries
  --frasco-delay MS    a frasco takes at most MS, whatever its item says
  --fail I,J           the relay of these items does not take (0-based)
  --empty I,J          these items find the frasco empty (0-based)
  --drop-at I --drop-for S   Wi-Fi gone for S seconds of device time from item I
  --freeze-at I        the broker falls silent at item I; the next connection is well
  --clock MS           epoch of the device's clock at start; 0 = unknown
  --kill-at N          SIGKILL itself at the Nth point; each call of the ports that changes
                       something (put, del, start, stop_all, publish QoS 1) has one before, one after
  --flash-fails-at N --flash-fails-for C   flash refuses C writes (put, del) from its Nth on; without
                       C until the process ends
  --count              at the end print the number of --kill-at's points, of writes that flash refused, ms from
                       start to the first motor, and from the last CONNACK to the first entry on the wire
                       (-1: there was none)

  SIGTERM ends it in order (presence offline); SIGUSR1 presses the stop button.
)";

namespace {

bool whole_number(const std::string& text, int64_t low, int64_t high, int64_t& out) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) return false;
  out = std::strtoll(text.c_str(), nullptr, 10);
  return out >= low && out <= high;
}

bool positive_decimal(const std::string& text, double high, double& out) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos) return false;
  char* end = nullptr;
  out = std::strtod(text.c_str(), &end);
  return *end == 0 && out > 0 && out <= high;
}

bool index_list(const std::string& text, std::vector<unsigned>& out) {
  size_t at = 0;
  while (at <= text.size()) {
    const size_t comma = text.find(',', at);
    const size_t end = comma == std::string::npos ? text.size() : comma;
    int64_t index = 0;
    if (!whole_number(text.substr(at, end - at), 0, contract::MAX_ITENS - 1, index)) return false;
    out.push_back(static_cast<unsigned>(index));
    at = end + 1;
  }
  return true;
}

bool broker_address(const std::string& text, Options& options) {
  const size_t colon = text.rfind(':');
  int64_t port = 0;
  if (colon == std::string::npos || colon == 0 || colon > 64) return false;
  if (!whole_number(text.substr(colon + 1), 1, 65535, port)) return false;
  options.broker_host = text.substr(0, colon);
  options.broker_port = static_cast<uint16_t>(port);
  return true;
}

}  // namespace

bool parse_options(int count, char** words, Options& options, std::string& fault) {
  const auto take = [&](const std::string& flag, const std::string& value) -> bool {
    int64_t number = 0;
    if (flag == "--broker") return broker_address(value, options);
    if (flag == "--org") return options.org = value, is_ident(value.data(), value.size());
    if (flag == "--device") return options.device = value, is_ident(value.data(), value.size());
    if (flag == "--dir") return options.dir = value, !value.empty();
    if (flag == "--ledger") return options.ledger = value, !value.empty();
    if (flag == "--fail") return index_list(value, options.fail);
    if (flag == "--empty") return index_list(value, options.empty);
    if (flag == "--speed") return positive_decimal(value, 10000, options.speed);
    if (flag == "--drop-for") return positive_decimal(value, 86400, options.drop_for_s);
    if (flag == "--clock") return whole_number(value, 0, 4102444800000, options.clock_ms);
    if (flag == "--frasco-delay") return whole_number(value, 0, contract::MAX_STEP_MS, options.frasco_delay_ms);
    if (flag == "--frascos") {
      if (!whole_number(value, 1, contract::MAX_FRASCOS, number)) return false;
      options.frascos = static_cast<unsigned>(number);
      return true;
    }
    if (flag == "--drop-at" || flag == "--freeze-at") {
      if (!whole_number(value, 0, contract::MAX_ITENS - 1, number)) return false;
      (flag == "--drop-at" ? options.drop_at : options.freeze_at) = static_cast<int>(number);
      return true;
    }
    if (flag == "--kill-at" || flag == "--flash-fails-at" || flag == "--flash-fails-for") {
      if (!whole_number(value, 1, INT64_MAX, number)) return false;
      uint64_t& field = flag == "--kill-at"          ? options.kill_at
                        : flag == "--flash-fails-at" ? options.flash_fails_at
                                                     : options.flash_fails_for;
      field = static_cast<uint64_t>(number);
      return true;
    }
    fault = "unknown flag " + flag;
    return false;
  };

  for (int i = 1; i < count; ++i) {
    const std::string flag = words[i];
    if (flag == "--help" || flag == "-h") return options.help = true;
    if (flag == "--once") {
      options.once = true;
    } else if (flag == "--result") {
      options.result = true;
    } else if (flag == "--count") {
      options.count = true;
    } else if (i + 1 == count) {
      fault = flag.compare(0, 2, "--") == 0 ? flag + " needs a value" : "unknown word " + flag;
      return false;
    } else if (!take(flag, words[++i])) {
      if (fault.empty()) fault = flag + " does not take \"" + words[i] + "\"";
      return false;
    }
  }
  if (const char* password = std::getenv("YAGUTS_DEVICE_PASSWORD")) options.password = password;
  if (options.device.empty()) fault = "--device is missing";
  else if (options.dir.empty()) fault = "--dir is missing";
  else if (options.password.empty()) fault = "YAGUTS_DEVICE_PASSWORD is not set";
  return fault.empty();
}

}  // namespace yaguts
