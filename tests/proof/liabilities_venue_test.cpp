// The liabilities of random venues, against the twin: it knows every balance, and was written from the rules alone.
#include <doctest/doctest.h>

#include "proof/core_liabilities.h"
#include "reference/command_generator.h"
#include "reference/pair.h"
#include "reference/text.h"

namespace dcx::proof {
namespace {

constexpr Secret kKey{std::byte{9}};

// What the core says of one asset, and what the twin does.
void compare(const reference::Pair& pair, AssetId asset, std::uint64_t checkpoint) {
    const auto liabilities = core_liabilities(pair.core(), asset);
    REQUIRE(liabilities.has_value());
    REQUIRE(liabilities->size() == pair.core().accounts() - 5);
    const auto of = [&](std::uint32_t id) {
        const auto balance = pair.twin().balance(AccountId{id}, asset);
        return balance.available.value + balance.held.value;
    };
    std::int64_t owed = 0;
    for (std::uint32_t id = 1; id <= 5; ++id) owed -= of(id);
    for (const Liability& l : *liabilities) CHECK(l.amount.value == of(l.account.value));

    const SumTreeName name{.venue_id = pair.core().genesis().venue_id, .checkpoint = checkpoint, .asset = asset};
    const unsigned depth = sum_tree_depth(pair.core().genesis().max_accounts);
    const SumTree tree(name, depth, liabilities_nonce(kKey, checkpoint), *liabilities);
    CHECK(tree.root().sum.value == owed);
    for (const Liability& l : *liabilities) {
        const auto proof = tree.prove(l.account);
        REQUIRE(proof.has_value());
        CHECK(proof->amount == l.amount);
        CHECK(check_liability(*proof, name, l.account, depth, tree.root()).has_value());
        for (const Liability& other : *liabilities) {
            if (other.account == l.account) continue;
            // Neither as it is nor rewritten for the other.
            CHECK(!check_liability(*proof, name, other.account, depth, tree.root()).has_value());
            LiabilityProof rewritten = *proof;
            rewritten.account = other.account;
            rewritten.amount = other.amount;
            CHECK(!check_liability(rewritten, name, other.account, depth, tree.root()).has_value());
        }
    }
}

TEST_CASE("liabilities of random venues: the sum is what the venue's accounts say, and every customer finds himself") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        reference::CommandGenerator generator(seed);
        reference::Pair pair;
        for (int i = 0; i < 1500; ++i) {
            const reference::Step step = generator.next();
            REQUIRE(pair.apply(step.command) == "");
            generator.observe(step, pair.events());
            if (!pair.core().started() || i % 100 != 99) continue;
            for (std::uint32_t asset = 1; asset <= pair.core().assets(); ++asset)
                compare(pair, AssetId{asset}, static_cast<std::uint64_t>(i));
        }
    }
}

TEST_CASE("liabilities: of an asset that is not there, and of a venue without customers") {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer events(64);
    core.apply(Command::make(Genesis{.max_accounts = 20,
                                     .max_assets = 2,
                                     .max_instruments = 1,
                                     .max_orders = 1,
                                     .max_sessions = 1,
                                     .max_keys = 1,
                                     .max_price_levels = 1,
                                     .max_fills_per_command = 1,
                                     .max_transfer_ids = 1},
                             {.sequence = Sequence{std::uint64_t{1}}}),
               events.writer());
    REQUIRE(core.started());
    CHECK(core.accounts() == 5);
    CHECK(core_liabilities(core, AssetId{1u})->empty());
    CHECK(!core.asset(AssetId{1u}).id);
    CHECK(!core.asset(AssetId{}).id);
}

}  // namespace
}  // namespace dcx::proof
