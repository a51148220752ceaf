#include "net/output_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace dcx::net {

namespace {

constexpr std::size_t one_answer = 1024;
constexpr std::size_t a_batch = 16 * 1024;

}  // namespace

std::byte* OutputBuffer::prepare(std::size_t size) {
    if (this->size() > limit_ || size > limit_ - this->size()) return nullptr;
    return room(size);
}

std::byte* OutputBuffer::room(std::size_t size) {
    if (block_.size - end_ >= size) return block_.memory.get() + end_;
    const std::size_t queued = this->size();
    if (block_.size - queued >= size && queued <= block_.size / 2) {
        // At most half of the memory moves, and only after as much has left: constant cost a byte.
        std::memmove(block_.memory.get(), block_.memory.get() + begin_, queued);
    } else {
        // One answer fits into the first block, so that many connections with one each take little; who has more gets
        // room for a batch at once. Up to twice the limit (and to the next power of two), so that the rule above holds
        // for a full queue too.
        const std::size_t larger_block = block_.size == 0 ? one_answer : std::max(a_batch, 2 * block_.size);
        const std::size_t wanted = std::max(queued + size, std::min(larger_block, 2 * limit_));
        auto larger = pool_.take(wanted);
        if (queued > 0) std::memcpy(larger.memory.get(), block_.memory.get() + begin_, queued);
        pool_.give_back(std::exchange(block_, std::move(larger)));
    }
    begin_ = 0;
    end_ = queued;
    return block_.memory.get() + end_;
}

void OutputBuffer::commit(std::size_t size) {
    DCX_CHECK(size <= block_.size - end_);
    end_ += size;
}

void OutputBuffer::append(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
}

void OutputBuffer::consume(std::size_t size) {
    DCX_CHECK(size <= this->size());
    begin_ += size;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    pool_.give_back(std::exchange(block_, {}));
}

}  // namespace dcx::net
