// How a new board comes to its credential.
#include "../../dispenser/src/mqtt/claim.h"

#include "check.h"
#include "scripted_socket.h"

using namespace yaguts;

namespace {

BrokerAddress broker() {
  BrokerAddress made;
  snprintf(made.host, sizeof made.host, "broker.local");
  made.port = 1883;
  return made;
}

const std::string kAccepted = "yaguts/v1/_provision/abcd1234/accepted";
const std::string kRejected = "yaguts/v1/_provision/abcd1234/rejected";

ClaimResult ask(const std::vector<uint8_t>& answer, Credential& credential, ScriptedSocket& socket,
                const char* code = "abcd1234") {
  socket.on_connect = connack(0);
  socket.on_connect.insert(socket.on_connect.end(), answer.begin(), answer.end());
  return claim(socket, broker(), code, "esp32", credential);
}

bool holds(const std::vector<uint8_t>& bytes, const std::string& part) {
  return std::string(bytes.begin(), bytes.end()).find(part) != std::string::npos;
}

}  // namespace

TEST("a good code yields org, device and password, asked for as claim.{code}") {
  ScriptedSocket socket;
  Credential credential;
  CHECK(ask(message(kAccepted, R"({"org":"demo","device":"cozinha","username":"demo.cozinha","password":"0123abcd"})", 1, 3),
            credential, socket) == ClaimResult::kAccepted);
  CHECK(std::string(credential.org) == "demo" && std::string(credential.device) == "cozinha");
  CHECK(std::string(credential.password) == "0123abcd");
  CHECK(holds(socket.out, "claim.abcd1234") && holds(socket.out, "yaguts/v1/_provision/abcd1234/request"));
  CHECK(holds(socket.out, R"({"hw":"esp32","fw_version":")"));
}

TEST("a code typed in capitals and groups is the same code") {
  ScriptedSocket socket;
  Credential credential;
  CHECK(ask(message(kAccepted, R"({"org":"demo","device":"cozinha","password":"x"})", 1, 3), credential, socket,
            "ABCD-12 34") == ClaimResult::kAccepted);
}

TEST("a refusal, a refused CONNACK, silence and nobody there are told apart") {
  Credential credential;
  {
    ScriptedSocket socket;
    CHECK(ask(message(kRejected, R"({"code":"expirado","message":""})", 1, 3), credential, socket) == ClaimResult::kRefused);
  }
  {
    ScriptedSocket socket;
    socket.on_connect = connack(5);
    CHECK(claim(socket, broker(), "abcd1234", "esp32", credential) == ClaimResult::kRefused);
  }
  {
    ScriptedSocket socket;
    const unsigned long began = test_clock();
    CHECK(ask({}, credential, socket) == ClaimResult::kSilent);
    CHECK(test_clock() - began >= 10000 && test_clock() - began < 10200);
  }
  {
    ScriptedSocket socket;
    socket.refuses = true;
    CHECK(claim(socket, broker(), "abcd1234", "esp32", credential) == ClaimResult::kUnreachable);
  }
  CHECK(credential.org[0] == 0 && credential.password[0] == 0);
}

TEST("an answer that could become part of a topic in disguise is refused whole") {
  for (const char* answer : {
           R"({"org":"de/mo","device":"cozinha","password":"x"})", R"({"org":"demo","device":"+","password":"x"})",
           R"({"org":"demo","device":"cozinha","password":""})", R"({"org":"demo","device":"cozinha"})",
           R"({"org":"demo","device":"cozinha","password":"x"} sobra)", R"([])", "", "{",
           R"({"org":"demo","device":"cozinha","password":12})"}) {
    ScriptedSocket socket;
    Credential credential;
    CHECK(ask(message(kAccepted, answer, 1, 3), credential, socket) == ClaimResult::kUnreadable);
    CHECK(credential.org[0] == 0 && credential.device[0] == 0 && credential.password[0] == 0);
  }
}

TEST("a code that is no code never reaches the network") {
  for (const char* code : {"", "abcd/1234", "########", "++++++++", "abc123", "áááááááá", "0123456789012345678901234567890123456789"}) {
    ScriptedSocket socket;
    Credential credential;
    CHECK(ask({}, credential, socket, code) == ClaimResult::kBadCode);
    CHECK(socket.connects == 0);
  }
}

int main() { return check::run("Claim"); }
