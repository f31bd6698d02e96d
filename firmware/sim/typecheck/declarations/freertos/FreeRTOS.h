#pragma once
#include <stdint.h>

using BaseType_t = int;
using UBaseType_t = unsigned int;
using TickType_t = uint32_t;
#define pdMS_TO_TICKS(ms) static_cast<TickType_t>(ms)
#ifdef TYPECHECK_ESP32C3
#define portNUM_PROCESSORS 1
#else
#define portNUM_PROCESSORS 2
#endif

struct portMUX_TYPE {
  uint32_t owner;
  uint32_t count;
};
#define portMUX_INITIALIZER_UNLOCKED {0xB33FFFFF, 0}
void portENTER_CRITICAL(portMUX_TYPE* lock);
void portEXIT_CRITICAL(portMUX_TYPE* lock);
