// Fuzz target: payloads of one flow -> every dissector that wants them, through their table. Whatever comes, what was found is JSON
// when it is written. Input: protocol and port, one byte; then packets: direction and the upper bits of the length, the rest of
// the length, the payload. Payloads lie in exact allocations behind their headers, so that ASan sees a read past one.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/dissect/dissectors.h"
#include "json_check.h"

using namespace dipper;

namespace {

constexpr uint16_t ports[] = {50001, 21, 22, 25, 53, 67, 80, 110, 123, 137, 138, 139, 143, 161, 443, 445, 546, 1883, 1900, 3389,
                              3478, 5060, 5353, 5355, 6881, 853, 853, 853, 853, 853, 853, 853};
static_assert(sizeof ports / sizeof *ports == 32, "five bits choose one");

class Flow {
 public:
  explicit Flow(uint8_t choice) : udp_(choice & 0x80) {
    key_.ip_protocol = udp_ ? ip_protocol_udp : ip_protocol_tcp;
    key_.lower_port = ports[choice & 31];
    key_.upper_port = 50000;
    dissection_.candidates = dissectors().candidates(key_);
  }
  ~Flow() {
    if (dissection_.inspection) pool().release(dissection_.inspection);
  }

  void look(bool from_lower, Cursor payload) {
    const size_t header = udp_ ? 8 : 20;
    const std::unique_ptr<uint8_t[]> l3(new uint8_t[20 + header + payload.size]());
    if (payload.size) memcpy(l3.get() + 20 + header, payload.data, payload.size);
    if (!udp_) {
      l3[20 + 12] = 0x50;
      for (unsigned i = 0; i < 4; ++i) l3[20 + 4 + i] = static_cast<uint8_t>(sequence_[from_lower] >> (24 - 8 * i));
      sequence_[from_lower] += static_cast<uint32_t>(payload.size);
    }
    Packet packet{};
    packet.key = key_;
    packet.from_lower = from_lower;
    packet.tcp_flags = udp_ ? 0 : tcp_ack;
    packet.l3 = l3.get();
    packet.l3_length = static_cast<uint16_t>(20 + header + payload.size);
    packet.l4_offset = 20;
    packet.payload_length = static_cast<uint16_t>(payload.size);
    dissectors().look(packet, !from_lower, dissection_, pool());
  }

  void check() const {
    if (!dissection_.findings()) return;
    static Metadata metadata;
    metadata.clear();
    FieldSink(metadata, dissection_.findings()).finish();
    std::string text(metadata.text());
    if (text.empty()) return;
    text[0] = '{';
    if (!json_check::Checker(text + '}').document()) abort();
  }

 private:
  static const Dissectors& dissectors() {
    static const Dissectors instance;
    return instance;
  }
  static InspectionPool& pool() {
    static InspectionPool instance(1, 4);
    return instance;
  }

  bool udp_;
  FlowKey key_{};
  uint32_t sequence_[2] = {0xfffffff0, 1};  // one that wraps soon
  Dissection dissection_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Cursor rest{data, size};
  if (!rest.has(1)) return 0;
  Flow flow(rest.u8(0));
  for (rest = rest.skip(1); rest.has(2);) {
    const size_t length = rest.be16(0) & 0x0fff;
    const bool from_lower = rest.u8(0) & 0x80;
    flow.look(from_lower, rest.skip(2).first(length));
    rest = rest.skip(2 + length);
  }
  flow.check();
  return 0;
}
