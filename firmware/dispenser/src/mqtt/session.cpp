#include "session.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "../core/presence.h"

namespace yaguts {

namespace {

constexpr unsigned kFailuresBeforeDiscovery = 3;

// PubSubClient's callback carries no context where std::function is missing; one
// process, one board: one session.
Session* the_session = nullptr;

}  // namespace

Session::Session(Client& socket, const SessionConfig& config, Mailbox& inbox, Mailbox& outbox, SessionHost& host)
    : config_(config),
      host_(host),
      inbox_(inbox),
      outbox_(outbox),
      topics_(config.org, config.device),
      tap_(socket, *this, kBufferBytes),
      mqtt_(tap_),
      last_good_(config.last_good) {}

bool Session::begin() {
  the_session = this;
  random_ = Random(host_.random());
  snprintf(client_id_, sizeof client_id_, "%s.%s", config_.org, config_.device);
  mqtt_.setCallback(deliver);
  mqtt_.setKeepAlive(contract::DEVICE_KEEPALIVE_S);
  mqtt_.setSocketTimeout(kSocketTimeoutS);
  return mqtt_.setBufferSize(kBufferBytes);
}

void Session::turn() {
  if (!tell_core()) return;
  const bool up = host_.network_up();
  if (up && !was_up_) {
    failures_ = 0;
    backoff_.reset();
    pause_ms_ = 0;
  }
  was_up_ = up;
  if (online_) {
    if (!up) {
      tap_.stop();
      lost();
      return;
    }
    pump_in();
    if (online_) pump_out();
    if (online_ && failures_ != 0 && millis() - since_ >= ReconnectBackoff::kStableMs) {
      failures_ = 0;
      backoff_.reset();
    }
    return;
  }
  if (up && millis() - since_ >= pause_ms_) connect();
}

void Session::close() {
  if (online_) mqtt_.disconnect();
  online_ = false;
}

void Session::connect() {
  current_ = pick_address();
  ++connection_;  // of attempts: the will that goes out with this one must name no other
  char will_topic[kMaxTopicBytes];
  char will[128];
  if (!topics_.render(contract::kPresence, will_topic, sizeof will_topic) ||
      render_presence(will, sizeof will, "lost", config_.boot_counter, connection_) == 0) {
    return;
  }
  filter_refused_ = false;
  inbox_overflowed_ = false;
  mqtt_.setServer(current_.host, current_.port);
  const contract::Row& presence = contract::kTopics[contract::kPresence];
  const bool accepted = mqtt_.connect(client_id_, client_id_, config_.password, will_topic, presence.qos,
                                      presence.retain != contract::Retain::never, will, true);
  since_ = millis();
  if (!accepted) {
    const int state = mqtt_.state();
    fail();
    say("[MQTT] Sem conexão com %s:%u (estado %d). Nova tentativa em %lu ms", current_.host, current_.port, state,
        pause_ms_);
    return;
  }
  online_ = true;
  connected_untold_ = true;
  if (!subscribe(false)) {
    tap_.stop();
    lost();
    return;
  }
  if (strcmp(last_good_.host, current_.host) != 0 || last_good_.port != current_.port) {
    last_good_ = current_;
    host_.remember(last_good_);
  }
  say("[MQTT] Conectado a %s:%u (conexão %u)", current_.host, current_.port, connection_);
  tell_core();
}

// The configured host, or what worked last; after three failures the three places in turn.
BrokerAddress Session::pick_address() {
  const BrokerAddress& known = last_good_.host[0] != 0 ? last_good_ : config_.broker;
  if (failures_ < kFailuresBeforeDiscovery) return known;
  switch (failures_ % 3) {
    case 0: {
      BrokerAddress found;
      if (host_.discover(found)) {
        say("[MQTT] Broker encontrado por mDNS: %s:%u", found.host, found.port);
        return found;
      }
      return config_.broker;
    }
    case 1:
      return config_.broker;
    default:
      return known;
  }
}

bool Session::subscribe(bool retained_only) {
  for (size_t i = 0; i < contract::kSubscriptionCount; ++i) {
    const contract::Row& row = contract::kTopics[contract::kSubscriptions[i]];
    if (retained_only && row.retain != contract::Retain::state) continue;
    char filter[kMaxTopicBytes];
    if (!topics_.filter(i, filter, sizeof filter)) return false;
    if (!mqtt_.subscribe(filter, row.qos)) return false;
  }
  return true;
}

void Session::pump_in() {
  for (int i = 0; i < kLoopsPerTurn; ++i) {
    // loop() is false once the socket or the ping has failed.
    if (!mqtt_.loop() || filter_refused_) {
      if (filter_refused_) say("[MQTT] Assinatura recusada pelo broker: reconectando");
      tap_.stop();
      lost();
      return;
    }
    if (!tap_.readable()) break;
  }
  if (tap_.waiting_ms() > kPubackPatienceMs) {
    say("[MQTT] Broker sem PUBACK há %lu s: reconectando", kPubackPatienceMs / 1000);
    tap_.stop();
    lost();
    return;
  }
  // What was dropped for want of room and is retained comes again on a new
  // subscription [MQTT-3.8.4-3]; whoever sent the rest repeats it.
  if (inbox_overflowed_ && inbox_.empty()) {
    inbox_overflowed_ = false;
    subscribe(true);
  }
}

void Session::pump_out() {
  Letter letter;
  while (outbox_.front(letter)) {
    if (letter.connection == connection_) {
      if (letter.qos == 0) {
        if (!mqtt_.publish(letter.topic, letter.payload, static_cast<unsigned int>(letter.payload_len), letter.retain) &&
            mqtt_.connected()) {
          say("[MQTT] Mensagem grande demais, descartada: %s", letter.topic);
        }
      } else {
        const Qos1Tap::Sent sent = tap_.publish(letter.topic, letter.payload, letter.payload_len, letter.retain);
        if (sent == Qos1Tap::Sent::kFull || sent == Qos1Tap::Sent::kMidPacket) return;
        if (sent == Qos1Tap::Sent::kTooLarge) say("[MQTT] Mensagem grande demais, descartada: %s", letter.topic);
      }
    }
    outbox_.pop();
    if (!tap_.connected()) {
      tap_.stop();
      lost();
      return;
    }
  }
}

void Session::lost() {
  if (!online_) return;
  online_ = false;
  mqtt_.connected();  // lets the library notice, so that state() below tells why
  // A beginning that the core never heard of needs no end.
  if (connected_untold_) connected_untold_ = false;
  else lost_untold_ = true;
  since_ = millis();
  fail();
  say("[MQTT] Conexão perdida (estado %d). Nova tentativa em %lu ms", mqtt_.state(), pause_ms_);
  tell_core();
}

void Session::fail() {
  pause_ms_ = backoff_.next_ms(random_);
  ++failures_;
}

// False while the inbox has no room for what the core must hear first.
bool Session::tell_core() {
  Letter letter;
  letter.connection = connection_;
  if (lost_untold_) {
    letter.kind = LetterKind::kLost;
    if (!inbox_.put(letter)) return false;
    lost_untold_ = false;
  }
  if (connected_untold_) {
    letter.kind = LetterKind::kConnected;
    if (!inbox_.put(letter)) return false;
    connected_untold_ = false;
  }
  return true;
}

void Session::deliver(char* topic, uint8_t* payload, unsigned int size) {
  if (the_session != nullptr) the_session->received(topic, payload, size);
}

void Session::received(const char* topic, const uint8_t* payload, size_t size) {
  Letter letter;
  letter.connection = connection_;
  letter.retain = tap_.retained();
  letter.topic = topic;
  letter.topic_len = strlen(topic);
  letter.payload = payload;
  letter.payload_len = size;
  if (!inbox_.put(letter)) inbox_overflowed_ = true;
}

void Session::on_connack(bool session_present, uint8_t code) {
  if (code == 0 && session_present) {
    // [MQTT-3.2.2-1] forbids it after a clean CONNECT. Nothing of ours depends on it.
    say("[MQTT] O broker diz ter guardado uma sessão que pedimos limpa");
  }
}

void Session::on_suback(uint16_t id, uint8_t code) {
  if (code != 0x80) return;
  filter_refused_ = true;
  say("[MQTT] Assinatura %u recusada (0x80)", id);
}

void Session::on_oversize(size_t packet_bytes, const char* topic, size_t topic_len) {
  say("[MQTT] Mensagem de %u bytes não cabe, ignorada: %.*s", static_cast<unsigned>(packet_bytes),
      static_cast<int>(topic_len), topic);
}

void Session::say(const char* format, ...) {
  char line[192];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  host_.print(line);
}

}  // namespace yaguts
