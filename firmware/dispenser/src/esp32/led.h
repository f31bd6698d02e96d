// The LED and the button: what a person in the kitchen sees and can do without a phone.
#pragma once

#include <Arduino.h>

#include "board_pins.h"
#include "handover.h"

namespace yaguts {

// Ten slots of 100 ms; a set bit is light. The README's table says the same in words.
class Led {
 public:
  void begin() {
    pinMode(kLedPin, OUTPUT);
    show(false);
  }
  void identify(uint32_t ms) {
    identify_since_ = millis();
    identify_ms_ = ms;
  }
  // pouring: a motor is on. faulted: the journal refuses writes.
  void tick(NetState net, bool pouring, bool faulted) {
    const uint32_t now = millis();
    if (identify_ms_ != 0 && now - identify_since_ < identify_ms_) return show((now / 50) & 1);
    identify_ms_ = 0;
    show((pattern(net, pouring, faulted) >> (now / 100 % 10)) & 1);
  }

 private:
  static uint16_t pattern(NetState net, bool pouring, bool faulted) {
    if (faulted) return 0b0000010101;  // three short: flash
    if (pouring) return 0b0101010101;  // quick
    switch (net) {
      case NetState::kPortal:
        return 0b0000011111;  // half on, half off: waiting to be set up
      case NetState::kNoWifi:
        return 0b0000000001;  // one short
      case NetState::kNoBroker:
        return 0b0000000101;  // two short
      case NetState::kOnline:
        return 0b1111111111;  // steady
    }
    return 0;
  }
  void show(bool on) { digitalWrite(kLedPin, on ? kLedOnLevel : !kLedOnLevel); }

  uint32_t identify_since_ = 0;
  uint32_t identify_ms_ = 0;
};

// Pressed to GND. What a press means is known when it ends, so that 5 s and 15 s can be told apart.
class Button {
 public:
  enum class Press : uint8_t { kNone, kPortal, kFactoryReset };

  void begin() { pinMode(kButtonPin, INPUT_PULLUP); }
  Press tick() {
    const bool down = digitalRead(kButtonPin) == LOW;
    if (down && !down_) since_ = millis();
    const uint32_t held = down_ && !down ? millis() - since_ : 0;
    down_ = down;
    if (held >= 15000) return Press::kFactoryReset;
    return held >= 5000 ? Press::kPortal : Press::kNone;
  }

 private:
  bool down_ = false;
  uint32_t since_ = 0;
};

}  // namespace yaguts
