#include <algorithm>
#include <cstdlib>
#include <set>

#include "scenario.h"

namespace test {
namespace {

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
    world_.twice = it_.twice;
    if (it_.narrow) world_.room_per_turn = 1;
    world_.flash_calls = 0;
    world_.flash_fault = it_.flash_fault;
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
        ++restarts_;
        world_.power_off();
        world_.time += 50;
      }
    }
    world_.cut.arm(PowerCut::kNever);
    result.calls = world_.cut.calls();
    result.refusals = world_.refusals;
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
    if (world_.refusals > 0 && world_.flash_fault.at >= 0 && world_.time > kPatienceMs) {
      world_.flash_fault.at = -1;  // whatever it was, it is gone with the restart
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
      // A refused epoch is put at the next connect; there need not be one.
      if (world_.refusals == 0) return false;
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
    size_t interruptions = 0;
    bool is_hi_due = false;
    for (const ApiJob& job : api_.jobs()) {
      if (job.status != ApiJob::terminal) return "a job never ended";
      if (job.is_forced) continue;
      if (job.is_refused) {
        if (!ran[job.offer.job_id].empty() || !job.entries.empty()) return "refused, yet begun";
        continue;
      }
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
        if (field(payload, "status") == "done" && (!poured || start->second->ran_ms != start->second->ms)) {
          return "done without having run: " + payload;
        }
        if (poured && (error == "expirado" || error == "rele" || error == "flash")) return "poured, but says " + error;
        if (error == "cancelado") canceled = true;
        if (error == "interrompido") ++interrupted;
        // Estoque: what ran to its end is taken, unless power went before flash had it.
        const bool ran_to_its_end = poured && start->second->ran_ms == start->second->ms;
        if (ran_to_its_end && field(payload, "status") != "done" && error != "interrompido") return "poured, not taken: " + payload;
      }
      interruptions += interrupted;
      is_hi_due = true;
    }
    if (interruptions > restarts_) return "interrupted more often than power went";
    // A lost journal begins again without.
    if (is_hi_due && it_.corrupt == nullptr && world_.flash.count("hi") == 0) return "slot not freed";
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
  size_t restarts_ = 0;
};

}  // namespace

Result run_scenario(const Scenario& scenario, const std::vector<uint64_t>& cuts) { return Run(scenario, cuts).go(); }

}  // namespace test
