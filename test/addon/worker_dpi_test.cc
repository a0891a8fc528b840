// Another nDPI module while packets flow: flows in detection end in the one that they began in, new ones begin in the new
// one, names keep their numbers, and no more than two modules are there.
#include <unistd.h>

#include <cstdlib>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint server{"198.51.100.9", 80};

Endpoint host(unsigned n) { return {"192.0.2." + std::to_string(n), 40000}; }

// A module with these rules, in this order.
std::shared_ptr<Dpi> module_of(const std::string& rules) {
  char path[] = "/tmp/dipper-protocols-XXXXXX";
  const int fd = mkstemp(path);
  CHECK_EQ(write(fd, rules.data(), rules.size()), static_cast<ssize_t>(rules.size()));
  close(fd);
  DpiOptions options;
  options.protocols_file = path;
  std::string error;
  std::shared_ptr<Dpi> dpi = Dpi::create(options, error);
  CHECK_STR(error, "");
  unlink(path);
  return dpi;
}

std::string rule(const std::string& name) { return "host:\"www.example.org\"@" + name + "\n"; }

void syn_of(WorkerRig& rig, unsigned n) {
  Traffic t;
  t.tcp(1000, host(n), server, syn);
  rig.feed(t);
}

// What the rules are asked for comes when the flow has been in detection for a while.
void request_of(WorkerRig& rig, unsigned n) {
  Traffic t;
  t.tcp(1001, host(n), server, psh | ack, "GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
  rig.feed(t);
}

std::string name_of(WorkerRig& rig, unsigned n) {
  for (const auto& line : rig.purges())
    if (field(line, "local_ip") == host(n).address) return field(line, "app");
  return "no record";
}

}  // namespace

TEST(worker_dpi_flows_keep_the_module_that_they_began_in) {
  WorkerOptions options;
  options.expiry = false;
  WorkerRig rig(options);
  rig.command(AdoptDpi{module_of(rule("HouseProtocol"))});
  CHECK_EQ(rig.counters.ndpi_generation.get(), 1u);
  syn_of(rig, 1);
  CHECK_EQ(rig.counters.ndpi_modules.get(), 1u);
  // Another name for the host, in the place of one for another.
  rig.command(AdoptDpi{module_of("tcp:1111@GardenProtocol\n" + rule("StreetProtocol"))});
  syn_of(rig, 2);
  CHECK_EQ(rig.counters.ndpi_generation.get(), 2u);
  CHECK_EQ(rig.counters.ndpi_modules.get(), 2u);
  CHECK_EQ(rig.counters.dpi_states.get(), 2u);
  request_of(rig, 1);
  request_of(rig, 2);
  rig.end();
  CHECK_STR(name_of(rig, 1), "HouseProtocol");
  CHECK_STR(name_of(rig, 2), "StreetProtocol");
  CHECK_EQ(rig.counters.ndpi_modules.get(), 1u);
  check_conservation(rig);
}

TEST(worker_dpi_third_module_ends_the_detection_in_the_first) {
  WorkerOptions options;
  options.expiry = false;
  WorkerRig rig(options);
  rig.command(AdoptDpi{module_of(rule("HouseProtocol"))});
  for (unsigned n = 1; n < 200; ++n) syn_of(rig, n);
  rig.command(AdoptDpi{module_of(rule("StreetProtocol"))});
  syn_of(rig, 200);
  CHECK_EQ(rig.counters.dpi_states.get(), 200u);
  rig.command(AdoptDpi{module_of(rule("TownProtocol"))});  // in slices
  syn_of(rig, 201);
  CHECK_EQ(rig.counters.ndpi_generation.get(), 3u);
  CHECK_EQ(rig.counters.ndpi_modules.get(), 2u);
  CHECK_EQ(rig.counters.dpi_states.get(), 2u);  // of the second and of the third
  for (const unsigned n : {1u, 200u, 201u}) request_of(rig, n);
  rig.end();
  CHECK_STR(name_of(rig, 1), "HTTP");  // given up on, by its port
  CHECK_STR(name_of(rig, 200), "StreetProtocol");
  CHECK_STR(name_of(rig, 201), "TownProtocol");
  check_conservation(rig);
}

TEST(worker_dpi_a_name_keeps_its_number_in_every_module) {
  const auto one = module_of("tcp:39871@HouseProtocol\ntcp:1@OtherProtocol\n");
  const auto two = module_of("tcp:1@OtherProtocol\n");
  unsigned same = 0;
  for (uint16_t id = 0; id < two->protocol_count(); ++id) {
    const std::string name = two->protocol_name(id);
    if (name == "OtherProtocol") {
      CHECK_STR(one->protocol_name(id), name);
      ++same;
    }
    CHECK(name != "HouseProtocol");  // it has no such protocol
  }
  CHECK_EQ(same, 1u);
}
