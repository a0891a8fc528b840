#include "dissect_rig.h"

#include <cstring>
#include <memory>

using namespace dipper;

namespace dissect {

namespace {

std::string tcp_header(uint32_t sequence, uint32_t acknowledged) {
  std::string header(20, '\0');
  for (int i = 0; i < 4; ++i) {
    header[4 + i] = static_cast<char>(sequence >> (24 - 8 * i));
    header[8 + i] = static_cast<char>(acknowledged >> (24 - 8 * i));
  }
  header[12] = '\x50';
  return header;
}

}  // namespace

FlowRig::FlowRig(uint8_t ip_protocol, uint32_t most_inspections, uint32_t most_blocks, uint16_t port)
    : pool(most_inspections, most_blocks), ip_protocol_(ip_protocol), port_(port) {
  dissection.candidates = dissectors().candidates(key());
}

FlowKey FlowRig::key() const {
  FlowKey key{};
  key.ip_protocol = ip_protocol_;
  key.lower_port = port_;
  key.upper_port = 50000;
  return key;
}

FlowRig::~FlowRig() {
  if (dissection.inspection) pool.release(dissection.inspection);
}

const Dissectors& FlowRig::dissectors() {
  static const Dissectors instance;
  return instance;
}

void FlowRig::tcp(bool from_client, uint32_t sequence, const std::string& payload, uint32_t acknowledged, size_t captured) {
  look(from_client, tcp_header(sequence, acknowledged) + payload.substr(0, captured), payload.size(), tcp_ack, sequence);
}

void FlowRig::syn(bool from_client, uint32_t sequence, const std::string& payload) {
  look(from_client, tcp_header(sequence, 0) + payload, payload.size(), from_client ? tcp_syn : tcp_syn | tcp_ack, sequence);
}

void FlowRig::end() { dissectors().end(key(), false, dissection, pool); }

void FlowRig::udp(bool from_client, const std::string& payload, size_t captured) {
  look(from_client, std::string(8, '\0') + payload.substr(0, captured), payload.size());
}

void FlowRig::look(bool from_client, std::string l4, size_t payload_size, uint8_t flags, uint32_t sequence) {
  l4.insert(0, 20, '\0');
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[l4.size()]);
  memcpy(exact.get(), l4.data(), l4.size());
  Packet packet{};
  packet.key = key();
  packet.from_lower = !from_client;
  packet.tcp_flags = flags;
  packet.tcp_sequence = sequence;
  packet.l3 = exact.get();
  packet.l3_length = static_cast<uint16_t>(l4.size());
  packet.l4_offset = 20;
  packet.payload_length = static_cast<uint16_t>(payload_size);
  dissectors().look(packet, from_client, dissection, pool);
}

std::string FlowRig::found(Field field) const {
  const Findings* findings = dissection.findings();
  if (!findings || !findings->has(field)) return "";
  std::string_view value = findings->text(field);
  switch (field_rows[static_cast<size_t>(field)].type) {
    case FieldType::text: return std::string(value);
    case FieldType::number: return std::to_string(findings->number(field));
    case FieldType::list: break;
  }
  std::string items;
  while (value.size() > 2) {
    uint16_t size;
    memcpy(&size, value.data(), sizeof size);
    if (!items.empty()) items += '|';
    items += value.substr(2, size);
    value.remove_prefix(2u + size);
  }
  return items;
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  int high = -1;
  for (const char c : hex) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high >= 0) bytes += static_cast<char>(high << 4 | digit);
    high = high >= 0 ? -1 : digit;
  }
  return bytes;
}

std::string be16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string be24(unsigned value) { return static_cast<char>(value >> 16) + be16(value & 0xffff); }

std::string vector_of(unsigned length_bytes, const std::string& content) {
  return be24(static_cast<unsigned>(content.size())).substr(3 - length_bytes) + content;
}

std::string numbers(const std::vector<unsigned>& values) {
  std::string bytes;
  for (const unsigned value : values) bytes += be16(value);
  return bytes;
}

