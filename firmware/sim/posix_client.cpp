#include "posix_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace yaguts {

namespace {

bool ready(int socket, short events) {
  pollfd wait{socket, events, 0};
  return poll(&wait, 1, PosixClient::kTimeoutMs) == 1;
}

// A connected non-blocking socket, or -1.
int open_to(const addrinfo& place) {
  const int made = socket(place.ai_family, SOCK_STREAM, 0);
  if (made < 0) return -1;
  fcntl(made, F_SETFD, FD_CLOEXEC);
  fcntl(made, F_SETFL, O_NONBLOCK);
  int fault = 0;
  socklen_t size = sizeof fault;
  const bool begun = connect(made, place.ai_addr, place.ai_addrlen) == 0 || errno == EINPROGRESS;
  if (begun && ready(made, POLLOUT) && getsockopt(made, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0) {
    const int on = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
  }
  close(made);
  return -1;
}

}  // namespace

int PosixClient::connect(IPAddress address, uint16_t port) {
  char text[16];
  snprintf(text, sizeof text, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
  return connect(text, port);
}

int PosixClient::connect(const char* host, uint16_t port) {
  stop();
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* places = nullptr;
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  if (getaddrinfo(host, service, &wanted, &places) != 0) return 0;
  for (const addrinfo* place = places; place != nullptr && socket_ < 0; place = place->ai_next) {
    socket_ = open_to(*place);
  }
  freeaddrinfo(places);
  frozen_ = false;
  peer_closed_ = false;
  greeted_ = entry_timed_ = false;
  return socket_ >= 0;
}

size_t PosixClient::write(const uint8_t* bytes, size_t size) {
  if (frozen_) return size;
  if (!entry_timed_) time_entry(bytes, size);
  size_t written = 0;
  while (socket_ >= 0 && written < size) {
    const ssize_t took = send(socket_, bytes + written, size - written, 0);  // main() ignores SIGPIPE
    if (took > 0) {
      written += static_cast<size_t>(took);
    } else if (took < 0 && errno == EAGAIN) {
      if (!ready(socket_, POLLOUT)) break;
    } else if (took < 0 && errno == EINTR) {
      continue;
    } else {
      peer_closed_ = true;
      break;
    }
  }
  return written;
}

void PosixClient::fill() {
  if (socket_ < 0 || peer_closed_ || from_ < until_) return;
  from_ = until_ = 0;
  const ssize_t got = recv(socket_, waiting_, sizeof waiting_, 0);
  if (got > 0) {
    until_ = static_cast<size_t>(got);
    if (!greeted_) greeted_at_ = millis();
    greeted_ = true;
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    peer_closed_ = true;
  }
}

// An entry is a QoS 1 PUBLISH to jobs/{job_id}/log/{item_ordem}; serial lines on log/{level} are QoS 0.
void PosixClient::time_entry(const uint8_t* bytes, size_t size) {
  if (!greeted_ || size < 4 || (bytes[0] & 0xF6) != 0x32) return;
  if (memmem(bytes, size, "/jobs/", 6) == nullptr || memmem(bytes, size, "/log/", 5) == nullptr) return;
  entry_timed_ = true;
  ms_to_entry_ = static_cast<long>(millis() - greeted_at_);
}

int PosixClient::available() {
  if (frozen_) return 0;
  fill();
  return static_cast<int>(until_ - from_);
}

int PosixClient::read() { return available() > 0 ? waiting_[from_++] : -1; }

int PosixClient::read(uint8_t* bytes, size_t size) {
  size_t got = 0;
  while (got < size && available() > 0) bytes[got++] = waiting_[from_++];
  return got > 0 ? static_cast<int>(got) : -1;
}

int PosixClient::peek() { return available() > 0 ? waiting_[from_] : -1; }

void PosixClient::stop() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  from_ = until_ = 0;
}

uint8_t PosixClient::connected() {
  if (socket_ < 0) return false;
  if (frozen_) return true;
  fill();
  return !peer_closed_ || from_ < until_;
}

}  // namespace yaguts
