// A disk that fails when told to: preloaded into a process (LD_PRELOAD), it stands between SQLite and the system
// for the files named by FAULTY_DISK_PREFIX. What to do is read, at each call, from a page shared with the test.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

namespace {

enum Mode : uint32_t { kNone, kSyncFails, kWriteFails, kTornWrite, kSlowSync };

/// Owned by the test, which writes the first four words and reads the rest. The layout is that of faulty-disk.ts.
struct Page {
  volatile uint32_t mode;
  volatile uint32_t every;   ///< every n-th call fails; 1: each
  volatile uint32_t error;   ///< errno of a failure, or milliseconds of a slow sync
  volatile uint32_t freeMib; ///< what statfs tells; 0: the truth
  uint32_t calls;
  uint32_t hits;
  uint32_t syncs;
};

Page* page() {
  static Page* mapped = [] () -> Page* {
    const char* path = getenv("FAULTY_DISK_PAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return nullptr;
    void* at = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<Page*>(at);
  }();
  return mapped;
}

bool isOurs(int fd) {
  static const char* prefix = getenv("FAULTY_DISK_PREFIX");
  if (!prefix) return false;
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return strncmp(path, prefix, strlen(prefix)) == 0;
}

/// True when this call is one that is to fail; counts it.
bool isHit(Page* p) {
  uint32_t nth = __atomic_add_fetch(&p->calls, 1, __ATOMIC_SEQ_CST);
  if (p->every > 1 && nth % p->every != 0) return false;
  __atomic_add_fetch(&p->hits, 1, __ATOMIC_SEQ_CST);
  return true;
}

template <typename F> F real(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

int sync(const char* name, int fd) {
  Page* p = page();
  if (p && isOurs(fd)) {
    __atomic_add_fetch(&p->syncs, 1, __ATOMIC_SEQ_CST);
    if (p->mode == kSyncFails && isHit(p)) {
      errno = static_cast<int>(p->error);
      return -1;
    }
    if (p->mode == kSlowSync && isHit(p)) {
      timespec wait = {0, static_cast<long>(p->error) * 1000000L};
      nanosleep(&wait, nullptr);
    }
  }
  return real<int (*)(int)>(name)(fd);
}

/// How many bytes of a write may go through; -1 with errno set when none may.
ssize_t allowed(int fd, size_t count) {
  Page* p = page();
  if (!p || (p->mode != kWriteFails && p->mode != kTornWrite) || !isOurs(fd) || !isHit(p)) return static_cast<ssize_t>(count);
  errno = static_cast<int>(p->error);
  // A torn write: half of it reaches the disk, the next try none.
  if (p->mode == kTornWrite && count > 512) return static_cast<ssize_t>(count / 2);
  return -1;
}

template <typename Stat> int pretend(const char* name, const char* path, Stat* out) {
  int result = real<int (*)(const char*, Stat*)>(name)(path, out);
  Page* p = page();
  if (result == 0 && p && p->freeMib > 0 && out->f_bsize > 0)
    out->f_bavail = static_cast<uint64_t>(p->freeMib) * 1048576 / static_cast<uint64_t>(out->f_bsize);
  return result;
}

}  // namespace

extern "C" {

int fsync(int fd) { return sync("fsync", fd); }
int fdatasync(int fd) { return sync("fdatasync", fd); }

ssize_t write(int fd, const void* data, size_t count) {
  ssize_t may = allowed(fd, count);
  return may < 0 ? -1 : real<ssize_t (*)(int, const void*, size_t)>("write")(fd, data, static_cast<size_t>(may));
}

ssize_t pwrite(int fd, const void* data, size_t count, off_t at) {
  ssize_t may = allowed(fd, count);
  return may < 0 ? -1
                 : real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite")(fd, data, static_cast<size_t>(may), at);
}

ssize_t pwrite64(int fd, const void* data, size_t count, off64_t at) {
  ssize_t may = allowed(fd, count);
  return may < 0 ? -1
                 : real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64")(fd, data, static_cast<size_t>(may), at);
}

int statfs(const char* path, struct statfs* out) { return pretend("statfs", path, out); }
int statfs64(const char* path, struct statfs64* out) { return pretend("statfs64", path, out); }

}
