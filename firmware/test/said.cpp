#include "said.h"

#include <set>

#include "bench.h"

namespace test {
namespace {

void add(const World& it, std::string& out, std::set<std::string>& known) {
  for (const Message& message : it.published) {
    std::string line = message.topic + '\t' + std::to_string(message.qos) + '\t' + (message.retain ? '1' : '0') +
                       '\t' + message.payload + '\n';
    if (known.insert(line).second) out += line;
  }
}

}  // namespace

std::string everything_said() {
  std::string out;
  std::set<std::string> known;
  {
    // A job with a failed item, a refused offer, commands taken and refused, a config that is no good.
    Bench it;
    it.epoch = 1700000000000ull;
    it.failing_items = {2};
    it.deliver(c::kServerState, "{\"state\":\"online\",\"version\":\"1\",\"epoch\":\"e1\"}", 0, "", true);
    it.finish_job();
    it.make_offer();
    it.command("prime", ",\"frasco\":1,\"ms\":300");
    it.run(500);
    it.command("prime", ",\"frasco\":30,\"ms\":300", "c-2");
    it.deliver(c::kConfigDesired, "{", 0, "", true);
    it.run(30000);
    it.command("reboot", "", "c-3");
    it.run(600);
    add(it, out, known);
  }
  {
    // The largest job, cancelled; the cancel repeated too late; resumed after a power cut with no clock.
    Bench it;
    it.offer.n = 24;
    it.offer.ms = 180000;
    it.begin_job();
    it.run(400);
    it.restart();
    it.connect();
    it.run(600);
    it.cancel();
    it.cancel("k-2");
    it.run(100);
    add(it, out, known);
  }
  return out;
}

}  // namespace test
