// The `presence` row: who is here, on which boot and which connection.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yaguts {

// session = boot counter * 65536 + number of the connection since boot (1, 2, …).
inline uint64_t presence_session(uint32_t boot_counter, uint16_t connection) {
  return static_cast<uint64_t>(boot_counter) * 65536u + connection;
}

// {"state":"online|offline|lost","boot_id":"a1b2","session":…} into out, NUL-terminated.
// Returns its length without the NUL, 0 if it does not fit. The will is `lost`, QoS 1, retained.
size_t render_presence(char* out, size_t cap, const char* state, uint32_t boot_counter,
                       uint16_t connection);

}  // namespace yaguts
