#pragma once
#include "../../shim/Arduino.h"

#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>

#include "WString.h"

#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x01
#define OUTPUT 0x03
#define INPUT_PULLUP 0x05

// Macros of Arduino's that swallow other people's names.
#define PI 3.1415926535897932384626433832795
#define EULER 2.718281828459045235360287471352
#define SERIAL 0x0
#define DISPLAY 0x1
#define LSBFIRST 0
#define MSBFIRST 1
#define RISING 0x01
#define FALLING 0x02
#define CHANGE 0x03
#define DISABLED 0x00
#define DEFAULT 1
#define EXTERNAL 0
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define radians(deg) ((deg) * 0.0174532925)
#define degrees(rad) ((rad) * 57.2957795)
#define sq(x) ((x) * (x))
#define bit(b) (1UL << (b))
#define bitRead(value, n) (((value) >> (n)) & 1)
#define lowByte(w) ((uint8_t)((w) & 0xff))
#define highByte(w) ((uint8_t)((w) >> 8))
#define interrupts()
#define noInterrupts()
#define F(text) (text)

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t level);
int digitalRead(uint8_t pin);
void delayMicroseconds(uint32_t us);
void configTime(long gmt_offset_s, int daylight_offset_s, const char* server1, const char* server2 = nullptr,
                const char* server3 = nullptr);

class HardwareSerial : public Stream {
 public:
  void begin(unsigned long baud);
#if ARDUINO_USB_CDC_ON_BOOT
  void setTxTimeoutMs(uint32_t ms);
#endif
  size_t println(const char* line);
  size_t printf(const char* format, ...) __attribute__((format(printf, 2, 3)));
  int available() override;
  int read() override;
  int peek() override;
  size_t write(uint8_t byte) override;
  using Print::write;
};
extern HardwareSerial Serial;

class EspClass {
 public:
  void restart();
  uint32_t getFreeHeap();
  uint64_t getEfuseMac();
};
extern EspClass ESP;
