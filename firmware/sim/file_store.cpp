#include "file_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace yaguts {

namespace {

constexpr char kScratch[] = ".new";
constexpr char kLock[] = ".lock";
constexpr size_t kMaxKeyChars = 15;  // NVS's limit, kept here so that a longer key fails on a laptop

bool good_key(const char* key) {
  const size_t size = strlen(key);
  return size >= 1 && size <= kMaxKeyChars && key[0] != '.' && strchr(key, '/') == nullptr;
}

bool write_all(int file, const void* data, size_t len) {
  const char* at = static_cast<const char*>(data);
  while (len > 0) {
    const ssize_t took = write(file, at, len);
    if (took < 0 && errno == EINTR) continue;
    if (took <= 0) return false;
    at += took;
    len -= static_cast<size_t>(took);
  }
  return true;
}

}  // namespace

FileStore::~FileStore() {
  if (lock_ >= 0) close(lock_);
  if (dir_ >= 0) close(dir_);
}

bool FileStore::open(const std::string& dir, std::string& fault) {
  for (size_t slash = dir.find('/', 1);; slash = dir.find('/', slash + 1)) {
    const std::string part = dir.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      fault = "cannot make the folder " + part + ": " + strerror(errno);
      return false;
    }
    if (slash == std::string::npos) break;
  }
  dir_ = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_ >= 0) lock_ = openat(dir_, kLock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    fault = "cannot open " + dir + ": " + strerror(errno);
    return false;
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    fault = dir + " is the flash of another process";
    return false;
  }
  return true;
}

int FileStore::get(const char* key, void* out, size_t cap) {
  if (!good_key(key)) return kAbsent;
  const int file = openat(dir_, key, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? kAbsent : kBroken;
  char value[kMaxValueBytes + 1];
  const ssize_t size = read(file, value, sizeof value);
  close(file);
  if (size < 0 || static_cast<size_t>(size) > kMaxValueBytes || static_cast<size_t>(size) > cap) return kBroken;
  memcpy(out, value, static_cast<size_t>(size));
  return static_cast<int>(size);
}

bool FileStore::put(const char* key, const void* data, size_t len) {
  if (!good_key(key) || len > kMaxValueBytes) return false;
  const int file = openat(dir_, kScratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = write_all(file, data, len) && fsync(file) == 0;
  return close(file) == 0 && written && renameat(dir_, kScratch, dir_, key) == 0 && fsync(dir_) == 0;
}

bool FileStore::del(const char* key) {
  if (!good_key(key)) return false;
  if (unlinkat(dir_, key, 0) != 0) return errno == ENOENT;
  return fsync(dir_) == 0;
}

unsigned FileStore::keys() const {
  DIR* folder = fdopendir(openat(dir_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder == nullptr) return 0;
  unsigned count = 0;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(folder);
  return count;
}

}  // namespace yaguts
