#include "custody/fake_chain.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "custody/memory_signer.h"

namespace dcx::chain {
namespace {

struct Rig {
    FakeChain chain;
    MemorySigner signer;
    std::string hot = *signer.address({kHotPath, 1});
    const std::string other = "DEC" + std::string(40, 'a');

    SignedTransfer transfer(std::int64_t amount, std::uint64_t nonce, const std::string& metadata = "{}") {
        return *signer.sign({.from = {kHotPath, 1},
                             .recipient = other,
                             .amount = amount,
                             .nonce = nonce,
                             .timestamp_s = 1'800'000'000,
                             .metadata = metadata});
    }
    void fund(std::int64_t amount) {
        chain.mint(hot, amount);
        REQUIRE(chain.mine());
    }
};

}  // namespace

TEST_CASE("fake chain: a transfer is signed, posted, mined and seen") {
    Rig rig;
    rig.fund(1000);
    CHECK(rig.chain.balance(rig.hot) == 1000);
    const auto sent = rig.transfer(400, 1);
    CHECK(rig.chain.transaction(sent.hash).error().kind == NodeErrorKind::unknown);
    REQUIRE(rig.chain.post(sent.body).has_value());
    CHECK(rig.chain.balance(rig.hot) == 600);
    CHECK(!rig.chain.transaction(sent.hash)->height.has_value());
    REQUIRE(rig.chain.mine());
    CHECK(rig.chain.transaction(sent.hash)->height == 2);
    CHECK(rig.chain.confirmed(rig.other) == 400);
    const auto block = rig.chain.block(2);
    REQUIRE(block.has_value());
    CHECK(block->previous == rig.chain.block(1)->hash);
    CHECK(rig.chain.status()->blocks == 3);
    CHECK(rig.chain.block(3).error().kind == NodeErrorKind::unknown);
}

TEST_CASE("fake chain: what the door refuses, and what it lets in and the chain dies of") {
    Rig rig;
    rig.fund(1000);
    auto forged = rig.transfer(1, 1);
    forged.body.replace(forged.body.find("\"amount\": 1"), 11, "\"amount\": 2");
    CHECK(rig.chain.post(forged.body).error().kind == NodeErrorKind::refused);
    CHECK(rig.chain.post("{").error().kind == NodeErrorKind::refused);
    CHECK(rig.chain.post(rig.transfer(0, 1).body).error().kind == NodeErrorKind::refused);
    CHECK(rig.chain.post(rig.transfer(1, 1, R"({"n":")" + std::string(1020, 'x') + "\"}").body).error().kind ==
          NodeErrorKind::refused);
    REQUIRE(rig.chain.post(rig.transfer(1, 5).body).has_value());
    REQUIRE(rig.chain.mine());
    CHECK(rig.chain.post(rig.transfer(1, 5).body).error().kind == NodeErrorKind::refused);
    CHECK_FALSE(rig.chain.poisoned());
    SUBCASE("the same twice") {
        const auto twice = rig.transfer(1, 6);
        REQUIRE(rig.chain.post(twice.body).has_value());
        REQUIRE(rig.chain.post(twice.body).has_value());
    }
    SUBCASE("more than there is") { REQUIRE(rig.chain.post(rig.transfer(2000, 6).body).has_value()); }
    SUBCASE("a nonce before a later one") {
        REQUIRE(rig.chain.post(rig.transfer(1, 8).body).has_value());
        REQUIRE(rig.chain.post(rig.transfer(1, 7).body).has_value());
    }
    SUBCASE("a fee below nothing") { REQUIRE(rig.chain.post(rig.transfer(1, 6, R"({"fee":-1})").body).has_value()); }
    SUBCASE("a block's amounts above the cap") { rig.chain.mint(rig.other, 900'000); }
    CHECK(rig.chain.poisoned());
    CHECK_FALSE(rig.chain.mine_more(1));
    rig.chain.restart();
    CHECK_FALSE(rig.chain.poisoned());
    CHECK(rig.chain.height() == 0);
    CHECK(rig.chain.balance(rig.hot) == 0);
}

TEST_CASE("fake chain: planned faults, each once") {
    Rig rig;
    rig.fund(1000);
    const auto sent = rig.transfer(1, 1);
    rig.chain.fail_next(FakeCall::post, FakeFault::unreachable);
    CHECK(rig.chain.post(sent.body).error().kind == NodeErrorKind::unreachable);
    rig.chain.fail_next(FakeCall::post, FakeFault::hang);
    CHECK(rig.chain.post(sent.body).error().kind == NodeErrorKind::timed_out);
    CHECK(rig.chain.pending() == 0);
    rig.chain.fail_next(FakeCall::post, FakeFault::lost_answer);
    CHECK(rig.chain.post(sent.body).error().kind == NodeErrorKind::timed_out);
    CHECK(rig.chain.pending() == 1);
    REQUIRE(rig.chain.mine());
    rig.chain.fail_next(FakeCall::post, FakeFault::refused_after_accept);
    CHECK(rig.chain.post(rig.transfer(1, 2).body).error().kind == NodeErrorKind::refused);
    CHECK(rig.chain.pending() == 1);
    rig.chain.fail_next(FakeCall::balance, FakeFault::server_error);
    CHECK(rig.chain.balance(rig.hot).error().kind == NodeErrorKind::failed);
    CHECK(rig.chain.balance(rig.hot).has_value());
    CHECK(rig.chain.posts() == 2);
}

TEST_CASE("fake chain: a fork takes transactions with it, or keeps some, a restart takes all") {
    Rig rig;
    rig.fund(1000);
    const auto a = rig.transfer(10, 1);
    const auto b = rig.transfer(20, 2);
    REQUIRE(rig.chain.post(a.body).has_value());
    REQUIRE(rig.chain.mine());
    REQUIRE(rig.chain.post(b.body).has_value());
    REQUIRE(rig.chain.mine());
    const auto old_tip = rig.chain.blocks().back().hash;
    rig.chain.fork(2, {a.hash});
    CHECK(rig.chain.height() == 4);
    CHECK(rig.chain.blocks()[3].hash != old_tip);
    CHECK(rig.chain.times_mined(a.hash) == 1);
    CHECK(rig.chain.times_mined(b.hash) == 0);
    CHECK(rig.chain.balance(rig.hot) == 990);
    for (std::size_t i = 1; i < rig.chain.blocks().size(); ++i)
        CHECK(rig.chain.blocks()[i].previous == rig.chain.blocks()[i - 1].hash);
    // Nonces are forgotten: what was signed once can be posted by anybody again.
    REQUIRE(rig.chain.post(b.body).has_value());
    rig.chain.fork(100);
    CHECK(rig.chain.balance(rig.hot).error().kind == NodeErrorKind::failed);  // its own pending spend
    const Digest genesis = rig.chain.genesis();
    rig.chain.restart();
    CHECK(rig.chain.genesis() == genesis);
    rig.chain.change_genesis();
    CHECK(rig.chain.genesis() != genesis);
}

TEST_CASE("fake chain: a minter's transaction twice in one second has one hash, and counts twice") {
    Rig rig;
    const Digest once = rig.chain.mint(rig.hot, 5);
    const Digest again = rig.chain.mint(rig.hot, 5);
    REQUIRE(rig.chain.mine());
    CHECK(once == again);
    CHECK(rig.chain.times_mined(once) == 2);
    CHECK(rig.chain.balance(rig.hot) == 10);
    rig.chain.pass(1);
    CHECK(rig.chain.mint(rig.hot, 5) != once);
}

TEST_CASE("fake chain: the same seed fails at the same calls") {
    const auto run = [](std::uint64_t seed) {
        FakeChain chain({.seed = seed, .fault_permille = 300});
        std::string seen;
        for (int i = 0; i < 200; ++i) {
            const auto answer = chain.status();
            seen += answer.has_value() ? "." : to_string(answer.error().kind);
        }
        return seen;
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
    CHECK(run(1).find("unreachable") != std::string::npos);
}

}  // namespace dcx::chain
