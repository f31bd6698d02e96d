/*
 * A power cut for one process, without cutting the power: whenever a file is synced, its content at that moment
 * is copied into $YAGUTS_SHADOW. What is there afterwards is what a disk certainly holds; everything written since
 * the last sync of its file lived in the memory of the machine alone.
 *
 * Built and preloaded (LD_PRELOAD) by power-cut.ts, for the platform's process only. Linux.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep(int fd) {
  const char *shadow = getenv("YAGUTS_SHADOW");
  char link[64], path[PATH_MAX], copy[PATH_MAX], next[PATH_MAX + 4];
  struct stat info;
  if (!shadow || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  const char *name = strrchr(path, '/');
  /* Only the database and its write-ahead log: the rest is not asked about. */
  if (!name || strncmp(name, "/yaguts.db", 10) != 0) return;
  if (snprintf(copy, sizeof copy, "%s%s", shadow, name) >= (int)sizeof copy) return;
  snprintf(next, sizeof next, "%s.new", copy);
  int out = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0) return;
  char buffer[65536];
  off_t at = 0;
  for (ssize_t got; (got = pread(fd, buffer, sizeof buffer, at)) > 0; at += got)
    if (write(out, buffer, (size_t)got) != got) break;
  close(out);
  /* Renamed, so that a kill in the middle of this leaves the copy before it. */
  rename(next, copy);
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}
