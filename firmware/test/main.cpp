#include <cstring>

#include "check.h"
#include "said.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--said") == 0) {
    std::fputs(test::everything_said().c_str(), stdout);
    return 0;
  }
  return check::run_all("unit");
}
