// Assembled once, for each depth of tags. Each address is hashed by itself and the hashes are added,
// which is the same in both directions. (The exclusive or of the addresses would be simpler, and
// gives 2,000 pairs of neighbours to four members as 55 to 139 % of a fair share; this, 93 to 106 %.)
#include "sources/fanout_program.h"

#include <linux/filter.h>

namespace dipper {
namespace {

constexpr uint32_t network = static_cast<uint32_t>(SKF_NET_OFF);
constexpr uint32_t ethertype = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL);
constexpr uint16_t load_word = BPF_LD | BPF_W | BPF_ABS, load_half = BPF_LD | BPF_H | BPF_ABS;
constexpr uint16_t if_equal = BPF_JMP | BPF_JEQ | BPF_K, go_to = BPF_JMP | BPF_JA;
constexpr uint32_t golden_ratio = 0x9e3779b1;  // 2^32 / phi: neighbouring addresses end far apart

constexpr uint32_t max_tag_bytes = 8;

class Assembler {
 public:
  std::vector<FilterInstruction> assemble() {
    add(load_half, ethertype);
    for (uint32_t at = 0; at <= max_tag_bytes; at += 4) {
      family(0x0800, network + at + 12, 1);
      family(0x86dd, network + at + 8, 4);
      if (at == max_tag_bytes) break;
      code_.push_back({if_equal, 1, 0, 0x8100});
      code_.push_back({if_equal, 0, 1, 0x88a8});
      // A tag: what follows it has its type two bytes on.
      add(load_half, network + at + 2);
      // Without one, the tests for the next depth fail as well: the accumulator is unchanged.
    }
    add(BPF_RET | BPF_K, 0);
    for (size_t jump : jumps_to_end_) code_[jump].k = static_cast<uint32_t>(code_.size() - jump - 1);
    add(BPF_ALU | BPF_MUL | BPF_K, golden_ratio);
    add(BPF_ALU | BPF_RSH | BPF_K, 16);
    add(BPF_RET | BPF_A, 0);
    return code_;
  }

 private:
  void add(uint16_t code, uint32_t k) { code_.push_back({code, 0, 0, k}); }
  // Source and destination, `words` words each from `first` on.
  void family(uint32_t type, uint32_t first, uint32_t words) {
    const size_t test = code_.size();
    code_.push_back({if_equal, 0, 0, type});
    address(first, words);
    add(BPF_ST, 0);
    address(first + 4 * words, words);
    add(BPF_LDX | BPF_MEM, 0);
    add(BPF_ALU | BPF_ADD | BPF_X, 0);
    jumps_to_end_.push_back(code_.size());
    add(go_to, 0);
    code_[test].jump_false = static_cast<uint8_t>(code_.size() - test - 1);
  }
  void address(uint32_t first, uint32_t words) {
    add(load_word, first);
    add(BPF_ALU | BPF_MUL | BPF_K, golden_ratio);
    for (uint32_t i = 1; i < words; ++i) {
      add(BPF_MISC | BPF_TAX, 0);
      add(load_word, first + 4 * i);
      add(BPF_ALU | BPF_XOR | BPF_X, 0);
      add(BPF_ALU | BPF_MUL | BPF_K, golden_ratio);
    }
    add(BPF_MISC | BPF_TAX, 0);
    add(BPF_ALU | BPF_RSH | BPF_K, 15);
    add(BPF_ALU | BPF_XOR | BPF_X, 0);
  }

  std::vector<FilterInstruction> code_;
  std::vector<size_t> jumps_to_end_;
};

}  // namespace

const std::vector<FilterInstruction>& fanout_program() {
  static const std::vector<FilterInstruction> program = Assembler().assemble();
  return program;
}

}  // namespace dipper
