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

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t level);
int digitalRead(uint8_t pin);
void delayMicroseconds(uint32_t us);
void configTime(long gmt_offset_s, int daylight_offset_s, const char* server1, const char* server2 = nullptr,
                const char* server3 = nullptr);

class HardwareSerial : public Stream {
 public:
  void begin(unsigned long baud);
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
