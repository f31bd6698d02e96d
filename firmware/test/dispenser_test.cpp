// Each row of the state machine (firmware.md, section 4).
#include "bench.h"

using namespace test;

TEST("boot without a job is Idle, outputs off, boot counted") {
  Bench it(false);
  CHECK_EQ(it.state(), State::kIdle);
  CHECK_EQ(it.device().boot_counter(), 1u);
  it.restart();
  CHECK_EQ(it.device().boot_counter(), 2u);
}

TEST("on a connection birth comes first, then presence, both retained with QoS 1") {
  Bench it;
  CHECK_EQ(it.published[0].topic, it.topic(c::kBirth));
  CHECK_EQ(it.published[1].topic, it.topic(c::kPresence));
  CHECK(it.published[0].retain && it.published[0].qos == 1 && it.published[1].retain);
  const std::string birth = it.last(c::kBirth);
  CHECK_EQ(field(birth, "hi"), "0");
  CHECK_EQ(field(birth, "active"), "null");
  CHECK_EQ(field(birth, "max_step_ms"), "180000");
  CHECK_EQ(it.last(c::kPresence), "{\"state\":\"online\",\"boot_id\":\"0001\",\"session\":65537}");
}

TEST("an offer makes the device ask for leave, and moves nothing") {
  Bench it;
  it.make_offer();
  it.run(100);
  CHECK_EQ(it.state(), State::kOffered);
  CHECK_EQ(it.last(c::kJobStart, 7), "{\"seq\":1,\"token\":\"9f3c2a71d05be864\"}");
  CHECK(it.ledger.empty());
  CHECK(it.flash.count("j00") == 0);
}

TEST("leave is asked for again at the retry times while no answer comes") {
  Bench it;
  it.make_offer();
  it.run(20000);
  const size_t asked = it.said(c::kJobStart, 7).size();
  CHECK(asked >= 4 && asked <= 5);  // at 0, 2, 6, 14 s, each ± 20 %
}

TEST("accepted puts the job in flash before the first motor") {
  Bench it;
  it.begin_job();
  CHECK(it.flash.count("j00") == 1);
  CHECK(it.flash.count("cur") == 1);
  CHECK_EQ(it.state(), State::kPouring);
  CHECK_EQ(it.ledger.size(), size_t{1});
}

TEST("leave for another seq, another token or another job is no leave") {
  Bench it;
  it.make_offer();
  Offer other = it.offer;
  other.seq = 2;
  it.deliver(c::kStartAccepted, start_answer(other), 7);
  other = it.offer;
  other.token ^= 1;
  it.deliver(c::kStartAccepted, start_answer(other), 7);
  it.deliver(c::kStartAccepted, start_answer(it.offer), 8);
  it.deliver(c::kStartAccepted, "{\"seq\":1}", 7);
  it.tick();
  CHECK_EQ(it.state(), State::kOffered);
}

TEST("rejected, emptied, replaced or a lost link make the device forget the offer") {
  Bench it;
  it.make_offer();
  it.deliver(c::kStartRejected, "{\"seq\":1,\"code\":\"terminado\"}", 7);
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  it.deliver(c::kJobsNext, "", 0, "", true);
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  it.offer.seq = 2;
  it.offer.job_id = 8;
  it.make_offer();
  CHECK_EQ(it.state(), State::kOffered);
  CHECK_EQ(it.said(c::kJobStart, 8).size(), size_t{1});
  it.disconnect();
  it.tick();
  CHECK_EQ(it.state(), State::kIdle);
}

