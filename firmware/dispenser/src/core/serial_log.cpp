#include "serial_log.h"

#include <cstring>

#include "json.h"

namespace yaguts {

Line& Line::operator<<(const char* text) {
  size_t n = std::strlen(text);
  if (n >= kBytes - len_) {
    n = kBytes - len_ - 1;
    while (n > 0 && (static_cast<uint8_t>(text[n]) & 0xC0) == 0x80) --n;
  }
  std::memcpy(text_ + len_, text, n);
  len_ += n;
  text_[len_] = 0;
  return *this;
}

Line& Line::operator<<(char c) {
  const char text[2] = {c, 0};
  return *this << text;
}

Line& Line::operator<<(uint64_t value) {
  char digits[21];
  size_t at = sizeof digits;
  digits[--at] = 0;
  do digits[--at] = static_cast<char>('0' + value % 10);
  while (value /= 10);
  return *this << digits + at;
}

Line& Line::seconds(uint64_t ms, int decimals) {
  *this << ms / 1000 << '.';
  uint32_t unit = 100;
  for (uint32_t rest = static_cast<uint32_t>(ms % 1000); decimals > 0; --decimals, unit /= 10) {
    *this << static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  return *this << 's';
}

void SerialLog::say(contract::LogLevel level, const char* tag, const Line& line) {
  Line whole;
  whole << '[' << tag << "] " << line.text();
  board_.print(whole.text());
  if (!mirror_) return;
  char topic[kMaxTopicBytes], payload[320];
  JsonWriter json(payload, sizeof payload);
  json.open('{').key("tag").string(tag).key("text").string(line.text());
  json.key("uptime_ms").uint(clock_.ms()).close('}');
  const size_t n = json.done();
  const contract::Row& row = contract::kTopics[contract::kDeviceLog];
  const char* level_name = contract::kLogLevels[static_cast<size_t>(level)];
  if (n == 0 || !topics_.render(contract::kDeviceLog, topic, sizeof topic, 0, 0, level_name)) return;
  link_.publish(topic, reinterpret_cast<const uint8_t*>(payload), n, row.qos, row.retain != contract::Retain::never);
}

}  // namespace yaguts
