#include <fstream>
#include <set>
#include <sstream>

#include "../dispenser/src/core/topics.h"
#include "bench.h"
#include "said.h"

using namespace test;

TEST("what the core says is what said.tsv holds, which shared/ checks against its schemas") {
  std::ifstream file("said.tsv");
  std::stringstream kept;
  kept << file.rdbuf();
  if (kept.str() != everything_said()) {
    check::fault(__FILE__, __LINE__, "firmware/test/said.tsv has drifted: run `make -C firmware/test said` and commit it");
  }
}

TEST("said.tsv leaves out no row a device publishes but ota/state, which needs an updater") {
  const std::string said = everything_said();
  World world;
  for (int row = 0; row < c::kTopicCount; ++row) {
    if (c::kTopics[row].publisher != c::Publisher::device || row == c::kOtaState) continue;
    const std::string pattern = c::kTopics[row].pattern;
    const std::string last_word = pattern.substr(pattern.find_last_of('/') + 1);
    const std::string sign = last_word[0] == '{' ? "/log/" : "/" + last_word + "\t";
    if (said.find(sign) == std::string::npos) check::fault(__FILE__, __LINE__, "never said: " + pattern);
  }
}
