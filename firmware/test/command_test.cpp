// Commands, configuration, update.
#include "bench.h"

using namespace test;

namespace {

struct FakeUpdater : yaguts::Updater {
  bool wants = true, is_busy = false;
  int begun = 0;
  Status now;
  bool offer(const uint8_t*, size_t) override { return wants; }
  bool begin() override { ++begun; is_busy = true; now.state = "downloading"; now.changed = true; return true; }
  bool busy() override { return is_busy; }
  Status status() override { Status it = now; now.changed = false; return it; }
};

const char kConfig[] =
    "{\"versao\":5,\"frascos\":[{\"frasco\":1,\"tempero\":\"Sal\",\"g_por_s\":1.5,\"pin\":4,\"min_ms\":100,"
    "\"max_ms\":2000},{\"frasco\":2,\"tempero\":null,\"g_por_s\":null,\"min_ms\":0,\"max_ms\":180000}],\"telemetry_s\":20}";

void configure(Bench& it, const std::string& config) {
  it.deliver(c::kConfigDesired, config, 0, "", true);
  it.tick();
}

}  // namespace

TEST("prime runs one frasco and answers with what it ran") {
  Bench it;
  it.command("prime", ",\"frasco\":3,\"ms\":700");
  CHECK_EQ(it.state(), State::kManual);
  CHECK(!it.command_accepted("prime"));
  it.run(800);
  CHECK_EQ(it.state(), State::kIdle);
  CHECK_EQ(it.last(c::kCommandAccepted, 0, 0, "prime"), "{\"id\":\"c-1\",\"ran_ms\":700}");
  CHECK_EQ(int{it.ledger[0].frasco}, 3);
  CHECK_EQ(it.ledger[0].seq, 0u);
}

TEST("clean pulses") {
  Bench it;
  it.command("clean", ",\"frasco\":1,\"on_ms\":100,\"off_ms\":200,\"cycles\":3");
  it.run(1000);
  CHECK_EQ(it.ledger.size(), size_t{3});
  CHECK(it.ledger[1].at - it.ledger[0].at >= 300);
  CHECK_EQ(it.last(c::kCommandAccepted, 0, 0, "clean"), "{\"id\":\"c-1\",\"ran_ms\":300}");
}

TEST("calibrate says what it measured") {
  Bench it;
  it.command("calibrate", ",\"frasco\":1,\"ms\":1000");
  it.run(1100);
  CHECK_EQ(it.last(c::kCommandAccepted, 0, 0, "calibrate"), "{\"id\":\"c-1\",\"ran_ms\":1000}");
}

TEST("stop ends a manual run and both are answered") {
  Bench it;
  it.command("prime", ",\"frasco\":1,\"ms\":5000");
  it.run(300);
  it.command("stop", "", "c-2");
  CHECK(!it.running());
  CHECK_EQ(it.state(), State::kIdle);
  CHECK(it.command_accepted("stop"));
  CHECK(field(it.last(c::kCommandAccepted, 0, 0, "prime"), "ran_ms") < "350");
}

TEST("a manual output that stays on is stopped and refused rele") {
  Bench it;
  it.stuck = true;
  it.command("prime", ",\"frasco\":1,\"ms\":500");
  it.run(800);
  CHECK(!it.running());
  CHECK_EQ(it.command_refusal("prime"), "rele");
}

TEST("motor commands are held to the limits of their frasco and of every device") {
  Bench it;
  configure(it, kConfig);
  it.command("prime", ",\"frasco\":1,\"ms\":2001", "a");
  CHECK_EQ(it.command_refusal("prime"), "limite");
  it.command("prime", ",\"frasco\":2,\"ms\":180001", "b");
  CHECK_EQ(it.command_refusal("prime"), "limite");
  it.command("prime", ",\"frasco\":9,\"ms\":100", "d");
  CHECK_EQ(it.command_refusal("prime"), "frasco");
  it.command("clean", ",\"frasco\":2,\"on_ms\":60000,\"off_ms\":1,\"cycles\":4", "e");
  CHECK_EQ(it.command_refusal("clean"), "limite");
  for (const char* bad : {"", ",\"frasco\":1", ",\"ms\":5", ",\"frasco\":1,\"ms\":0", ",\"frasco\":1,\"ms\":-5",
                          ",\"frasco\":\"1\",\"ms\":5"}) {
    it.published.clear();
    it.command("prime", bad, std::string("f") + std::to_string(bad[0] ? std::string(bad).size() : 0));
    CHECK_EQ(it.command_refusal("prime"), "invalido");
  }
  CHECK(it.ledger.empty());
}

