// pcapng (draft-ietf-opsawg-pcapng): any number of sections in either byte order, interfaces with
// link type and clock of their own, enhanced, simple and obsolete packet blocks. Other blocks are
// stepped over, unread.
#include <algorithm>
#include <vector>

#include "core/link_type.h"
#include "sources/capture_format.h"
#include "sources/pcapng_clock.h"

namespace dipper {
namespace {

constexpr uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr uint32_t section_block = 0x0a0d0d0a;  // the same in both byte orders
constexpr uint32_t interface_block = 1, packet_block = 2, simple_packet_block = 3,
                   enhanced_packet_block = 6;
constexpr size_t smallest_block = 12;  // type, length, length again
constexpr uint32_t largest_block =
    1 << 20;  // of those that are read whole: the largest packet and much metadata
constexpr size_t most_interfaces = 65536;

class PcapngFormat final : public CaptureFormat {
 public:
  Parse parse(const uint8_t* data, size_t size, uint64_t offset, Burst& burst,
              size_t& consumed) override;
  bool finish(size_t left, uint64_t offset) override;

 private:
  struct Interface {
    uint16_t link_type;
    uint32_t snapshot_length;
    PcapngClock clock;
  };
  enum class Taken : uint8_t { yes, burst_full, failed };

  uint16_t u16(const uint8_t* p) const { return swapped_ ? load16<true>(p) : load16<false>(p); }
  uint32_t u32(const uint8_t* p) const { return swapped_ ? load32<true>(p) : load32<false>(p); }

  Taken take_block(uint32_t type, const uint8_t* block, uint32_t length, uint64_t offset,
                   Burst& burst);
  Taken take_section(const uint8_t* block, uint32_t length, uint64_t offset);
  Taken take_interface(const uint8_t* block, uint32_t length, uint64_t offset);
  Taken take_packet(uint32_t type, const uint8_t* block, uint32_t length, uint64_t offset,
                    Burst& burst);
  Taken refuse(uint64_t offset, std::string what) {
    fail(offset, std::move(what));
    return Taken::failed;
  }
  std::string next_packet() const { return "packet " + std::to_string(packets_ + 1); }

