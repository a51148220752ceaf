// Where the core's pools live. `MemorySource` hands out zeroed memory that stays until the source is destroyed;
// platform/ implements it with locked huge pages of a NUMA node, `HeapMemory` with the heap for tests and tools.
// Pools ask once, when the venue's capacities are known; nothing is asked for on the way of an order.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"

namespace dcx {

class MemorySource {
  public:
    virtual ~MemorySource() = default;
    // `size` zeroed bytes aligned to 64 (to a page or more when large). Throws std::bad_alloc when there are none.
    virtual std::byte* take(std::size_t size) = 0;
    // The same for large pools that fill slowly and are never on an order's way: their pages may come when they are
    // first written, so that a venue does not hold memory for what it may never have.
    virtual std::byte* take_cold(std::size_t size) { return take(size); }

    // `count` value-initialised objects of a type without destructor whose zero bytes are its initial value.
    template <class T>
    std::span<T> array(std::size_t count) {
        static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T> && alignof(T) <= 64);
        if (count == 0) return {};
        return {reinterpret_cast<T*>(take(count * sizeof(T))), count};
    }
};

// Hands out the cold memory of another source, which outlives it.
class ColdMemory final : public MemorySource {
  public:
    explicit ColdMemory(MemorySource& source) : source_(source) {}
    std::byte* take(std::size_t size) override { return source_.take_cold(size); }

  private:
    MemorySource& source_;
};

class HeapMemory final : public MemorySource {
  public:
    std::byte* take(std::size_t size) override;

  private:
    struct Free {
        void operator()(std::byte* p) const;
    };
    std::vector<std::unique_ptr<std::byte, Free>> blocks_;
};

}  // namespace dcx
