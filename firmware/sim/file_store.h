// The flash as a folder: one file per key. A put writes a new file, syncs it,
// renames it over the old one and syncs the folder, so that SIGKILL at any point
// leaves the old value or the new one. Power loss is only as safe as the disk's
// fsync; claim SIGKILL safety alone.
#pragma once

#include <string>

#include "../dispenser/src/core/ports.h"

namespace yaguts {

class FileStore : public Store {
 public:
  FileStore() = default;
  ~FileStore() override;
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;

  // Makes the folder if need be and locks it: two boards on one flash would both be right.
  // False with a sentence in `fault`.
  bool open(const std::string& dir, std::string& fault);

  int get(const char* key, void* out, size_t cap) override;
  bool put(const char* key, const void* data, size_t len) override;
  bool del(const char* key) override;

  // Keys held now.
  unsigned keys() const;

 private:
  int dir_ = -1;
  int lock_ = -1;
};

}  // namespace yaguts
