// What wraps a source: filters in user space, the capture's own time, streams by descriptor that end
// and go on.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "capture_bytes.h"
#include "check.h"
#include "sources/packet_filter.h"
#include "sources/sources.h"

using namespace capture_bytes;
using dipper::Burst;
using dipper::ReadStatus;
using dipper::Source;
using dipper::SourceError;
using dipper::SourceOptions;
using dipper::SourceState;
using Clock = std::chrono::steady_clock;

namespace {

constexpr uint32_t magic = 0xa1b2c3d4;

std::unique_ptr<Source> open(const char* type, const SourceOptions& options) {
  SourceError error;
  auto source = dipper::open_source(type, options, error);
  CHECK_STR(error.message, "");
  return source;
}

// Ethernet with an EtherType and nothing else of note.
std::string frame(uint16_t type) {
  return std::string(12, '\2') + static_cast<char>(type >> 8) + static_cast<char>(type) +
         std::string(46, '\0');
}

int ms_since(Clock::time_point start) {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

struct Pipe {
  int ends[2];
  Pipe() { CHECK_EQ(pipe(ends), 0); }
  void write(const std::string& bytes) {
    CHECK_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void end() { close(ends[1]); }
};

}  // namespace

TEST(filter_of_a_file_counts_what_it_takes_out) {
  std::string capture = pcap_header(magic, 1);
  for (uint32_t i = 0; i < 1000; ++i)
    capture += pcap_record(i, 0, frame(i % 3 ? 0x0800 : 0x0806), 60);
  TemporaryFile file(capture);
  SourceOptions options;
  options.path = file.path();
  options.filter = "arp";
  auto source = open("pcap-file", options);
  const Outcome seen = read_all(*source);
  CHECK(seen.status == ReadStatus::end);
  CHECK_EQ(seen.packets.size(), 334u);
  for (const Seen& packet : seen.packets) CHECK_EQ(packet.data[13], '\6');
  CHECK_EQ(seen.packets[1].timestamp_ns, 3000000000u);
  CHECK_EQ(seen.stats.packets, 334u);
  CHECK_EQ(seen.stats.filtered, 666u);
}

TEST(filter_is_compiled_for_each_link_type_of_a_capture) {
  const std::string ip = '\x45' + std::string(8, '\0') + '\x11' + std::string(30, '\0');
  TemporaryFile file(section() + interface(1) + enhanced(0, 1, frame(0x0806), 60) + interface(101) +
                     enhanced(1, 2, ip, 40));
  SourceOptions options;
  options.path = file.path();
  options.filter = "udp";
  auto source = open("pcap-file", options);
  Outcome seen = read_all(*source);
  CHECK(seen.status == ReadStatus::end);
  CHECK_EQ(seen.packets.size(), 1u);
  CHECK_EQ(seen.packets[0].link_type, 101);

  options.filter = "ether host 02:02:02:02:02:02";  // raw IP has no such thing
  source = open("pcap-file", options);
  seen = read_all(*source);
  CHECK(seen.status == ReadStatus::failed);
  CHECK_EQ(seen.packets.size(), 1u);
  CHECK_STR(seen.error.code, "ERR_FILTER_INVALID");
  CHECK(seen.error.message.find("does not compile for link type RAW") != std::string::npos);
}

TEST(filter_that_no_link_type_understands_is_refused_with_the_words_of_libpcap) {
  for (const char* type : {"pcap-file", "packet-ring", "stream"}) {
    SourceOptions options;
    options.path = "/dev/null";
    options.interface = "lo";
    if (std::string(type) == "stream") options.descriptor = ::open("/dev/null", O_RDONLY);
    SourceError error;
    for (const std::string text : {"prot 53", "(", "udp and", "gateway 1.1.1.1"}) {
      if (std::string(type) == "stream") options.descriptor = ::open("/dev/null", O_RDONLY);
      options.filter = text;
      error = {};
      CHECK(!dipper::open_source(type, options, error));
      CHECK_EQ(error.exit_code, 64);
      CHECK_STR(error.code, "ERR_FILTER_INVALID");
      CHECK(error.message.find('"' + text + '"') != std::string::npos);
    }
    options.filter = std::string("arp\0x", 5);
    if (std::string(type) == "stream") options.descriptor = ::open("/dev/null", O_RDONLY);
    CHECK(!dipper::open_source(type, options, error));
    CHECK(error.message.find("zero byte") != std::string::npos);
  }
  SourceError error;
  CHECK(dipper::PacketFilter::check("type mgt", error));  // of 802.11 alone
  auto filter = dipper::PacketFilter::compile("vlan 7", 1, error);
  CHECK(filter && filter->asks_for_tags());
  filter = dipper::PacketFilter::compile("ether[0] & 1 = 0", 1, error);
  CHECK(filter && !filter->asks_for_tags());
}

TEST(packets_come_in_their_own_time) {
  const std::string capture = pcap_header(magic, 1) + pcap_record(5, 0, "a", 1) +
                              pcap_record(5, 100000, "b", 1) + pcap_record(5, 50000, "c", 1) +
                              pcap_record(5, 200000, "d", 1);
  TemporaryFile plain(capture), packed(gzip(capture));
  for (const std::string& path : {plain.path(), packed.path()}) {
    SourceOptions options;
    options.path = path;
    options.recorded_pace = true;
    auto source = open("pcap-file", options);
    const auto start = Clock::now();
    std::vector<int> at;
    auto burst = std::make_unique<Burst>();
    ReadStatus status;
    do {
      status = source->read(*burst);
      for (uint32_t i = 0; i < burst->size; ++i) at.push_back(ms_since(start));
    } while (status == ReadStatus::more || status == ReadStatus::idle);
    CHECK(status == ReadStatus::end);
    CHECK_EQ(at.size(), 4u);
    CHECK(at[0] < 90);
    CHECK(at[1] >= 100 && at[1] < 190);
    CHECK(at[2] >= 100 && at[2] < 190);  // its clock went back: at once
    CHECK(at[3] >= 200);
  }
}

TEST(pace_of_a_capture_is_interrupted_by_stop) {
  // The second packet is due in 136 years.
  TemporaryFile file(pcap_header(magic, 1) + pcap_record(0, 0, "a", 1) +
                     pcap_record(0xffffffff, 0, "b", 1));
  SourceOptions options;
  options.path = file.path();
  options.recorded_pace = true;
  auto source = open("pcap-file", options);
  auto burst = std::make_unique<Burst>();
  CHECK(source->read(*burst) == ReadStatus::idle);
  CHECK_EQ(burst->size, 1u);
  const auto start = Clock::now();
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    source->stop();
  });
  CHECK(source->read(*burst) == ReadStatus::idle);
  stopper.join();
  CHECK_EQ(burst->size, 0u);
  CHECK(ms_since(start) < 5000);
}

