#include "world.h"

#include <algorithm>
#include <cstring>

namespace test {

using yaguts::LinkEvent;
using yaguts::Store;
namespace contract = yaguts::contract;

World::World() = default;

void World::boot() {
  device_.reset();
  booted_at_ = time;
  connection_ = 0;
  if (flash_fault.kind == FlashFault::until_restart && refusals > 0) flash_fault.at = -1;
  const yaguts::Ports ports{*this, *this, *this, *this, *this, updater};
  entropy += 0x9E3779B97F4A7C15ull;
  const yaguts::Identity identity{"demo", "mao", "test", "poweron", frascos, entropy};
  device_ = std::make_unique<yaguts::Dispenser>(ports, identity);
  device_->begin();
}

void World::power_off() {
  if (motor_on_) {
    settle_motor();
    if (motor_on_) {
      ledger.back().ran_ms = static_cast<uint32_t>(time - motor_since_);
      motor_on_ = false;
    }
  }
  inbox.clear();
  connected_ = connect_event_ = lost_event_ = false;
}

void World::connect() {
  connected_ = connect_event_ = true;
  ++connection_;
  if (on_connect) on_connect();
}

void World::disconnect() {
  inbox.clear();
  connected_ = connect_event_ = false;
  lost_event_ = true;
}

void World::tick() {
  room_ = room_per_turn;
  device_->tick();
}

void World::run(uint64_t ms) {
  for (const uint64_t end = time + ms; time < end; time += 10) tick();
}

void World::deliver(Topic row, const std::string& payload, uint64_t job_id, const std::string& op, bool retain) {
  for (int i = 0; i < (twice ? 2 : 1); ++i) inbox.push_back({topic(row, job_id, 0, op), payload, retain, 1});
}

std::string World::topic(Topic row, uint64_t job_id, uint32_t item, const std::string& op) const {
  char text[yaguts::kMaxTopicBytes];
  return topics_.render(row, text, sizeof text, job_id, item, op.c_str()) ? text : "";
}

std::vector<std::string> World::said(Topic row, uint64_t job_id, uint32_t item, const std::string& op) const {
  std::vector<std::string> found;
  const std::string name = topic(row, job_id, item, op);
  for (const Message& it : published) {
    if (it.topic == name) found.push_back(it.payload);
  }
  return found;
}

bool World::said_line(const std::string& part) const {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& it) { return it.find(part) != std::string::npos; });
}

int World::get(const char* key, void* out, size_t cap) {
  if (key == broken_key) return Store::kBroken;
  const auto it = flash.find(key);
  if (it == flash.end()) return Store::kAbsent;
  if (it->second.size() > cap) return Store::kBroken;
  std::memcpy(out, it->second.data(), it->second.size());
  return static_cast<int>(it->second.size());
}

bool World::flash_refuses(bool is_delete) {
  const int nth = flash_calls++;
  if (flash_fault.at < 0 || nth < flash_fault.at) return false;
  const bool is_over = flash_fault.kind == FlashFault::times ? nth >= flash_fault.at + flash_fault.count
                                                             : flash_fault.kind == FlashFault::until_erase && is_delete;
  if (is_over) flash_fault.at = -1;
  else ++refusals;
  return !is_over;
}

bool World::put(const char* key, const void* data, size_t len) {
  return cut.around([&] {
    ++puts;
    settle_motor();
    if (motor_on_) motor_on_during_put = true;
    if (std::strlen(key) > 15 || len > kMaxValueBytes) return false;
    const bool refused = flash_refuses(false);
    if (refuse_puts || (refused && !flash_fault.writes)) return false;
    if (!refuse_put_of.empty() && std::strncmp(key, refuse_put_of.c_str(), refuse_put_of.size()) == 0) return false;
    flash[key].assign(static_cast<const char*>(data), len);
    if (key == broken_key) broken_key.clear();
    return !refused;
  });
}

bool World::del(const char* key) {
  return cut.around([&] {
    ++dels;
    settle_motor();
    if (motor_on_) motor_on_during_put = true;
    if (flash_refuses(true)) return false;
    flash.erase(key);
    if (key == broken_key) broken_key.clear();
    return true;
  });
}

bool World::start(uint8_t frasco, uint32_t ms) {
  return cut.around([&] {
    const yaguts::Pouring& it = device_->pouring();
    last_ran_ = 0;
    if (std::find(failing_items.begin(), failing_items.end(), it.item_ordem) != failing_items.end()) return false;
    ledger.push_back({it.seq, it.job_id, it.item_ordem, frasco, ms, 0, time});
    motor_on_ = true;
    motor_since_ = time;
    motor_ms_ = ms;
    return true;
  });
}

