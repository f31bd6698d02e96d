// The few Arduino names that PubSubClient and src/mqtt use, for a POSIX host.
// Written from Arduino's public API reference; nothing here knows about jobs.
// Time is not defined here: the sim links host_time.cpp (the real clock), the
// tests link a clock they move by hand.
#pragma once

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

using boolean = bool;
using byte = uint8_t;

#define PROGMEM
#define PGM_P const char*
#define pgm_read_byte(address) (*reinterpret_cast<const uint8_t*>(address))
#define pgm_read_byte_near(address) pgm_read_byte(address)
#define strlen_P strlen
#define strnlen_P strnlen

/** Milliseconds since the process began; wraps as unsigned long does. */
unsigned long millis();
/** Sleeps; the tests' clock moves forward instead. */
void delay(unsigned long ms);
/** Lets another thread run. */
void yield();

#include "Print.h"
#include "Stream.h"
