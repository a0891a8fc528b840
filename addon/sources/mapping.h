// A read-only mapping of a capture file that survives the file's shrinking: pages that are gone
// read as zeros instead of killing the process with SIGBUS, and lost() says so. Thread: any may
// read through it; drop_before() and the rest belong to the owner.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace dipper {

class Mapping {
 public:
  static std::unique_ptr<Mapping> open(int fd, size_t size);  // null when the file can't be mapped
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // Takes the pages before `position`, less a window for consumers that lag, out of the resident
  // set.
  void drop_before(size_t position) noexcept;
  bool lost() const noexcept;  // a page was touched that the file no longer has

 private:
  Mapping(const uint8_t* data, size_t size, int slot) : data_(data), size_(size), slot_(slot) {}
  const uint8_t* data_;
  size_t size_;
  size_t dropped_ = 0;
  int slot_;  // in the table that the SIGBUS handler reads; -1: not guarded
};

}  // namespace dipper
