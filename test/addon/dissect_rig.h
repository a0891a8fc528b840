// Our own dissectors over one flow, without worker and nDPI: packets by hand, in exact allocations, so that the sanitizer sees a
// read past one; and hellos to feed them with.
#pragma once
#include <string>
#include <vector>

#include "core/dissect/dissectors.h"

namespace dissect {

class FlowRig {
 public:
  explicit FlowRig(uint8_t ip_protocol, uint32_t most_inspections = 4, uint32_t most_blocks = 4, uint16_t port = 443);
  ~FlowRig();

  // `captured`: bytes of the payload that the capture has.
  void tcp(bool from_client, uint32_t sequence, const std::string& payload, uint32_t acknowledged = 0,
           size_t captured = std::string::npos);
  // The SYN of one side: its first byte has the number after `sequence`.
  void syn(bool from_client, uint32_t sequence, const std::string& payload = "");
  void end();  // of detection
  void udp(bool from_client, const std::string& payload, size_t captured = std::string::npos);

  // "" where nothing was found; items of a list with '|' between them; numbers in decimal.
  std::string found(dipper::Field field) const;
  bool wants_more() const { return dissection.wants_more(); }

  dipper::InspectionPool pool;
  dipper::Dissection dissection;

 private:
  void look(bool from_client, std::string l4, size_t payload_size, uint8_t flags = 0, uint32_t sequence = 0);
  dipper::FlowKey key() const;

  static const dipper::Dissectors& dissectors();
  uint8_t ip_protocol_;
  uint16_t port_;
};

std::string bytes_of(const std::string& hex);  // white space does not count
std::string be16(unsigned value);
std::string be24(unsigned value);
std::string vector_of(unsigned length_bytes, const std::string& content);
std::string numbers(const std::vector<unsigned>& values);  // two bytes each
std::string extension(unsigned type, const std::string& data);
std::string server_name(const std::string& name);
std::string alpn(const std::vector<std::string>& names);

struct HelloParts {
  unsigned version = 0x0303;
  std::vector<unsigned> ciphers;
  std::string extensions;
};
// Whole handshake messages; of DTLS the body alone (`datagram`).
std::string client_hello(const HelloParts& parts, bool datagram = false);
std::string server_hello(unsigned version, unsigned cipher, const std::string& extensions);
std::string message(unsigned type, const std::string& body);
std::string record(unsigned type, const std::string& content);

// The example of JA4's description, as a ClientHello: t13d1516h2_8daaf6152771_e5627efa2ab1.
std::string example_hello(bool datagram = false);
constexpr const char* example_ja4 = "13d1516h2_8daaf6152771_e5627efa2ab1";

// A certificate in DER: C=DE, O=Dipper tests, CN=www.example.org.
std::string certificate();
std::string certificate_message(const std::string& der);

}  // namespace dissect