TEST(stream_comes_through_a_descriptor_and_closes_it) {
  Pipe pipe;
  SourceOptions options;
  options.descriptor = pipe.ends[0];
  options.filter = "arp";
  {
    auto source = open("stream", options);
    CHECK(source->lossless());
    pipe.write(gzip(pcap_header(magic, 1) + pcap_record(1, 0, frame(0x0806), 60) +
                    pcap_record(2, 0, frame(0x0800), 60)));
    pipe.end();
    const Outcome seen = read_all(*source);
    CHECK(seen.status == ReadStatus::end);
    CHECK_EQ(seen.packets.size(), 1u);
    CHECK_EQ(seen.stats.filtered, 1u);
    CHECK(!source->provide_descriptor(0));  // it is not that kind
  }
  CHECK_EQ(fcntl(pipe.ends[0], F_GETFD), -1);

  SourceError error;
  options.descriptor = -1;
  CHECK(!dipper::open_source("stream", options, error));
  CHECK_EQ(error.exit_code, 64);
  options.descriptor = ::open("/dev/null", O_WRONLY);
  CHECK(!dipper::open_source("stream", options, error));
  CHECK_EQ(fcntl(options.descriptor, F_GETFD), -1);
}

TEST(stream_that_ends_goes_on_with_another_descriptor) {
  Pipe first, second;
  SourceOptions options;
  options.descriptor = first.ends[0];
  options.live = options.resumable = true;
  auto source = open("stream", options);
  CHECK(!source->lossless());
  CHECK(source->stats().state == SourceState::up);
  CHECK(!source->provide_descriptor(second.ends[0]));  // not wanted yet
  const std::string record = pcap_record(1, 0, frame(0x0806), 60);
  first.write(pcap_header(magic, 1) + record + record.substr(0, 20));  // it died in a record
  first.end();
  auto burst = std::make_unique<Burst>();
  uint32_t packets = 0;
  const auto read_until = [&](auto&& done) {
    for (int i = 0; i < 10 && !done(); ++i) {
      CHECK(source->read(*burst) == ReadStatus::idle);
      packets += burst->size;
    }
  };
  read_until([&] { return source->stats().state == SourceState::needs_descriptor; });
  CHECK_EQ(packets, 1u);
  CHECK(!source->provide_descriptor(first.ends[0] + 1000));
  second.write(pcap_header(magic, 101) + record);  // of another link type
  CHECK(source->provide_descriptor(second.ends[0]));
  CHECK(!source->provide_descriptor(second.ends[0]));
  read_until([&] { return packets == 2; });
  CHECK_EQ(burst->packets[0].link_type, 101);
  CHECK_EQ(source->stats().packets, 2u);
  CHECK_EQ(source->stats().reopened, 1u);
  CHECK(source->stats().state == SourceState::up);
  second.end();
  read_until([&] { return source->stats().state == SourceState::needs_descriptor; });

  const auto start = Clock::now();
  std::thread stopper([&] { source->stop(); });
  CHECK(source->read(*burst) == ReadStatus::idle);
  stopper.join();
  CHECK(ms_since(start) < 900);
  CHECK(!source->provide_descriptor(0));
}

