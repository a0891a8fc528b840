// 802.11 data frames, and the two headers that capture tools put before them: radiotap and PPI.
// Thread: the decoder's. Field offsets are of IEEE 802.11-2020 section 9.2.
#include "core/decode_layers.h"
#include "core/link_type.h"

namespace dipper::layer {

namespace {

constexpr size_t wlan_header = 24, address_4 = 6, qos_control = 2, ht_control = 4, fcs_size = 4;
constexpr uint8_t qos_bit = 0x80, no_data_bit = 0x40;                      // first byte
constexpr uint8_t ds_bits = 0x03, protected_bit = 0x40, order_bit = 0x80;  // second byte

// Without the check sequence, of which a short capture length may have cut a part.
Cursor without_fcs(const Frame& frame, Cursor c) {
  const PacketView& view = frame.view;
  const size_t cut =
      view.wire_length > view.captured_length ? view.wire_length - view.captured_length : 0;
  const size_t captured = cut < fcs_size ? fcs_size - cut : 0;
  return c.first(c.size > captured ? c.size - captured : 0);
}

}  // namespace

Discard wlan(const Frame& frame, Layers layers, Cursor c, WlanFrame form) noexcept {
  if (!c.has(2)) return Discard::truncated_link;
  const int first = form == WlanFrame::swapped ? 1 : 0;
  const uint8_t control = c.u8(first), flags = c.u8(1 - first);
  if ((control & 0x0f) != 0x08) return Discard::wlan_not_data;  // version 0, type 2
  if (control & no_data_bit) return Discard::wlan_not_data;
  if (flags & protected_bit) return Discard::wlan_encrypted;
  size_t header = wlan_header;
  if ((flags & ds_bits) == ds_bits) header += address_4;
  if (!c.has(header)) return Discard::truncated_link;
  // A fragment of an MSDU after its first has no LLC header.
  if (c.u8(22 + first) & 0x0f) return Discard::fragment;
  if (control & qos_bit) {
    if (!c.has(header + qos_control)) return Discard::truncated_link;
    if (c.u8(header + first) & 0x80) return Discard::wlan_aggregate;
    header += qos_control;
    if (flags & order_bit) header += ht_control;
  }
  if (form == WlanFrame::padded) header = (header + 3) / 4 * 4;
  if (!c.has(header)) return Discard::truncated_link;
  return llc(frame, layers, c.skip(header));
}

// https://www.radiotap.org: little-endian; fields in bit order, each aligned to its size.
Discard radiotap(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr uint32_t tsft = 1, flags_present = 2, another_word = 0x80000000;
  constexpr uint8_t has_fcs = 0x10, is_padded = 0x20, bad_fcs = 0x40;
  if (!c.has(8)) return Discard::truncated_link;
  const size_t length = c.le16(2);
  if (length < 8 || !c.has(length)) return Discard::truncated_link;
  const Cursor header = c.first(length);
  const uint32_t present = header.le32(4);
  size_t at = 4;
  do {
    if (!header.has(at + 4)) return Discard::truncated_link;
    at += 4;
  } while (header.le32(at - 4) & another_word);
  c = c.skip(length);
  if (!(present & flags_present)) return wlan(frame, layers, c, WlanFrame::plain);
  if (present & tsft) at = (at + 7) / 8 * 8 + 8;
  if (!header.has(at + 1)) return Discard::truncated_link;
  const uint8_t flags = header.u8(at);
  if (flags & bad_fcs) return Discard::wlan_bad_fcs;
  if (flags & has_fcs) c = without_fcs(frame, c);
  return wlan(frame, layers, c, flags & is_padded ? WlanFrame::padded : WlanFrame::plain);
}

// CACE Technologies' PPI: a link type, and fields of which the 802.11 one tells of a check
// sequence.
Discard ppi(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr uint16_t common_field = 2, has_fcs = 0x0001, bad_fcs = 0x0004;
  constexpr size_t fixed = 8, field_header = 4, flags_offset = 8;
  if (!c.has(fixed)) return Discard::truncated_link;
  const size_t length = c.le16(2);
  if (length < fixed || !c.has(length)) return Discard::truncated_link;
  const uint32_t link_type = c.le32(4);
  const bool aligned = c.u8(1) & 1;
  Cursor fields = c.first(length).skip(fixed);
  c = c.skip(length);
  if (link_type == static_cast<uint32_t>(LinkType::ppi)) return Discard::unsupported_link_type;
  if (link_type != static_cast<uint32_t>(LinkType::ieee802_11)) return link(frame, link_type, c);
  while (fields.has(field_header)) {
    const uint16_t type = fields.le16(0);
    const size_t size = fields.le16(2);
    if (type == common_field && size >= flags_offset + 2 &&
        fields.has(field_header + flags_offset + 2)) {
      const uint16_t flags = fields.le16(field_header + flags_offset);
      if (flags & bad_fcs) return Discard::wlan_bad_fcs;
      if (flags & has_fcs) c = without_fcs(frame, c);
      break;
    }
    fields = fields.skip(field_header + (aligned ? (size + 3) / 4 * 4 : size));
  }
  return wlan(frame, layers, c, WlanFrame::plain);
}

}  // namespace dipper::layer
