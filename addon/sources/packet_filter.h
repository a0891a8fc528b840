// A packet filter in libpcap's language (pcap-filter(7)), compiled by libpcap for one link type. The
// same text serves live capture, where the kernel runs the program, and files and streams, where
// matches() does. Thread: compile on any, matches() on any, both without shared state.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/source.h"

namespace dipper {

// One instruction of classic BPF, laid out as the kernel's sock_filter and libpcap's bpf_insn.
struct FilterInstruction {
  uint16_t code;
  uint8_t jump_true, jump_false;
  uint32_t k;
};

class PacketFilter {
 public:
  // Null and `error` (64, ERR_FILTER_INVALID) with libpcap's own words when it does not compile.
  // Looks names up where the text has any, which may take as long as the resolver does.
  static std::unique_ptr<PacketFilter> compile(const std::string& text, uint16_t link_type,
                                               SourceError& error);
  // `error` when no link type that is usual understands the text.
  static bool check(const std::string& text, SourceError& error);

  bool matches(const PacketView& view) const;
  const std::vector<FilterInstruction>& program() const { return program_; }
  // It asks for tags, which the kernel has taken out of a live frame before a filter sees it.
  bool asks_for_tags() const { return asks_for_tags_; }

 private:
  std::vector<FilterInstruction> program_;
  bool asks_for_tags_ = false;
};

}  // namespace dipper
