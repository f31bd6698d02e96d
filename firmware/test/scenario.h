// What can happen to a device and its api in one run of the sweep, and how such a run is judged.
#pragma once

#include <string>
#include <vector>

#include "model_api.h"

namespace test {

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
  bool twice = false;              // every message of the api arrives twice
  bool narrow = false;             // one publish fits the outbox per turn
  const char* corrupt = nullptr;   // this key becomes unreadable after the second start
  FlashFault flash_fault;
  int critico = 0;
  std::vector<int> failing;
  uint64_t not_after_ms = 0;       // from the start of the run; 0 far away
  size_t second_cut_stride = 1;    // 0: single cuts only; 1: every pair
  size_t cut_stride = 1;
  static constexpr size_t kNo = ~size_t{0};
};

// Every scenario the sweep knows.
std::vector<Scenario> scenarios();

struct Result {
  std::string fault;
  int cuts_fired = 0;
  int refusals = 0;
  uint64_t calls = 0;
};

// One run, with power cut after so many points, then again after so many from there, and so on. fault is
// empty when every promise held.
Result run_scenario(const Scenario& scenario, const std::vector<uint64_t>& cuts);

}  // namespace test
