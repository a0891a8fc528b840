// Opens a capture file and decides how its bytes come: mapped or streamed.
#include "sources/pcap_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sources/byte_stream.h"
#include "sources/capture_format.h"
#include "sources/mapped_capture.h"
#include "sources/streamed_capture.h"

namespace dipper {
namespace {

int exit_code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return 66;
    case EACCES:
    case EPERM:
      return 77;
    default:
      return 74;
  }
}

std::unique_ptr<Source> refuse(SourceError& error, const std::string& name, int error_number) {
  error = {name + ": " + strerror(error_number), 0, exit_code_of(error_number)};
  return nullptr;
}

// Mapping pays for plain captures only: the inflater reads its input once, through its own buffer.
bool worth_mapping(int fd) {
  uint8_t head[4];
  return pread(fd, head, sizeof head, 0) == sizeof head && capture_format_known(head);
}

}  // namespace

std::unique_ptr<Source> open_capture_file(const std::string& path, SourceError& error) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path;
  // O_NONBLOCK: the open of a FIFO must not wait for its writer, because stop() could not end that.
  OwnedFd fd(standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK),
             !standard_input);
  if (fd.get() < 0) return refuse(error, name, errno);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return refuse(error, name, errno);
  if (S_ISDIR(status.st_mode)) return refuse(error, name, EISDIR);

  const bool regular = S_ISREG(status.st_mode);
  const uint64_t size = regular ? static_cast<uint64_t>(status.st_size) : 0;
  // Standard input may be a file that somebody has read the beginning of.
  const bool from_start = regular && (!standard_input || lseek(fd.get(), 0, SEEK_CUR) == 0);
  if (from_start && worth_mapping(fd.get())) {
    if (auto mapped = MappedCapture::open(fd, size, name)) return mapped;
    // No mapping (address space of a 32-bit machine, a file system without mmap): stream it.
  }
  if (regular) posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  auto stream = FdStream::open(std::move(fd));
  if (!stream) return refuse(error, name, errno);
  return std::make_unique<StreamedCapture>(std::move(stream), name, size);
}

}  // namespace dipper
