// The C++ test program's whole framework: TEST registers, CHECK counts and names what failed, main.cc runs.
#pragma once
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace check {

struct Case {
  const char* name;
  void (*run)();
};
inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
inline int& failures_of_case() {
  static int n = 0;
  return n;
}
struct Registration {
  Registration(const char* name, void (*run)()) { cases().push_back({name, run}); }
};
inline void fail(const char* file, int line, const std::string& what) {
  ++failures_of_case();
  fprintf(stderr, "    %s:%d: %s\n", file, line, what.c_str());
}

}  // namespace check

#define TEST(name)                                             \
  static void test_##name();                                   \
  static check::Registration registration_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition) \
  do {                   \
    if (!(condition)) check::fail(__FILE__, __LINE__, "false: " #condition); \
  } while (0)

#define CHECK_EQ(actual, expected)                                              \
  do {                                                                          \
    const auto& check_a = (actual);                                             \
    const auto& check_e = (expected);                                           \
    if (!(check_a == check_e)) {                                                \
      std::ostringstream check_s;                                               \
      check_s << #actual << " is " << +check_a << ", expected " << +check_e;    \
      check::fail(__FILE__, __LINE__, check_s.str());                           \
    }                                                                           \
  } while (0)

#define CHECK_STR(actual, expected)                                             \
  do {                                                                          \
    const std::string check_a = (actual);                                       \
    const std::string check_e = (expected);                                     \
    if (check_a != check_e) check::fail(__FILE__, __LINE__, #actual " is \"" + check_a + "\", expected \"" + check_e + "\""); \
  } while (0)
