// The crash sweep: the real core in a modelled world, its power cut before and behind every port call, once
// and twice, with lost acks, offline boots, cancel, stop, pause, failures and restored databases.
//
//   sweep [--quick]        every scenario; exit 1 on the first broken promise of each
//   sweep --mutants        each wrong firmware of core/mutant.h must break a promise somewhere
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>

#include "../dispenser/src/core/mutant.h"
#include "model_api.h"

namespace yaguts {
Mutant mutant = Mutant::none;
}

namespace test {
namespace {

using yaguts::Mutant;

enum class Wish : uint8_t { none, cancel, stop, pause };

struct Scenario {
  const char* name = "";
  std::vector<size_t> jobs = {3};  // items of each job
  uint32_t item_ms = 300;
  ModelApi::Loss loss = ModelApi::Loss::none;
  Wish wish = Wish::none;
  size_t wish_after_starts = 1;    // and then wish_delay_ms
  uint64_t wish_delay_ms = 100;    // 100: while it pours; 300: between two items
  bool offline_boots = false;      // no network until the job has had time to end
  size_t drop_after_starts = 0;    // link lost then, for 3 s
  size_t snapshot_after_entries = kNo;
  size_t restore_after_entries = kNo;
  bool restore_at_rest = false;    // when every job has ended and the device is idle
  bool stale_next = false;
  const char* corrupt = nullptr;   // this key becomes unreadable after the second start
  int refuse_from = -1;            // flash refuses so many puts from this one on
  int refuse_count = 0;
  int critico = 0;
  std::vector<int> failing;
  uint64_t not_after_ms = 0;       // from the start of the run; 0 far away
  size_t second_cut_stride = 1;    // 0: single cuts only; 1: every pair
  size_t cut_stride = 1;
  static constexpr size_t kNo = ~size_t{0};
};

struct Result {
  std::string fault;
  int cuts_fired = 0;
  uint64_t calls = 0;
};

// Flash after a first, empty boot: a wiped chip's very first moments have a scenario of their own.
const std::map<std::string, std::string>& formatted_flash() {
  static const std::map<std::string, std::string> flash = [] {
    World world;
    world.boot();
    return world.flash;
  }();
  return flash;
}

class Run {
 public:
  Run(const Scenario& scenario, std::vector<uint64_t> cuts) : it_(scenario), cuts_(std::move(cuts)), api_(world_) {
    world_.flash = formatted_flash();
    world_.keep_published = false;
    world_.failing_items = it_.failing;
    world_.refuse_from = it_.refuse_from;
    world_.refuse_count = it_.refuse_count;
    api_.tolerate_contradictions = it_.refuse_from >= 0;
    world_.epoch = it_.not_after_ms == 0 ? 0 : 1700000000000ull;
    const uint64_t not_after =
        it_.not_after_ms == 0 ? 1790000000000ull : world_.epoch + world_.time + it_.not_after_ms;
    api_.loss = it_.loss;
    api_.stale_next = it_.stale_next;
    for (const size_t n : it_.jobs) api_.add_job(n, it_.item_ms, it_.critico, not_after);
  }

  Result go() {
    Result result;
    size_t next_cut = 0;
    const uint64_t start = world_.time;
    bool first_boot = true;
    while (result.fault.empty() && !over_) {
      try {
        const bool may_cut = next_cut < cuts_.size() && (it_.corrupt == nullptr || corrupted_);
        world_.cut.arm(may_cut ? cuts_[next_cut] : PowerCut::kNever);
        world_.boot();
        world_.lines.clear();
        connect_at_ = world_.time + (it_.offline_boots && !first_boot ? 3000 : 0);
        first_boot = false;
        while (!over_) {
          turn();
          if (world_.time - start > kLimitMs) {
            result.fault = "did not come to rest";
            if (std::getenv("TRACE")) {
              for (const std::string& line : world_.lines) std::printf("    %s\n", line.c_str());
            }
            break;
          }
        }
      } catch (const Crash&) {
        if (!restarted_by_hand_) {
          ++next_cut;
          ++result.cuts_fired;
        }
        restarted_by_hand_ = false;
        world_.power_off();
        world_.time += 50;
      }
    }
    world_.cut.arm(PowerCut::kNever);
    result.calls = world_.cut.calls();
    if (result.fault.empty()) result.fault = judge();
    else result.fault += ": " + judge();
    return result;
  }

