// Which pin does what, for each chip. The one file a maker with other wiring edits.
// None of the default pins is a strapping pin, the flash's or the serial port's:
// those move by themselves while the chip starts.
#pragma once

#include <sdkconfig.h>

#include <cstddef>
#include <cstdint>

namespace yaguts {

constexpr uint8_t kNotFitted = 255;

// Level that switches a relay (or a MOSFET) on. Most relay boards with optocouplers want LOW:
// then this is 0 and every motor pin has its 10 kΩ to 3V3 instead of to GND.
constexpr uint8_t kMotorOnLevel = 1;

// A normally closed switch to GND: pressed, or its wire broken, the pin reads HIGH. kNotFitted: none fitted.
constexpr uint8_t kStopPin = kNotFitted;
// Closed to GND while a bowl stands in place. kNotFitted: none fitted.
constexpr uint8_t kBowlPin = kNotFitted;

#if CONFIG_IDF_TARGET_ESP32
// Frasco 1, 2, … A WROVER module needs 16 and 17 for its PSRAM: give those frascos 26 and 27.
constexpr uint8_t kMotorPins[] = {16, 17, 18, 19, 21, 22, 23, 25};
constexpr uint8_t kLedPin = 2;
constexpr uint8_t kLedOnLevel = 1;
constexpr uint8_t kButtonPin = 0;  // BOOT
// Pins that config/desired may give to a motor. Not 14: it carries a clock while the chip starts.
constexpr uint64_t kAllowedPins = 1ull << 4 | 1ull << 13 | 1ull << 16 | 1ull << 17 | 1ull << 18 | 1ull << 19 |
                                  1ull << 21 | 1ull << 22 | 1ull << 23 | 1ull << 25 | 1ull << 26 | 1ull << 27 | 1ull << 32 |
                                  1ull << 33;
#elif CONFIG_IDF_TARGET_ESP32C3
constexpr uint8_t kMotorPins[] = {0, 1, 3, 4, 5, 6, 7, 10};
constexpr uint8_t kLedPin = 8;
constexpr uint8_t kLedOnLevel = 0;
constexpr uint8_t kButtonPin = 9;
constexpr uint64_t kAllowedPins = 1ull << 0 | 1ull << 1 | 1ull << 3 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 10;
#elif CONFIG_IDF_TARGET_ESP32S3
constexpr uint8_t kMotorPins[] = {4, 5, 6, 7, 15, 16, 17, 18};
constexpr uint8_t kLedPin = 2;
constexpr uint8_t kLedOnLevel = 1;
constexpr uint8_t kButtonPin = 0;
constexpr uint64_t kAllowedPins = 1ull << 1 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 8 | 1ull << 9 | 1ull << 10 |
                                  1ull << 11 | 1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 15 | 1ull << 16 | 1ull << 17 |
                                  1ull << 18 | 1ull << 21 | 1ull << 38 | 1ull << 39 | 1ull << 40 | 1ull << 41 | 1ull << 42;
#else
#error "No pins are known for this chip: add its block here."
#endif

constexpr size_t kMotorPinCount = sizeof kMotorPins / sizeof kMotorPins[0];

constexpr bool motor_pins_are_allowed() {
  for (uint8_t pin : kMotorPins) {
    if (pin > 63 || (kAllowedPins >> pin & 1) == 0) return false;
    if (pin == kLedPin || pin == kButtonPin || pin == kStopPin || pin == kBowlPin) return false;
  }
  return true;
}
static_assert(motor_pins_are_allowed(), "a motor pin is taken or not on the list");

}  // namespace yaguts
