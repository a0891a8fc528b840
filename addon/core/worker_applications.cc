// Which application a flow is: decided when detection has something to say, already with the first packet where a DNS hint or
// the server's address tells, and again for all flows when the definitions change. Thread: the worker's.
#include <algorithm>

#include "flow_names.h"
#include "worker.h"

namespace dipper {
namespace {

constexpr uint16_t port_dns = 53, port_mdns = 5353, port_llmnr = 5355;

constexpr uint8_t bit(Evidence evidence) { return static_cast<uint8_t>(1u << static_cast<unsigned>(evidence)); }

uint16_t server_port(const FlowKey& key, bool client_is_lower) { return client_is_lower ? key.upper_port : key.lower_port; }
const uint8_t* server_address(const FlowKey& key, bool client_is_lower) {
  return client_is_lower ? key.upper_address : key.lower_address;
}

// `192.0.2.1` as HTTP's host: it says nothing that the address does not.
bool is_address(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

uint32_t id_of(const ApplicationTable* table, const ApplicationChoice& choice) {
  return table && choice.rule ? table->application_of(choice.rule).id : 0;
}
std::string_view category_of(const ApplicationTable* table, const ApplicationChoice& choice) {
  return table && choice.list ? table->category_of_list(choice.list) : std::string_view();
}

}  // namespace

// Looks up, strongest first, what is stronger than what has decided so far; each kind of evidence once a flow.
class Worker::Recognition {
 public:
  Recognition(Worker& worker, const Flow& flow, ApplicationChoice& choice)
      : worker_(worker), flow_(flow), choice_(choice), table_(*worker.applications_[choice.table]) {}

  void run(const FlowNames& names) {
    if (choice_.evidence >= Evidence::library) {  // weak ones are decided anew: the protocol may be another one now
      choice_.rule = 0;
      choice_.evidence = Evidence::none;
    }
    if (by_name(Evidence::client_sni, unquoted(names.client_sni))) return;
    // The library copies a TLS client's name to the host.
    if (names.host != names.client_sni && by_name(Evidence::host, unquoted(names.host))) return;
    if (by_certificate(names)) return;
    if (by_name(Evidence::dns_hint, unquoted(names.dns_hint))) return;
    if (by_address()) return;
    by_library();
    by_port();
  }

  // What can be known with the first packet.
  void run_early(std::string_view dns_hint) {
    if (!by_name(Evidence::dns_hint, dns_hint)) by_address();
  }

 private:
  bool decided_by(Evidence evidence) const { return choice_.evidence != Evidence::none && choice_.evidence <= evidence; }
  bool wanted(Evidence evidence) const { return !decided_by(evidence) && !(choice_.asked & bit(evidence)); }

  // True when nothing weaker is wanted.
  bool settle(Evidence evidence, uint32_t rule) {
    if (rule) {
      choice_.rule = rule;
      choice_.evidence = evidence;
      choice_.packet = static_cast<uint16_t>(std::min<uint64_t>(flow_.total_packets(), 65535));
    }
    return decided_by(evidence);
  }

  uint32_t look_up(Evidence evidence, std::string_view text) {
    if (is_address(text)) return 0;
    const HostName name(text);
    if (name.text().empty()) return 0;
    const DomainMatch match = table_.find_name(name);
    if (choice_.list_evidence == Evidence::none || evidence < choice_.list_evidence) {
      choice_.list_evidence = evidence;
      choice_.list = static_cast<uint16_t>(match.list);
    }
    return match.rule;
  }

  bool by_name(Evidence evidence, std::string_view text) {
    if (text.empty() || !wanted(evidence)) return decided_by(evidence);
    choice_.asked |= bit(evidence);
    return settle(evidence, look_up(evidence, text));
  }

  // The first of the names that a rule knows; the common name where there are no others.
  bool by_certificate(const FlowNames& names) {
    constexpr auto evidence = Evidence::certificate;
    if ((names.certificate_names.empty() && names.certificate_subject.empty()) || !wanted(evidence)) return decided_by(evidence);
    choice_.asked |= bit(evidence);
    uint32_t rule = 0;
    unsigned tried = 0;
    each_string(names.certificate_names, [&](std::string_view name) {
      if (name.substr(0, 2) == "*.") name.remove_prefix(2);
      rule = look_up(evidence, name);
      return rule || ++tried == most_certificate_names;
    });
    if (!tried && !rule) rule = look_up(evidence, common_name(unquoted(names.certificate_subject)));
    return settle(evidence, rule);
  }

  // Not for DNS: who runs a resolver is not what a client wants from it.
  bool by_address() {
    constexpr auto evidence = Evidence::address;
    const uint16_t port = server_port(flow_.key, flow_.client_is_lower);
    if (port == port_dns || port == port_mdns || port == port_llmnr || !wanted(evidence)) return decided_by(evidence);
    choice_.asked |= bit(evidence);
    return settle(evidence, table_.find_address(flow_.key.ip_version, server_address(flow_.key, flow_.client_is_lower)));
  }

  void by_library() {
    const std::vector<uint32_t>& rules = worker_.library_rules_[choice_.table];
    const Detection& d = flow_.detection;
    for (const uint16_t protocol : {d.app, d.master})
      if (choice_.evidence == Evidence::none && protocol < rules.size()) settle(Evidence::library, rules[protocol]);
  }

