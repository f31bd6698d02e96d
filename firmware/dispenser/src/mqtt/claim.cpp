#include "claim.h"

#include <cstdio>
#include <cstring>

#include "../core/json.h"
#include "../core/version.h"

namespace yaguts {

namespace {

constexpr unsigned long kAnswerMs = 10000;
constexpr uint16_t kBuffer = 512;

// The two answers of one exchange; PubSubClient's callback carries no context.
struct Exchange {
  char accepted_topic[kMaxTopicBytes];
  bool answered = false;
  ClaimResult result = ClaimResult::kSilent;
  Credential* answer = nullptr;
};
Exchange* exchange = nullptr;

// [a-z0-9]{8,32}, as the platform makes them; people type them in capitals and in groups.
bool read_code(const char* typed, char (&code)[33]) {
  size_t size = 0;
  for (; *typed != 0; ++typed) {
    if (*typed == '-' || *typed == ' ') continue;
    const char c = *typed >= 'A' && *typed <= 'Z' ? static_cast<char>(*typed - 'A' + 'a') : *typed;
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) || size == 32) return false;
    code[size++] = c;
  }
  code[size] = 0;
  return size >= 8;
}

// The rows of a claim have one parameter, {code}, and no device yet.
bool topic_for(contract::Topic row, const char* code, char* out, size_t cap) {
  const char* pattern = contract::kTopics[row].pattern;
  const char* gap = strstr(pattern, "{code}");
  if (gap == nullptr) return false;
  const int size = snprintf(out, cap, "%.*s%s%s", static_cast<int>(gap - pattern), pattern, code, gap + strlen("{code}"));
  return size > 0 && static_cast<size_t>(size) < cap;
}

bool read_credential(const uint8_t* payload, size_t size, Credential& out) {
  Credential read;
  JsonReader json(payload, size);
  if (!json.begin_object()) return false;
  JsonReader::Key key;
  while (json.next_key(key)) {
    if (key.is("org")) json.read_string(read.org, sizeof read.org);
    else if (key.is("device")) json.read_string(read.device, sizeof read.device);
    else if (key.is("password")) json.read_string(read.password, sizeof read.password);
    else json.skip();
  }
  if (!json.ok() || !json.end() || read.password[0] == 0) return false;
  if (!is_ident(read.org, strlen(read.org)) || !is_ident(read.device, strlen(read.device))) return false;
  out = read;
  return true;
}

void on_answer(char* topic, uint8_t* payload, unsigned int size) {
  if (exchange == nullptr || exchange->answered) return;
  exchange->answered = true;
  if (strcmp(topic, exchange->accepted_topic) != 0) exchange->result = ClaimResult::kRefused;
  else exchange->result = read_credential(payload, size, *exchange->answer) ? ClaimResult::kAccepted : ClaimResult::kUnreadable;
}

}  // namespace

ClaimResult claim(Client& socket, const BrokerAddress& broker, const char* typed_code, const char* hw, Credential& answer) {
  char code[33];
  if (!read_code(typed_code, code)) return ClaimResult::kBadCode;
  Exchange now;
  now.answer = &answer;
  char rejected_topic[kMaxTopicBytes], request_topic[kMaxTopicBytes], id[64], request[128];
  if (!topic_for(contract::kProvisionAccepted, code, now.accepted_topic, sizeof now.accepted_topic) ||
      !topic_for(contract::kProvisionRejected, code, rejected_topic, sizeof rejected_topic) ||
      !topic_for(contract::kProvisionRequest, code, request_topic, sizeof request_topic)) {
    return ClaimResult::kBadCode;
  }
  snprintf(id, sizeof id, "claim.%s", code);
  const int size = snprintf(request, sizeof request, R"({"hw":"%s","fw_version":"%s"})", hw, kFirmwareVersion);

  TapListener nobody;
  Qos1Tap tap(socket, nobody, kBuffer);
  PubSubClient mqtt(tap);
  mqtt.setServer(broker.host, broker.port);
  mqtt.setSocketTimeout(Session::kSocketTimeoutS);
  mqtt.setCallback(on_answer);
  if (!mqtt.setBufferSize(kBuffer)) return ClaimResult::kUnreachable;
  exchange = &now;
  if (mqtt.connect(id, id, code)) {
    const bool asked = mqtt.subscribe(now.accepted_topic, 1) && mqtt.subscribe(rejected_topic, 1) &&
                       tap.publish(request_topic, reinterpret_cast<const uint8_t*>(request), static_cast<size_t>(size),
                                   false) == Qos1Tap::Sent::kOk;
    const unsigned long since = millis();
    while (asked && !now.answered && millis() - since < kAnswerMs && mqtt.loop()) delay(5);
    mqtt.disconnect();
  } else {
    const bool refused = mqtt.state() == MQTT_CONNECT_BAD_CREDENTIALS || mqtt.state() == MQTT_CONNECT_UNAUTHORIZED;
    now.result = refused ? ClaimResult::kRefused : ClaimResult::kUnreachable;
  }
  exchange = nullptr;
  return now.result;
}

}  // namespace yaguts
