// Builds the ports and starts the two tasks. The sketch calls start() and is done.
#pragma once

namespace yaguts {

// First thing in setup(), before anything that can take time: motors off.
void outputs_off();
// Never returns control to loop(): both tasks live for ever.
void start();

}  // namespace yaguts
