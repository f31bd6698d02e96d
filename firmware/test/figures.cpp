// The figures of the README: what a job costs in flash, what the core takes of RAM.
#include "bench.h"

using namespace test;

namespace {

// An NVS value in entries of 32 bytes: a u64 one; anything longer a header, its data and an index.
size_t nvs_entries(const std::string& value) { return value.size() == 8 ? 1 : 2 + (value.size() + 31) / 32; }

struct Cost {
  size_t entries = 0;
  size_t puts = 0;
};

struct Meter : Bench {
  Cost cost;
  bool put(const char* key, const void* data, size_t len) override {
    const bool done = Bench::put(key, data, len);
    if (done) cost.entries += nvs_entries(flash[key]);
    ++cost.puts;
    return done;
  }
};

Cost cost_of(size_t n) {
  Meter it;
  it.offer.n = n;
  it.offer.ms = 100;
  it.cost = {};
  it.begin_job();
  it.pour_all();
  for (size_t i = 1; i <= n; ++i) it.ack({static_cast<int>(i)});
  it.tick();
  it.ack({}, true);
  it.run(20);
  return it.cost;
}

}  // namespace

int main() {
  constexpr size_t kEntriesPerPage = 126;
  std::printf("%-28s %8s %8s %14s\n", "one job", "puts", "entries", "page erases");
  for (const size_t n : {1, 4, 8, 24}) {
    const Cost cost = cost_of(n);
    std::printf("%-28s %8zu %8zu %14.2f\n", (std::to_string(n) + " items, one ack each").c_str(), cost.puts,
                cost.entries, static_cast<double>(cost.entries) / kEntriesPerPage);
  }
  std::printf("%-28s %8zu bytes\n", "static RAM of the core", sizeof(yaguts::Dispenser));
  std::printf("%-28s %8zu bytes\n", "  journal", sizeof(yaguts::Journal));
  std::printf("%-28s %8zu bytes\n", "  reporter (with ring)", sizeof(yaguts::Reporter));
  std::printf("%-28s %8zu bytes\n", "  payload buffer", sizeof(yaguts::Outbox));
  std::printf("%-28s %8zu bytes\n", "  configurations", 2 * sizeof(yaguts::Config));
  return 0;
}
