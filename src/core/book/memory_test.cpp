// What books take of the memory: promises of docs/matching.md.
#include <doctest/doctest.h>

#include "core/book/book.h"
#include "core/orders/slot_index.h"

using namespace dcx;
using namespace dcx::core;

namespace {

// Counts what is asked for; nothing is touched, so nothing is really taken.
class Counted final : public MemorySource {
  public:
    std::byte* take(std::size_t size) override {
        taken_ += size;
        return heap_.take(size);
    }
    [[nodiscard]] std::size_t taken() const { return taken_; }

  private:
    HeapMemory heap_;
    std::size_t taken_ = 0;
};

}  // namespace

TEST_CASE(
    "memory: a resting order takes 64 bytes beyond the ladder, and at most 96 when their number is no power of two") {
    const auto bytes = [](std::uint32_t orders) {
        Counted memory;
        const OrderPool pool(memory, orders);
        const SlotIndex index(memory, orders);
        return memory.taken();
    };
    CHECK(bytes(1u << 22) <= (std::size_t{64} << 22) + 4096);
    CHECK(bytes(1'000'000) <= std::size_t{66} * 1'000'000);
    CHECK(bytes((1u << 22) + 1) <= (std::size_t{96} << 22) + 4096);
}

TEST_CASE("memory: an active instrument's ladder takes at most 16 MB, a quiet one's little") {
    constexpr std::size_t full_window = 2 * sizeof(Frame) * Ladder::kFrames;
    CHECK(full_window + sizeof(Book) <= std::size_t{16} << 20);
    CHECK(sizeof(Book) <= 50'000);
}

TEST_CASE("memory: 10,000 instruments with a million prices and orders fit into 4 GB") {
    Counted memory;
    const BookStore store(memory, 1'000'000, 1'000'000);
    const SlotIndex index(memory, 1'000'000);
    CHECK(memory.taken() + 10'000 * sizeof(Book) <= std::size_t{4} << 30);
}
