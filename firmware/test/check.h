// A test is a sentence of the specification and a block; failures print and are counted.
#pragma once

#include <cstdio>
#include <string>
#include <type_traits>

namespace check {

struct Test {
  const char* title;
  void (*run)();
  Test* next = nullptr;
  static Test*& first() { static Test* it = nullptr; return it; }
  static Test**& last() { static Test** it = &first(); return it; }
  Test(const char* title_, void (*run_)()) : title(title_), run(run_) {
    *last() = this;
    last() = &next;
  }
};

inline int& faults() { static int n = 0; return n; }

inline void fault(const char* file, int line, const std::string& what) {
  std::printf("    %s:%d: %s\n", file, line, what.c_str());
  ++faults();
}

template <class A, class B>
void equal(const char* file, int line, const char* text, const A& got, const B& want) {
  if (got == want) return;
  std::string detail = text;
  if constexpr (std::is_convertible_v<A, std::string> && std::is_convertible_v<B, std::string>) {
    detail += "\n      got  " + std::string(got) + "\n      want " + std::string(want);
  } else if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    detail += ": got " + std::to_string(got) + ", want " + std::to_string(want);
  }
  fault(file, line, detail);
}

// Runs every test; the exit status of the program.
inline int run_all(const char* suite) {
  int passed = 0, failed = 0;
  for (Test* it = Test::first(); it != nullptr; it = it->next) {
    const int before = faults();
    it->run();
    const bool ok = faults() == before;
    ok ? ++passed : ++failed;
    if (!ok) std::printf("  FAILED %s\n", it->title);
  }
  std::printf("%s: %d passed, %d failed\n", suite, passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2(a, b)
#define TEST(title) TEST_AT(title, CHECK_JOIN(test_at_, __LINE__))
#define TEST_AT(title, name)                          \
  static void name();                                 \
  static check::Test CHECK_JOIN(name, _entry){title, name}; \
  static void name()
#define CHECK(what) \
  do { if (!(what)) check::fault(__FILE__, __LINE__, "false: " #what); } while (0)
#define CHECK_EQ(got, want) check::equal(__FILE__, __LINE__, #got " == " #want, got, want)
