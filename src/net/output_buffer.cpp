#include "net/output_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace dcx::net {

std::byte* OutputBuffer::prepare(std::size_t size) {
    if (this->size() > limit_ || size > limit_ - this->size()) return nullptr;
    if (capacity_ - end_ >= size) return memory_.get() + end_;
    const std::size_t queued = this->size();
    if (capacity_ - queued >= size && queued <= capacity_ / 2) {
        // At most half of the memory moves, and only after as much has left: constant cost a byte.
        std::memmove(memory_.get(), memory_.get() + begin_, queued);
    } else {
        // Up to twice the limit, so that the rule above holds for a full queue too.
        const std::size_t wanted = std::min(std::max({queued + size, 2 * capacity_, std::size_t{4096}}), 2 * limit_);
        auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
        if (queued > 0) std::memcpy(larger.get(), memory_.get() + begin_, queued);
        memory_ = std::move(larger);
        capacity_ = wanted;
    }
    begin_ = 0;
    end_ = queued;
    return memory_.get() + end_;
}

void OutputBuffer::commit(std::size_t size) {
    DCX_CHECK(size <= capacity_ - end_);
    end_ += size;
}

void OutputBuffer::consume(std::size_t size) {
    DCX_CHECK(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
}

}  // namespace dcx::net