TEST("a cancel before leave arrives closes every item, so that the api sees the end of what it may have started") {
  Bench it;
  it.make_offer();
  it.cancel();
  CHECK_EQ(it.state(), State::kReporting);
  CHECK_EQ(it.last(c::kCancelAccepted, 7), "{\"id\":\"k-1\",\"item_ordem\":null}");
  it.accept();
  it.run(1000);
  CHECK(it.ledger.empty());
  CHECK_EQ(it.error(1), "cancelado");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("a job runs to its end without a network, once it is ours") {
  Bench it;
  it.begin_job();
  it.disconnect();
  it.pour_all();
  CHECK_EQ(it.state(), State::kReporting);
  CHECK_EQ(it.ledger.size(), size_t{3});
  it.connect();
  it.tick();
  CHECK_EQ(field(it.entry(3), "status"), "done");
}

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

TEST("a relay that does not take fails its item, and the others go on") {
  Bench it;
  it.failing_items = {2};
  it.begin_job();
  it.pour_all();
  CHECK_EQ(it.error(2), "rele");
  CHECK_EQ(field(it.entry(3), "status"), "done");
}

TEST("an output that stays on 250 ms too long is stopped: timeout") {
  Bench it;
  it.stuck = true;
  it.begin_job();
  it.run(1240);
  CHECK_EQ(it.state(), State::kPouring);
  it.run(30);
  CHECK_EQ(it.error(1), "timeout");
  CHECK(it.ledger[0].ran_ms >= 1250 && it.ledger[0].ran_ms < 1300);
}

TEST("an empty jar stops its item: vazio") {
  Bench it;
  it.begin_job();
  it.run(300);
  it.is_empty = true;
  it.run(20);
  CHECK_EQ(it.error(1), "vazio");
  CHECK(it.ledger[0].ran_ms < 400);
}

TEST("when a critical item fails the rest are closed abortado") {
  Bench it;
  it.offer.critico = 1;
  it.failing_items = {1};
  it.begin_job();
  it.pour_all();
  CHECK(it.ledger.empty());
  CHECK_EQ(it.error(1), "rele");
  CHECK_EQ(it.error(2), "abortado");
  CHECK_EQ(it.error(3), "abortado");
}

TEST("past not_after the remaining items are expirado, at an item boundary and with a known clock only") {
  Bench it;
  it.epoch = 1700000000000;
  it.offer.not_after = it.epoch + it.time + 1500;
  it.begin_job();
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(field(it.entry(2), "status"), "done");
  CHECK_EQ(it.error(3), "expirado");
  Bench no_clock;
  no_clock.offer.not_after = 5;
  no_clock.begin_job();
  no_clock.pour_all();
  CHECK_EQ(no_clock.ledger.size(), size_t{3});
}

TEST("cancel stops the motor in its tick, is in flash before it is accepted, and names the item") {
  Bench it;
  it.begin_job();
  it.run(1500);
  bool early = false;
  it.on_publish = [&](const Message& message) {
    if (message.topic == it.topic(c::kCancelAccepted, 7)) early |= it.flash.count("x00") == 0;
  };
  it.cancel();
  CHECK(!early);
  CHECK(!it.running());
  CHECK_EQ(it.last(c::kCancelAccepted, 7), "{\"id\":\"k-1\",\"item_ordem\":2}");
  CHECK_EQ(it.error(2), "cancelado");
  CHECK(field(it.entry(2), "segundos") > "0.4");
  CHECK_EQ(field(it.entry(3), "segundos"), "0");
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(it.state(), State::kReporting);
}

TEST("stop closes the pouring item abortado, the rest cancelado") {
  Bench it;
  it.begin_job();
  it.run(200);
  it.command("stop");
  CHECK(it.command_accepted("stop"));
  CHECK_EQ(it.error(1), "abortado");
  CHECK_EQ(it.error(2), "cancelado");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("the stop input does the same without a network, once per press") {
  Bench it;
  it.begin_job();
  it.run(200);
  it.disconnect();
  it.stop_button = true;
  it.run(100);
  CHECK(!it.running());
  CHECK(it.flash.count("x00") == 1);
  it.stop_button = false;
  it.connect();
  it.tick();
  CHECK_EQ(it.error(1), "abortado");
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

TEST("a job found at boot resumes by item without waiting for a network, and then asks again") {
  Bench it;
  it.begin_job();
  it.run(1500);
  it.restart();
  CHECK(it.said_line("[SETUP] Job anterior detectado, será retomado ao conectar"));
  CHECK(it.said_line("[RESUME] ⚡ Job pendente detectado em Flash!"));
  CHECK(it.said_line("[RESUME] Retomando job 7 (item 3/3)"));
  it.tick();
  CHECK_EQ(it.state(), State::kPouring);
  CHECK_EQ(int{it.ledger.back().item}, 3);
  it.connect();
  it.published.clear();
  it.tick();
  CHECK_EQ(it.said(c::kJobStart, 7).size(), size_t{1});
  CHECK_EQ(it.error(2), "interrompido");
  CHECK_EQ(field(it.last(c::kBirth), "active"), "{\"job_id\":7");
}

TEST("after a reboot terminado or diario_perdido closes the rest cancelado") {
  Bench it;
  it.begin_job();
  it.run(500);
  it.restart();
  it.connect();
  it.tick();
  it.deliver(c::kStartRejected, "{\"seq\":1,\"code\":\"terminado\"}", 7);
  it.run(50);
  CHECK_EQ(it.state(), State::kReporting);
  CHECK(!it.running());
  CHECK_EQ(it.error(1), "interrompido");
  CHECK_EQ(it.error(3), "cancelado");
}

TEST("a second interruption closes the rest: the next item abortado, those after it cancelado") {
  Bench it;
  it.offer.n = 5;
  it.begin_job();
  it.run(500);
  it.restart();
  it.run(500);
  it.restart();
  it.run(5000);
  it.connect();
  it.tick();
  CHECK_EQ(it.ledger.size(), size_t{2});
  CHECK_EQ(it.error(1), "interrompido");
  CHECK_EQ(it.error(2), "interrompido");
  CHECK_EQ(it.error(3), "abortado");
  CHECK_EQ(it.error(4), "cancelado");
}

TEST("a job whose items are all final reports after a reboot and does not ask for leave") {
  Bench it;
  it.begin_job();
  it.pour_all();
  it.restart();
  CHECK_EQ(it.state(), State::kReporting);
  it.connect();
  it.published.clear();
  it.tick();
  CHECK(it.said(c::kJobStart, 7).empty());
  CHECK_EQ(it.said(c::kJobLog, 7, 2).size(), size_t{1});
}

TEST("a finished seq is refused duplicado, the active one ignored, the same seq with another token refused") {
  Bench it;
  it.finish_job();
  CHECK_EQ(it.state(), State::kIdle);
  it.make_offer();
  CHECK_EQ(it.refusal(), "duplicado");
  it.offer.seq = 2;
  it.begin_job();
  it.published.clear();
  it.make_offer();
  CHECK_EQ(it.refusal(), "");
  it.offer.token ^= 1;
  it.make_offer();
  CHECK_EQ(it.refusal(), "duplicado");
}

TEST("an offer while another job runs is refused ocupado; while the last acks are under way it waits") {
  Bench it;
  it.begin_job();
  Offer next = it.offer;
  next.seq = 2;
  next.job_id = 8;
  it.deliver(c::kJobsNext, document(next), 0, "", true);
  it.tick();
  CHECK_EQ(field(it.last(c::kJobRejected, 8), "code"), "ocupado");
  it.pour_all();
  it.published.clear();
  it.deliver(c::kJobsNext, document(next), 0, "", true);
  it.tick();
  CHECK(it.said(c::kJobRejected, 8).empty());
  it.ack({1, 2, 3});
  it.tick();
  it.ack({}, true);
  it.run(20);
  CHECK_EQ(it.said(c::kJobStart, 8).size(), size_t{1});
}

TEST("an offer without a bowl is refused tigela, one that has expired expirado") {
  Bench it;
  it.no_bowl = true;
  it.make_offer();
  CHECK_EQ(it.refusal(), "tigela");
  it.no_bowl = false;
  it.epoch = 1700000000000;
  it.offer.not_after = 1700000000000;
  it.make_offer();
  CHECK_EQ(it.refusal(), "expirado");
  CHECK_EQ(it.state(), State::kIdle);
}

TEST("pause holds before the next item until resume; a reboot ends it") {
  Bench it;
  it.begin_job();
  it.command("pause");
  CHECK(it.command_accepted("pause"));
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.state(), State::kRunning);
  it.command("resume", "", "c-2");
  it.run(500);
  CHECK_EQ(it.ledger.size(), size_t{2});
  it.command("pause", "", "c-3");
  it.run(2000);
  it.restart();
  it.run(100);
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("a bowl taken away holds the job before its next item") {
  Bench it;
  it.begin_job();
  it.no_bowl = true;
  it.run(5000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  it.no_bowl = false;
  it.pour_all();
  CHECK_EQ(it.ledger.size(), size_t{3});
}

TEST("a stop input held at boot ends the job before anything is poured") {
  Bench it;
  it.begin_job();
  it.run(500);
  it.power_off();
  it.stop_button = true;
  it.boot();
  it.run(2000);
  CHECK_EQ(it.ledger.size(), size_t{1});
  CHECK_EQ(it.state(), State::kReporting);
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
