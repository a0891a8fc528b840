// dataplane-test: runs every TEST of the data plane, or those whose name contains the argument.
// Exit status 1 when one failed or none ran.
#include "check.h"

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  int passed = 0, failed = 0;
  for (const check::Case& c : check::cases()) {
    if (std::string(c.name).find(only) == std::string::npos) continue;
    check::failures_of_case() = 0;
    c.run();
    if (check::failures_of_case()) {
      ++failed;
      fprintf(stderr, "  FAILED %s\n", c.name);
    } else {
      ++passed;
    }
  }
  printf("dataplane: %d passed, %d failed\n", passed, failed);
  return failed || !passed ? 1 : 0;
}
