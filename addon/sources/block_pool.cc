// A shared_ptr's deleter puts the block back on the shelf; the shelf outlives the pool through the
// deleters.
#include "sources/block_pool.h"

#include <algorithm>

namespace dipper {

std::shared_ptr<Block> BlockPool::take(size_t at_least) {
  std::unique_ptr<Block> block;
  if (at_least <= block_size) {
    std::lock_guard<std::mutex> lock(shelf_->mutex);
    if (!shelf_->blocks.empty()) {
      block = std::move(shelf_->blocks.back());
      shelf_->blocks.pop_back();
    }
  }
  if (!block) block = std::make_unique<Block>(std::max(at_least, block_size));
  return std::shared_ptr<Block>(block.release(), [shelf = shelf_](Block* returned) {
    std::unique_ptr<Block> owned(returned);
    std::lock_guard<std::mutex> lock(shelf->mutex);
    if (owned->capacity == block_size && shelf->blocks.size() < kept)
      shelf->blocks.push_back(std::move(owned));
  });
}

}  // namespace dipper
