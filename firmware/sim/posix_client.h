// A TCP socket with Arduino's Client on top. Plain TCP only: TLS is the chip's NetworkClientSecure.
#pragma once

#include <Arduino.h>
#include <Client.h>

#include <atomic>

namespace yaguts {

class PosixClient : public Client {
 public:
  static constexpr int kTimeoutMs = 3000;  // to connect; to get rid of bytes

  ~PosixClient() override { stop(); }

  // The peer of the present connection seems dead from now on: writes vanish, nothing arrives.
  // From any thread; the next connect is well again.
  void freeze() { frozen_ = true; }

  // From the first byte of a connection (CONNACK) to the first journal entry written on it, the last
  // time that happened; -1: not yet. Read it after the thread that owns this client has ended.
  long ms_to_entry() const { return ms_to_entry_; }

  int connect(IPAddress address, uint16_t port) override;
  int connect(const char* host, uint16_t port) override;
  size_t write(uint8_t byte) override { return write(&byte, 1); }
  size_t write(const uint8_t* bytes, size_t size) override;
  int available() override;
  int read() override;
  int read(uint8_t* bytes, size_t size) override;
  int peek() override;
  void flush() override {}
  void stop() override;
  uint8_t connected() override;
  operator bool() override { return socket_ >= 0; }

 private:
  void fill();
  void time_entry(const uint8_t* bytes, size_t size);

  int socket_ = -1;
  bool peer_closed_ = false;
  std::atomic<bool> frozen_{false};
  uint8_t waiting_[2048];  // read from the socket, not yet asked for
  bool greeted_ = false;
  bool entry_timed_ = false;
  unsigned long greeted_at_ = 0;
  long ms_to_entry_ = -1;
  size_t from_ = 0;
  size_t until_ = 0;
};

}  // namespace yaguts