TEST("commands other than stop, pause and resume are refused ocupado while a job is here") {
  Bench it;
  it.begin_job();
  for (const char* op : {"identify", "reboot", "prime", "clean", "calibrate"}) {
    it.command(op, ",\"frasco\":1,\"ms\":100", std::string("x-") + op);
    CHECK_EQ(it.command_refusal(op), "ocupado");
  }
  it.pour_all();
  it.command("prime", ",\"frasco\":1,\"ms\":100", "y");
  CHECK_EQ(it.command_refusal("prime"), "ocupado");
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("pause and resume without a job are refused terminado, stop is accepted") {
  Bench it;
  it.command("pause", "", "a");
  it.command("resume", "", "b");
  it.command("stop", "", "d");
  CHECK_EQ(it.command_refusal("pause"), "terminado");
  CHECK_EQ(it.command_refusal("resume"), "terminado");
  CHECK(it.command_accepted("stop"));
}

TEST("a retained command, cancel, leave or ack is ignored") {
  Bench it;
  it.command("prime", ",\"frasco\":1,\"ms\":100", "a", 1790000000000ull, true);
  CHECK(it.ledger.empty());
  CHECK(it.said(c::kCommandRejected, 0, 0, "prime").empty());
  it.make_offer();
  it.deliver(c::kStartAccepted, start_answer(it.offer), 7, "", true);
  it.tick();
  CHECK_EQ(it.state(), State::kOffered);
  it.accept();
  it.deliver(c::kJobCancel, "{\"id\":\"z\",\"motivo\":\"x\",\"expires_at\":1790000000000}", 7, "", true);
  it.tick();
  CHECK_EQ(it.state(), State::kPouring);
  it.pour_all();
  it.deliver(c::kJobAck, ack_of(it.offer.token, {1, 2, 3}), 7, "", true);
  it.run(20);
  CHECK(it.flash.count("ack") == 0);
}

TEST("past expires_at a command is refused when the clock is known, and taken when it is not") {
  Bench it;
  it.command("identify", "", "a", 5);
  CHECK_EQ(it.identified, 1);
  it.epoch = 1700000000000;
  it.command("identify", "", "b", 1700000000000);
  CHECK_EQ(it.identified, 1);
  CHECK_EQ(it.command_refusal("identify"), "expirado");
}

TEST("the last eight ids are answered again and not run again") {
  Bench it;
  for (int i = 0; i < 8; ++i) it.command("identify", "", "i-" + std::to_string(i));
  CHECK_EQ(it.identified, 8);
  it.published.clear();
  for (int i = 0; i < 8; ++i) it.command("identify", "", "i-" + std::to_string(i));
  CHECK_EQ(it.identified, 8);
  CHECK_EQ(it.said(c::kCommandAccepted, 0, 0, "identify").size(), size_t{8});
}

TEST("a motor command sent again while it runs is answered once, at its end") {
  Bench it;
  it.command("prime", ",\"frasco\":1,\"ms\":500");
  it.command("prime", ",\"frasco\":1,\"ms\":500");
  for (int i = 0; i < 9; ++i) it.command("identify", "", "i-" + std::to_string(i));
  it.run(700);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.said(c::kCommandAccepted, 0, 0, "prime").size(), size_t{1});
}

TEST("cancel of a job that is not here, or already final, is rejected terminado") {
  Bench it;
  it.cancel("a", 99);
  CHECK_EQ(field(it.last(c::kCancelRejected, 99), "code"), "terminado");
  it.begin_job();
  it.pour_all();
  it.cancel("b");
  CHECK_EQ(field(it.last(c::kCancelRejected, 7), "code"), "terminado");
}