  bool swapped_ = false;
  bool section_seen_ = false;
  uint64_t skip_ = 0;  // bytes of a block that is stepped over
  uint64_t last_timestamp_ns_ = 0;
  std::vector<Interface> interfaces_;  // of this section
  bool any_supported_ = false;         // of all sections
  bool any_interface_ = false;
  uint16_t unsupported_ = 0;  // the first one, for the message
  uint64_t unsupported_offset_ = 0;
};

Parse PcapngFormat::parse(const uint8_t* data, size_t size, uint64_t offset, Burst& burst,
                          size_t& consumed) {
  consumed = 0;
  for (;;) {
    if (skip_) {
      const size_t step = static_cast<size_t>(std::min<uint64_t>(skip_, size - consumed));
      consumed += step;
      skip_ -= step;
      if (skip_) return starve(1);
    }
    const uint8_t* block = data + consumed;
    const size_t left = size - consumed;
    const uint64_t here = offset + consumed;
    if (left < smallest_block) return starve(smallest_block);
    uint32_t type = u32(block);
    if (type == section_block) {  // its byte order holds from its own length on
      if (load32<false>(block + 8) == byte_order_magic)
        swapped_ = false;
      else if (load32<true>(block + 8) == byte_order_magic)
        swapped_ = true;
      else
        return fail(here + 8,
                    "a section header without its byte-order magic: the file is damaged there");
    }
    const uint32_t length = u32(block + 4);
    if (length < smallest_block || length % 4) {
      return fail(here, "a block of type " + std::to_string(type) + " claims " +
                            std::to_string(length) +
                            " bytes (at least 12, a multiple of 4): the file is damaged there");
    }
    const bool known = type == section_block || type == enhanced_packet_block ||
                       type == interface_block || type == simple_packet_block ||
                       type == packet_block;
    if (!known) {
      skip_ = length;
      continue;
    }
    if (length > largest_block) {
      return fail(here, "a block of type " + std::to_string(type) + " claims " +
                            std::to_string(length) + " bytes (at most " +
                            std::to_string(largest_block) + "): the file is damaged there");
    }
    if (left < length) return starve(length);
    if (u32(block + length - 4) != length) {
      return fail(here, "the two lengths of a block differ (" + std::to_string(length) + " and " +
                            std::to_string(u32(block + length - 4)) +
                            "): the file is damaged there");
    }
    switch (take_block(type, block, length, here, burst)) {
      case Taken::burst_full:
        return Parse::full;
      case Taken::failed:
        return Parse::failed;
      case Taken::yes:
        break;
    }
    consumed += length;
  }
}

PcapngFormat::Taken PcapngFormat::take_block(uint32_t type, const uint8_t* block, uint32_t length,
                                             uint64_t offset, Burst& burst) {
  if (type == section_block) return take_section(block, length, offset);
  if (type == interface_block) return take_interface(block, length, offset);
  return take_packet(type, block, length, offset, burst);
}

PcapngFormat::Taken PcapngFormat::take_section(const uint8_t* block, uint32_t length,
                                               uint64_t offset) {
  if (length < 28)
    return refuse(offset, "a section header of " + std::to_string(length) + " bytes (at least 28)");
  const uint16_t major = u16(block + 12), minor = u16(block + 14);
  if (major != 1) {
    return refuse(offset + 12, "pcapng version " + std::to_string(major) + '.' +
                                   std::to_string(minor) + " is not known (1.0 is)");
  }
  section_seen_ = true;
  interfaces_.clear();
  return Taken::yes;
}

PcapngFormat::Taken PcapngFormat::take_interface(const uint8_t* block, uint32_t length,
                                                 uint64_t offset) {
  if (length < 20)
    return refuse(offset,
                  "an interface block of " + std::to_string(length) + " bytes (at least 20)");
  if (interfaces_.size() == most_interfaces)
    return refuse(offset, "more than 65536 interfaces: the file is damaged");
  Interface added{normal_link_type(u16(block + 8)), u32(block + 12), {}};
  const uint32_t end = length - 4;
  for (uint32_t at = 16; end - at >= 4;) {
    const uint16_t code = u16(block + at), size = u16(block + at + 2);
    const uint8_t* value = block + at + 4;
    if (code == 0) break;  // opt_endofopt
    if (size > end - at - 4)
      return refuse(offset + at, "an interface option longer than its block: the file is damaged");
    if (code == 9 && size == 1) added.clock.set_resolution(*value);
    if (code == 14 && size == 8) {
      const uint64_t low = u32(value + (swapped_ == host_is_little_endian ? 4 : 0));
      const uint64_t high = u32(value + (swapped_ == host_is_little_endian ? 0 : 4));
      added.clock.set_offset(static_cast<int64_t>(high << 32 | low));
    }
    at += 4 + std::min<uint32_t>((size + 3u) & ~3u, end - at - 4);
  }
  any_interface_ = true;
  if (link_type_supported(added.link_type)) {
    any_supported_ = true;
  } else if (!unsupported_offset_) {
    unsupported_ = added.link_type;
    unsupported_offset_ = offset + 8;
  }
  interfaces_.push_back(added);
  return Taken::yes;
}

PcapngFormat::Taken PcapngFormat::take_packet(uint32_t type, const uint8_t* block, uint32_t length,
                                              uint64_t offset, Burst& burst) {
  if (burst.size == Burst::capacity) return Taken::burst_full;
  const bool simple = type == simple_packet_block;
  const uint32_t data_at = simple ? 12 : 28;
  if (length < data_at + 4)
    return refuse(offset,
                  next_packet() + " has a header that is too short: the file is damaged there");
  const uint32_t room = length - data_at - 4;
  const uint32_t index = simple ? 0 : type == packet_block ? u16(block + 8) : u32(block + 8);
  if (index >= interfaces_.size()) {
    return refuse(offset, next_packet() + " is of interface " + std::to_string(index) + " of " +
                              std::to_string(interfaces_.size()) + ": the file is damaged there");
  }
  const Interface& interface = interfaces_[index];
  uint32_t captured, wire;
  if (simple) {  // says neither when nor how much was captured: all that the snapshot length let
                 // through
    wire = u32(block + 8);
    captured = std::min(wire, room);
    if (interface.snapshot_length) captured = std::min(captured, interface.snapshot_length);
  } else {
    captured = u32(block + 20);
    wire = u32(block + 24);
    last_timestamp_ns_ =
        interface.clock.nanoseconds(uint64_t{u32(block + 12)} << 32 | u32(block + 16));
  }
  if (captured > max_captured_length || captured > room) {
    return refuse(offset, next_packet() + " claims " + std::to_string(captured) +
                              " captured bytes in a block with " + std::to_string(room) +
                              " (and no capture holds more than " +
                              std::to_string(max_captured_length) + "): the file is damaged there");
  }
  burst.packets[burst.size++] = {block + data_at, last_timestamp_ns_, captured, wire,
                                 interface.link_type};
  ++packets_;
  return Taken::yes;
}

bool PcapngFormat::finish(size_t left, uint64_t offset) {
  if (skip_) {
    fail(offset, "ends inside a block (" + std::to_string(skip_) +
                     " bytes are missing): it was cut off there");
    return false;
  }
  if (left || !section_seen_) {
    fail(offset, std::string("ends inside a block") +
                     (section_seen_ ? "" : " (the section header)") + " (" + std::to_string(left) +
                     " of " + (left < smallest_block ? "at least " : "") + std::to_string(need()) +
                     " bytes): it was cut off there");
    return false;
  }
  // Interfaces may be declared as late as before their first packet, so only the end tells that
  // none will do.
  if (any_interface_ && !any_supported_) {
    fail(unsupported_offset_, unsupported_link_type(unsupported_) + ", and no other interface is");
    return false;
  }
  return true;
}

}  // namespace

bool is_pcapng(const uint8_t* head) { return load32<false>(head) == section_block; }
std::unique_ptr<CaptureFormat> make_pcapng_format() { return std::make_unique<PcapngFormat>(); }

}  // namespace dipper
