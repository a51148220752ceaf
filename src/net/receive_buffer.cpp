#include "net/receive_buffer.h"

#include <cstring>

#include "base/check.h"

namespace dcx::net {

void ReceiveBuffer::append(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (block_.size - end_ < bytes.size()) {
        const std::size_t kept = size();
        if (kept + bytes.size() <= block_.size / 2) {
            // At most half of the memory moves, and only after as much has been consumed: constant cost a byte.
            std::memmove(block_.memory.get(), block_.memory.get() + begin_, kept);
        } else {
            auto larger = pool_.take(2 * (kept + bytes.size()));
            if (kept > 0) std::memcpy(larger.memory.get(), block_.memory.get() + begin_, kept);
            pool_.give_back(std::exchange(block_, std::move(larger)));
        }
        begin_ = 0;
        end_ = kept;
    }
    std::memcpy(block_.memory.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void ReceiveBuffer::consume(std::size_t size) {
    DCX_CHECK(size <= this->size());
    begin_ += size;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    pool_.give_back(std::exchange(block_, {}));
}

}  // namespace dcx::net
