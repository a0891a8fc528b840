// libpcap compiles; its interpreter runs the program in user space.
#include "sources/packet_filter.h"

#include <pcap/pcap.h>

#include <cctype>
#include <cstddef>

#include "core/link_type.h"

namespace dipper {
namespace {

static_assert(sizeof(FilterInstruction) == sizeof(bpf_insn), "one layout");
static_assert(offsetof(FilterInstruction, k) == offsetof(bpf_insn, k), "one layout");

constexpr int longest_packet = 262144;

// Only raw IP has another number here (DLT_RAW) than in files (LINKTYPE_RAW).
int dlt_of(uint16_t link_type) {
  return link_type == static_cast<uint16_t>(LinkType::raw) ? DLT_RAW : link_type;
}

bool has_word(const std::string& text, const std::string& word) {
  const auto part = [](char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]))) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<PacketFilter> PacketFilter::compile(const std::string& text, uint16_t link_type,
                                                    SourceError& error) {
  if (text.find('\0') != std::string::npos) {
    error = {"the packet filter has a zero byte in it; see pcap-filter(7)", 0, 64,
             "ERR_FILTER_INVALID"};
    return nullptr;
  }
  std::unique_ptr<pcap_t, void (*)(pcap_t*)> dead(pcap_open_dead(dlt_of(link_type), longest_packet),
                                                  pcap_close);
  if (!dead) {
    error = {"no memory to compile the packet filter", 0, 71};
    return nullptr;
  }
  bpf_program program{};
  if (pcap_compile(dead.get(), &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    error = {"the packet filter \"" + text + "\" does not compile for link type " +
                 link_type_name(link_type) + ": " + pcap_geterr(dead.get()) +
                 "; its language is described in pcap-filter(7)",
             0, 64, "ERR_FILTER_INVALID"};
    return nullptr;
  }
  auto filter = std::make_unique<PacketFilter>();
  filter->program_.reserve(program.bf_len);
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& in = program.bf_insns[i];
    filter->program_.push_back({in.code, in.jt, in.jf, in.k});
  }
  pcap_freecode(&program);
  filter->asks_for_tags_ = has_word(text, "vlan");
  return filter;
}

bool PacketFilter::check(const std::string& text, SourceError& error) {
  if (compile(text, static_cast<uint16_t>(LinkType::ethernet), error)) return true;
  SourceError other;
  for (LinkType type : {LinkType::raw, LinkType::ieee802_11_radio, LinkType::linux_sll2})
    if (compile(text, static_cast<uint16_t>(type), other)) return true;
  return false;
}

bool PacketFilter::matches(const PacketView& view) const {
  return bpf_filter(reinterpret_cast<const bpf_insn*>(program_.data()), view.data, view.wire_length,
                    view.captured_length) != 0;
}

}  // namespace dipper
