// ReceiveBuffer: the bytes an owner has not consumed yet, contiguous. Its memory comes from the reactor's pool at the
// first rest, as much as that needs, and goes back when nothing waits. Bytes are moved only when the free tail is too
// short. `capacity` is where it counts as full; a backend may bring more than that while nobody reads, at most what it
// has buffers for.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "net/block_pool.h"

namespace dcx::net {

class ReceiveBuffer {
  public:
    ReceiveBuffer(std::size_t capacity, BlockPool& pool) : pool_(pool), capacity_(capacity) {}
    ~ReceiveBuffer() { pool_.give_back(std::move(block_)); }
    ReceiveBuffer(const ReceiveBuffer&) = delete;
    ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] bool full() const { return size() >= capacity_; }
    // How much more until it is full.
    [[nodiscard]] std::size_t room() const { return full() ? 0 : capacity_ - size(); }
    [[nodiscard]] std::span<std::byte> bytes() { return {block_.memory.get() + begin_, size()}; }

    void append(std::span<const std::byte> bytes);
    void consume(std::size_t size);

  private:
    BlockPool& pool_;
    BlockPool::Block block_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace dcx::net
