// Reporting (firmware.md, section 4): entries, acks, complete, epochs; what is said meanwhile.
#include "bench.h"

using namespace test;

TEST("each outcome is in flash before it is published, retained with QoS 1") {
  Bench it;
  it.begin_job();
  bool early = false;
  it.on_publish = [&](const Message& message) {
    if (message.topic == it.topic(c::kJobLog, 7, 1)) early |= it.flash.count("f0000") == 0 || !message.retain || message.qos != 1;
  };
  it.pour_all();
  CHECK(!early);
  CHECK_EQ(it.said(c::kJobLog, 7, 1).size(), size_t{1});
}

TEST("the entry is the one of the contract, measured and without floats") {
  Bench it;
  it.epoch = 1700000000000;
  it.offer.ms = 1250;
  it.begin_job();
  it.pour_all();
  const std::string entry = it.entry(1);
  CHECK_EQ(entry.substr(0, entry.find(",\"uptime_ms\"")),
           "{\"v\":1,\"job_id\":7,\"seq\":1,\"token\":\"9f3c2a71d05be864\",\"item_ordem\":1,\"frasco\":1,"
           "\"quantidade_g\":2.5,\"segundos\":1.25,\"status\":\"done\",\"error\":null,\"boot_id\":\"0001\"");
  CHECK(field(entry, "ts") > "1700000000000");
  CHECK(entry.size() <= c::MAX_ENTRY_BYTES);
}

TEST("without a clock ts is null; with the now of accepted it is known") {
  Bench it;
  it.begin_job();
  it.pour_all();
  CHECK_EQ(field(it.entry(1), "ts"), "null");
  Bench other;
  other.make_offer();
  other.accept(1700000000000);
  other.pour_all();
  CHECK(field(other.entry(1), "ts") >= "1700000001000");
}

TEST("complete waits for the last entry's ack, and counts what happened") {
  Bench it;
  it.failing_items = {2};
  it.begin_job();
  it.pour_all();
  it.ack({1, 2});
  it.run(100);
  CHECK(it.said(c::kJobComplete, 7).empty());
  it.ack({3});
  it.tick();
  CHECK_EQ(it.last(c::kJobComplete, 7),
           "{\"v\":1,\"job_id\":7,\"seq\":1,\"token\":\"9f3c2a71d05be864\",\"itens_completados\":2,"
           "\"itens_falhados\":1,\"itens_cancelados\":0,\"execution_logs\":[]}");
}

TEST("only the acked complete frees the slot, by the one put of hi") {
  Bench it;
  it.begin_job();
  it.pour_all();
  it.ack({1, 2, 3});
  it.run(100);
  CHECK_EQ(it.state(), State::kReporting);
  CHECK(it.flash.count("hi") == 0);
  const int puts = it.puts;
  it.ack({}, true);
  CHECK_EQ(it.state(), State::kIdle);
  CHECK_EQ(it.puts - puts, 1);
  CHECK_EQ(it.dels, 0);
  CHECK_EQ(it.device().jobs_freed(), 1u);
}

TEST("items put aside by the api are not asked for again") {
  Bench it;
  it.begin_job();
  it.pour_all();
  it.deliver(c::kJobAck,
             "{\"token\":\"9f3c2a71d05be864\",\"itens\":[1,2,3],\"complete\":false,\"rejected\":[{\"item_ordem\":2,\"code\":\"contradicao\"}]}", 7);
  it.tick();
  it.tick();
  CHECK_EQ(it.said(c::kJobComplete, 7).size(), size_t{1});
}

TEST("an ack for another job, another token or an item that is not final changes nothing") {
  Bench it;
  it.begin_job();
  it.run(1500);
  it.deliver(c::kJobAck, ack_of(0x123, {1}), 7);
  it.deliver(c::kJobAck, ack_of(it.offer.token, {1}), 8);
  it.ack({2, 3}, true);
  it.pour_all();
  CHECK(it.flash.count("ack") == 0);
  const size_t before = it.said(c::kJobLog, 7, 1).size();
  it.run(3000);
  CHECK(it.said(c::kJobLog, 7, 1).size() > before);
  CHECK(it.said(c::kJobLog, 7, 3).size() > 1);
}

TEST("acks that arrive while a motor runs stay in RAM until it is off") {
  Bench it;
  it.begin_job();
  it.run(1500);
  it.ack({1});
  CHECK(it.flash.count("ack") == 0);
  it.run(1000);
  CHECK(it.flash.count("ack") == 0 || !it.motor_on_during_put);
  it.pour_all();
  it.run(20);
  CHECK(it.flash.count("ack") == 1);
  CHECK(!it.motor_on_during_put);
}

