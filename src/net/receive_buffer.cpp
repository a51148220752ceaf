#include "net/receive_buffer.h"

#include <cstring>

#include "base/check.h"

namespace dcx::net {

std::span<std::byte> ReceiveBuffer::room() {
    if (memory_ == nullptr) memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    if (begin_ > 0 && capacity_ - end_ < capacity_ / 2) {
        std::memmove(memory_.get(), memory_.get() + begin_, size());
        end_ -= begin_;
        begin_ = 0;
    }
    return {memory_.get() + end_, capacity_ - end_};
}

void ReceiveBuffer::commit(std::size_t size) {
    DCX_CHECK(size <= capacity_ - end_);
    end_ += size;
}

void ReceiveBuffer::consume(std::size_t size) {
    DCX_CHECK(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
}

void ReceiveBuffer::keep(std::span<const std::byte> rest) {
    DCX_CHECK(empty() && rest.size() <= capacity_);
    if (rest.empty()) return;
    std::memcpy(room().data(), rest.data(), rest.size());
    commit(rest.size());
}

}  // namespace dcx::net
