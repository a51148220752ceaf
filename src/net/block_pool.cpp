#include "net/block_pool.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace dcx::net {

BlockPool::Block BlockPool::take(std::size_t at_least) {
    const std::size_t size = std::bit_ceil(std::max(at_least, smallest));
    auto& free = free_[static_cast<std::size_t>(std::bit_width(size)) - 1];
    if (free.empty()) return {std::make_unique_for_overwrite<std::byte[]>(size), size};
    // The one given back last: it is the likeliest to be in the caches.
    Block block{std::move(free.back()), size};
    free.pop_back();
    kept_ -= size;
    return block;
}

void BlockPool::give_back(Block block) {
    if (block.memory == nullptr || kept_ + block.size > kept_bytes) return;
    kept_ += block.size;
    free_[static_cast<std::size_t>(std::bit_width(block.size)) - 1].push_back(std::move(block.memory));
}

}  // namespace dcx::net
