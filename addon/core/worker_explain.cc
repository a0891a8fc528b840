// Why a flow is the application that messages say: the rule with its file and line, the field whose value it fits, the packet
// with which that was known, and every other rule that fits something of the flow. For who asks: some microseconds a flow.
// Thread: the worker's.
#include <algorithm>

#include "address_text.h"
#include "flow_names.h"
#include "worker.h"

namespace dipper {
namespace {

constexpr size_t most_others = 8, rules_of_a_name = 4, names_of_a_certificate = 16;

// Where a value stands in messages; the address and port of the server are `local` or `other` by the flow's sides.
const char* field_of(Evidence evidence, bool server_is_local) {
  switch (evidence) {
    case Evidence::client_sni: return "ssl.client_sni";
    case Evidence::host: return "host_server_name";
    case Evidence::certificate: return "ssl.server_names";
    case Evidence::dns_hint: return "dns_host_name";
    case Evidence::address: return server_is_local ? "local_ip" : "other_ip";
    case Evidence::library: return "ndpi.protocol";
    case Evidence::port: return server_is_local ? "local_port" : "other_port";
    case Evidence::none: break;
  }
  return "";
}

// A rule that fits, and what it fits.
struct Fit {
  Evidence evidence;
  uint32_t rule;
  std::string value;  // as text, not as JSON
  const ApplicationTable::Transform* transform = nullptr;
  std::string changed;  // what `transform` made of the value
};

void write(const ApplicationTable& table, const Fit& fit, bool server_is_local, std::string& out) {
  out += "\"field\":\"";
  out += field_of(fit.evidence, server_is_local);
  out += "\",\"value\":";
  write_json_string(fit.value, out);
  const ApplicationTable::Rule& rule = table.rule(fit.rule);
  out += ",\"rule\":{\"application\":";
  write_json_string(table.application_of(fit.rule).tag, out);
  out += ",\"file\":";
  write_json_string(table.file_of(fit.rule), out);
  out += ",\"line\":" + std::to_string(rule.line) + ",\"text\":";
  write_json_string(table.text_of(fit.rule), out);
  out += "}";
  if (!fit.transform) return;
  out += ",\"transform\":{\"value\":";
  write_json_string(fit.changed, out);
  out += ",\"file\":";
  write_json_string(table.file_of(*fit.transform), out);
  out += ",\"line\":" + std::to_string(fit.transform->line) + ",\"text\":";
  write_json_string(fit.transform->text, out);
  out += "}";
}

}  // namespace

// Everything of the flow that a rule fits, strongest evidence first, and of a name the winning rule first.
struct Worker::Fits {
  const ApplicationTable& table;
  std::vector<Fit> all;

  void name(Evidence evidence, std::string_view text) {
    const HostName name(text);
    for (ApplicationTable::NameFit& fit : table.rules_of_name(name, rules_of_a_name))
      all.push_back({evidence, fit.rule, std::string(name.text()), fit.transform, std::move(fit.changed)});
  }
  void add(Evidence evidence, uint32_t rule, std::string value) {
    if (rule) all.push_back({evidence, rule, std::move(value), nullptr, {}});
  }
};

std::string Worker::explain(const Flow& flow, std::string_view metadata) const {
  const ApplicationChoice choice = flow.application();
  const ApplicationTable* table = applications_[choice.table].get();
  if (!table) return ",\"explain\":{\"others\":[]}";
  const FlowKey& key = flow.key;
  const uint8_t* server = flow.client_is_lower ? key.upper_address : key.lower_address;
  const uint16_t port = flow.client_is_lower ? key.upper_port : key.lower_port;
  const FlowNames names = FlowNames::of(metadata);
  Fits fits{*table, {}};
  fits.name(Evidence::client_sni, unquoted(names.client_sni));
  if (names.host != names.client_sni) fits.name(Evidence::host, unquoted(names.host));
  size_t certificate_names = 0;
  each_string(names.certificate_names, [&](std::string_view one) {
    fits.name(Evidence::certificate, one.substr(0, 2) == "*." ? one.substr(2) : one);
    return ++certificate_names == names_of_a_certificate;
  });
  if (!certificate_names) fits.name(Evidence::certificate, common_name(unquoted(names.certificate_subject)));
  fits.name(Evidence::dns_hint, unquoted(names.dns_hint));
  char text[64];
  char* end = key.ip_version == 4 ? write_ipv4(server, text) : write_ipv6(server, text);
  fits.add(Evidence::address, table->find_address(key.ip_version, server), std::string(text, end));
  for (const uint16_t protocol : {flow.detection.app, flow.detection.master})
    if (protocol && protocol < library_rules_[choice.table].size())
      fits.add(Evidence::library, library_rules_[choice.table][protocol], dpi_->protocol_name(protocol));
  fits.add(Evidence::port, table->find_port(key.ip_protocol, port), std::to_string(port));

  const bool server_is_local = writer_.lower_is_local(flow) != flow.client_is_lower;
  std::string out = ",\"explain\":{";
  const auto decided = std::find_if(fits.all.begin(), fits.all.end(), [&](const Fit& fit) {
    return fit.evidence == choice.evidence && fit.rule == choice.rule;
  });
  if (decided != fits.all.end()) {
    write(*table, *decided, server_is_local, out);
    out += ",\"packet\":" + std::to_string(choice.packet) + ",";
  }
  out += "\"others\":[";
  size_t others = 0;
  for (const Fit& fit : fits.all) {
    if (decided != fits.all.end() && &fit == &*decided) continue;
    if (others == most_others) break;
    out += others++ ? ",{" : "{";
    write(*table, fit, server_is_local, out);
    out += "}";
  }
  return out + "]}";
}

}  // namespace dipper
