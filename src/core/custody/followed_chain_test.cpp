#include "core/custody/followed_chain.h"

#include <doctest/doctest.h>

#include <limits>

using namespace dcx;
using namespace dcx::core;

namespace {

ChainHash block_hash(std::uint64_t number) {
    ChainHash hash{};
    for (int i = 0; i < 8; ++i) hash[static_cast<std::size_t>(i)] = std::byte(number >> (8 * i));
    return hash;
}

}  // namespace

TEST_CASE("followed chain: the newest blocks are remembered, in any number of turns of their ring") {
    HeapMemory memory;
    FollowedChain chain(memory);
    CHECK_FALSE(chain.is_set());
    CHECK_FALSE(chain.confirmed(0));
    chain.begin(AssetId{1u}, 3, 1'000, block_hash(1'000));
    for (std::uint64_t height = 1'001; height <= 3'000; ++height) {
        chain.advance(block_hash(height));
        const std::uint64_t oldest = height < 1'000 + kChainMemory ? 1'000 : height - (kChainMemory - 1);
        REQUIRE(chain.oldest() == oldest);
        REQUIRE(chain.block(oldest).hash == block_hash(oldest));
        REQUIRE_FALSE(chain.remembers(oldest - 1));
        REQUIRE_FALSE(chain.remembers(height + 1));
        REQUIRE(chain.confirmed(height - 2));
        REQUIRE_FALSE(chain.confirmed(height - 1));
        REQUIRE_FALSE(chain.confirmed(height + 1));
    }
    chain.rewind(chain.oldest());
    CHECK(chain.height() == chain.oldest());
    CHECK(chain.tip() == block_hash(3'000 - (kChainMemory - 1)));
    chain.lose();
    CHECK_FALSE(chain.is_set());
    CHECK_FALSE(chain.confirmed(5));
    CHECK(chain.asset() == AssetId{1u});
    CHECK(chain.era() == 1);
}

TEST_CASE("followed chain: the last height there is, and the first") {
    HeapMemory memory;
    FollowedChain chain(memory);
    constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    chain.begin(AssetId{1u}, 128, last, block_hash(1));
    CHECK(chain.confirmed(last - 127));
    CHECK_FALSE(chain.confirmed(last - 126));
    CHECK(chain.remembers(last));
    chain.begin(AssetId{1u}, 1, 0, block_hash(2));
    CHECK(chain.confirmed(0));
    CHECK_FALSE(chain.remembers(last));
    CHECK(chain.oldest() == 0);
}