std::string extension(unsigned type, const std::string& data) { return be16(type) + vector_of(2, data); }
std::string server_name(const std::string& name) { return extension(0, vector_of(2, '\0' + vector_of(2, name))); }
std::string alpn(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += vector_of(1, name);
  return extension(16, vector_of(2, list));
}

std::string message(unsigned type, const std::string& body) { return static_cast<char>(type) + vector_of(3, body); }
std::string record(unsigned type, const std::string& content) { return static_cast<char>(type) + be16(0x0301) + vector_of(2, content); }

std::string client_hello(const HelloParts& parts, bool datagram) {
  std::string body = be16(parts.version) + std::string(32, 'r') + vector_of(1, "session");
  if (datagram) body += vector_of(1, "cookie");
  body += vector_of(2, numbers(parts.ciphers)) + vector_of(1, std::string(1, '\0'));
  if (!parts.extensions.empty()) body += vector_of(2, parts.extensions);
  return datagram ? body : message(1, body);
}

std::string server_hello(unsigned version, unsigned cipher, const std::string& extensions) {
  std::string body = be16(version) + std::string(32, 's') + vector_of(1, "") + be16(cipher) + '\0';
  if (!extensions.empty()) body += vector_of(2, extensions);
  return message(2, body);
}

std::string example_hello(bool datagram) {
  HelloParts parts;
  if (datagram) parts.version = 0xfefd;
  parts.ciphers = {0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
                   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
  const std::string versions = datagram ? numbers({0xfefc, 0xfefd}) : numbers({0x3a3a, 0x0304, 0x0303});
  parts.extensions = extension(0xdada, "") + extension(0x001b, bytes_of("020002")) + server_name("WWW.Example.org") +
                     extension(0x0033, vector_of(2, "")) + alpn({"h2", "http/1.1"}) + extension(0x4469, "") + extension(0x0017, "") +
                     extension(0x002d, bytes_of("0101")) +
                     extension(0x000d, vector_of(2, numbers({0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}))) +
                     extension(0x0005, bytes_of("0100000000")) + extension(0x0023, "") + extension(0x0012, "") +
                     extension(0x002b, vector_of(1, versions)) + extension(0xff01, std::string(1, '\0')) +
                     extension(0x000b, bytes_of("0100")) + extension(0x000a, vector_of(2, numbers({0x2a2a, 29, 23, 24}))) +
                     extension(0x0a0a, std::string(1, '\0')) + extension(0x0015, std::string(20, '\0'));
  return client_hello(parts, datagram);
}

// openssl req -x509 (ECDSA P-256), subjectAltName=DNS:www.example.org,DNS:*.example.org,IP:192.0.2.7,IP:2001:db8::7
std::string certificate() {
  return bytes_of(
      "308201e43082018aa003020102021447c1faef8ad15650152daa3859a1ebddb52006ee300a06082a8648ce3d040302303e310b3009060355040613024445"
      "31153013060355040a0c0c4469707065722074657374733118301606035504030c0f7777772e6578616d706c652e6f72673020170d323631313233303030"
      "3430325a180f32303534303430393030303430325a303e310b300906035504061302444531153013060355040a0c0c446970706572207465737473311830"
      "1606035504030c0f7777772e6578616d706c652e6f72673059301306072a8648ce3d020106082a8648ce3d0301070342000403b976f726a130c01f0f3b2e"
      "71b8bee938b960dd330bd6ac8a6517b3f18ca52bafe21eda797bbe7f7efe0c2a8b89024b04ed3b0ab09bc0627cfc6dc5e9992e08a364306230410603551d"
      "11043a3038820f7777772e6578616d706c652e6f7267820d2a2e6578616d706c652e6f72678704c0000207871020010db8000000000000000000000007301"
      "d0603551d0e041604145584770d64e732b995894ce16d6b302827799a27300a06082a8648ce3d0403020348003045022062277"
      "9e815f1e7c3e162b179c5105afa2cb58516053b97390dedb7236e350410022100ec2105ec008ad0064fb4815155407c955145e107a3462a0ceb09ef6899df9596");
}

std::string certificate_message(const std::string& der) { return message(11, vector_of(3, vector_of(3, der) + vector_of(3, der))); }

}  // namespace dissect
