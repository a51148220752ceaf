#include "base/memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace dcx {
namespace {

bool all_zero(const std::byte* p, std::size_t size) {
    return std::all_of(p, p + size, [](std::byte b) { return b == std::byte{0}; });
}

TEST_CASE("heap memory is aligned, zeroed, writable to its last byte and apart from its neighbours") {
    HeapMemory memory;
    std::vector<std::span<std::byte>> taken;
    for (const std::size_t size : {1u, 7u, 63u, 64u, 65u, 4096u, 1'000'003u}) {
        std::byte* p = memory.take(size);
        REQUIRE(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
        REQUIRE(all_zero(p, size));
        taken.emplace_back(p, size);
    }
    for (std::size_t i = 0; i < taken.size(); ++i)
        std::memset(taken[i].data(), static_cast<int>(i + 1), taken[i].size());
    for (std::size_t i = 0; i < taken.size(); ++i)
        CHECK(std::all_of(taken[i].begin(), taken[i].end(), [i](std::byte b) { return b == std::byte(i + 1); }));
}

TEST_CASE("an array has its count, zero values and the alignment of a cache line") {
    struct alignas(64) Line {
        std::uint64_t words[8];
    };
    HeapMemory memory;
    const std::span<Line> lines = memory.array<Line>(10);
    CHECK(lines.size() == 10);
    CHECK(reinterpret_cast<std::uintptr_t>(lines.data()) % 64 == 0);
    CHECK(lines[9].words[7] == 0);
    CHECK(memory.array<std::uint32_t>(3).size() == 3);
    CHECK(memory.array<std::uint32_t>(0).empty());
}

}  // namespace
}  // namespace dcx