  void by_port() {
    if (choice_.evidence != Evidence::none) return;
    settle(Evidence::port, table_.find_port(flow_.key.ip_protocol, server_port(flow_.key, flow_.client_is_lower)));
  }

  static constexpr unsigned most_certificate_names = 16;

  Worker& worker_;
  const Flow& flow_;
  ApplicationChoice& choice_;
  const ApplicationTable& table_;
};

// `choice` is what the flow has had so far. Returns whether messages say something else now.
bool Worker::recognise(const Flow& flow, const FlowNames& names, ApplicationChoice& choice) {
  const ApplicationChoice before = choice;
  const ApplicationTable* table = applications_[current_table_].get();
  if (choice.table != current_table_) {
    choice = ApplicationChoice();
    choice.table = static_cast<uint8_t>(current_table_);
    choice.told = before.told;
  }
  if (table) Recognition(*this, flow, choice).run(names);
  const ApplicationTable* table_before = applications_[before.table].get();
  const bool same = id_of(table, choice) == id_of(table_before, before);
  if (same && choice.rule) choice.packet = before.packet;
  return !same || category_of(table, choice) != category_of(table_before, before);
}

// After store_metadata().
bool Worker::recognise_now(Flow& flow) {
  if (!applications_[0] && !applications_[1]) return false;
  ApplicationChoice choice = flow.application();
  const bool changed = recognise(flow, FlowNames::of(metadata_, metadata_.text()), choice);
  keep_choice(flow, choice);
  return changed;
}

void Worker::keep_choice(Flow& flow, const ApplicationChoice& choice) {
  if (flow.metadata)
    MetadataStore::replace(flow.metadata, choice);
  else if (!choice.empty() && !(flow.metadata = metadata_store_.keep(choice, {})))
    counters_.out_of_memory.add(1);
}

// Whether a `flow` went out.
bool Worker::told(const Flow& flow) const {
  if (flow.detecting == Detecting::announced || flow.application().told) return true;
  return flow.detecting >= Detecting::reading && !quiet(flow) && (known(flow) || (options_.events & event_unknown));
}

// The flow's first packet: what its client had asked DNS for just before, or where it goes to, is told at once. Only who
// hears of updates gets it: the protocol comes later.
void Worker::recognise_early(Flow& flow) {
  constexpr uint8_t both = event_detected | event_updated;
  if (!applications_[current_table_] || (options_.events & both) != both) return;
  ApplicationChoice choice;
  choice.table = static_cast<uint8_t>(current_table_);
  std::string hint;
  if (options_.dns_hints)
    hint = options_.dns_hints->find(
        flow.key.ip_version, flow.client_is_lower ? flow.key.lower_address : flow.key.upper_address,
        server_address(flow.key, flow.client_is_lower), now_ns_ + static_cast<uint64_t>(writer_.clock_offset()));
  Recognition(*this, flow, choice).run_early(hint);
  if (!choice.rule) return;
  choice.told = 1;
  keep_choice(flow, choice);
  store_metadata(flow);
  counters_.applications_early.add(1);
  write_told(flow, metadata_.text(), nullptr);
}

void Worker::apply_one(std::shared_ptr<const ApplicationTable>&& table) {
  // One walk at a time: a flow is of the table before or of the one now.
  if (rematch_at_ != walk_over) {
    next_table_ = std::move(table);
    has_next_table_ = true;
    return;
  }
  use_table(std::move(table), 1 - current_table_);
  rematch_at_ = 0;
  pending_ = true;
}

void Worker::use_table(std::shared_ptr<const ApplicationTable> table, unsigned place) {
  applications_[place] = std::move(table);
  find_library_rules(place);
  writer_.set_applications(place, applications_[place].get());
  current_table_ = place;
}

// Also when another nDPI module names more protocols: a number means the same in all of them.
void Worker::find_library_rules(unsigned place) {
  const ApplicationTable* table = applications_[place].get();
  std::vector<uint32_t>& rules = library_rules_[place];
  rules.assign(table ? dpi_->protocol_count() : 0u, 0);
  for (size_t id = 0; id < rules.size(); ++id) rules[id] = table->find_library(dpi_->protocol_name(static_cast<uint16_t>(id)));
}

// Flows that are there when the definitions change: matched again out of what is kept of them.
void Worker::rematch(Flow& flow) {
  ApplicationChoice choice = flow.application();
  if (choice.table == current_table_ && !choice.empty()) return;
  const bool known_of = told(flow);
  const Announced before{flow.detection, flow.metadata_text(), choice, flow.translated()};
  const bool changed = recognise(flow, FlowNames::of(flow.metadata_text()), choice);
  counters_.flows_rematched.add(1);
  if (changed && !known_of && flow.detecting >= Detecting::reading) choice.told = 1;
  keep_choice(flow, choice);
  if (!changed || !(options_.events & (known_of ? event_updated : event_detected))) return;
  if (!known_of && (flow.detecting < Detecting::reading || quiet(flow))) return;
  write_told(flow, flow.metadata_text(), known_of ? &before : nullptr);
}

void Worker::end_rematch() {
  flush();
  applications_[1 - current_table_].reset();
  writer_.set_applications(1 - current_table_, nullptr);
  if (!has_next_table_) return;
  has_next_table_ = false;
  apply_one(std::move(next_table_));
}

}  // namespace dipper
