// Pieces put together: any order, overlaps, bounds, against a plain array of bytes.
#include "core/dissect/assembly.h"

#include <random>
#include <string>

#include "check.h"

using namespace dipper;

namespace {

Cursor cursor(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
std::string text(Cursor bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }

}  // namespace

TEST(assembly_in_any_order_the_first_bytes_stay) {
  std::mt19937 random(7);
  for (int run = 0; run < 2000; ++run) {
    ReassemblyBuffers buffers(1);
    Assembly assembly;
    const size_t size = 1 + random() % 300;
    std::string expected(size, '\0');
    std::string known(size, '\0');
    for (int piece = 0; piece < 12; ++piece) {
      const size_t at = random() % size, length = 1 + random() % (size - at);
      const std::string bytes(length, static_cast<char>('a' + piece));
      CHECK(assembly.add(at, cursor(bytes), buffers));
      for (size_t i = at; i < at + length; ++i) {
        if (!known[i]) expected[i] = bytes[i - at];
        known[i] = 1;
      }
      const size_t gap = known.find('\0');
      CHECK_STR(text(assembly.whole()), expected.substr(0, gap));
    }
    CHECK(assembly.add(0, cursor(std::string(size, 'z')), buffers));
    for (size_t i = 0; i < size; ++i)
      if (!known[i]) expected[i] = 'z';
    CHECK_STR(text(assembly.whole()), expected);
    assembly.release(buffers);
    CHECK_EQ(buffers.bytes_in_use(), 0u);
    CHECK_EQ(buffers.refused(), 0u);
  }
}

TEST(assembly_refuses_what_it_has_no_room_for) {
  ReassemblyBuffers buffers(1);
  Assembly assembly, other;
  CHECK(!assembly.add(Assembly::capacity, cursor("x"), buffers));
  CHECK(!assembly.add(~uint64_t{0}, cursor("x"), buffers));
  CHECK(!assembly.started());
  CHECK(assembly.add(Assembly::capacity - 1, cursor("x"), buffers));
  CHECK(!other.add(0, cursor("x"), buffers));
  CHECK_EQ(buffers.refused(), 3u);
  // Gaps without end: some are kept, the rest is refused, the beginning always finds a place.
  int kept = 0;
  for (unsigned i = 0; i < 1000; ++i) kept += assembly.add(10 + 2 * i, cursor("y"), buffers);
  CHECK(kept >= 20 && kept < 30);
  CHECK(assembly.add(0, cursor("0123456789"), buffers));
  CHECK_STR(text(assembly.whole()), "0123456789y");
  assembly.release(buffers);
  CHECK(other.add(0, cursor("again"), buffers));
  CHECK_STR(text(other.whole()), "again");
  other.release(buffers);
}
