// How captures arrive: every truncation point through mapping, pipe and gzip; promptness; stop;
// gzip's members.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "capture_bytes.h"
#include "check.h"
#include "sources/sources.h"

using namespace capture_bytes;
using dipper::Burst;
using dipper::ReadStatus;
using dipper::Source;
using dipper::SourceError;

namespace {

const std::string small_pcap = pcap_header(0xa1b2c3d4, 1) + pcap_record(1, 0, "first", 5) +
                               pcap_record(2, 0, "", 0) + pcap_record(3, 0, "third packet", 60);
const std::vector<size_t> pcap_ends = {24, 45, 61, 89};  // where a cut is no damage
const std::string small_pcapng = section() + interface(1) + enhanced(0, 1, "first", 5) +
                                 block(5, "statistics") + block(3, u32(6) + "simple") +
                                 interface(113) + enhanced(1, 3, "last", 60);
const std::vector<size_t> pcapng_ends = {28, 48, 88, 112, 136, 156, 192};

std::unique_ptr<Source> open_file(const std::string& path, SourceError& error) {
  dipper::SourceOptions options;
  options.path = path;
  return dipper::open_source("pcap-file", options, error);
}

bool contains(const std::vector<size_t>& v, size_t x) {
  return std::find(v.begin(), v.end(), x) != v.end();
}

void check_same(const Outcome& a, const Outcome& b) {
  CHECK_EQ(a.packets.size(), b.packets.size());
  for (size_t i = 0; i < std::min(a.packets.size(), b.packets.size()); ++i) {
    CHECK_STR(a.packets[i].data, b.packets[i].data);
    CHECK_EQ(a.packets[i].timestamp_ns, b.packets[i].timestamp_ns);
  }
  CHECK(a.status == b.status);
  CHECK_EQ(a.error.exit_code, b.error.exit_code);
  CHECK_EQ(a.error.offset, b.error.offset);
}

void check_every_prefix(const std::string& whole, const std::vector<size_t>& ends,
                        const std::vector<size_t>& packet_ends) {
  CHECK_EQ(ends.back(), whole.size());
  for (size_t n = 0; n <= whole.size(); ++n) {
    const std::string prefix = whole.substr(0, n);
    const Outcome mapped = read_mapped(prefix);
    size_t packets = 0;
    for (size_t end : packet_ends) packets += end <= n;
    CHECK_EQ(mapped.packets.size(), packets);
    CHECK(mapped.status == (contains(ends, n) ? ReadStatus::end : ReadStatus::failed));
    CHECK_EQ(mapped.error.exit_code, contains(ends, n) ? 0 : 65);
    CHECK_EQ(mapped.error.message.empty(), contains(ends, n));
    check_same(mapped, read_piped(prefix, n % 5 + 1));
    check_same(mapped, read_mapped(gzip(prefix)));
    check_same(mapped, read_piped(gzip(prefix), 3));
  }
}

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
  }
  ~Pipe() {
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  void put(const std::string& bytes) {
    CHECK_EQ(write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::unique_ptr<Source> open() {
    SourceError error;
    return open_file("/dev/fd/" + std::to_string(ends[0]), error);
  }
  int ends[2];
};

}  // namespace

TEST(every_prefix_of_a_pcap_reads_alike_through_mapping_pipe_and_gzip) {
  check_every_prefix(small_pcap, pcap_ends, {45, 61, 89});
}

TEST(every_prefix_of_a_pcapng_reads_alike_through_mapping_pipe_and_gzip) {
  check_every_prefix(small_pcapng, pcapng_ends, {88, 136, 192});
}

TEST(every_prefix_of_a_gzip_file_fails_after_what_it_holds) {
  const std::string zipped = gzip(small_pcap);
  for (size_t n = 2; n < zipped.size(); ++n) {
    const Outcome r = read_mapped(zipped.substr(0, n));
    CHECK(r.status == ReadStatus::failed);
    CHECK_EQ(r.error.exit_code, 65);
    CHECK_EQ(r.error.offset, n);
    CHECK(r.error.message.find("the gzip data ends in the middle") != std::string::npos);
    if (n + 8 >= zipped.size()) CHECK_EQ(r.packets.size(), 3u);  // only the trailer is missing
  }
}

TEST(gzip_members_padding_and_damage) {
  const Outcome members = read_mapped(gzip(small_pcap.substr(0, 30)) + gzip("") +
                                      gzip(small_pcap.substr(30)) + std::string(100, '\0'));
  CHECK(members.status == ReadStatus::end);
  CHECK_EQ(members.packets.size(), 3u);
  const Outcome rest = read_mapped(gzip(small_pcap) + "rest");
  CHECK(rest.status == ReadStatus::failed);
  CHECK_EQ(rest.packets.size(), 3u);
  CHECK_EQ(rest.error.offset, gzip(small_pcap).size());
  std::string checksum = gzip(small_pcap);
  checksum[checksum.size() - 8] ^= 1;
  const Outcome wrong = read_mapped(checksum);
  CHECK(wrong.status == ReadStatus::failed);
  CHECK_EQ(wrong.packets.size(), 3u);
  CHECK(wrong.error.message.find("damaged gzip data: incorrect data check") != std::string::npos);
}

TEST(large_gzip_and_pipe_deliver_every_packet_across_blocks) {
  std::string big = pcap_header(0xa1b2c3d4, 1);
  for (uint32_t i = 0; i < 20000; ++i)
    big += pcap_record(i, 0, std::string(i % 97, static_cast<char>(i)), i);
  for (const Outcome& r : {read_mapped(big), read_piped(big, 60000), read_mapped(gzip(big))}) {
    CHECK(r.status == ReadStatus::end);
    CHECK(r.every_view_held);
    CHECK_EQ(r.packets.size(), 20000u);
    size_t wrong = 0;
    for (uint32_t i = 0; i < r.packets.size(); ++i) {
      wrong +=
          r.packets[i].wire != i || r.packets[i].data != std::string(i % 97, static_cast<char>(i));
    }
    CHECK_EQ(wrong, 0u);
  }
}

TEST(what_arrived_is_delivered_at_once) {
  Pipe pipe;
  auto source = pipe.open();
  auto burst = std::make_unique<Burst>();
  const std::string record = pcap_record(1, 0, "packet", 6);
  pipe.put(pcap_header(0xa1b2c3d4, 1) + record + record + record.substr(0, 10));
  CHECK(source->read(*burst) == ReadStatus::idle);
  CHECK_EQ(burst->size, 2u);
  CHECK(burst->block != nullptr);
  auto kept = burst->block;  // a consumer that lags
  const uint8_t* data = burst->packets[1].data;
  pipe.put(record.substr(10));
  CHECK(source->read(*burst) == ReadStatus::idle);
  CHECK_EQ(burst->size, 1u);
  CHECK_EQ(source->stats().packets, 3u);
  CHECK_EQ(source->stats().bytes_total, 0u);
  // A burst that is exactly full is the last for now, too.
  std::string many;
  for (uint32_t i = 0; i < Burst::capacity; ++i) many += record;
  pipe.put(many);
  CHECK(source->read(*burst) == ReadStatus::idle);
  CHECK_EQ(burst->size, Burst::capacity);
  pipe.put(many + record);
  CHECK(source->read(*burst) == ReadStatus::more);
  CHECK_EQ(burst->size, Burst::capacity);
  CHECK(source->read(*burst) == ReadStatus::idle);
  CHECK_EQ(burst->size, 1u);
  source.reset();  // blocks outlive the source
  CHECK_STR(std::string(reinterpret_cast<const char*>(data), 6), "packet");
}

TEST(stop_wakes_a_read_that_waits) {
  for (const std::string& sent :
       {std::string(), small_pcap.substr(0, 50), gzip(small_pcap).substr(0, 20)}) {
    Pipe pipe;
    pipe.put(sent);
    auto source = pipe.open();
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      (void)source->stats();
      source->stop();
      source->stop();
    });
    auto burst = std::make_unique<Burst>();
    while (source->read(*burst) != ReadStatus::idle || burst->size) {
    }
    stopper.join();
    CHECK(source->read(*burst) == ReadStatus::idle);
    CHECK_EQ(burst->size, 0u);
    CHECK_STR(source->error().message, "");
  }
  TemporaryFile file(small_pcap);
  SourceError error;
  auto mapped = open_file(file.path(), error);
  mapped->stop();
  Burst burst;
  CHECK(mapped->read(burst) == ReadStatus::idle);
  CHECK_EQ(burst.size, 0u);
}

