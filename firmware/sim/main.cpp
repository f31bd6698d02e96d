// dispenser-sim: the firmware's core, session and tap as a Linux process. Opens
// things in one order and closes them in the other; every rule lives elsewhere.
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "../dispenser/src/core/dispenser.h"
#include "../dispenser/src/mqtt/mailbox_link.h"
#include "../dispenser/src/mqtt/session.h"
#include "file_store.h"
#include "kill_points.h"
#include "ledger_actuator.h"
#include "options.h"
#include "posix_client.h"
#include "refusing_store.h"
#include "result.h"
#include "sim_board.h"

using namespace yaguts;

namespace {

constexpr unsigned long kNetTurnMs = 3;
constexpr unsigned long kPartingMs = 2000;  // for `presence` offline to reach the broker

std::atomic<bool> leave{false};

void on_signal(int number) {
  if (number == SIGUSR1) stop_button = 1;
  else leave = true;
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

// The dispense task wakes every 10 ms of device time; below half a millisecond the
// machine would be busy with waking alone.
void sleep_a_tick(double speed) {
  const double real_us = std::clamp(10000.0 / speed, 500.0, 10000.0);
  usleep(static_cast<useconds_t>(real_us));
}

int run(const Options& options, bool& reboot) {
  std::string fault;
  FileStore flash;
  SimClock clock(options);
  LedgerActuator motors(clock, options);
  if (!flash.open(options.dir, fault) || !motors.open(fault)) {
    fprintf(stderr, "dispenser-sim: %s\n", fault.c_str());
    return 2;
  }
  const uint64_t started_at = clock.ms();
  int64_t first_motor_at = -1;
  SimBoard board;
  SimNetwork network;
  PosixClient socket;
  auto inbox = std::make_unique<Mailbox>();
  auto outbox = std::make_unique<Mailbox>();
  MailboxLink mailbox_link(*inbox, *outbox);
  PacedLink paced(mailbox_link);

  KillPoints points(options.kill_at);
  RefusingStore refusing(flash, options.flash_fails_at, options.flash_fails_for);
  KillableStore store(refusing, points);
  KillableActuator actuator(motors, points);
  KillableLink link(paced, points);

  Identity identity{};
  identity.org = options.org.c_str();
  identity.device = options.device.c_str();
  identity.hw = "sim";
  identity.reset_reason = reboot ? "software" : "poweron";
  identity.frascos = static_cast<uint8_t>(options.frascos);
  if (getentropy(&identity.entropy, sizeof identity.entropy) != 0) return 2;

  const auto dispenser = std::make_unique<Dispenser>(Ports{clock, store, actuator, link, board}, identity);
  motors.belongs_to(*dispenser);
  motors.when_started = [&](uint8_t item_ordem) {
    if (first_motor_at < 0) first_motor_at = static_cast<int64_t>(clock.ms());
    if (item_ordem == options.drop_at + 1) {
      network.drop_for(static_cast<unsigned long>(options.drop_for_s * 1000.0 / options.speed));
    }
    if (item_ordem == options.freeze_at + 1) socket.freeze();
  };
  dispenser->begin();

  SessionConfig config;
  config.org = identity.org;
  config.device = identity.device;
  config.password = options.password.c_str();
  snprintf(config.broker.host, sizeof config.broker.host, "%s", options.broker_host.c_str());
  config.broker.port = options.broker_port;
  config.boot_counter = dispenser->boot_counter();
  Session session(socket, config, *inbox, *outbox, network);
  if (!session.begin()) return 2;

  std::atomic<bool> parting{false};
  std::thread net([&] {
    unsigned long parted_at = 0;
    for (;;) {
      session.turn();
      if (parting) {
        if (parted_at == 0) parted_at = millis() | 1;
        if (!session.online() || session.drained() || millis() - parted_at > kPartingMs) break;
      }
      delay(kNetTurnMs);
    }
    session.close();
  });

  while (!leave && !board.reboot_wanted() && !(options.once && dispenser->jobs_freed() > 0)) {
    const uint32_t freed = dispenser->jobs_freed();
    dispenser->tick();
    JobRecord finished;
    if (options.result && dispenser->jobs_freed() != freed && dispenser->last_finished(finished)) {
      print_line(result_of(finished).c_str());
    }
    sleep_a_tick(options.speed);
  }
  actuator.stop_all();
  if (!board.reboot_wanted()) dispenser->say_offline();
  parting = true;
  net.join();

  if (options.count) {
    // Device ms from power-on to the first motor; real ms from the last CONNACK to the first entry after it.
    const long long to_motor = first_motor_at < 0 ? -1 : first_motor_at - static_cast<int64_t>(started_at);
    printf("points %llu\nwrites_refused %llu\nms_to_motor %lld\nms_to_entry %ld\n",
           static_cast<unsigned long long>(points.passed()), static_cast<unsigned long long>(refusing.refused()),
           to_motor, socket.ms_to_entry());
    fflush(stdout);
  }
  reboot = board.reboot_wanted();
  return options.once && dispenser->jobs_freed() == 0 && !reboot ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  std::string fault;
  if (!parse_options(count, words, options, fault)) {
    fprintf(stderr, "dispenser-sim: %s\n\n%s", fault.c_str(), kUsage);
    return 2;
  }
  if (options.help) {
    fputs(kUsage, stdout);
    return 0;
  }
  catch_signals();
  bool reboot = false;
  int code = 0;
  do code = run(options, reboot);
  while (reboot && !leave);
  return code;
}
