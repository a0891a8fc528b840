// Names of LINKTYPE_ values: those that are decoded, and those a refusal is likely to have to name.
// Thread: any; the table is constant, the text for a nameless value is thread-local.
#include "core/link_type.h"

#include <cstdio>

namespace dipper {

namespace {

struct Row {
  uint16_t value;
  bool supported;
  const char* name;
};

constexpr Row rows[] = {
    {0, true, "NULL"},
    {1, true, "EN10MB"},
    {6, false, "IEEE802"},
    {7, false, "ARCNET"},
    {8, false, "SLIP"},
    {9, true, "PPP"},
    {10, false, "FDDI"},
    {12, true, "RAW"},
    {50, true, "PPP_SERIAL"},
    {51, false, "PPP_ETHER"},
    {99, false, "SYMANTEC_FIREWALL"},
    {100, false, "ATM_RFC1483"},
    {101, true, "RAW"},
    {104, true, "C_HDLC"},
    {105, true, "IEEE802_11"},
    {107, false, "FRELAY"},
    {108, true, "LOOP"},
    {109, false, "ENC"},
    {113, true, "LINUX_SLL"},
    {117, false, "PFLOG"},
    {119, false, "PRISM_HEADER"},
    {122, false, "IP_OVER_FC"},
    {123, false, "SUNATM"},
    {127, true, "IEEE802_11_RADIO"},
    {138, false, "APPLE_IP_OVER_IEEE1394"},
    {139, false, "MTP2_WITH_PHDR"},
    {140, false, "MTP2"},
    {141, false, "MTP3"},
    {142, false, "SCCP"},
    {143, false, "DOCSIS"},
    {163, false, "IEEE802_11_RADIO_AVS"},
    {166, false, "PPP_PPPD"},
    {187, false, "BLUETOOTH_HCI_H4"},
    {189, false, "USB_LINUX"},
    {192, true, "PPI"},
    {195, false, "IEEE802_15_4"},
    {197, false, "ERF"},
    {201, false, "BLUETOOTH_HCI_H4_WITH_PHDR"},
    {219, false, "MPLS"},
    {220, false, "USB_LINUX_MMAPPED"},
    {226, false, "IPNET"},
    {227, false, "CAN_SOCKETCAN"},
    {228, true, "IPV4"},
    {229, true, "IPV6"},
    {230, false, "IEEE802_15_4_NOFCS"},
    {231, false, "DBUS"},
    {239, false, "NFLOG"},
    {242, false, "IPOIB"},
    {247, false, "INFINIBAND"},
    {248, false, "SCTP"},
    {249, false, "USBPCAP"},
    {251, false, "BLUETOOTH_LE_LL"},
    {253, false, "NETLINK"},
    {254, false, "BLUETOOTH_LINUX_MONITOR"},
    {256, false, "BLUETOOTH_LE_LL_WITH_PHDR"},
    {258, false, "PKTAP"},
    {276, true, "LINUX_SLL2"},
};

const Row* find_row(uint16_t value) {
  for (const Row& row : rows) {
    if (row.value == value) return &row;
  }
  return nullptr;
}

}  // namespace

const char* link_type_name(uint16_t value) {
  if (const Row* row = find_row(value)) return row->name;
  static thread_local char text[sizeof "LINKTYPE_65535"];
  snprintf(text, sizeof text, "LINKTYPE_%u", static_cast<unsigned>(value));
  return text;
}

bool link_type_supported(uint16_t value) {
  const Row* row = find_row(value);
  return row && row->supported;
}

}  // namespace dipper
