// A board without a credential asks for one: connects as `claim.{code}` with the
// code a person has read off the platform, and is told who it is, once.
// Blocks up to 3 s to connect and 10 s for the answer: for the net task, before
// there is a session. PubSubClient's buffer lives on the heap meanwhile.
#pragma once

#include <Arduino.h>
#include <Client.h>

#include "session.h"

namespace yaguts {

struct Credential {
  char org[contract::MAX_ID_CHARS + 1] = "";
  char device[contract::MAX_ID_CHARS + 1] = "";
  char password[129] = "";  // 256 bits in any usual text form
};

enum class ClaimResult : uint8_t {
  kAccepted,
  kBadCode,      // not the form of a code; nothing was sent
  kUnreachable,  // no broker there
  kRefused,      // unknown, used up or expired code
  kSilent,       // no answer in time: try again, the code may still be good
  kUnreadable    // an answer that is none
};

// `answer` is filled only when kAccepted is returned. code: as typed; capitals, spaces and hyphens do not matter. hw: "esp32", "esp32c3" …
ClaimResult claim(Client& socket, const BrokerAddress& broker, const char* code, const char* hw, Credential& answer);

}  // namespace yaguts
