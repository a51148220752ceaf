#include "base/memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace dcx {
namespace {

constexpr std::size_t kAlignment = 64;

// Large blocks come from the kernel and go back to it: the heap would keep what one core has used for the next one,
// which it then has to clear, page by page, so that even pools that are hardly used would be in memory.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kLarge = SIZE_MAX;  // where its heap finds who writes over the end
#else
constexpr std::size_t kLarge = 1 << 20;
#endif

}  // namespace

// Before each block stands how much of it was mapped; 0: it is of the heap.
void HeapMemory::Free::operator()(std::byte* p) const {
    std::size_t mapped = 0;
    std::memcpy(&mapped, p, sizeof mapped);
    if (mapped == 0) return std::free(p);
    ::munmap(p, mapped);
}

std::byte* HeapMemory::take(std::size_t size) {
    // What stands before, and room to align by hand.
    const std::size_t whole = size + 2 * kAlignment;
    std::byte* raw = nullptr;
    if (whole >= kLarge) {
        void* const mapped = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc();
        raw = static_cast<std::byte*>(mapped);
        std::memcpy(raw, &whole, sizeof whole);
    } else {
        raw = static_cast<std::byte*>(std::calloc(1, whole));
        if (raw == nullptr) throw std::bad_alloc();
    }
    blocks_.emplace_back(raw);
    const auto address = reinterpret_cast<std::uintptr_t>(raw) + sizeof(std::size_t);
    return raw + sizeof(std::size_t) + ((kAlignment - address % kAlignment) % kAlignment);
}

}  // namespace dcx
