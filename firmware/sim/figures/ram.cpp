// One array per object that lives as long as the firmware does; figures.sh reads
// their sizes from the symbol table. The board builds these in src/esp32/tasks.cpp.
#include "../../dispenser/src/core/dispenser.h"
#include "../../dispenser/src/esp32/handover.h"
#include "../../dispenser/src/mqtt/mailbox_link.h"
#include "../../dispenser/src/mqtt/session.h"

using namespace yaguts;

extern "C" {
char ram_dispenser[sizeof(Dispenser)];
char ram_mailboxes[2 * sizeof(Mailbox)];
char ram_mailbox_link[sizeof(MailboxLink)];
char ram_session_and_tap[sizeof(Session)];
char ram_pubsubclient_buffer[Session::kBufferBytes];
char ram_settings[sizeof(Settings)];
char ram_handover[sizeof(Handover)];
char ram_portal_form[sizeof(Settings)];
}
