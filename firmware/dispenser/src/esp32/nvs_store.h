// The journal's flash: the NVS library on a partition of its own, so that what the
// start-up code does to the first NVS partition never reaches it.
// Only the dispense task calls this, and never while a motor runs: a flash write
// stalls both cores.
#pragma once

#include <nvs.h>

#include "../core/ports.h"

namespace yaguts {

class NvsStore : public Store {
 public:
  // Mounts the partition `journal`; one that cannot be mounted is erased, and the
  // core then finds no journal, says so in `birth`, and the api closes what ran.
  bool open();
  // Entries of 32 bytes still free.
  uint32_t free_entries() const;
  // Everything, for a factory reset.
  bool erase();

  int get(const char* key, void* out, size_t cap) override;
  bool put(const char* key, const void* data, size_t len) override;
  bool del(const char* key) override;

 private:
  nvs_handle_t handle_ = 0;
};

}  // namespace yaguts
