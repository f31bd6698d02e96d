#include "tasks.h"

#include <Arduino.h>
#include <NetworkClient.h>
#include <NetworkClientSecure.h>
#include <esp_random.h>
#include <esp_task_wdt.h>

#include "../core/dispenser.h"
#include "../mqtt/mailbox_link.h"
#include "../mqtt/session.h"
#include "chip.h"
#include "handover.h"
#include "led.h"
#include "nvs_store.h"
#include "provisioning.h"
#include "relay_actuator.h"
#include "settings.h"
#include "wifi.h"

namespace yaguts {

namespace {

// Stack bytes. While it shakes hands TLS needs about 6 KiB of the net task's, a claim 3 KiB more.
constexpr uint32_t kDispenseStack = 8192;
constexpr uint32_t kNetStack = 16384;
constexpr UBaseType_t kDispensePriority = 5;
constexpr UBaseType_t kNetPriority = 2;
constexpr BaseType_t kNetCore = 0;  // where the Wi-Fi driver lives
constexpr BaseType_t kDispenseCore = portNUM_PROCESSORS - 1;

constexpr uint32_t kTickMs = 10;
constexpr uint32_t kNetTurnMs = 5;
constexpr uint32_t kWatchdogMs = 5000;
constexpr uint32_t kHandshakeS = 10;  // the library's own limit is 120
// Nobody is served by a board whose radio has lost its way: restart when idle.
constexpr uint32_t kLonelyMs = 15 * 60 * 1000;
constexpr uint32_t kPartingMs = 1000;  // well inside the watchdog's patience

void restart_in_order();

// Everything static: the stacks stay small and no heap is touched after start.
Mailbox inbox;
Mailbox outbox;
Handover handover;
Settings settings;
NvsStore flash;
RelayActuator motors;
ChipClock chip_clock;
Led led;
Button button;
ChipBoard board(led, flash, restart_in_order);
MailboxLink link(inbox, outbox);
// The boot counter reaches the net task here: written before that task exists.
uint32_t boot_counter = 0;

Dispenser& dispenser() {
  static Identity identity = [] {
    Identity made{};
    made.org = settings.credential.org;
    made.device = settings.credential.device;
    made.hw = CONFIG_IDF_TARGET;
    made.reset_reason = reset_reason();
    made.frascos = kMotorPinCount;
    made.entropy = static_cast<uint64_t>(esp_random()) << 32 | esp_random();
    return made;
  }();
  static Dispenser made(Ports{chip_clock, flash, motors, link, board}, identity);
  return made;
}

// Dispense task, no motor on.
void restart_in_order() {
  motors.stop_all();
  dispenser().say_offline();
  handover.parting = true;
  const uint32_t since = millis();
  while (!handover.parted && millis() - since < kPartingMs) vTaskDelay(pdMS_TO_TICKS(kTickMs));
  ESP.restart();
}

// A motor may be on, or be put on, by nobody but this task; so whatever it does here is done with all off.
void fulfil_wish() {
  const Wish wish = handover.wish.load(std::memory_order_acquire);
  if (wish == Wish::kNone || motors.output_on()) return;
  switch (wish) {
    case Wish::kSaveAddress:
      if (!save_last_good(handover.address)) board.print("[PERSIST] O endereço do broker não foi gravado");
      break;
    case Wish::kSaveAndRestart:
      if (save_settings(handover.settings)) {
        restart_in_order();
      } else {
        board.print("[PERSIST] A configuração não foi gravada");
      }
      break;
    case Wish::kFactoryReset:
      board.print("[PERSIST] Apagando tudo: configuração e diário");
      erase_settings();
      flash.erase();
      restart_in_order();
      break;
    case Wish::kNone:
      break;
  }
  handover.done();
}

void restart_if_lonely(uint32_t& heard_at) {
  if (link.connected() || !settings.provisioned() || dispenser().state() != State::kIdle) heard_at = millis();
  if (millis() - heard_at < kLonelyMs) return;
  board.print("[LOOP] 15 min sem broker e sem job: reiniciando");
  restart_in_order();
}

void watch_this_task() {
  esp_task_wdt_config_t config{};
  config.timeout_ms = kWatchdogMs;
  config.idle_core_mask = 0;  // the idle tasks starve while TLS shakes hands, and nobody is hurt
  config.trigger_panic = true;
  if (esp_task_wdt_init(&config) != ESP_OK) esp_task_wdt_reconfigure(&config);
  esp_task_wdt_add(nullptr);
}

void dispense_task(void*) {
  watch_this_task();
  uint32_t heard_at = millis();
  for (;;) {
    esp_task_wdt_reset();
    dispenser().tick();
    fulfil_wish();
    restart_if_lonely(heard_at);
    const bool pouring = motors.output_on();
    led.tick(handover.net, pouring, dispenser().state() == State::kFaulted);
    switch (button.tick()) {
      case Button::Press::kPortal:
        handover.portal_wanted = true;
        break;
      case Button::Press::kFactoryReset:
        if (handover.free()) handover.ask(Wish::kFactoryReset);
        break;
      case Button::Press::kNone:
        break;
    }
    vTaskDelay(pdMS_TO_TICKS(kTickMs));
  }
}

void net_task(void*) {
  static NetworkClient plain;
  static NetworkClientSecure secure;
  static ChipNetwork network(settings, handover, motors);
  static Portal portal(settings, handover, CONFIG_IDF_TARGET);
  secure.setHandshakeTimeout(kHandshakeS);
  if (settings.ca[0] != 0) secure.setCACert(settings.ca);  // keeps the pointer: settings is static
  network.begin();

  if (!settings.provisioned()) {
    portal.open();
    handover.net = NetState::kPortal;
    for (;;) {
      portal.turn();
      vTaskDelay(pdMS_TO_TICKS(kNetTurnMs));
    }
  }

  SessionConfig config;
  config.org = settings.credential.org;
  config.device = settings.credential.device;
  config.password = settings.credential.password;
  config.broker = settings.broker;
  config.last_good = settings.last_good;
  config.boot_counter = boot_counter;
  Client& socket = settings.ca[0] != 0 ? static_cast<Client&>(secure) : static_cast<Client&>(plain);
  static Session session(socket, config, inbox, outbox, network);
  if (!session.begin()) {
    board.print("[MQTT] Sem memória para o buffer de 4 KiB");
    vTaskDelete(nullptr);
  }
  for (;;) {
    if (handover.portal_wanted.exchange(false)) portal.open();
    portal.turn();
    session.turn();
    if (handover.parting && (session.drained() || !session.online())) {
      session.close();
      handover.parted = true;
      vTaskDelete(nullptr);
    }
    handover.net = portal.is_open()       ? NetState::kPortal
                   : session.online()     ? NetState::kOnline
                   : network.network_up() ? NetState::kNoBroker
                                          : NetState::kNoWifi;
    vTaskDelay(pdMS_TO_TICKS(kNetTurnMs));
  }
}

}  // namespace

void outputs_off() { RelayActuator::outputs_off(); }

void start() {
  Serial.begin(115200);
#if ARDUINO_USB_CDC_ON_BOOT
  Serial.setTxTimeoutMs(0);  // a USB port that nobody reads must not hold up the dispense task
#endif
  led.begin();
  button.begin();
  if (!motors.begin()) board.print("[SETUP] Sem temporizador de corte: nenhum motor será ligado");
  if (!flash.open()) board.print("[PERSIST] A partição journal não abre");
  load_settings(settings);

  // The job of before the reboot goes on from here, whatever the network does.
  dispenser().begin();
  boot_counter = dispenser().boot_counter();
  xTaskCreatePinnedToCore(dispense_task, "dispense", kDispenseStack, nullptr, kDispensePriority, nullptr, kDispenseCore);
  xTaskCreatePinnedToCore(net_task, "net", kNetStack, nullptr, kNetPriority, nullptr, kNetCore);
}

}  // namespace yaguts
