#include "base/memory.h"

#include <cstdlib>
#include <new>

namespace dcx {

void HeapMemory::Free::operator()(std::byte* p) const { std::free(p); }

std::byte* HeapMemory::take(std::size_t size) {
    // calloc leaves large blocks to zero pages of the kernel; over-allocate to align by hand.
    constexpr std::size_t alignment = 64;
    auto* raw = static_cast<std::byte*>(std::calloc(1, size + alignment));
    if (raw == nullptr) throw std::bad_alloc();
    blocks_.emplace_back(raw);
    const auto address = reinterpret_cast<std::uintptr_t>(raw);
    return raw + ((alignment - address % alignment) % alignment);
}

}  // namespace dcx
