// What is known of flows, their application and their metadata as text: blocks of a few sizes out of slabs. Every flow has
// one, so a general allocator's price for getting and freeing it (200 instructions a flow) counts; this one's is 20. Thread:
// its worker's; no locks.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "application_choice.h"

namespace dipper {

class MetadataStore {
 public:
  MetadataStore() = default;
  MetadataStore(const MetadataStore&) = delete;
  MetadataStore& operator=(const MetadataStore&) = delete;
  ~MetadataStore() { clear(); }

  static constexpr size_t head = sizeof(uint32_t) + sizeof(ApplicationChoice);

  // A copy of `text` with its size (u32) and `choice` in front, or null when there is no memory.
  uint8_t* keep(const ApplicationChoice& choice, std::string_view text) {
    const size_t bytes = text.size() + head;
    uint8_t* block = bytes <= largest ? take((bytes - 1) / step) : static_cast<uint8_t*>(malloc(bytes));
    if (!block) return nullptr;
    const auto size = static_cast<uint32_t>(text.size());
    memcpy(block, &size, sizeof size);
    memcpy(block + sizeof size, &choice, sizeof choice);
    if (size) memcpy(block + head, text.data(), size);
    bytes_ += bytes;
    return block;
  }
  static void replace(uint8_t* block, const ApplicationChoice& choice) {
    memcpy(block + sizeof(uint32_t), &choice, sizeof choice);
  }
  void drop(uint8_t* block) {
    const size_t bytes = size_of(block) + head;
    bytes_ -= bytes;
    if (bytes > largest) return free(block);
    Free* freed = reinterpret_cast<Free*>(block);
    freed->next = free_[(bytes - 1) / step];
    free_[(bytes - 1) / step] = freed;
  }
  static uint32_t size_of(const uint8_t* block) {
    uint32_t size;
    memcpy(&size, block, sizeof size);
    return size;
  }
  static bool is_large(const uint8_t* block) { return size_of(block) + head > largest; }

  // Everything but the large ones is gone: those whoever keeps them drops first.
  void clear() {
    for (void* slab : slabs_) free(slab);
    slabs_.clear();
    memset(free_, 0, sizeof free_);
    next_ = end_ = nullptr;
    bytes_ = 0;
  }
  size_t bytes() const { return bytes_; }  // in use, without what is lost to rounding

 private:
  static constexpr size_t step = 32, largest = 1024, slab_bytes = 64 * 1024;
  struct Free {
    Free* next;
  };

  uint8_t* take(size_t size_class) {
    if (Free* first = free_[size_class]) {
      free_[size_class] = first->next;
      return reinterpret_cast<uint8_t*>(first);
    }
    const size_t bytes = (size_class + 1) * step;
    if (static_cast<size_t>(end_ - next_) < bytes && !grow()) return nullptr;
    uint8_t* block = next_;
    next_ += bytes;
    return block;
  }
  bool grow() {  // what is left of the slab before, less than `largest`, is lost
    auto* slab = static_cast<uint8_t*>(malloc(slab_bytes));
    if (!slab) return false;
    slabs_.push_back(slab);
    next_ = slab;
    end_ = slab + slab_bytes;
    return true;
  }

  Free* free_[largest / step] = {};
  uint8_t *next_ = nullptr, *end_ = nullptr;
  std::vector<void*> slabs_;
  size_t bytes_ = 0;
};

}  // namespace dipper