void World::stop_all() {
  cut.around([&] {
    settle_motor();
    if (motor_on_) {
      last_ran_ = ledger.back().ran_ms = static_cast<uint32_t>(time - motor_since_);
      motor_on_ = false;
    }
    return true;
  });
}

void World::settle_motor() {
  if (!motor_on_ || stuck || time - motor_since_ < motor_ms_) return;
  last_ran_ = ledger.back().ran_ms = motor_ms_;
  motor_on_ = false;
}

uint64_t World::motor_left() const {
  if (!motor_on_) return 0;
  const uint64_t elapsed = time - motor_since_;
  return elapsed < motor_ms_ ? motor_ms_ - elapsed : 0;
}

bool World::running() {
  settle_motor();
  return motor_on_;
}

uint32_t World::ran_ms() {
  settle_motor();
  return motor_on_ ? static_cast<uint32_t>(time - motor_since_) : last_ran_;
}

bool World::publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos, bool retain) {
  if (!connected_ || link_full || room_ <= 0) return false;
  --room_;
  const auto effect = [&] {
    Message message{topic, std::string(reinterpret_cast<const char*>(payload), len), retain, qos};
    if (retain) retained[message.topic] = message.payload;
    if (on_publish) on_publish(message);
    if (keep_published) published.push_back(std::move(message));
    return true;
  };
  // QoS 0 (log, progress, telemetry) leaves nothing behind anywhere: no point of its own.
  return qos == 0 ? effect() : cut.around(effect);
}

bool World::poll(LinkEvent& event) {
  if (lost_event_) {
    lost_event_ = false;
    event.kind = LinkEvent::kLost;
    return true;
  }
  if (connect_event_) {
    connect_event_ = false;
    event.kind = LinkEvent::kConnected;
    event.connection = connection_;
    return true;
  }
  if (inbox.empty()) return false;
  return cut.around([&] {
    current_ = inbox.front();
    inbox.pop_front();
    event.kind = LinkEvent::kMessage;
    event.topic = current_.topic.data();
    event.topic_len = current_.topic.size();
    event.payload = reinterpret_cast<const uint8_t*>(current_.payload.data());
    event.payload_len = current_.payload.size();
    event.retain = current_.retain;
    return true;
  });
}

std::string token_text(uint64_t token) {
  char text[yaguts::kTokenTextBytes];
  yaguts::render_token(token, text);
  return text;
}

std::string document(const Offer& it) {
  std::string text = "{\"v\":1,\"job_id\":" + std::to_string(it.job_id) + ",\"seq\":" + std::to_string(it.seq) +
                     ",\"token\":\"" + token_text(it.token) + "\",\"not_after\":" + std::to_string(it.not_after) +
                     ",\"receita\":\"Tempero baiano\",\"itens\":[";
  for (size_t i = 1; i <= it.n; ++i) {
    if (i > 1) text += ',';
    text += "{\"item_ordem\":" + std::to_string(i) + ",\"frasco\":" + std::to_string(i) +
            ",\"tempero\":\"Pimenta\",\"quantidade_g\":2.5,\"ms\":" + std::to_string(it.ms);
    if (it.critico == static_cast<int>(i)) text += ",\"critico\":true";
    text += '}';
  }
  return text + "]}";
}

std::string start_answer(const Offer& it, uint64_t now) {
  return "{\"seq\":" + std::to_string(it.seq) + ",\"token\":\"" + token_text(it.token) +
         "\",\"now\":" + std::to_string(now) + "}";
}

std::string ack_of(uint64_t token, const std::vector<int>& items, bool complete) {
  std::string text = "{\"token\":\"" + token_text(token) + "\",\"itens\":[";
  for (size_t i = 0; i < items.size(); ++i) text += (i ? "," : "") + std::to_string(items[i]);
  return text + "],\"complete\":" + (complete ? "true}" : "false}");
}

std::string field(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  size_t at = json.find(key);
  if (at == std::string::npos) return "";
  at += key.size();
  size_t end = at;
  if (json[at] == '"') {
    end = json.find('"', ++at);
  } else {
    while (end < json.size() && json[end] != ',' && json[end] != '}' && json[end] != ']') ++end;
  }
  return json.substr(at, end - at);
}

}  // namespace test