 private:
  static constexpr uint64_t kLimitMs = 30 * 60 * 1000;
  static constexpr uint64_t kPatienceMs = 1000000 + 5 * 60 * 1000;  // then a person restarts the device

  void turn() {
    if (!world_.is_connected() && world_.time >= connect_at_) world_.connect();
    const uint64_t calls = world_.cut.calls();
    world_.tick();
    api_.tick();
    steer();
    const bool stands_still = world_.device().state() == yaguts::State::kFaulted || it_.refuse_count > 3;
    if (stands_still && world_.time > kPatienceMs && world_.refuse_from >= 0) {
      world_.refuse_from = -1;  // flash recovers with the restart
      restart_by_hand();
    }
    if (world_.cut.calls() != calls || !world_.inbox.empty()) {
      quiet_turns_ = 0;
      world_.time += 10;
      return;
    }
    over_ = ++quiet_turns_ > 2 && is_at_rest();
    uint64_t step = quiet_turns_ > 2 ? 500 : 10;
    if (world_.motor_left() > 0) step = std::min<uint64_t>({step, world_.motor_left(), 50});
    if (!world_.is_connected()) step = std::min<uint64_t>(step, connect_at_ - world_.time);
    world_.time += std::max<uint64_t>(step, 1);
  }

  [[noreturn]] void restart_by_hand() {
    restarted_by_hand_ = true;
    throw Crash{};
  }

  bool is_at_rest() {
    const auto epoch = world_.flash.find("ep");
    if (epoch == world_.flash.end() || epoch->second.find(api_.epoch()) == std::string::npos) {
      if (it_.refuse_from < 0) return false;
    }
    return api_.settled() && world_.is_connected() && wished_ && world_.device().state() == yaguts::State::kIdle &&
           (!is_restore_planned() || api_.restored());
  }

  bool is_restore_planned() const { return it_.restore_after_entries != Scenario::kNo || it_.restore_at_rest; }

  // Persons, links and backups.
  void steer() {
    if (!wished_ && world_.ledger.size() >= it_.wish_after_starts &&
        world_.time - world_.ledger.back().at >= it_.wish_delay_ms) {
      wished_ = true;
      if (it_.wish == Wish::cancel) api_.ask_cancel();
      if (it_.wish == Wish::stop) api_.ask_command("stop");
      if (it_.wish == Wish::pause) {
        api_.ask_command("pause");
        resume_at_ = world_.time + 2500;
      }
    }
    if (it_.wish == Wish::none || world_.ledger.size() < it_.wish_after_starts) {
      // A job that ends before the wish leaves nothing to wish for.
      if (it_.wish == Wish::none || api_.settled()) wished_ = true;
    }
    if (resume_at_ != 0 && world_.time >= resume_at_) {
      resume_at_ = 0;
      api_.ask_command("resume");
    }
    if (it_.corrupt != nullptr && !corrupted_ && world_.ledger.size() >= 2) {
      corrupted_ = true;
      world_.flash[it_.corrupt] = "x";
      restart_by_hand();
    }
    if (it_.drop_after_starts != 0 && !dropped_ && world_.ledger.size() >= it_.drop_after_starts) {
      dropped_ = true;
      world_.disconnect();
      connect_at_ = world_.time + 3000;
    }
    if (!api_.has_snapshot() && api_.entries_stored() >= it_.snapshot_after_entries) api_.take_snapshot();
    const bool at_rest = it_.restore_at_rest && api_.settled() && world_.device().state() == yaguts::State::kIdle;
    if (!api_.restored() && (at_rest || api_.entries_stored() >= it_.restore_after_entries)) {
      api_.restore();
      connect_at_ = world_.time + 100;
    }
  }

