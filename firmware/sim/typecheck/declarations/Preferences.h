#pragma once
#include <Arduino.h>
class Preferences {
 public:
  bool begin(const char* name, bool read_only = false);
  void end();
  bool clear();
  bool remove(const char* key);
  bool isKey(const char* key);
  size_t putString(const char* key, const char* value);
  size_t getString(const char* key, char* out, size_t size);
  size_t putUShort(const char* key, uint16_t value);
  uint16_t getUShort(const char* key, uint16_t otherwise = 0);
};