TEST("reboot says offline first, then restarts") {
  Bench it;
  it.command("reboot");
  CHECK(it.command_accepted("reboot"));
  CHECK_EQ(field(it.last(c::kPresence), "state"), "offline");
  CHECK_EQ(it.reboots, 0);
  it.run(600);
  CHECK_EQ(it.reboots, 1);
}

TEST("config/desired is applied without a restart, kept over one, and reported") {
  Bench it;
  configure(it, kConfig);
  CHECK_EQ(it.last(c::kConfigReported), "{\"versao\":5}");
  CHECK_EQ(it.pin_of[1], 4u);
  it.make_offer();
  CHECK_EQ(it.refusal(), "frasco");
  it.restart();
  it.connect();
  it.tick();
  CHECK_EQ(it.last(c::kConfigReported), "{\"versao\":5}");
  const int puts = it.puts;
  configure(it, kConfig);
  CHECK_EQ(it.puts, puts);
}

TEST("a config that arrives while a job runs waits for Idle") {
  Bench it;
  it.begin_job();
  configure(it, kConfig);
  it.run(100);
  CHECK(it.flash.count("cfg") == 0);
  it.pour_all();
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  it.run(20);
  CHECK_EQ(it.last(c::kConfigReported), "{\"versao\":5}");
}

TEST("a config with faults is not applied; the report names what holds and what is wrong") {
  Bench it;
  configure(it, "{\"versao\":6,\"frascos\":[{\"frasco\":1,\"pin\":6,\"min_ms\":5,\"max_ms\":1},{\"frasco\":1,\"min_ms\":0,\"max_ms\":1}]}");
  const std::string report = it.last(c::kConfigReported);
  CHECK_EQ(field(report, "versao"), "0");
  CHECK(report.find("frasco 1: min_ms must not exceed max_ms") != std::string::npos);
  CHECK(report.find("frasco 1: this board may not drive that pin") != std::string::npos);
  CHECK(report.find("frasco 1: named twice") != std::string::npos);
  for (const char* bad : {"{", "{}", "{\"versao\":1}", "{\"versao\":1,\"frascos\":[{\"frasco\":25,\"min_ms\":0,\"max_ms\":1}]}",
                          "{\"versao\":1,\"frascos\":[{\"frasco\":1,\"min_ms\":0,\"max_ms\":180001}]}"}) {
    it.published.clear();
    configure(it, bad);
    CHECK_EQ(it.last(c::kConfigReported), "{\"versao\":0,\"errors\":[\"unreadable document\"]}");
  }
  CHECK(it.flash.count("cfg") == 0);
}

TEST("telemetry comes as often as configured, never more often than every 10 s") {
  Bench it;
  std::string config = kConfig;
  config.replace(config.find("\"telemetry_s\":20"), 16, "\"telemetry_s\":1");
  configure(it, config);
  it.published.clear();
  it.run(60000);
  const size_t n = it.said(c::kTelemetry).size();
  CHECK(n >= 5 && n <= 7);
  CHECK_EQ(field(it.last(c::kTelemetry), "rssi"), "-60");
}

TEST("an update begins only when no job is here, and no job is taken until it is over") {
  FakeUpdater updater;
  Bench it(false);
  it.updater = &updater;
  it.restart();
  it.connect();
  it.tick();
  it.begin_job();
  it.deliver(c::kOtaDesired, "{}", 0, "", true);
  it.pour_all();
  CHECK_EQ(updater.begun, 0);
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  it.run(20);
  CHECK_EQ(updater.begun, 1);
  CHECK_EQ(it.state(), State::kUpdating);
  CHECK_EQ(field(it.last(c::kOtaState), "state"), "downloading");
  it.offer.seq = 2;
  it.make_offer();
  CHECK_EQ(it.refusal(), "ocupado");
  updater.is_busy = false;
  it.run(20);
  CHECK_EQ(it.state(), State::kIdle);
}