TEST("unacked entries are sent again by the schedule while connected, and at once on reconnect") {
  Bench it;
  it.offer.n = 1;
  it.begin_job();
  it.pour_all();
  it.run(20000);
  const size_t sent = it.said(c::kJobLog, 7, 1).size();
  CHECK(sent >= 4 && sent <= 5);
  it.disconnect();
  it.run(100000);
  CHECK_EQ(it.said(c::kJobLog, 7, 1).size(), sent);
  it.connect();
  it.tick();
  CHECK_EQ(it.said(c::kJobLog, 7, 1).size(), sent + 1);
}

TEST("the server coming online again makes the device say everything again") {
  Bench it;
  it.begin_job();
  it.pour_all();
  it.published.clear();
  it.deliver(c::kServerState, "{\"state\":\"online\",\"version\":\"1\",\"epoch\":\"a\"}");
  it.tick();
  CHECK_EQ(it.published[0].topic, it.topic(c::kBirth));
  CHECK_EQ(it.said(c::kJobLog, 7, 3).size(), size_t{1});
}

TEST("a new epoch asks for the acked entries of the active job and for the ring, and is put only then") {
  Bench it;
  it.deliver(c::kServerState, "{\"state\":\"online\",\"epoch\":\"a\"}", 0, "", true);
  it.run(20);
  CHECK(it.flash["ep"].substr(0, 1) == "a");
  it.finish_job();
  const Offer first = it.offer;
  it.offer.seq = 2;
  it.offer.job_id = 8;
  it.offer.token = 0x22;
  it.begin_job();
  it.pour_all();
  it.ack({1});
  it.published.clear();
  it.deliver(c::kServerState, "{\"state\":\"online\",\"epoch\":\"b\"}", 0, "", true);
  it.run(20);
  CHECK_EQ(it.said(c::kJobLog, 8, 1).size(), size_t{1});
  CHECK_EQ(it.said(c::kJobLog, first.job_id, 3).size(), size_t{1});
  CHECK(it.flash["ep"].substr(0, 1) == "a");
  it.deliver(c::kJobAck, ack_of(first.token, {1, 2, 3}), first.job_id);
  it.run(20);
  CHECK(it.flash["ep"].substr(0, 1) == "b");
}

TEST("after ten unanswered rounds a ring is given up and the epoch taken") {
  Bench it;
  it.deliver(c::kServerState, "{\"state\":\"online\",\"epoch\":\"a\"}", 0, "", true);
  it.run(20);
  it.finish_job();
  it.published.clear();
  it.deliver(c::kServerState, "{\"state\":\"online\",\"epoch\":\"b\"}", 0, "", true);
  it.run(15 * 60 * 1000);
  CHECK_EQ(it.said(c::kJobLog, 7, 1).size(), size_t{10});
  CHECK(it.flash["ep"].substr(0, 1) == "b");
}

TEST("progress is said at most four times a second, with QoS 0") {
  Bench it;
  it.offer.n = 1;
  it.offer.ms = 10000;
  it.begin_job();
  it.run(9000);
  const size_t n = it.said(c::kJobProgress, 7).size();
  CHECK(n >= 30 && n <= 37);
  CHECK_EQ(field(it.last(c::kJobProgress, 7), "of_ms"), "10000");
}

TEST("a link without room loses nothing: what is due goes out later") {
  Bench it;
  it.begin_job();
  it.link_full = true;
  it.pour_all();
  it.cancel();
  it.run(100);
  it.link_full = false;
  it.run(20);
  CHECK_EQ(it.said(c::kJobLog, 7, 1).size(), size_t{1});
  CHECK_EQ(it.said(c::kJobLog, 7, 3).size(), size_t{1});
  CHECK_EQ(field(it.last(c::kCancelRejected, 7), "code"), "terminado");
}

TEST("the serial lines are the ones a maker knows") {
  Bench it;
  it.offer.ms = 5000;
  it.finish_job();
  for (const char* line : {"[POLL] ✓ Job recebido!", "[EXEC] Iniciando execução do job 7",
                           "[EXEC] Item 1/3: Frasco 1 por 5.000s",
                           "[EXEC] ✓ Item 1 concluído (real: 5.00s). Progresso salvo.",
                           "[EXEC] Execução concluída em 15."}) {
    if (!it.said_line(line)) check::fault(__FILE__, __LINE__, std::string("missing: ") + line);
  }
  const auto mirrored = it.said(c::kDeviceLog, 0, 0, "info");
  CHECK(!mirrored.empty());
  CHECK_EQ(field(mirrored[0], "tag"), "POLL");
}
