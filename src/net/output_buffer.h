// OutputBuffer: bytes waiting to be written, contiguous, bounded. Its memory comes from the reactor's pool, grows with
// use to at most four times the limit, and goes back when nothing waits. Bytes are moved only when the free tail is too
// short.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "net/block_pool.h"

namespace dcx::net {

class OutputBuffer {
  public:
    OutputBuffer(std::size_t limit, BlockPool& pool) : pool_(pool), limit_(limit) {}
    ~OutputBuffer() { pool_.give_back(std::move(block_)); }
    OutputBuffer(const OutputBuffer&) = delete;
    OutputBuffer& operator=(const OutputBuffer&) = delete;

    [[nodiscard]] std::size_t limit() const { return limit_; }
    // What is queued already stays, also when it is more.
    void set_limit(std::size_t limit) { limit_ = limit; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {block_.memory.get() + begin_, size()}; }

    // Room for `size` more bytes behind the queued ones, valid until the next call; nullptr when the limit would be
    // passed.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit(std::size_t size);
    // Beyond the limit too: the rest of what has left in part.
    void append(std::span<const std::byte> bytes);
    // Forgets the first bytes.
    void consume(std::size_t size);

  private:
    [[nodiscard]] std::byte* room(std::size_t size);

    BlockPool& pool_;
    BlockPool::Block block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t limit_;
};

}  // namespace dcx::net