TEST(packet_ring_refuses_what_can_not_be) {
  struct Case {
    void (*change)(SourceOptions&);
    int exit_code;
    const char* words;
  };
  const Case cases[] = {
      {[](SourceOptions& o) { o.interface = ""; }, 64, "is not the name of an interface"},
      {[](SourceOptions& o) { o.interface = std::string(16, 'x'); }, 64, "1 to 15 bytes"},
      {[](SourceOptions& o) { o.geometry.block_bytes = 65536; }, 64, "blockBytes is 65536"},
      {[](SourceOptions& o) { o.geometry.block_bytes = 131073; }, 64, "multiple of"},
      {[](SourceOptions& o) { o.geometry.blocks = 1; }, 64, "blocks is 1"},
      {[](SourceOptions& o) { o.geometry.blocks = 4096, o.geometry.block_bytes = 64 << 20; }, 64,
       "blockBytes * blocks"},
      {[](SourceOptions& o) { o.geometry.frame_bytes = 1000; }, 64, "multiple of 16"},
      {[](SourceOptions& o) { o.geometry.retire_ms = 0; }, 64, "retireMs is 0"},
      {[](SourceOptions& o) { o.descriptor = ::open("/dev/null", O_RDONLY); }, 64,
       "is not a raw packet socket"},
      {[](SourceOptions& o) { o.descriptor = socket(AF_INET, SOCK_DGRAM, 0); }, 64,
       "is not a raw packet socket"},
  };
  for (const Case& c : cases) {
    SourceOptions options;
    options.interface = "lo";
    c.change(options);
    SourceError error;
    CHECK(!dipper::open_source("packet-ring", options, error));
    CHECK_EQ(error.exit_code, c.exit_code);
    if (error.message.find(c.words) == std::string::npos) CHECK_STR(error.message, c.words);
    if (options.descriptor >= 0) CHECK_EQ(fcntl(options.descriptor, F_GETFD), -1);
  }
}
