// Our reader against libpcap's on every real capture: the same packets, bytes and times, mapped,
// piped and inflated. Captures are the folder DIPPER_CAPTURES (default ../shared/captures), left
// out with a line when it is not there.
#include <pcap/pcap.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "capture_bytes.h"
#include "check.h"

namespace {

using capture_bytes::Outcome;
using dipper::ReadStatus;

std::vector<std::string> real_captures() {
  namespace fs = std::filesystem;
  const char* set = getenv("DIPPER_CAPTURES");
  const fs::path folder = set ? set : "../shared/captures";
  std::vector<std::string> paths;
  std::error_code none;
  for (fs::recursive_directory_iterator at(folder, none), end; !none && at != end;
       at.increment(none)) {
    const std::string extension = at->path().extension();
    if (extension == ".pcap" || extension == ".cap" || extension == ".pcapng")
      paths.push_back(at->path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty())
    printf("source: no captures in %s, comparison with libpcap left out\n", folder.c_str());
  return paths;
}

// The draft's fraction is unsigned, libpcap's signed: they differ in damaged records only, by 2^32
// fractions.
bool same_time(uint64_t ours, const timeval& theirs) {
  const uint64_t t =
      static_cast<uint64_t>(theirs.tv_sec) * 1000000000 + static_cast<uint64_t>(theirs.tv_usec);
  return ours == t || (theirs.tv_usec < 0 &&
                       (ours == t + (uint64_t{1} << 32) * 1000 || ours == t + (uint64_t{1} << 32)));
}

// Empty when they agree.
std::string compare(const Outcome& ours, const std::string& path) {
  char message[PCAP_ERRBUF_SIZE] = "";
  pcap_t* theirs =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message);
  if (!theirs) return ours.status == ReadStatus::failed ? "" : message;
  std::string difference;
  size_t i = 0;
  int result;
  pcap_pkthdr* header;
  const u_char* data;
  while ((result = pcap_next_ex(theirs, &header, &data)) == 1 && difference.empty()) {
    const std::string which = "packet " + std::to_string(i + 1);
    if (i == ours.packets.size()) {
      difference = which + " is missing";
      break;
    }
    const capture_bytes::Seen& p = ours.packets[i++];
    if (p.wire != header->len) difference = which + ": wire length";
    if (p.data != std::string(reinterpret_cast<const char*>(data), header->caplen))
      difference = which + ": bytes";
    if (!same_time(p.timestamp_ns, header->ts)) difference = which + ": time";
  }
  if (difference.empty() && i != ours.packets.size()) difference = "packets that libpcap has not";
  if (difference.empty() && (result == PCAP_ERROR) != (ours.status == ReadStatus::failed)) {
    difference = std::string("libpcap ends with \"") + pcap_geterr(theirs) + "\", we with \"" +
                 ours.error.message + '"';
  }
  pcap_close(theirs);
  return difference;
}

}  // namespace

TEST(real_captures_read_as_libpcap_reads_them) {
  size_t same = 0, packets = 0;
  const std::vector<std::string> paths = real_captures();
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    const Outcome mapped = capture_bytes::read_path(path);
    bool good = true;
    for (const Outcome& r : {mapped, capture_bytes::read_piped(content, 40000),
                             capture_bytes::read_mapped(capture_bytes::gzip(content))}) {
      const std::string difference = compare(r, path);
      if (!difference.empty()) check::fail(__FILE__, __LINE__, path + ": " + difference);
      good = good && difference.empty();
    }
    same += good;
    packets += mapped.packets.size();
  }
  if (!paths.empty())
    printf("source: %zu of %zu captures read as by libpcap, %zu packets\n", same, paths.size(),
           packets);
}
