// The crash sweep: the real core in a modelled world, its power cut before and behind every port call, once
// and twice, with lost acks, offline boots, cancel, stop, pause, failures and restored databases.
//
//   sweep [--quick]        every scenario; exit 1 on the first broken promise of each
//   sweep --mutants        each wrong firmware of core/mutant.h must break a promise somewhere
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "../dispenser/src/core/mutant.h"
#include "scenario.h"

namespace yaguts {
Mutant mutant = Mutant::none;
}

namespace test {
namespace {

using yaguts::Mutant;

struct Totals {
  uint64_t runs = 0;
  uint64_t singles = 0;
  uint64_t pairs = 0;
  int broken = 0;
};

// False at the first broken promise; what it was goes to `why`.
bool sweep_one(const Scenario& scenario, Totals& totals, bool pairs, std::string& why) {
  const auto fails = [&](std::vector<uint64_t> cuts, int& fired) {
    const Result result = run_scenario(scenario, cuts);
    ++totals.runs;
    fired = result.cuts_fired;
    if (result.fault.empty()) return false;
    why = std::string(scenario.name) + ", cuts";
    for (const uint64_t it : cuts) why += " " + std::to_string(it);
    why += ": " + result.fault;
    return true;
  };
  int fired;
  if (fails({}, fired)) return false;
  for (uint64_t first = 0;; first += scenario.cut_stride) {
    if (fails({first}, fired)) return false;
    if (fired < 1) return true;
    ++totals.singles;
    if (!pairs || scenario.second_cut_stride == 0) continue;
    for (uint64_t second = first % scenario.second_cut_stride;; second += scenario.second_cut_stride) {
      if (fails({first, second}, fired)) return false;
      if (fired < 2) break;
      ++totals.pairs;
    }
  }
}

// Flash that refuses: each put of a run fails once (a retry helps), three times, or until the next restart.
int sweep_refusals() {
  int runs = 0, broken = 0;
  for (const size_t n : {1, 3}) {
    for (const Wish wish : {Wish::none, Wish::cancel}) {
      for (const int count : {1, 3, 1000}) {
        Scenario it;
        it.name = "flash refuses";
        it.jobs = {n, 1};
        it.wish = wish;
        it.refuse_count = count;
        const int puts = 40;
        for (it.refuse_from = 0; it.refuse_from < puts; ++it.refuse_from) {
          const Result result = run_scenario(it, {});
          ++runs;
          if (result.fault.empty()) continue;
          ++broken;
          std::printf("  BROKEN %d puts from %d refused, %zu items%s: %s\n", count, it.refuse_from, n,
                      wish == Wish::cancel ? ", cancel" : "", result.fault.c_str());
        }
      }
    }
  }
  std::printf("flash refusals swept: %d runs, %d broken\n", runs, broken);
  return broken;
}

int sweep(bool pairs) {
  Totals totals;
  const auto start = std::chrono::steady_clock::now();
  for (const Scenario& it : scenarios()) {
    const Totals before = totals;
    const auto began = std::chrono::steady_clock::now();
    std::string why;
    if (!sweep_one(it, totals, pairs, why)) {
      ++totals.broken;
      std::printf("  BROKEN %s\n", why.c_str());
    }
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (std::getenv("VERBOSE")) {
      std::printf("  %-40s %6llu single %8llu pairs %.1f s\n", it.name,
                  static_cast<unsigned long long>(totals.singles - before.singles),
                  static_cast<unsigned long long>(totals.pairs - before.pairs), s);
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const size_t n = scenarios().size();
  std::printf("crash points swept: %llu single, %llu pairs, %llu runs of %zu scenarios in %.1f s\n",
              static_cast<unsigned long long>(totals.singles), static_cast<unsigned long long>(totals.pairs),
              static_cast<unsigned long long>(totals.runs), n, seconds);
  const size_t passed = n - static_cast<size_t>(totals.broken);
  const int refusals = sweep_refusals();
  totals.broken += refusals > 0;
  std::printf("sweep: %zu passed, %d failed\n", passed + (refusals == 0), totals.broken);
  return totals.broken == 0 ? 0 : 1;
}

int mutants() {
  static const char* kNames[] = {"", "no cur", "final before run", "no hi check", "publish before f",
      "run before accepted", "cancel as separate finals", "cancel not journalled", "time sampled at resend",
      "iniciado run again", "ring too short", "freed without complete", "wiped before hi",
      "active job left out of a new epoch"};
  int caught = 0, survived = 0;
  for (int i = 1; i < static_cast<int>(Mutant::count); ++i) {
    yaguts::mutant = static_cast<Mutant>(i);
    Totals totals;
    std::string why;
    for (const Scenario& it : scenarios()) {
      if (!sweep_one(it, totals, false, why)) break;
    }
    if (why.empty()) {
      ++survived;
      std::printf("  SURVIVED %s after %llu runs\n", kNames[i], static_cast<unsigned long long>(totals.runs));
    } else {
      ++caught;
      std::printf("  caught %s (%s)\n", kNames[i], why.substr(0, why.find('\n')).c_str());
    }
  }
  yaguts::mutant = Mutant::none;
  std::printf("mutants: %d passed, %d failed\n", caught, survived);
  return survived == 0 ? 0 : 1;
}

}  // namespace
}  // namespace test

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--mutants") == 0) return test::mutants();
  return test::sweep(!(argc > 1 && std::strcmp(argv[1], "--quick") == 0));
}
