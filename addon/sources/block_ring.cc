// A shared_ptr's control block is put into the block's slot. It is the allocator, not the deleter,
// that gives the block back: only then is the slot free for the block's next life.
#include "sources/block_ring.h"

#include <sys/mman.h>
#include <sys/socket.h>

namespace dipper {

template <typename T>
struct BlockRing::SlotAllocator {
  using value_type = T;
  explicit SlotAllocator(Slot* s) : slot(s) {}
  template <typename U>
  SlotAllocator(const SlotAllocator<U>& other) : slot(other.slot) {}  // NOLINT: rebinding
  T* allocate(size_t) {
    static_assert(sizeof(T) <= sizeof slot->control, "the control block outgrew its slot");
    return reinterpret_cast<T*>(slot->control);
  }
  void deallocate(T*, size_t) {
    BlockRing* ring = slot->ring;
    __atomic_store_n(&slot->block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    slot->out.store(false, std::memory_order_release);
    ring->unreference();
  }
  template <typename U>
  bool operator==(const SlotAllocator<U>& other) const {
    return slot == other.slot;
  }
  template <typename U>
  bool operator!=(const SlotAllocator<U>& other) const {
    return slot != other.slot;
  }
  Slot* slot;
};

BlockRing* BlockRing::create(OwnedFd& socket, const BlockGeometry& geometry) {
  const int version = TPACKET_V3;
  const unsigned headroom = 4;  // for a tag that is put back into its frame
  tpacket_req3 request{};
  request.tp_block_size = geometry.block_bytes;
  request.tp_block_nr = geometry.blocks;
  request.tp_frame_size = geometry.frame_bytes;
  request.tp_frame_nr = geometry.block_bytes / geometry.frame_bytes * geometry.blocks;
  request.tp_retire_blk_tov = geometry.retire_ms;
  const int fd = socket.get();
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &headroom, sizeof headroom) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
    return nullptr;
  const size_t size = static_cast<size_t>(geometry.block_bytes) * geometry.blocks;
  void* map = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return nullptr;
  return new BlockRing(std::move(socket), static_cast<uint8_t*>(map), geometry);
}

BlockRing::BlockRing(OwnedFd socket, uint8_t* map, const BlockGeometry& geometry)
    : socket_(std::move(socket)),
      map_(map),
      size_(static_cast<size_t>(geometry.block_bytes) * geometry.blocks),
      slots_(geometry.blocks) {
  for (uint32_t i = 0; i < geometry.blocks; ++i) {
    slots_[i].ring = this;
    slots_[i].block = reinterpret_cast<tpacket_block_desc*>(
        map_ + static_cast<size_t>(i) * geometry.block_bytes);
  }
}

BlockRing::~BlockRing() { munmap(map_, size_); }

void BlockRing::release() { unreference(); }

void BlockRing::unreference() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

bool BlockRing::ready() const {
  const Slot& slot = slots_[next_];
  if (slot.out.load(std::memory_order_acquire)) return false;
  return (__atomic_load_n(&slot.block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
          TP_STATUS_USER) != 0;
}

tpacket_block_desc* BlockRing::take(BlockRef& ref) {
  Slot& slot = slots_[next_];
  next_ = next_ + 1 == slots_.size() ? 0 : next_ + 1;
  slot.out.store(true, std::memory_order_relaxed);
  references_.fetch_add(1, std::memory_order_relaxed);
  ref = BlockRef(static_cast<const void*>(slot.block), [](const void*) {},
                 SlotAllocator<unsigned char>(&slot));
  return slot.block;
}

}  // namespace dipper
