#include "PubSubClient.h"

namespace {

// MQTT 3.1.1 control packet types, section 2.2.1, already in the high nibble.
constexpr uint8_t kConnect = 0x10;
constexpr uint8_t kConnack = 0x20;
constexpr uint8_t kPublish = 0x30;
constexpr uint8_t kPuback = 0x40;
constexpr uint8_t kSubscribe = 0x82;   // [MQTT-3.8.1-1]: the low nibble is 0010
constexpr uint8_t kUnsubscribe = 0xA2; // [MQTT-3.10.1-1]
constexpr uint8_t kPingreq = 0xC0;
constexpr uint8_t kPingresp = 0xD0;
constexpr uint8_t kDisconnect = 0xE0;

constexpr uint16_t kDefaultBufferBytes = 256;

size_t textSize(const char* text) { return text == nullptr ? 0 : strlen(text); }

} // namespace

PubSubClient::PubSubClient(Client& client) : client_(client) { setBufferSize(kDefaultBufferBytes); }

PubSubClient::~PubSubClient() { free(buffer_); }

PubSubClient& PubSubClient::setServer(IPAddress address, uint16_t port)
{
  address_ = address;
  host_ = nullptr;
  port_ = port;
  return *this;
}

PubSubClient& PubSubClient::setServer(const char* host, uint16_t port)
{
  host_ = host;
  port_ = port;
  return *this;
}

PubSubClient& PubSubClient::setCallback(Callback callback)
{
  callback_ = std::move(callback);
  return *this;
}

PubSubClient& PubSubClient::setKeepAlive(uint16_t seconds)
{
  keepAliveSeconds_ = seconds;
  return *this;
}

PubSubClient& PubSubClient::setSocketTimeout(uint16_t seconds)
{
  socketTimeoutSeconds_ = seconds;
  return *this;
}

boolean PubSubClient::setBufferSize(uint16_t bytes)
{
  if (bytes == 0)
    return false;
  auto* grown = static_cast<uint8_t*>(realloc(buffer_, bytes));
  if (grown == nullptr)
    return false;
  buffer_ = grown;
  bufferSize_ = bytes;
  return true;
}

boolean PubSubClient::connect(const char* id) { return connect(id, nullptr, nullptr); }

boolean PubSubClient::connect(const char* id, const char* user, const char* password)
{
  return connect(id, user, password, nullptr, 0, false, nullptr, true);
}

bool PubSubClient::openSocket()
{
  if (client_.connected())
    return true;
  return (host_ != nullptr ? client_.connect(host_, port_) : client_.connect(address_, port_)) == 1;
}

