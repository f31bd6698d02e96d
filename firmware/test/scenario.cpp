#include "scenario.h"

namespace test {

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
  add("every message twice", [](Scenario& s) { s.twice = true; });
  add("every message twice, cancel", [](Scenario& s) { s.twice = true; s.wish = Wish::cancel; });
  add("one publish per turn", [](Scenario& s) { s.narrow = true; });
  add("one publish per turn, cancel, offline boots", [](Scenario& s) {
    s.narrow = true; s.wish = Wish::cancel; s.wish_after_starts = 2; s.offline_boots = true;
  });
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
      s.second_cut_stride = n <= 8 ? 1 : 23;  // larger ones: every 23rd pair, shifted by the first
    });
  }
  return list;
}

}  // namespace test
