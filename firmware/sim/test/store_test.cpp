// The folder that plays the flash, killed with SIGKILL in the middle of its work.
#include "../file_store.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "check.h"

using namespace yaguts;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/yaguts-store-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() {
    const std::string command = "rm -rf '" + path + "'";
    if (system(command.c_str()) != 0) perror("rm");
  }
};

bool opens(FileStore& store, const std::string& path) {
  std::string fault;
  return store.open(path, fault);
}

}  // namespace

TEST("a value is read back by the next process, and an absent key is told from a broken one") {
  Folder folder;
  {
    FileStore store;
    CHECK(opens(store, folder.path + "/a/b"));
    CHECK(store.put("j00", "abc", 3) && store.put("j00", "defg", 4) && store.put("vazio", "", 0));
  }
  FileStore store;
  CHECK(opens(store, folder.path + "/a/b"));
  char room[16];
  CHECK(store.get("j00", room, sizeof room) == 4 && memcmp(room, "defg", 4) == 0);
  CHECK(store.get("vazio", room, sizeof room) == 0);
  CHECK(store.get("outro", room, sizeof room) == Store::kAbsent);
  CHECK(store.get("j00", room, 3) == Store::kBroken);
  CHECK(store.keys() == 2);
  CHECK(store.del("j00") && store.del("j00") && store.get("j00", room, sizeof room) == Store::kAbsent);
}

TEST("keys of more than 15 characters and values of more than 512 bytes are refused, as on the chip") {
  Folder folder;
  FileStore store;
  CHECK(opens(store, folder.path));
  const std::vector<char> big(Store::kMaxValueBytes + 1);
  CHECK(!store.put("x", big.data(), big.size()) && store.put("x", big.data(), big.size() - 1));
  CHECK(!store.put("abcdefghijklmnop", "x", 1) && store.put("abcdefghijklmno", "x", 1));
  CHECK(!store.put("../fora", "x", 1) && !store.put("", "x", 1));
}

TEST("a second process on the same folder is refused with a sentence") {
  Folder folder;
  FileStore first, second;
  CHECK(opens(first, folder.path));
  std::string fault;
  CHECK(!second.open(folder.path, fault) && fault.find("another process") != std::string::npos);
}

TEST("killed in the middle of puts, 40 times: every key holds one whole value, the last confirmed or the next") {
  Folder folder;
  constexpr size_t kBytes = 300;
  for (int round = 0; round < 40; ++round) {
    int confirmed[2];
    CHECK(pipe(confirmed) == 0);
    const pid_t child = fork();
    if (child == 0) {
      FileStore store;
      if (!opens(store, folder.path)) _exit(1);
      for (unsigned char value = 1;; ++value) {
        char data[kBytes];
        memset(data, value, sizeof data);
        if (!store.put("k", data, sizeof data) || write(confirmed[1], &value, 1) != 1) _exit(1);
      }
    }
    close(confirmed[1]);
    unsigned char last = 0;
    for (int i = 0; i <= round; ++i) CHECK(read(confirmed[0], &last, 1) == 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    unsigned char more = 0;
    while (read(confirmed[0], &more, 1) == 1) last = more;
    close(confirmed[0]);
    FileStore store;
    CHECK(opens(store, folder.path));
    unsigned char room[Store::kMaxValueBytes];
    CHECK(store.get("k", room, sizeof room) == static_cast<int>(kBytes));
    CHECK(room[0] == last || room[0] == static_cast<unsigned char>(last + 1));
    for (size_t i = 1; i < kBytes; ++i) CHECK(room[i] == room[0]);
  }
}

int main() { return check::run("File store"); }
