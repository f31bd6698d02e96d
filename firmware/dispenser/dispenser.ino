// Yaguts spice dispenser. The sketch only starts things: what they do is in src/.
//   src/core   decides, knows no hardware       src/mqtt   speaks to the broker
//   src/esp32  this chip                        README.md  wiring, flashing, first set-up
#include <PubSubClient.h>

#include "src/esp32/tasks.h"

void setup() {
  yaguts::outputs_off();  // before anything that can take time
  yaguts::start();
}

void loop() { vTaskDelete(nullptr); }