  // The promises (reliability, section 1), read off the ledger and the database.
  std::string judge() {
    if (!api_.fault().empty()) return api_.fault();
    if (world_.motor_on_during_put) return "flash written while a motor ran";
    std::set<std::pair<uint32_t, int>> started;
    std::map<uint64_t, std::map<int, const Start*>> ran;
    for (size_t i = 0; i < world_.ledger.size(); ++i) {
      const Start& it = world_.ledger[i];
      if (!started.insert({it.seq, it.item}).second) return "poured twice: " + name(it);
      const auto leave = api_.leaves().find(it.seq);
      if (leave == api_.leaves().end() || leave->second > i) return "poured without leave: " + name(it);
      const auto cancel = api_.cancels().find(it.seq);
      if (cancel != api_.cancels().end() && cancel->second <= i) return "poured after cancel/accepted: " + name(it);
      if (!ran[it.job_id].emplace(it.item, &it).second) return "poured twice under two seq: " + name(it);
    }
    for (const ApiJob& job : api_.jobs()) {
      if (job.status != ApiJob::terminal) return "a job never ended";
      if (job.is_forced) continue;
      if (job.entries.size() != job.offer.n) return "an entry was lost";
      if (!api_.restored() && !job.complete) return "freed without complete";
      bool canceled = false;
      size_t interrupted = 0;
      for (const auto& [item, payload] : job.entries) {
        const auto& runs = ran[job.offer.job_id];
        const auto start = runs.find(item);
        const bool poured = start != runs.end();
        const std::string error = field(payload, "error");
        if (poured && canceled) return "poured past a cancelled item";
        if (poured && interrupted >= 2) return "poured after two interruptions";
        if (it_.refuse_from >= 0) continue;  // such a device may contradict itself; it still pours only once
        if (field(payload, "status") == "done" && (!poured || start->second->ran_ms != start->second->ms)) {
          return "done without having run: " + payload;
        }
        if (poured && (error == "expirado" || error == "rele" || error == "flash")) return "poured, but says " + error;
        if (error == "cancelado") canceled = true;
        if (error == "interrompido") ++interrupted;
      }
    }
    if (it_.refuse_from < 0 && world_.flash.count("hi") == 0) return "slot not freed";
    return "";
  }

  static std::string name(const Start& it) {
    return "seq " + std::to_string(it.seq) + " item " + std::to_string(it.item);
  }

