// One frame's way through the reference rules: a state that every step may change, and the steps.
// Inside decode_reference*.cc only. Thread: the decoder's; lives for one frame.
#pragma once
#include "core/cursor.h"
#include "core/decode.h"

namespace dipper::reference_rules {

constexpr uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86dd, type_vlan = 0x8100, type_mpls = 0x8847,
                   type_mpls_multicast = 0x8848, type_pppoe = 0x8864;
constexpr size_t ipv4_header = 20, ipv6_header = 40, tcp_header = 20, udp_header = 8,
                 icmp_header = 8;

enum class Next : uint8_t { link, network, deliver, discard };

class Walk {
 public:
  Walk(const PacketView& view, Packet& packet) noexcept
      : frame_(view.data),
        size_(view.captured_length),
        link_type_(view.link_type),
        packet_(packet) {}

  Discard run() noexcept {
    Next next = Next::link;
    // The reference loops for ever on TZSP in raw IP (sic). No other frame that it decodes comes
    // near this many rounds.
    constexpr int max_rounds = 1024;
    for (int round = 0; round < max_rounds; ++round) {
      if (next == Next::link) {
        next = link();
        if (next == Next::network) next = ethertypes();
      } else if (next == Next::network) {
        next = network();
      } else if (next == Next::deliver) {
        return version_ == 4 ? deliver4() : deliver6();
      } else {
        return reason_;
      }
    }
    return Discard::too_many_tunnels;
  }

 private:
  // Reads outside the frame give zero; the reference reads whatever lies there, and discards the
  // frame later.
  uint8_t u8(size_t at) const noexcept { return at < size_ ? frame_[at] : 0; }
  uint16_t be16(size_t at) const noexcept {
    return static_cast<uint16_t>(u8(at) << 8 | u8(at + 1));
  }
  bool has(size_t end) const noexcept { return size_ >= end; }
  void move_to(size_t at) noexcept { ip_offset_ = static_cast<uint16_t>(at); }  // sic: 16 bits
  Next discard(Discard reason) noexcept {
    reason_ = reason;
    return Next::discard;
  }

  // decode_reference_link.cc
  Next link() noexcept;
  Next ethernet() noexcept;
  Next radiotap() noexcept;
  Next ethertypes() noexcept;
  // decode_reference.cc
  Next network() noexcept;
  Next network4() noexcept;
  Next network6() noexcept;
  Next udp() noexcept;
  Next gtp(size_t at) noexcept;
  Next tzsp(size_t at) noexcept;
  Next capwap(size_t at) noexcept;
  bool skip_extensions(size_t& at, uint16_t available, uint16_t& length,
                       uint8_t& next) const noexcept;
  Discard deliver4() noexcept;
  Discard deliver6() noexcept;
  template <int version>
  Discard deliver(size_t l4_offset, uint16_t l4_length, uint8_t protocol,
                  size_t addresses) noexcept;

  const uint8_t* frame_;
  size_t size_;
  uint16_t link_type_;
  Packet& packet_;

  // One set for the whole frame: an inner layer starts with what the outer one left here (sic).
  size_t link_offset_ = 0;
  uint16_t ip_offset_ = 0;
  uint16_t type_ = 0;
  uint16_t length_field_ = 0;
  uint16_t vlan_id_ = 0;
  uint16_t fragment_word_ = 0;
  uint16_t ip_length_ = 0;  // IPv4: of the header; IPv6: of the payload behind the extensions (sic)
  uint16_t wlan_length_ = 0;
  uint8_t protocol_ = 0;
  uint8_t version_ = 0;
  Discard reason_ = Discard::none;
};

}  // namespace dipper::reference_rules
