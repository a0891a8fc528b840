// The program that deals packets to a fanout's members, run by an interpreter of the few instructions
// it has: the kernel's rules for SKF_NET_OFF and SKF_AD_PROTOCOL, which libpcap's interpreter does
// not know. The live test runs it in the kernel.
#include "sources/fanout_program.h"

#include <linux/filter.h>

#include <map>
#include <random>

#include "check.h"

namespace {

using Bytes = std::vector<uint8_t>;

// `packet` from its network header on. What lies outside ends the program with 0, as in the kernel.
uint32_t run(uint16_t protocol, const Bytes& packet) {
  const auto& program = dipper::fanout_program();
  uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {};
  for (size_t at = 0; at < program.size(); ++at) {
    const auto& i = program[at];
    const auto load = [&](uint32_t size) {
      const uint32_t from = i.k - static_cast<uint32_t>(SKF_NET_OFF);
      if (uint64_t{from} + size > packet.size()) return false;
      a = 0;
      for (uint32_t n = 0; n < size; ++n) a = a << 8 | packet[from + n];
      return true;
    };
    switch (i.code) {
      case BPF_LD | BPF_H | BPF_ABS:
        if (i.k == static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL))
          a = protocol;
        else if (!load(2))
          return 0;
        break;
      case BPF_LD | BPF_W | BPF_ABS:
        if (!load(4)) return 0;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += a == i.k ? i.jump_true : i.jump_false; break;
      case BPF_JMP | BPF_JA: at += i.k; break;
      case BPF_ALU | BPF_MUL | BPF_K: a *= i.k; break;
      case BPF_ALU | BPF_RSH | BPF_K: a >>= i.k; break;
      case BPF_ALU | BPF_XOR | BPF_X: a ^= x; break;
      case BPF_ALU | BPF_ADD | BPF_X: a += x; break;
      case BPF_MISC | BPF_TAX: x = a; break;
      case BPF_ST: memory[i.k] = a; break;
      case BPF_LDX | BPF_MEM: x = memory[i.k]; break;
      case BPF_RET | BPF_A: return a;
      case BPF_RET | BPF_K: return i.k;
      default: CHECK(false); return 0;
    }
  }
  CHECK(false);  // ran off its end
  return 0;
}

Bytes random_bytes(size_t n) {
  static std::mt19937 random(1);
  Bytes bytes(n);
  for (auto& b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

Bytes packet(const Bytes& from, const Bytes& to) {
  const bool v4 = from.size() == 4;
  Bytes p = random_bytes(v4 ? 12 : 8);  // nothing but the addresses counts
  p.insert(p.end(), from.begin(), from.end());
  p.insert(p.end(), to.begin(), to.end());
  const Bytes ports = random_bytes(4);
  p.insert(p.end(), ports.begin(), ports.end());
  return p;
}

Bytes tagged(uint16_t protocol, const Bytes& inside) {
  Bytes p = {1, 2, static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol)};
  p.insert(p.end(), inside.begin(), inside.end());
  return p;
}

}  // namespace

TEST(both_directions_of_a_pair_go_to_one_member_whatever_the_ports) {
  for (const size_t size : {4u, 16u}) {
    const uint16_t protocol = size == 4 ? 0x0800 : 0x86dd;
    std::map<uint32_t, int> members;
    for (int i = 0; i < 4000; ++i) {
      const Bytes a = random_bytes(size), b = random_bytes(size);
      const uint32_t hash = run(protocol, packet(a, b));
      CHECK_EQ(run(protocol, packet(b, a)), hash);
      CHECK_EQ(run(protocol, packet(a, b)), hash);  // other ports
      CHECK_EQ(run(0x8100, tagged(protocol, packet(b, a))), hash);
      CHECK_EQ(run(0x88a8, tagged(0x8100, tagged(protocol, packet(a, b)))), hash);
      ++members[hash % 4];
    }
    for (const auto& [member, share] : members) CHECK(share > 900 && share < 1100);
    CHECK_EQ(members.size(), 4u);
  }
}

TEST(what_is_no_ip_goes_to_the_first_member) {
  const Bytes p = random_bytes(64);
  CHECK_EQ(run(0x0806, p), 0u);
  CHECK_EQ(run(0x8100, tagged(0x0806, p)), 0u);
  CHECK_EQ(run(0x8100, tagged(0x8100, tagged(0x8100, p))), 0u);  // a third tag
  for (size_t n = 0; n < 20; ++n) CHECK_EQ(run(0x0800, random_bytes(n)), 0u);
  for (size_t n = 0; n < 40; ++n) CHECK_EQ(run(0x86dd, random_bytes(n)), 0u);
}
