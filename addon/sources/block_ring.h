// The memory that the kernel and we share for one packet socket (TPACKET_V3, Linux'
// Documentation/networking/packet_mmap.rst): blocks that the kernel fills with frames and hands
// over whole. A block goes back to the kernel when the last BlockRef to it is gone, on whatever
// thread that happens; the mapping and the socket live until the last one is. Thread: everything
// else belongs to the reader.
#pragma once
#include <linux/if_packet.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/source.h"
#include "sources/byte_stream.h"

namespace dipper {

struct BlockGeometry {
  // 256 KiB: the largest super-frame (65,226 bytes with its header) fits three times, and the
  // frames of a block are still in the second-level cache when nDPI looks at them.
  uint32_t block_bytes = 256 * 1024;
  uint32_t blocks = 128;       // 32 MiB: 30 ms at 1.5 million small packets a second without a reader
  uint32_t frame_bytes = 2048; // the kernel checks it; frames have the length that they have
  uint32_t retire_ms = 10;     // a block that is not full is handed over after that time
};

class BlockRing {
 public:
  // Sets up and maps the ring of a packet socket that has none. Null, errno, and the socket as it
  // was when the kernel refuses.
  static BlockRing* create(OwnedFd& socket, const BlockGeometry& geometry);
  void release();  // by the reader, once, instead of delete

  int socket() const { return socket_.get(); }
  // Whether the kernel has handed over the next block. One that we have not given back since its last
  // round says the same in its status, so we keep our own record of those.
  bool ready() const;
  // That block, which must be ready; the next one is next.
  tpacket_block_desc* take(BlockRef& ref);

 private:
  struct Slot {
    BlockRing* ring;
    tpacket_block_desc* block;
    std::atomic<bool> out{false};  // from take() until the kernel has it again
    // The reference count of the block's BlockRef lives here: nothing is allocated for a block.
    alignas(std::max_align_t) unsigned char control[64];
  };
  template <typename T>
  struct SlotAllocator;

  BlockRing(OwnedFd socket, uint8_t* map, const BlockGeometry& geometry);
  ~BlockRing();
  void unreference();

  OwnedFd socket_;
  uint8_t* const map_;
  const size_t size_;
  std::vector<Slot> slots_;
  uint32_t next_ = 0;
  std::atomic<uint32_t> references_{1};  // of the reader, and one for each block out
};

}  // namespace dipper