TEST(fifo_without_a_writer_is_opened_and_stopped) {
  TemporaryFile directory("");
  const std::string path = directory.path() + ".fifo";
  CHECK_EQ(mkfifo(path.c_str(), 0600), 0);
  SourceError error;
  auto source = open_file(path, error);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    CHECK_EQ(write(fd, small_pcap.data(), small_pcap.size()),
             static_cast<ssize_t>(small_pcap.size()));
    close(fd);
  });
  const Outcome r = read_all(*source);
  writer.join();
  unlink(path.c_str());
  CHECK_EQ(r.packets.size(), 3u);
}

TEST(files_that_are_no_captures_say_what_they_are) {
  struct {
    const char* words;
    std::string content;
  } const cases[] = {
      {"the capture is empty (0 bytes)", ""},
      {"begins with 48 65 6c 6c 6f 2c 20 77 (\"Hello, w\"); known are pcap and pcapng",
       "Hello, world"},
      {"begins with a1 b2 (\"..\")", "\xa1\xb2"},
      {"zstd data: decompress it (zstd -dc)", "\x28\xb5\x2f\xfd-------"},
      {"gzip inside gzip", gzip(gzip(small_pcap))},
      {"the capture is empty (0 bytes)", gzip("")},
  };
  for (const auto& c : cases) {
    for (const Outcome& r : {read_mapped(c.content), read_piped(c.content, 100)}) {
      CHECK(r.status == ReadStatus::failed);
      CHECK_EQ(r.error.exit_code, 65);
      if (r.error.message.find(c.words) == std::string::npos) CHECK_STR(r.error.message, c.words);
    }
  }
}

