// The real clock behind the shim's millis(). Never scaled: MQTT's keepalive is
// agreed with a broker that lives in real time, whatever --speed says.
#include "Arduino.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

namespace {

uint64_t monotonicMs()
{
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000u + static_cast<uint64_t>(now.tv_nsec) / 1000000u;
}

} // namespace

unsigned long millis()
{
  static const uint64_t start = monotonicMs();
  return static_cast<unsigned long>(monotonicMs() - start);
}

void delay(unsigned long ms)
{
  timespec left{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1000000L};
  while (nanosleep(&left, &left) == -1 && errno == EINTR) {
  }
}

void yield() { sched_yield(); }
