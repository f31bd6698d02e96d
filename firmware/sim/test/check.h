// A test is a sentence and a body; a failed CHECK prints where and goes on.
#pragma once

#include <stdio.h>

#include <functional>
#include <vector>

namespace check {

struct Test {
  const char* title;
  std::function<void()> body;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& faults() {
  static int count = 0;
  return count;
}

inline bool add(const char* title, std::function<void()> body) {
  tests().push_back({title, std::move(body)});
  return true;
}

// Runs every test of the program; the process's exit code.
inline int run(const char* suite) {
  int failed = 0;
  for (const Test& test : tests()) {
    faults() = 0;
    test.body();
    printf("%s %s\n", faults() == 0 ? "ok  " : "FAIL", test.title);
    if (faults() != 0) ++failed;
  }
  printf("%s: %d passed, %d failed\n", suite, static_cast<int>(tests().size()) - failed, failed);
  return failed == 0 && !tests().empty() ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2(a, b)
#define TEST(title)                                                             \
  static void CHECK_JOIN(test_, __LINE__)();                                    \
  static bool CHECK_JOIN(added_, __LINE__) = check::add(title, CHECK_JOIN(test_, __LINE__)); \
  static void CHECK_JOIN(test_, __LINE__)()
#define CHECK(claim)                                                   \
  do {                                                                 \
    if (!(claim)) {                                                    \
      ++check::faults();                                               \
      printf("     %s:%d: not true: %s\n", __FILE__, __LINE__, #claim); \
    }                                                                  \
  } while (0)