TEST(what_can_not_be_opened_has_its_exit_code) {
  SourceError error;
  CHECK(!open_file("/nonexistent/x.pcap", error));
  CHECK_STR(error.message, "/nonexistent/x.pcap: No such file or directory");
  CHECK_EQ(error.exit_code, 66);
  CHECK(!open_file("/tmp", error));
  CHECK_EQ(error.exit_code, 66);
  CHECK(!dipper::open_source("carrier-pigeon", {}, error));
  CHECK_STR(error.message, "unknown source type \"carrier-pigeon\": known are pcap-file, packet-ring, stream");
  CHECK_EQ(error.exit_code, 64);
  if (geteuid() != 0) {  // root may read everything
    TemporaryFile file(small_pcap);
    chmod(file.path().c_str(), 0);
    CHECK(!open_file(file.path(), error));
    CHECK_EQ(error.exit_code, 77);
  }
}

TEST(file_that_shrinks_while_it_is_read_is_reported) {
  std::string big = pcap_header(0xa1b2c3d4, 1);
  for (uint32_t i = 0; i < 5000; ++i) big += pcap_record(i, 0, std::string(1000, 'x'), 1000);
  TemporaryFile file(big);
  SourceError error;
  auto source = open_file(file.path(), error);
  auto burst = std::make_unique<Burst>();
  CHECK(source->read(*burst) == ReadStatus::more);
  const dipper::PacketView late = burst->packets[255];
  CHECK_EQ(truncate(file.path().c_str(), 4096), 0);
  CHECK_EQ(late.data[late.captured_length - 1], 0);  // a consumer that lags: zeros, and no SIGBUS
  CHECK(source->read(*burst) == ReadStatus::failed);
  CHECK_EQ(burst->size, 0u);
  CHECK_EQ(source->error().exit_code, 65);
  CHECK(source->error().message.find("the file shrank from 5080024 to 4096 bytes") !=
        std::string::npos);
}
