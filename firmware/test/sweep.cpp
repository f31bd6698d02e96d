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
  uint64_t refusals = 0;
  uint64_t refusals_with_cut = 0;
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

std::vector<FlashFault> flash_faults() {
  std::vector<FlashFault> list;
  // A put is tried three times at once: one to three are within it, more are not.
  for (const int count : {1, 2, 3, 4, 7}) list.push_back({0, FlashFault::times, count, false});
  list.push_back({0, FlashFault::until_restart, 0, false});
  list.push_back({0, FlashFault::until_erase, 0, false});
  list.push_back({0, FlashFault::times, 3, true});
  list.push_back({0, FlashFault::until_restart, 0, true});
  return list;
}

std::string name_of(const FlashFault& it) {
  static const char* kKinds[] = {" refused", " and all after it refused until a restart", " and all after it refused until an erase"};
  const std::string count = it.kind == FlashFault::times ? std::to_string(it.count) + " flash calls from " : "flash call ";
  return count + std::to_string(it.at) + kKinds[it.kind] + (it.writes ? " though written" : "");
}

// Flash that refuses at each of its calls in every way, and then power cut at the strided points of that run.
// False at the first broken promise.
bool sweep_refusals(Scenario scenario, Totals& totals, bool cuts, std::string& why) {
  size_t items = 0;
  for (const size_t n : scenario.jobs) items += n;
  // Shifted by the refused call, so that each point meets a refusal somewhere.
  const uint64_t stride = items <= 3 ? 3 : 5 * items;
  cuts = cuts && scenario.second_cut_stride != 0;
  const bool restores = scenario.restore_at_rest || scenario.restore_after_entries != Scenario::kNo;
  for (const FlashFault& fault : flash_faults()) {
    // A full flash gives up its oldest finished job, and a restored database then misses just that.
    if (restores && fault.kind == FlashFault::until_erase) continue;
    scenario.flash_fault = fault;
    for (scenario.flash_fault.at = 0;; ++scenario.flash_fault.at) {
      Result result = run_scenario(scenario, {});
      ++totals.refusals;
      if (result.refusals == 0) break;
      uint64_t cut = static_cast<uint64_t>(scenario.flash_fault.at) % stride;
      for (; cuts && result.fault.empty(); cut += stride) {
        result = run_scenario(scenario, {cut});
        if (result.cuts_fired < 1) break;
        ++totals.refusals_with_cut;
        if (!result.fault.empty()) result.fault = "cut " + std::to_string(cut) + ": " + result.fault;
      }
      if (result.fault.empty()) continue;
      why = std::string(scenario.name) + ", " + name_of(scenario.flash_fault) + ", " + result.fault;
      return false;
    }
  }
  return true;
}

int sweep(bool pairs) {
  Totals totals;
  const auto start = std::chrono::steady_clock::now();
  for (const Scenario& it : scenarios()) {
    const Totals before = totals;
    const auto began = std::chrono::steady_clock::now();
    std::string why;
    if (!sweep_one(it, totals, pairs, why) || !sweep_refusals(it, totals, pairs, why)) {
      ++totals.broken;
      std::printf("  BROKEN %s\n", why.c_str());
    }
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (std::getenv("VERBOSE")) {
      std::printf("  %-40s %6llu single %8llu pairs %6llu refusals %8llu with a cut %.1f s\n", it.name,
                  static_cast<unsigned long long>(totals.singles - before.singles),
                  static_cast<unsigned long long>(totals.pairs - before.pairs),
                  static_cast<unsigned long long>(totals.refusals - before.refusals),
                  static_cast<unsigned long long>(totals.refusals_with_cut - before.refusals_with_cut), s);
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const size_t n = scenarios().size();
  std::printf("crash points swept: %llu single, %llu pairs, %llu runs of %zu scenarios in %.1f s\n",
              static_cast<unsigned long long>(totals.singles), static_cast<unsigned long long>(totals.pairs),
              static_cast<unsigned long long>(totals.runs), n, seconds);
  std::printf("flash refusals swept: %llu alone, %llu with a cut as well\n",
              static_cast<unsigned long long>(totals.refusals), static_cast<unsigned long long>(totals.refusals_with_cut));
  std::printf("sweep: %zu passed, %d failed\n", n - static_cast<size_t>(totals.broken), totals.broken);
  return totals.broken == 0 ? 0 : 1;
}

int mutants() {
  static const char* kNames[] = {"", "no cur", "final before run", "no hi check", "publish before f",
      "run before accepted", "cancel as separate finals", "cancel not journalled", "time sampled at resend",
      "iniciado run again", "ring too short", "freed without complete", "wiped before hi",
      "active job left out of a new epoch", "told though flash refused it", "half a wipe counts as done"};
  int caught = 0, survived = 0;
  for (int i = 1; i < static_cast<int>(Mutant::count); ++i) {
    yaguts::mutant = static_cast<Mutant>(i);
    Totals totals;
    std::string why;
    for (const Scenario& it : scenarios()) {
      if (!sweep_one(it, totals, false, why)) break;
    }
    for (const Scenario& it : scenarios()) {
      if (!why.empty() || !sweep_refusals(it, totals, true, why)) break;
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
