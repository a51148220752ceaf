#include "platform/huge_pages.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>

using namespace dcx::platform;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

std::size_t mapped_in_all(const HugePageMemory& memory) {
    return memory.mapped(PageKind::explicit_huge) + memory.mapped(PageKind::transparent_huge) +
           memory.mapped(PageKind::plain);
}

bool aligned(const std::byte* p, std::size_t to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

std::size_t resident_pages(std::byte* begin, std::size_t size) {
    std::vector<unsigned char> pages(size / 4096);
    REQUIRE(::mincore(begin, size, pages.data()) == 0);
    return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char p) { return (p & 1) != 0; }));
}

}  // namespace

TEST_CASE("small takes share a block, large ones have their own") {
    for (const PageKind best : {PageKind::explicit_huge, PageKind::transparent_huge, PageKind::plain}) {
        HugePageMemory memory({.best = best, .prefault = false});
        std::byte* one = memory.take(100);
        std::byte* two = memory.take(1000);
        CHECK(two == one + 128);
        CHECK(aligned(one, 64));
        CHECK(aligned(two, 64));
        CHECK(mapped_in_all(memory) == 2 * mib);

        std::byte* large = memory.take(3 * mib);
        CHECK(aligned(large, 2 * mib));
        CHECK(mapped_in_all(memory) == 6 * mib);
        std::fill(large, large + 3 * mib, std::byte{0xFF});

        // The rest of the old block (2 MiB less 1.2 KB) is larger than that of the new one, so it is still in use.
        std::byte* three = memory.take(mib);
        CHECK(three == two + 1024);
        CHECK(mapped_in_all(memory) == 6 * mib);
        // Now neither has room: a new block.
        std::byte* four = memory.take(mib + 64);
        CHECK(mapped_in_all(memory) == 8 * mib);
        CHECK(std::all_of(one, one + 100, [](std::byte b) { return b == std::byte{}; }));
        CHECK(std::all_of(four, four + mib, [](std::byte b) { return b == std::byte{}; }));
        if (best == PageKind::plain) {
            CHECK(memory.mapped(PageKind::plain) == 8 * mib);
            CHECK(memory.report() == "8 MiB: 0 explicit huge, 0 transparent huge, 8 plain");
        }
        if (best == PageKind::transparent_huge) CHECK(memory.mapped(PageKind::explicit_huge) == 0);
    }
}

TEST_CASE("prefaulted memory is resident when taken") {
    HugePageMemory lazy({.best = PageKind::plain, .prefault = false});
    CHECK(resident_pages(lazy.take(4 * mib), 4 * mib) == 0);
    for (const PageKind best : {PageKind::transparent_huge, PageKind::plain}) {
        HugePageMemory memory({.best = best, .prefault = true});
        CHECK(resident_pages(memory.take(4 * mib), 4 * mib) == 4 * mib / 4096);
    }
}

TEST_CASE("more memory than there is throws and leaves the rest usable") {
    HugePageMemory memory({.prefault = false});
    CHECK_THROWS_AS(memory.take(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
    CHECK_THROWS_AS(memory.take(std::size_t{1} << 60), std::bad_alloc);
    CHECK(memory.array<std::uint64_t>(10).size() == 10);
}
