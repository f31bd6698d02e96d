#include "../dispenser/src/core/topics.h"
#include "../dispenser/src/core/presence.h"
#include "check.h"

using namespace yaguts;

namespace {

const Topics topics("demo", "mao");

bool parse(const std::string& text, ParsedTopic& out) { return topics.parse(text.data(), text.size(), out); }
bool parses(const std::string& text) {
  ParsedTopic out;
  return parse(text, out);
}

}  // namespace

TEST("every row renders, and the longest one fits its buffer") {
  const std::string longest(36, 'x');
  const Topics long_topics(longest.c_str(), longest.c_str());
  char out[kMaxTopicBytes];
  for (int row = 0; row < contract::kTopicCount; ++row) {
    CHECK(long_topics.render(static_cast<contract::Topic>(row), out, sizeof out, 9007199254740991ull, 24, "calibrate"));
  }
}

TEST("a topic that does not fit is not cut, it is refused") {
  char out[16];
  CHECK(!topics.render(contract::kBirth, out, sizeof out));
}

TEST("the filters are the api rows with + for each parameter, ack first") {
  char out[kMaxTopicBytes];
  CHECK(topics.filter(0, out, sizeof out));
  CHECK_EQ(std::string(out), "yaguts/v1/demo/devices/mao/jobs/+/ack");
  CHECK_EQ(contract::kSubscriptionCount, size_t{9});
  bool command = false, server = false;
  for (size_t i = 0; i < contract::kSubscriptionCount; ++i) {
    CHECK(topics.filter(i, out, sizeof out));
    command |= std::string(out) == "yaguts/v1/demo/devices/mao/cmd/+";
    server |= std::string(out) == "yaguts/v1/_server/state";
  }
  CHECK(command && server);
}

TEST("an arriving topic is taken apart") {
  ParsedTopic it;
  CHECK(parse("yaguts/v1/demo/devices/mao/jobs/123/start/accepted", it));
  CHECK_EQ(it.row, contract::kStartAccepted);
  CHECK_EQ(it.job_id, uint64_t{123});
  const std::string command = "yaguts/v1/demo/devices/mao/cmd/prime";  // op points into it
  CHECK(parse(command, it));
  CHECK_EQ(std::string(it.op, it.op_len), "prime");
  CHECK(parse("yaguts/v1/demo/devices/mao/jobs/next", it));
  CHECK_EQ(it.row, contract::kJobsNext);
}

TEST("a topic of another org, device, publisher or shape is none of ours") {
  for (const char* it : {"", "/", "yaguts/v1", "yaguts/v1/demo/devices/outro/jobs/next",
                         "yaguts/v1/outra/devices/mao/jobs/next", "yaguts/v1/demo/devices/mao/jobs/next/",
                         "yaguts/v1/demo/devices/mao/jobs/0/ack", "yaguts/v1/demo/devices/mao/jobs/01/ack",
                         "yaguts/v1/demo/devices/mao/jobs/-1/ack", "yaguts/v1/demo/devices/mao/jobs/x/ack",
                         "yaguts/v1/demo/devices/mao/jobs/9007199254740992/ack",
                         "yaguts/v1/demo/devices/mao/jobs/99999999999999999999/ack",
                         "yaguts/v1/demo/devices/mao/cmd/", "yaguts/v1/demo/devices/mao/cmd/A",
                         "yaguts/v1/demo/devices/mao/cmd/prime/accepted", "yaguts/v1/demo/devices/mao/birth",
                         "yaguts/v1/demo/devices/mao/jobs/1/log/1", "yaguts/v1/_server/state/x", "xaguts/v1/_server/state"}) {
    if (parses(it)) check::fault(__FILE__, __LINE__, std::string("taken: ") + it);
  }
}

TEST("identifiers are lowercase letters, digits and hyphens, 1 to 36, not starting with a hyphen") {
  CHECK(is_ident("a", 1) && is_ident("0-z", 3));
  CHECK(!is_ident("", 0) && !is_ident("-a", 2) && !is_ident("A", 1) && !is_ident("a.b", 3));
  const std::string long_name(37, 'a');
  CHECK(is_ident(long_name.data(), 36) && !is_ident(long_name.data(), 37));
}

TEST("presence carries the boot and the connection, for the will too") {
  char out[96];
  const size_t n = render_presence(out, sizeof out, "lost", 0x1A1B2, 3);
  CHECK_EQ(std::string(out, n), "{\"state\":\"lost\",\"boot_id\":\"a1b2\",\"session\":7007764483}");
  CHECK_EQ(render_presence(out, 20, "lost", 1, 1), size_t{0});
}
