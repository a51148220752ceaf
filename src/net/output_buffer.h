// OutputBuffer: bytes waiting to be written, contiguous, bounded. Memory grows with use, to at most twice the limit,
// and stays, so a steady flow allocates nothing. Bytes are moved only when the free tail is too short.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace dcx::net {

class OutputBuffer {
  public:
    explicit OutputBuffer(std::size_t limit) : limit_(limit) {}

    [[nodiscard]] std::size_t limit() const { return limit_; }
    // What is queued already stays, also when it is more.
    void set_limit(std::size_t limit) { limit_ = limit; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {memory_.get() + begin_, size()}; }

    // Room for `size` more bytes behind the queued ones; nullptr when the limit would be passed.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit(std::size_t size);
    // Forgets the first bytes.
    void consume(std::size_t size);

  private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t limit_;
};

}  // namespace dcx::net
