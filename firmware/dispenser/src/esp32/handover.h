// What the net task may not do itself: write flash or restart, because a motor may be
// running. It leaves its wish here; the dispense task fulfils it when every output is
// off. The net task fills `settings` or `address` only while the slot is free.
#pragma once

#include <atomic>

#include "settings.h"

namespace yaguts {

enum class Wish : uint8_t { kNone, kSaveAndRestart, kSaveAddress, kFactoryReset };

// How far the net task has come, for the LED.
enum class NetState : uint8_t { kPortal, kNoWifi, kNoBroker, kOnline };

struct Handover {
  std::atomic<Wish> wish{Wish::kNone};
  std::atomic<NetState> net{NetState::kNoWifi};
  // Orderly restart: the net task sends what is queued, DISCONNECT (or the will would fire), and says so.
  std::atomic<bool> parting{false};
  std::atomic<bool> parted{false};
  // Set by the button in the dispense task, read by the net task.
  std::atomic<bool> portal_wanted{false};
  Settings settings;
  BrokerAddress address;

  bool free() const { return wish.load(std::memory_order_acquire) == Wish::kNone; }
  void ask(Wish what) { wish.store(what, std::memory_order_release); }
  void done() { wish.store(Wish::kNone, std::memory_order_release); }
};

}  // namespace yaguts