  const Scenario& it_;
  std::vector<uint64_t> cuts_;
  World world_;
  ModelApi api_;
  uint64_t connect_at_ = 0;
  uint64_t resume_at_ = 0;
  bool wished_ = false, dropped_ = false, over_ = false, corrupted_ = false, restarted_by_hand_ = false;
  int quiet_turns_ = 0;
};

std::vector<Scenario> scenarios() {
  using Loss = ModelApi::Loss;
  std::vector<Scenario> list;
  const auto add = [&](const char* name, auto change) -> Scenario& {
    Scenario it;
    it.name = name;
    change(it);
    list.push_back(it);
    return list.back();
  };
  add("one item", [](Scenario& s) { s.jobs = {1}; });
  add("three items", [](Scenario&) {});
  add("first ack lost", [](Scenario& s) { s.loss = Loss::first_ack; });
  add("every other ack lost", [](Scenario& s) { s.jobs = {2}; s.loss = Loss::every_other; });
  add("leave lost", [](Scenario& s) { s.jobs = {2}; s.loss = Loss::first_leave; });
  add("offline boots", [](Scenario& s) { s.offline_boots = true; });
  add("link lost while pouring", [](Scenario& s) { s.drop_after_starts = 2; });
  add("cancel while pouring", [](Scenario& s) { s.wish = Wish::cancel; });
  add("cancel between two items", [](Scenario& s) { s.wish = Wish::cancel; s.wish_delay_ms = 300; });
  add("cancel, acks lost, offline boots", [](Scenario& s) {
    s.wish = Wish::cancel; s.wish_after_starts = 2; s.loss = Loss::every_other; s.offline_boots = true;
  });
  add("stop while pouring", [](Scenario& s) { s.wish = Wish::stop; s.wish_after_starts = 2; });
  add("pause and resume", [](Scenario& s) { s.wish = Wish::pause; });
  add("a relay that does not take", [](Scenario& s) { s.failing = {2}; });
  add("a critical item fails", [](Scenario& s) { s.failing = {2}; s.critico = 2; });
  add("expires at an item boundary", [](Scenario& s) { s.not_after_ms = 500; });
  add("two jobs", [](Scenario& s) { s.jobs = {2, 2}; });
  add("stale offer on each connect", [](Scenario& s) { s.jobs = {1, 2}; s.stale_next = true; });
  add("restored while the job runs", [](Scenario& s) {
    s.jobs = {3}; s.snapshot_after_entries = 1; s.restore_after_entries = 2;
  });
  add("restored to before the job, stale offer", [](Scenario& s) {
    s.jobs = {2}; s.snapshot_after_entries = 0; s.restore_after_entries = 2; s.stale_next = true;
  });
  add("restored while the second job runs, stale offer of the first", [](Scenario& s) {
    s.jobs = {1, 1}; s.snapshot_after_entries = 0; s.restore_after_entries = 2; s.stale_next = true;
  });
  add("restored after the job, stale offer", [](Scenario& s) {
    s.jobs = {2}; s.snapshot_after_entries = 0; s.restore_at_rest = true; s.stale_next = true;
  });
  // A ring of 64 entries over ten jobs: single cuts, the pairs would say nothing new.
  add("ten jobs, restored to the first", [](Scenario& s) {
    s.jobs = {6, 6, 6, 6, 6, 6, 6, 6, 6, 6}; s.item_ms = 20; s.snapshot_after_entries = 1;
    s.restore_after_entries = 60; s.second_cut_stride = 0; s.cut_stride = 3;
  });
  add("intent unreadable: the journal is lost", [](Scenario& s) { s.jobs = {3, 2}; s.corrupt = "cur"; });
  add("job unreadable: the journal is lost", [](Scenario& s) { s.jobs = {3, 2}; s.corrupt = "j00"; });
  add("outcome unreadable, offline boots", [](Scenario& s) {
    s.jobs = {3, 2}; s.corrupt = "f0000"; s.offline_boots = true;
  });
  static const char* kSizes[] = {"", "", "", "", "4 items", "5 items", "6 items", "7 items", "8 items", "9 items",
      "10 items", "11 items", "12 items", "13 items", "14 items", "15 items", "16 items", "17 items", "18 items",
      "19 items", "20 items", "21 items", "22 items", "23 items", "24 items"};
  for (size_t n = 4; n <= 24; ++n) {
    add(kSizes[n], [n](Scenario& s) {
      s.jobs = {n}; s.item_ms = 50; s.offline_boots = n % 2 == 0;
      s.loss = n % 3 == 0 ? Loss::every_other : Loss::none;
      s.second_cut_stride = n <= 8 ? 1 : 11;
    });
  }
  return list;
}

struct Totals {
  uint64_t runs = 0;
  uint64_t singles = 0;
  uint64_t pairs = 0;
  int broken = 0;
};

// False at the first broken promise; what it was goes to `why`.
bool sweep_one(const Scenario& scenario, Totals& totals, bool pairs, std::string& why) {
  const auto fails = [&](std::vector<uint64_t> cuts, int& fired) {
    const Result result = Run(scenario, cuts).go();
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
          const Result result = Run(it, {}).go();
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
