// What people type: the simulator's flags, and the platform's address in the portal.
#include "../options.h"

#include <stdlib.h>

#include "../../dispenser/src/mqtt/broker_address.h"
#include "check.h"

using namespace yaguts;

namespace {

// Parses the words after the program's name; the fault, "" when there is none.
std::string fault_of(std::vector<std::string> words, Options& options) {
  words.insert(words.begin(), "dispenser-sim");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(&word[0]);
  std::string fault;
  return parse_options(static_cast<int>(pointers.size()), pointers.data(), options, fault) ? "" : fault;
}

std::string fault_with(const std::string& flag, const std::string& value) {
  Options options;
  return fault_of({"--device", "um", "--dir", "/tmp/x", flag, value}, options);
}

std::string read(const char* typed, bool secure = false) {
  BrokerAddress address;
  if (!read_address(typed, secure, address)) return address.host[0] == 0 && address.port == 0 ? "refused" : "touched";
  return std::string(address.host) + " " + std::to_string(address.port);
}

}  // namespace

TEST("every flag of the help is taken, with its value where it has one") {
  Options options;
  CHECK(fault_of({"--broker", "casa.local:2883", "--org", "demo", "--device", "cozinha-1", "--frascos", "24", "--dir", "/tmp/x",
                  "--ledger", "/tmp/y", "--frasco-delay", "0", "--fail", "0,2", "--empty", "23", "--drop-at", "3",
                  "--drop-for", "2.5", "--freeze-at", "1", "--clock", "0", "--kill-at", "7", "--count", "--speed", "60",
                  "--once", "--flash-fails-at", "3", "--flash-fails-for", "4", "--result"},
                 options)
            .empty());
  CHECK(options.broker_host == "casa.local" && options.broker_port == 2883 && options.device == "cozinha-1");
  CHECK(options.frascos == 24 && options.frasco_delay_ms == 0 && options.drop_at == 3 && options.drop_for_s == 2.5);
  CHECK((options.fail == std::vector<unsigned>{0, 2}) && (options.empty == std::vector<unsigned>{23}));
  CHECK(options.freeze_at == 1 && options.clock_ms == 0 && options.kill_at == 7 && options.count && options.once);
  CHECK(options.result && options.flash_fails_at == 3 && options.flash_fails_for == 4);
  CHECK(options.speed == 60 && options.password == "segredo");
}

TEST("a fault names its flag and is never guessed away") {
  const char* faults[][2] = {{"--broker", "casa"},  {"--broker", ":1883"},   {"--broker", "casa:0"},  {"--broker", "casa:70000"},
                             {"--org", "De mo"},    {"--device", "a/b"},     {"--device", "+"},       {"--frascos", "0"},
                             {"--frascos", "25"},   {"--fail", "1,,2"},      {"--fail", "24"},        {"--fail", "-1"},
                             {"--drop-at", "24"},   {"--speed", "0"},        {"--speed", "1e9"},      {"--kill-at", "0"},      {"--flash-fails-at", "x"},
                             {"--clock", "ontem"},  {"--drop-for", "-3"},    {"--frasco-delay", "180001"}};
  for (const auto& fault : faults) {
    const std::string words = fault_with(fault[0], fault[1]);
    CHECK(words.find(fault[0]) == 0 && words.find(fault[1]) != std::string::npos);
  }
  Options options;
  CHECK(fault_with("--velocidade", "3") == "unknown flag --velocidade");
  CHECK(fault_of({"--device", "um", "--dir"}, options) == "--dir needs a value");
  options = Options();
  CHECK(fault_of({"--dir", "/tmp/x"}, options) == "--device is missing");
  options = Options();
  CHECK(fault_of({"--device", "um"}, options) == "--dir is missing");
}

TEST("the password comes from the environment alone") {
  unsetenv("YAGUTS_DEVICE_PASSWORD");
  Options options;
  CHECK(fault_of({"--device", "um", "--dir", "/tmp/x"}, options) == "YAGUTS_DEVICE_PASSWORD is not set");
  setenv("YAGUTS_DEVICE_PASSWORD", "segredo", 1);
}

TEST("an address is a host or host:port, with MQTT's ports when none is named") {
  CHECK(read("yaguts.local") == "yaguts.local 1883" && read("yaguts.local", true) == "yaguts.local 8883");
  CHECK(read("192.168.1.20:2883") == "192.168.1.20 2883");
  CHECK(read(std::string(64, 'a').c_str()) == std::string(64, 'a') + " 1883");
}

TEST("anything else is refused and leaves the old address alone") {
  for (const char* typed : {"", ":1883", "casa:", "casa:0", "casa:65536", "casa:18a", "http://casa", "casa/mqtt", "a b", "casa:1:2", "ca\xC3\xA7"}) {
    CHECK(read(typed) == "refused");
  }
  CHECK(read(std::string(65, 'a').c_str()) == "refused");
}

int main() {
  setenv("YAGUTS_DEVICE_PASSWORD", "segredo", 1);
  return check::run("Options");
}
