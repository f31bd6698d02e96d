// What the command line asks of the simulated board. Every fault is named, none is guessed away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace yaguts {

struct Options {
  std::string broker_host = "127.0.0.1";
  uint16_t broker_port = 1883;
  std::string org = "demo";
  std::string device;
  std::string password;  // from YAGUTS_DEVICE_PASSWORD: a command line is world-readable
  unsigned frascos = 8;
  std::string dir;     // the flash
  std::string ledger;  // "" = none
  int64_t frasco_delay_ms = -1;  // -1: as long as the item says
  std::vector<unsigned> fail;    // 0-based items whose relay does not take
  std::vector<unsigned> empty;   // 0-based items whose frasco runs out
  int drop_at = -1;              // 0-based item at whose start the Wi-Fi goes
  double drop_for_s = 5;
  int freeze_at = -1;            // 0-based item from whose start the peer is silent
  int64_t clock_ms = -1;         // epoch at start; -1 = this machine's clock, 0 = unknown
  uint64_t kill_at = 0;          // 0: never
  uint64_t flash_fails_at = 0;   // 1-based write from which flash refuses; 0: never
  uint64_t flash_fails_for = 0;  // so many writes; 0: until the process ends
  bool count = false;
  double speed = 1;
  bool once = false;
  bool result = false;
  bool help = false;
};

// False with a sentence in `fault` for a person; `options` is then of no use.
bool parse_options(int count, char** words, Options& options, std::string& fault);

extern const char* const kUsage;

}  // namespace yaguts
