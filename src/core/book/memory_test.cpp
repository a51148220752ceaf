// What books, orders and balances take of the memory: promises of docs/matching.md and docs/ledger.md.
#include <doctest/doctest.h>

#include "core/book/book.h"
#include "core/ledger/ledger.h"
#include "core/orders/open_order.h"
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

TEST_CASE(
    "memory: an open order with all that the venue knows of it takes 160 bytes, 128 without what indices leave "
    "behind") {
    constexpr std::uint32_t orders = 1u << 22;
    Counted memory;
    const OrderPool pool(memory, orders);
    const SlotIndex by_id(memory, orders);
    const SlotIndex by_cl_ord_id(memory, orders);
    memory.array<OpenOrder>(std::size_t{orders} + 1);
    CHECK(memory.taken() <= std::size_t{160} * orders + 4096);
    // Of an index's 32 bytes, 16 are its largest table; the smaller ones lie idle behind it.
    constexpr std::size_t largest_table = std::size_t{2} * orders * 8;
    CHECK(memory.taken() - 2 * largest_table <= std::size_t{128} * orders + 4096);
}

TEST_CASE("memory: a balance takes 64 bytes, turnover included") {
    CHECK(sizeof(Balance) == 64);
    Counted memory;
    const Ledger ledger(memory, 99'999, 3);
    CHECK(memory.taken() <= 100'000 * (4 * sizeof(Balance) + sizeof(Account)) + 4096);
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