boolean PubSubClient::connect(const char* id, const char* user, const char* password, const char* willTopic,
                              uint8_t willQos, boolean willRetain, const char* willMessage,
                              boolean cleanSession)
{
  if (connected())
    return true;
  if (!openSocket()) {
    state_ = MQTT_CONNECT_FAILED;
    return false;
  }
  lastId_ = 0; // habit 6: ids start anew with every connection
  awaitingPong_ = false;

  const size_t body = 10 + 2 + textSize(id) + (willTopic ? 4 + textSize(willTopic) + textSize(willMessage) : 0) +
            (user ? 2 + textSize(user) : 0) + (user && password ? 2 + textSize(password) : 0);
  if (kHeaderRoom + body > bufferSize_) {
    client_.stop();
    state_ = MQTT_CONNECT_FAILED;
    return false;
  }
  // Protocol name and level 4, section 3.1.2.
  static const uint8_t name[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
  size_t at = kHeaderRoom;
  memcpy(buffer_ + at, name, sizeof name);
  at += sizeof name;
  uint8_t flags = cleanSession ? 0x02 : 0x00;
  if (willTopic)
    flags |= static_cast<uint8_t>(0x04 | (willQos << 3) | (willRetain ? 0x20 : 0));
  if (user)
    flags |= static_cast<uint8_t>(0x80 | (password ? 0x40 : 0));
  buffer_[at++] = flags;
  buffer_[at++] = static_cast<uint8_t>(keepAliveSeconds_ >> 8);
  buffer_[at++] = static_cast<uint8_t>(keepAliveSeconds_ & 0xFF);
  at = put(at, id);
  if (willTopic) {
    at = put(at, willTopic);
    at = put(at, willMessage);
  }
  if (user) {
    at = put(at, user);
    if (password)
      at = put(at, password);
  }
  send(kConnect, at - kHeaderRoom);

  lastIn_ = lastOut_ = millis();
  while (client_.available() == 0) {
    // Habit 0, why the session runs in its own task: nothing else happens here.
    if (millis() - lastIn_ >= socketTimeoutSeconds_ * 1000UL) {
      state_ = MQTT_CONNECTION_TIMEOUT;
      client_.stop();
      return false;
    }
  }
  const Packet answer = receive();
  if (answer.whole && answer.header == kConnack && answer.size == 2) {
    if (buffer_[1] == MQTT_CONNECTED) {
      lastIn_ = millis();
      state_ = MQTT_CONNECTED;
      return true;
    }
    state_ = buffer_[1];
  } else {
    state_ = MQTT_CONNECT_FAILED;
  }
  client_.stop();
  return false;
}

void PubSubClient::disconnect()
{
  send(kDisconnect, 0);
  state_ = MQTT_DISCONNECTED;
  client_.flush();
  client_.stop();
  lastIn_ = lastOut_ = millis();
}

boolean PubSubClient::publish(const char* topic, const char* payload) { return publish(topic, payload, false); }

boolean PubSubClient::publish(const char* topic, const char* payload, boolean retained)
{
  return publish(topic, reinterpret_cast<const uint8_t*>(payload),
                   static_cast<unsigned int>(textSize(payload)), retained);
}

boolean PubSubClient::publish(const char* topic, const uint8_t* payload, unsigned int size)
{
  return publish(topic, payload, size, false);
}

boolean PubSubClient::publish(const char* topic, const uint8_t* payload, unsigned int size, boolean retained)
{
  if (!connected())
    return false;
  if (kHeaderRoom + 2 + textSize(topic) + size > bufferSize_)
    return false; // habit 7
  size_t at = put(kHeaderRoom, topic);
  memcpy(buffer_ + at, payload, size);
  at += size;
  return send(static_cast<uint8_t>(kPublish | (retained ? 1 : 0)), at - kHeaderRoom);
}

boolean PubSubClient::subscribe(const char* filter) { return subscribe(filter, 0); }

boolean PubSubClient::subscribe(const char* filter, uint8_t qos)
{
  if (filter == nullptr || qos > 1 || kHeaderRoom + 5 + textSize(filter) > bufferSize_ || !connected())
    return false;
  const uint16_t id = nextId();
  buffer_[kHeaderRoom] = static_cast<uint8_t>(id >> 8);
  buffer_[kHeaderRoom + 1] = static_cast<uint8_t>(id & 0xFF);
  size_t at = put(kHeaderRoom + 2, filter);
  buffer_[at++] = qos;
  return send(kSubscribe, at - kHeaderRoom);
}

boolean PubSubClient::unsubscribe(const char* filter)
{
  if (filter == nullptr || kHeaderRoom + 4 + textSize(filter) > bufferSize_ || !connected())
    return false;
  const uint16_t id = nextId();
  buffer_[kHeaderRoom] = static_cast<uint8_t>(id >> 8);
  buffer_[kHeaderRoom + 1] = static_cast<uint8_t>(id & 0xFF);
  return send(kUnsubscribe, put(kHeaderRoom + 2, filter) - kHeaderRoom);
}

boolean PubSubClient::loop()
{
  if (!connected())
    return false;
  const unsigned long now = millis();
  const unsigned long patience = keepAliveSeconds_ * 1000UL;
  if (patience != 0 && (now - lastIn_ > patience || now - lastOut_ > patience)) {
    if (awaitingPong_) { // habit 5: a frozen peer shows after two keepalives
      state_ = MQTT_CONNECTION_TIMEOUT;
      client_.stop();
      return false;
    }
    send(kPingreq, 0);
    lastIn_ = lastOut_ = now;
    awaitingPong_ = true;
  }
  if (client_.available() > 0) {
    const Packet packet = receive();
    if (!packet.whole)
      return connected();
    lastIn_ = now;
    switch (packet.header & 0xF0) {
    case kPublish:
      deliver(packet);
      break;
    case kPingreq:
      send(kPingresp, 0);
      break;
    case kPingresp:
      awaitingPong_ = false;
      break;
    default: // habit 2: PUBACK and SUBACK are not looked at
      break;
    }
  }
  return connected();
}

boolean PubSubClient::connected()
{
  if (client_.connected())
    return state_ == MQTT_CONNECTED;
  if (state_ == MQTT_CONNECTED) {
    state_ = MQTT_CONNECTION_LOST;
    client_.flush();
    client_.stop();
  }
  return false;
}

size_t PubSubClient::write(uint8_t byte) { return write(&byte, 1); }

size_t PubSubClient::write(const uint8_t* bytes, size_t size)
{
  lastOut_ = millis();
  return client_.write(bytes, size);
}

PubSubClient::Packet PubSubClient::receive()
{
  Packet packet;
  if (!receiveByte(packet.header))
    return packet;
  size_t size = 0;
  for (int shift = 0;; shift += 7) {
    uint8_t byte = 0;
    if (shift > 21) { // [MQTT-2.2.3]: the length has at most four bytes
      state_ = MQTT_DISCONNECTED;
      client_.stop();
      return packet;
    }
    if (!receiveByte(byte))
      return packet;
    size |= static_cast<size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0)
      break;
  }
  // Habit 3: what does not fit, header included, is read and forgotten.
  const size_t lengthBytes = size < 128 ? 1 : size < 16384 ? 2 : size < 2097152 ? 3 : 4;
  const bool fits = 1 + lengthBytes + size <= bufferSize_;
  for (size_t i = 0; i < size; ++i) {
    uint8_t byte = 0;
    if (!receiveByte(byte))
      return packet;
    if (fits)
      buffer_[i] = byte;
  }
  packet.size = size;
  packet.whole = fits;
  return packet;
}

