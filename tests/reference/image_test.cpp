// An image of the state taken anywhere, read back into another core: both go on alike. And images that are none.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "reference/command_generator.h"
#include "reference/pair.h"

using namespace dcx;
using namespace dcx::reference;

namespace {

struct Bytes final : ByteSink {
    void put(std::span<const std::byte> bytes) override { all.insert(all.end(), bytes.begin(), bytes.end()); }
    std::vector<std::byte> all;
};

struct FromBytes final : ByteSource {
    explicit FromBytes(std::span<const std::byte> from) : left(from) {}
    bool get(std::span<std::byte> bytes) override {
        if (bytes.size() > left.size()) return false;
        if (!bytes.empty()) std::memcpy(bytes.data(), left.data(), bytes.size());
        left = left.subspan(bytes.size());
        return true;
    }
    std::span<const std::byte> left;
};

// A venue that goes on from the image of another one, in memory of its own.
struct Continued {
    explicit Continued(const std::vector<std::byte>& image) {
        FromBytes source(image);
        REQUIRE(core.load(source));
        CHECK(source.left.empty());
    }
    HeapMemory memory;
    core::Core core{memory};
};

bool same_bytes(std::span<const Event> a, std::span<const Event> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

std::vector<std::byte> image_of(const core::Core& core) {
    Bytes image;
    core.save(image);
    return image.all;
}

}  // namespace

TEST_CASE("image: a core that was saved and loaded again and again answers like one that never was") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        HeapMemory memory;
        core::Core core(memory);
        EventBuffer buffer(1u << 16);
        EventBuffer other(1u << 16);
        CommandGenerator generator(seed);
        Random random(seed);
        std::unique_ptr<Continued> continued;
        for (int i = 0; i < 4'000; ++i) {
            const Step step = generator.next();
            buffer.clear();
            core.apply(step.command, buffer.writer());
            generator.observe(step, buffer.events());
            if (continued) {
                other.clear();
                continued->core.apply(step.command, other.writer());
                REQUIRE(same_bytes(buffer.events(), other.events()));
            }
            if (!core.started() || random.below(150) != 0) continue;
            const auto image = image_of(continued ? continued->core : core);
            continued = std::make_unique<Continued>(image);
            REQUIRE(continued->core.state_hash() == core.state_hash());
            REQUIRE(continued->core.check_invariants().empty());
            REQUIRE(continued->core.next_deadline() == core.next_deadline());
            CHECK(image_of(continued->core) == image);
        }
        REQUIRE(continued);
        CHECK(continued->core.state_hash() == core.state_hash());
    }
}

TEST_CASE("image: what is cut short or claims more than the pools hold is refused and touches nothing beside them") {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer(1u << 16);
    CommandGenerator generator(5);
    for (int i = 0; i < 1'000; ++i) {
        const Step step = generator.next();
        buffer.clear();
        core.apply(step.command, buffer.writer());
        generator.observe(step, buffer.events());
    }
    const auto image = image_of(core);
    Random random(9);
    for (int i = 0; i < 200; ++i) {
        auto cut = image;
        cut.resize(random.below(image.size()));
        FromBytes source(cut);
        HeapMemory pools;
        core::Core loaded(pools);
        CHECK_FALSE(loaded.load(source));
    }
    // Counts out of every range; what other damage does is the checksums' to find before it comes here.
    for (int i = 0; i < 2'000; ++i) {
        auto damaged = image;
        const std::size_t at = sizeof(Genesis) + random.below(damaged.size() - sizeof(Genesis) - 4);
        const std::uint32_t large = ~static_cast<std::uint32_t>(random.below(1000));
        std::memcpy(damaged.data() + at, &large, 4);
        FromBytes source(damaged);
        HeapMemory pools;
        core::Core loaded(pools);
        static_cast<void>(loaded.load(source));
    }
}
