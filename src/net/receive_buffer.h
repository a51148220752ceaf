// ReceiveBuffer: the bytes an owner has not consumed yet, contiguous, at most `capacity`. Memory is taken at the first
// rest and stays. Bytes are moved only when the free tail is shorter than half.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace dcx::net {

class ReceiveBuffer {
  public:
    explicit ReceiveBuffer(std::size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] bool full() const { return size() == capacity_; }
    [[nodiscard]] std::span<std::byte> bytes() { return {memory_.get() + begin_, size()}; }

    // Free room behind the bytes, never empty unless the buffer is full; fill it, then commit().
    [[nodiscard]] std::span<std::byte> room();
    void commit(std::size_t size);
    void consume(std::size_t size);
    void keep(std::span<const std::byte> rest);

  private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace dcx::net
