// The memory that a worker writes its lines into and the queue passes on: one growing block. Not std::string, because
// its only way to make room zeroes it first (110 instructions a packet), and short appends cost 25 each.
// Thread: its owner's; moved from worker to queue to consumer and back.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace dipper {

class Lines {
 public:
  Lines() = default;
  Lines(Lines&& other) noexcept { swap(other); }
  Lines& operator=(Lines&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Lines() { free(data_); }

  // Room for `bytes` more: write there, then commit() the end of what was written. Throws std::bad_alloc.
  char* reserve(size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return data_ + size_;
  }
  void commit(const char* end) { size_ = static_cast<size_t>(end - data_); }
  void append(std::string_view text) {
    char* out = reserve(text.size());
    if (!text.empty()) memcpy(out, text.data(), text.size());
    size_ += text.size();
  }
  void clear() { size_ = 0; }

  const char* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  operator std::string() const { return std::string(view()); }
  void swap(Lines& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  [[gnu::noinline, gnu::cold]] void grow(size_t bytes) {
    const size_t capacity = (size_ + bytes) * 3 / 2;
    void* data = realloc(data_, capacity);
    if (!data) throw std::bad_alloc();
    data_ = static_cast<char*>(data);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace dipper
