// A stand-in for the Arduino library PubSubClient 2.8, for hosts that have no
// Arduino library manager. Same names and signatures, same observable habits;
// written from the library's public API and from the habits checked in
// test/pubsub_contract.cpp, not from its source. `make PUBSUBCLIENT_DIR=<dir>`
// compiles the real library in its place; the contract test serves both.
//
// MQTT 3.1.1, QoS 0 out, QoS 0 and 1 in. One buffer (heap, 256 bytes until
// setBufferSize) carries both directions; the callback's topic and payload lie
// in it and are gone when the callback returns or publishes.
#pragma once

#include "Arduino.h"
#include "Client.h"
#include "IPAddress.h"
#include "Stream.h"

#include <functional>

#define YAGUTS_PUBSUB_STAND_IN 1

#define MQTT_CONNECTION_TIMEOUT -4
#define MQTT_CONNECTION_LOST -3
#define MQTT_CONNECT_FAILED -2
#define MQTT_DISCONNECTED -1
#define MQTT_CONNECTED 0
#define MQTT_CONNECT_BAD_PROTOCOL 1
#define MQTT_CONNECT_BAD_CLIENT_ID 2
#define MQTT_CONNECT_UNAVAILABLE 3
#define MQTT_CONNECT_BAD_CREDENTIALS 4
#define MQTT_CONNECT_UNAUTHORIZED 5

class PubSubClient : public Print {
public:
  using Callback = std::function<void(char* topic, uint8_t* payload, unsigned int size)>;

  explicit PubSubClient(Client& client);
  ~PubSubClient() override;
  PubSubClient(const PubSubClient&) = delete;
  PubSubClient& operator=(const PubSubClient&) = delete;

  PubSubClient& setServer(IPAddress address, uint16_t port);
  /** Keeps the pointer, not a copy: `host` must outlive this object. */
  PubSubClient& setServer(const char* host, uint16_t port);
  PubSubClient& setCallback(Callback callback);
  PubSubClient& setKeepAlive(uint16_t seconds);
  PubSubClient& setSocketTimeout(uint16_t seconds);
  /** False, and the old buffer kept, when 0 is asked or memory is short. */
  boolean setBufferSize(uint16_t bytes);
  uint16_t getBufferSize() { return bufferSize_; }

  boolean connect(const char* id);
  boolean connect(const char* id, const char* user, const char* password);
  /** Blocks until CONNACK or until the socket timeout, whatever comes first. */
  boolean connect(const char* id, const char* user, const char* password, const char* willTopic,
          uint8_t willQos, boolean willRetain, const char* willMessage, boolean cleanSession);
  void disconnect();

  boolean publish(const char* topic, const char* payload);
  boolean publish(const char* topic, const char* payload, boolean retained);
  boolean publish(const char* topic, const uint8_t* payload, unsigned int size);
  /** True says "written to the socket", which a dead peer accepts for a while. */
  boolean publish(const char* topic, const uint8_t* payload, unsigned int size, boolean retained);

  boolean subscribe(const char* filter);
  boolean subscribe(const char* filter, uint8_t qos);
  boolean unsubscribe(const char* filter);

  /** Keeps the connection alive and takes at most one packet off the socket. */
  boolean loop();
  boolean connected();
  int state() { return state_; }

  size_t write(uint8_t byte) override;
  size_t write(const uint8_t* bytes, size_t size) override;

private:
  struct Packet {
    uint8_t header = 0;  // type and flags
    size_t size = 0;     // body bytes now in buffer_
    bool whole = false;  // false: timed out, malformed or larger than the buffer
  };

  bool openSocket();
  Packet receive();
  bool receiveByte(uint8_t& byte);
  void deliver(const Packet& packet);
  bool send(uint8_t header, size_t bodySize); // body starts at buffer_ + kHeaderRoom
  size_t put(size_t at, const char* text);    // two-byte length, then the text
  uint16_t nextId();

  // A fixed header is a type byte and one to four length bytes; bodies are
  // laid after it so that a packet leaves in a single write.
  static constexpr size_t kHeaderRoom = 5;

  Client& client_;
  Callback callback_;
  const char* host_ = nullptr;
  IPAddress address_;
  uint16_t port_ = 0;
  uint8_t* buffer_ = nullptr;
  uint16_t bufferSize_ = 0;
  uint16_t keepAliveSeconds_ = 15;
  uint16_t socketTimeoutSeconds_ = 15;
  uint16_t lastId_ = 0;
  unsigned long lastIn_ = 0;
  unsigned long lastOut_ = 0;
  bool awaitingPong_ = false;
  int state_ = MQTT_DISCONNECTED;
};
