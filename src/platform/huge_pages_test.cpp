#include "platform/huge_pages.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "base/skip_test.h"
#include "platform/topology.h"

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

// The code that the body ends with, in a child process.
template <class Body>
int in_a_child(Body&& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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

TEST_CASE("cold memory is zero, writable, and costs nothing before it is written") {
    HugePageMemory memory;
    const std::size_t size = std::size_t{64} << 20;
    std::byte* const cold = memory.take_cold(size);
    CHECK(memory.mapped() == 0);
    std::vector<unsigned char> resident(size / 4096);
    REQUIRE(::mincore(cold, size, resident.data()) == 0);
    CHECK(std::count_if(resident.begin(), resident.end(), [](unsigned char page) { return (page & 1) != 0; }) == 0);
    CHECK(cold[size - 1] == std::byte{0});
    cold[size - 1] = std::byte{7};
    CHECK(cold[size - 1] == std::byte{7});
    // What is small shares a block, as any other.
    CHECK(memory.take_cold(64) != nullptr);
    CHECK_THROWS_AS(memory.take_cold(std::size_t{1} << 60), std::bad_alloc);
}

TEST_CASE("more memory than there is throws and leaves the rest usable") {
    HugePageMemory memory({.prefault = false});
    CHECK_THROWS_AS(memory.take(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
    CHECK_THROWS_AS(memory.take(std::size_t{1} << 60), std::bad_alloc);
    CHECK(memory.array<std::uint64_t>(10).size() == 10);
}

TEST_CASE("memory of a node lies there, and the look at its pages would see another") {
    const auto machine = Topology::of_this_machine();
    REQUIRE(machine);
    const unsigned node = machine->nodes.back().node;
    HugePageMemory memory({.best = PageKind::transparent_huge, .prefault = true, .node = node});
    std::byte* large = memory.take(4 * mib);
    if (!memory.node_refused().empty()) return dcx::skip_test(memory.node_refused());
    const PagePlaces places = memory.look_at_node();
    if (!places.error.empty()) return dcx::skip_test(places.error);
    CHECK(places.there == 512);
    CHECK(places.elsewhere == 0);
    CHECK(places.absent == 0);
    // The same pages, asked of a node where they are not.
    const PagePlaces wrong = look_at_pages(large, 4 * mib, node + 1, 100);
    CHECK(wrong.there == 0);
    CHECK(wrong.elsewhere == 100);
    HugePageMemory untouched({.best = PageKind::plain, .prefault = false, .node = node});
    CHECK(look_at_pages(untouched.take(4 * mib), 4 * mib, node, 10'000).absent == 1024);
}

TEST_CASE("a node that is not there leaves memory that works, and says so") {
    for (const unsigned node : {1023u, 5000u}) {
        HugePageMemory memory({.node = node});
        std::byte* large = memory.take(2 * mib);
        std::fill(large, large + 2 * mib, std::byte{1});
        CHECK(memory.node_refused().starts_with("memory is not bound to NUMA node " + std::to_string(node) + ": "));
        CHECK(memory.mapped() == 2 * mib);
    }
}

TEST_CASE("a node's explicit huge pages are not taken before they can be touched") {
    HugePageMemory memory({.prefault = false, .node = 0});
    memory.take(2 * mib);
    CHECK(memory.mapped(PageKind::explicit_huge) == 0);
}

TEST_CASE("locked memory, as far as the limit goes, and its refusal names the limit") {
    const auto locked_under = [](rlim_t limit) {
        const rlimit limits{limit, limit};
        if (::setrlimit(RLIMIT_MEMLOCK, &limits) != 0) return 101;
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 102;
        HugePageMemory memory({.best = PageKind::plain, .lock = true});
        memory.take(2 * mib);
        std::byte* last = memory.take(2 * mib);
        std::fill(last, last + 2 * mib, std::byte{1});
        const bool named = memory.lock_refused().find("RLIMIT_MEMLOCK is " + std::to_string(limit >> 10) + " KiB") !=
                           std::string::npos;
        return static_cast<int>(memory.locked() / mib) + (named ? 0 : 50);
    };
    CHECK(in_a_child([&] { return locked_under(0); }) == 0);
    CHECK(in_a_child([&] { return locked_under(3 * mib); }) == 2);
    // All of it under a limit that is just enough.
    CHECK(in_a_child([&] { return locked_under(4 * mib); }) == 54);
    HugePageMemory unwished({.best = PageKind::plain});
    unwished.take(2 * mib);
    CHECK(unwished.locked() == 0);
    CHECK(unwished.lock_refused().empty());
}

TEST_CASE("advice says what to do for better pages, and is silent about the best that were wanted") {
    HugePageMemory plain({.best = PageKind::plain});
    plain.take(2 * mib);
    CHECK(plain.advice().empty());
    HugePageMemory best({.best = PageKind::explicit_huge});
    best.take(4 * mib);
    if (best.mapped(PageKind::explicit_huge) == 4 * mib)
        CHECK(best.advice().empty());
    else
        CHECK(best.advice().ends_with("reserve 2 more explicit huge pages: sysctl vm.nr_hugepages"));
}

TEST_CASE("progress of the first touch: what is done, how fast, how long it will take") {
    constexpr PrefaultProgress half{.done = 512 * mib, .taken = 1024 * mib, .bytes_per_second = 256.0 * mib};
    CHECK(half.seconds_left() == doctest::Approx(2.0));
    CHECK(PrefaultProgress{.done = 0, .taken = 1, .bytes_per_second = 0}.seconds_left() == 0);
    HugePageMemory memory({.best = PageKind::plain});
    memory.take(2 * mib);
    CHECK(memory.prefault_seconds() > 0);
    HugePageMemory lazy({.best = PageKind::plain, .prefault = false});
    lazy.take(2 * mib);
    CHECK(lazy.prefault_seconds() == 0);
}
