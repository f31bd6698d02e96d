#include "scripted_socket.h"

unsigned long millis() { return test_clock(); }
void delay(unsigned long ms) { test_clock() += ms; }
void yield() {}
