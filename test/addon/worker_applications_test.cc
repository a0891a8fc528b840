// Applications in the messages of a worker: by which evidence, when they are told, and what other definitions change.
#include "applications_rig.h"
#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;
using applications::Definitions;
using applications::table;

namespace {

constexpr uint8_t both = DomainIndex::exact | DomainIndex::subdomains;
const Endpoint client{"192.168.1.10", 40000}, server{"93.184.216.34", 80}, unknown_server{"93.184.216.34", 50000};
const std::vector<uint8_t> server_bytes{93, 184, 216, 34};

void connect(Traffic& t, const Endpoint& to, uint64_t seconds = 1001) {
  t.tcp(seconds, client, to, syn);
  t.tcp(seconds, to, client, syn | ack);
  t.tcp(seconds, client, to, ack);
}

void request(Traffic& t, const std::string& host, uint64_t seconds = 1002) {
  t.tcp(seconds, client, server, psh | ack, "GET / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: test\r\n\r\n");
  t.tcp(seconds, server, client, psh | ack, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

WorkerOptions with(const Definitions& definitions) {
  WorkerOptions options;
  options.events = event_detected | event_updated | event_expired;
  options.applications = table(definitions);
  return options;
}

std::shared_ptr<DnsHints> hint(const std::string& name) {
  auto hints = std::make_shared<DnsHints>(DnsHints::Options{});
  DnsAnswer answer{4, {93, 184, 216, 34}, 60, name};
  const uint8_t address[4] = {192, 168, 1, 10};
  hints->learn(address, answer, 1000 * uint64_t{1000000000});
  return hints;
}

std::string name(const std::string& line) { return field(line, "detected_application_name"); }

}  // namespace

TEST(worker_applications_by_host_with_categories) {
  Definitions d;
  d.applications = 2;
  d.domains = {{"example.org", both, 1}};
  d.lists = {{"web", {"example.org"}}};
  WorkerRig rig(with(d));
  Traffic t;
  connect(t, server);
  request(t, "www.example.org");
  rig.feed(t);
  rig.end();
  CHECK_EQ(rig.lines("flow").size(), 1u);
  for (const auto& line : rig.lines()) {
    CHECK_STR(name(line), "dipper.app1");
    CHECK_EQ(number(line, "detected_application"), 101u);
    CHECK(line.find("\"category\":{\"protocol\":\"Web\",\"application\":\"cat1\",\"domain\":\"web\"}") != std::string::npos);
  }
  check_conservation(rig);
}

TEST(worker_applications_known_at_the_syn_by_what_the_client_resolved) {
  Definitions d;
  d.applications = 2;
  d.domains = {{"hinted.example", both, 0}, {"said.example", both, 1}};
  WorkerOptions options = with(d);
  options.dns_hints = hint("www.hinted.example");
  WorkerRig rig(options);
  Traffic first;
  first.tcp(1001, client, server, syn);
  rig.feed(first);
  CHECK_EQ(rig.lines().size(), 1u);
  CHECK_STR(field(rig.lines()[0], "type"), "flow");
  CHECK_STR(name(rig.lines()[0]), "dipper.app0");
  CHECK_STR(field(rig.lines()[0], "detected_protocol_name"), "Unknown");
  CHECK_STR(field(rig.lines()[0], "dns_host_name"), "www.hinted.example");
  Traffic rest;
  rest.tcp(1001, server, client, syn | ack);
  rest.tcp(1001, client, server, ack);
  request(rest, "said.example");
  rig.feed(rest);
  rig.end();
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK(!rig.lines("flow_dpi_update").empty());
  CHECK_STR(name(rig.lines("flow_dpi_update").back()), "dipper.app1");  // what the flow says is stronger
  CHECK_STR(name(rig.purges().at(0)), "dipper.app1");
  CHECK_EQ(rig.counters.applications_early.get(), 1u);
  check_conservation(rig);
}

TEST(worker_applications_early_ones_end_as_unknown_protocols_with_one_flow) {
  Definitions d;
  d.prefixes = {{4, server_bytes, 24, 0}};
  for (const bool dump_unknown : {true, false}) {
    WorkerOptions options = with(d);
    options.dump_unknown = dump_unknown;
    options.events |= event_unknown;
    WorkerRig rig(options);
    Traffic t;
    connect(t, unknown_server);
    rig.feed(t);
    rig.end();
    CHECK_EQ(rig.lines("flow").size(), 1u);
    CHECK_EQ(rig.purges().size(), 1u);
    CHECK_STR(name(rig.purges()[0]), "dipper.app0");
  }
  // Who is told of no updates gets the one `flow` when the protocol is known.
  WorkerOptions options = with(d);
  options.events = event_detected | event_expired;
  WorkerRig rig(options);
  Traffic t;
  connect(t, server);
  rig.feed(t);
  CHECK(rig.lines().empty());
  Traffic rest;
  request(rest, "example.org");
  rig.feed(rest);
  rig.end();
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK_STR(name(rig.lines("flow")[0]), "dipper.app0");
}

TEST(worker_applications_dns_is_not_the_resolver_s) {
  Definitions d;
  d.prefixes = {{4, {8, 8, 8, 0}, 24, 0}};
  WorkerRig rig(with(d));
  Traffic t;
  t.tcp(1001, client, {"8.8.8.8", 53}, syn);
  t.tcp(1001, client, {"8.8.8.8", 443}, syn);
  rig.feed(t);
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK_EQ(number(rig.lines("flow")[0], "other_port"), 443u);
}

TEST(worker_applications_other_definitions_match_live_flows_again) {
  Definitions d;
  d.applications = 2;
  d.domains = {{"example.org", both, 0}};
  WorkerOptions options = with(d);
  const std::weak_ptr<const ApplicationTable> first = options.applications;
  WorkerRig rig(options);
  options.applications.reset();
  Traffic t;
  connect(t, server);
  request(t, "www.example.org");
  t.tcp(1002, {"192.168.1.10", 40001}, unknown_server, syn);
  rig.feed(t);
  const size_t before = rig.lines().size();
  CHECK_STR(name(rig.lines("flow").at(0)), "dipper.app0");

  rig.command(table(d));  // the same in another table: nothing to say
  CHECK_EQ(rig.lines().size(), before);
  CHECK_EQ(rig.counters.flows_rematched.get(), 2u);

  d.domains[0].application = 1;
  rig.command(table(d));
  CHECK_EQ(rig.lines().size(), before + 1);
  CHECK_STR(field(rig.lines().back(), "type"), "flow_dpi_update");
  CHECK_STR(name(rig.lines().back()), "dipper.app1");
  CHECK_STR(field(rig.lines().back(), "host_server_name"), "www.example.org");

  rig.command(std::shared_ptr<const ApplicationTable>());  // no definitions at all
  CHECK_STR(name(rig.lines().back()), "Unknown");
  rig.command(table(d));
  CHECK_STR(name(rig.lines().back()), "dipper.app1");
  rig.end();
  CHECK_STR(name(rig.purges().at(0)), "dipper.app1");
  CHECK(first.expired());
  check_conservation(rig);
}

TEST(worker_applications_definitions_that_come_during_the_walk_wait_for_its_end) {
  Definitions d;
  d.applications = 3;
  d.prefixes = {{4, server_bytes, 24, 0}};
  WorkerRig rig(with(d));
  Traffic t;
  for (uint16_t port = 1000; port < 1300; ++port) t.tcp(1001, {"192.168.1.10", port}, server, syn);
  rig.feed(t);
  CHECK_EQ(rig.lines("flow").size(), 300u);
  d.prefixes[0].application = 1;
  rig.worker().apply(WorkerCommand(table(d)));
  CHECK(rig.worker().slice());
  d.prefixes[0].application = 2;
  rig.command(table(d));
  CHECK_EQ(rig.lines("flow_dpi_update").size(), 600u);
  rig.end();
  for (const auto& line : rig.purges()) CHECK_STR(name(line), "dipper.app2");
  check_conservation(rig);
}