bool PubSubClient::receiveByte(uint8_t& byte)
{
  const unsigned long began = millis();
  while (client_.available() == 0) {
    yield();
    if (millis() - began >= socketTimeoutSeconds_ * 1000UL)
      return false;
  }
  byte = static_cast<uint8_t>(client_.read());
  return true;
}

void PubSubClient::deliver(const Packet& packet)
{
  const unsigned qos = (packet.header >> 1) & 3u;
  if (packet.size < 2)
    return;
  const size_t topicSize = static_cast<size_t>(buffer_[0] << 8 | buffer_[1]);
  const size_t payloadAt = 2 + topicSize + (qos > 0 ? 2 : 0);
  if (payloadAt > packet.size)
    return;
  const uint16_t id = qos > 0 ? static_cast<uint16_t>(buffer_[payloadAt - 2] << 8 | buffer_[payloadAt - 1]) : 0;
  // The topic moves one byte down over its own length, which makes room for a NUL.
  memmove(buffer_ + 1, buffer_ + 2, topicSize);
  buffer_[1 + topicSize] = 0;
  if (callback_)
    callback_(reinterpret_cast<char*>(buffer_ + 1), buffer_ + payloadAt,
                  static_cast<unsigned int>(packet.size - payloadAt));
  if (qos == 1) { // habit 4: after the callback, and the buffer is free again
    buffer_[kHeaderRoom] = static_cast<uint8_t>(id >> 8);
    buffer_[kHeaderRoom + 1] = static_cast<uint8_t>(id & 0xFF);
    send(kPuback, 2);
  }
}

bool PubSubClient::send(uint8_t header, size_t bodySize)
{
  uint8_t fixed[kHeaderRoom];
  size_t used = 0;
  fixed[used++] = header;
  size_t left = bodySize;
  do {
    uint8_t digit = left & 0x7F;
    left >>= 7;
    fixed[used++] = static_cast<uint8_t>(digit | (left > 0 ? 0x80 : 0));
  } while (left > 0);
  uint8_t* start = buffer_ + kHeaderRoom - used;
  memcpy(start, fixed, used);
  lastOut_ = millis();
  return client_.write(start, used + bodySize) == used + bodySize;
}

size_t PubSubClient::put(size_t at, const char* text)
{
  const size_t size = textSize(text);
  buffer_[at] = static_cast<uint8_t>(size >> 8);
  buffer_[at + 1] = static_cast<uint8_t>(size & 0xFF);
  memcpy(buffer_ + at + 2, text == nullptr ? "" : text, size);
  return at + 2 + size;
}

uint16_t PubSubClient::nextId()
{
  lastId_ = lastId_ == 0xFFFF ? 1 : static_cast<uint16_t>(lastId_ + 1);
  return lastId_;
}
