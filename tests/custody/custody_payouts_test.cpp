// Payouts: withdrawals and sweeps, from asked for to settled, and what stops them.
#include <doctest/doctest.h>

#include "custody/custody_rig.h"

namespace dcx::chain {
namespace {

// A venue with a hot address that has coin, payouts on, and customer 0 with money.
struct PayingRig : CustodyRig {
    std::string outside = stranger.address(5);

    PayingRig() {
        fund(5'000'000);
        deposit(0, 800'000);
        deposit(0, 800'000);
        REQUIRE(venue.by_two(SetPayouts{.reference = 1, .on = 1, .zero = {}}) == RejectReason::none);
    }
    void fund(std::int64_t amount) {
        for (; amount > 0; amount -= 500'000) {
            chain.mint(venue.hot_address(), std::min<std::int64_t>(amount, 500'000));
            chain.mine();
        }
        mine(static_cast<int>(kConfirmations));
    }
    // Blocks until nothing is open.
    void finish(int most = 60) {
        for (int i = 0; i < most && !(view.payouts().empty() && view.withdrawals().empty()); ++i) mine(1);
    }
    [[nodiscard]] std::int64_t paid() { return chain.confirmed(outside); }
    [[nodiscard]] unsigned open(PayoutKind kind) const {
        unsigned count = 0;
        for (const auto& [hash, payout] : view.payouts())
            if (payout.prepared.payout_kind == kind) ++count;
        return count;
    }
};

TEST_CASE("custody: a withdrawal is paid, confirmed and burned") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 300'000, rig.outside);
    CHECK(rig.venue.held(CustodyVenue::account(0)) == 300'000);
    rig.step();
    CHECK(rig.chain.pending() == 1);
    rig.finish();
    CHECK(rig.paid() == 300'000);
    CHECK(rig.available(0) == 1'300'000);
    CHECK(rig.venue.held(CustodyVenue::account(0)) == 0);
    CHECK(rig.venue.issued() == 1'300'000);
    CHECK(rig.custody->counts().payouts_posted == 1);
    CHECK(rig.custody->alarms().empty());
}

TEST_CASE("custody: what is larger than a block is paid in parts, one at a time, and others in between") {
    PayingRig rig;
    rig.options.block_cap = 100'050;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 250'000, rig.outside);
    rig.venue.withdraw(0, 70'000, rig.stranger.address(6));
    bool between = false;
    for (int i = 0; i < 60 && !rig.view.withdrawals().empty(); ++i) {
        rig.mine(1);
        CHECK(rig.open(PayoutKind::withdrawal) <= 1);
        between = between || (rig.chain.confirmed(rig.stranger.address(6)) == 70'000 && rig.paid() < 250'000);
    }
    CHECK(rig.paid() == 250'000);
    CHECK(between);
    CHECK(rig.venue.issued() == 1'600'000 - 320'000);
}

TEST_CASE("custody: deposits are swept to the hot address, and no block gets too much") {
    PayingRig rig;
    rig.venue.withdraw(0, 600'000, rig.outside);
    for (int i = 0; i < 60; ++i) {
        rig.mine(1);
        REQUIRE_FALSE(rig.chain.poisoned());
    }
    CHECK(rig.chain.confirmed(rig.venue.deposit_address(0)) == 0);
    CHECK(rig.chain.confirmed(rig.venue.hot_address()) == 5'000'000 + 1'600'000 - 600'000);
    CHECK(rig.paid() == 600'000);
    CHECK(rig.custody->counts().sweeps_posted >= 1);
    CHECK(rig.view.payouts().empty());
}

TEST_CASE("custody: above the limit two persons release it") {
    PayingRig rig;
    rig.venue.send(SetWithdrawalLimits{.daily_limit = {},
                                       .dual_control_above = Amount{std::int64_t{100'000}},
                                       .asset = kDec,
                                       .cooling_s = 0,
                                       .allow_list = 0,
                                       .zero = {}});
    const TransferId id = rig.venue.withdraw(0, 200'000, rig.outside);
    rig.mine(6);
    CHECK(rig.alarmed(CustodyAlarm::waits_for_release));
    CHECK(rig.open(PayoutKind::withdrawal) == 0);
    REQUIRE(rig.venue.by_two(ReleaseWithdrawal{.id = id, .scope = CustodyVenue::account(0), .zero = 0}) ==
            RejectReason::none);
    rig.finish();
    CHECK(rig.paid() == 200'000);
}

TEST_CASE("custody: an empty hot address waits, and says so") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.add_hot_address();
    rig.venue.withdraw(0, 200'000, rig.outside);
    rig.mine(3);
    CHECK(rig.alarmed(CustodyAlarm::hot_short));
    CHECK(rig.open(PayoutKind::withdrawal) == 0);
    rig.fund(500'000);
    rig.finish();
    CHECK(rig.paid() == 200'000);
}

TEST_CASE("custody: whatever the node answers to the post, it is posted once") {
    for (const FakeFault fault : {FakeFault::lost_answer, FakeFault::refused_after_accept, FakeFault::malformed}) {
        CAPTURE(static_cast<int>(fault));
        PayingRig rig;
        rig.options.sweep_above = INT64_MAX;
        rig.begin();
        rig.venue.withdraw(0, 200'000, rig.outside);
        const auto posts = rig.chain.posts();
        rig.chain.fail_next(FakeCall::post, fault);
        rig.finish();
        CHECK(rig.paid() == 200'000);
        CHECK(rig.chain.posts() == posts + 1);
        CHECK(rig.view.withdrawals().empty());
    }
}

TEST_CASE("custody: a post that the node never got stays unresolved until two persons say so") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    const auto posts = rig.chain.posts();
    rig.chain.fail_next(FakeCall::post, FakeFault::hang);
    rig.mine(10);
    CHECK(rig.alarmed(CustodyAlarm::unresolved_payout));
    CHECK(rig.chain.posts() == posts);
    CHECK(rig.paid() == 0);
    REQUIRE(rig.view.payouts().size() == 1);
    const Digest hash = rig.view.payouts().begin()->first;
    REQUIRE(rig.venue.by_two(ResolvePayout{.tx_hash = hash, .outcome = PayoutOutcome::not_paid, .zero = {}}) ==
            RejectReason::none);
    rig.finish();
    CHECK(rig.paid() == 200'000);
    CHECK_FALSE(rig.alarmed(CustodyAlarm::unresolved_payout));
}

TEST_CASE("custody: prepared and not posted, it goes on after a new start, byte for byte") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    rig.venue.pass(1'000'000'000);
    CHECK(rig.custody->step());
    REQUIRE(rig.view.payouts().size() == 1);
    const Digest hash = rig.view.payouts().begin()->first;
    CHECK(rig.chain.pending() == 0);
    rig.venue.restart();
    rig.begin();
    rig.finish();
    CHECK(rig.paid() == 200'000);
    CHECK(rig.chain.times_mined(hash) == 1);
}

TEST_CASE("custody: posted and not sent before the worker ended, it is never sent") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    CHECK(rig.custody->step());
    const Digest hash = rig.view.payouts().begin()->first;
    rig.venue.send(PostPayout{.tx_hash = hash});
    REQUIRE(rig.venue.refusal() == RejectReason::none);
    rig.begin();
    rig.mine(10);
    CHECK(rig.paid() == 0);
    CHECK(rig.alarmed(CustodyAlarm::unresolved_payout));
}

TEST_CASE("custody: a fork stops payouts, retires what signed, and nothing is posted again") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    rig.mine(2);
    REQUIRE(rig.paid() == 200'000);
    REQUIRE(rig.open(PayoutKind::withdrawal) == 1);
    const auto posts = rig.chain.posts();
    rig.chain.fork(2);
    rig.mine(8);
    CHECK_FALSE(rig.view.payouts_on());
    CHECK(rig.view.hot() == 0);
    CHECK(rig.paid() == 0);
    CHECK(rig.chain.posts() == posts);
    CHECK(rig.alarmed(CustodyAlarm::unresolved_payout));
    const Digest hash = rig.view.payouts().begin()->first;
    rig.venue.by_two(ResolvePayout{.tx_hash = hash, .outcome = PayoutOutcome::not_paid, .zero = {}});
    rig.venue.by_two(SetPayouts{.reference = 2, .on = 1, .zero = {}});
    rig.mine(2);
    CHECK(rig.alarmed(CustodyAlarm::no_hot_address));
    rig.venue.add_hot_address();
    rig.fund(500'000);
    rig.finish();
    CHECK(rig.paid() == 200'000);
}

TEST_CASE("custody: a payout that a fork kept is settled on the new branch") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    rig.mine(2);
    REQUIRE(rig.open(PayoutKind::withdrawal) == 1);
    const Digest hash = rig.view.payouts().begin()->first;
    rig.chain.fork(2, {hash});
    rig.mine(8);
    CHECK(rig.view.payouts().empty());
    CHECK(rig.view.withdrawals().empty());
    CHECK(rig.paid() == 200'000);
}

TEST_CASE("custody: deposit addresses that signed before a fork are named") {
    PayingRig rig;
    rig.mine(12);
    REQUIRE(rig.custody->counts().sweeps_posted >= 1);
    rig.chain.fork(1);
    rig.step();
    rig.step();
    CHECK(rig.alarmed(CustodyAlarm::retired_address));
    CHECK(rig.custody->alarms().at(CustodyAlarm::retired_address).find(rig.venue.deposit_address(0)) !=
          std::string::npos);
    // What no restored event tells, the venue says when it is tried.
    rig.begin();
    rig.venue.by_two(SetPayouts{.reference = 2, .on = 1, .zero = {}});
    rig.venue.add_hot_address();
    rig.deposit(0, 300'000);
    rig.mine(4);
    CHECK(rig.alarmed(CustodyAlarm::retired_address));
    CHECK(rig.chain.confirmed(rig.venue.deposit_address(0)) >= 300'000);
}

TEST_CASE("custody: a signer that is away, or has other keys, pays nothing") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    rig.venue.withdraw(0, 200'000, rig.outside);
    rig.signer.go_away(true);
    rig.mine(3);
    CHECK(rig.alarmed(CustodyAlarm::signer_refused));
    CHECK(rig.view.payouts().empty());
    MemorySigner other(8);
    rig.custody = std::make_unique<Custody>(
        Custody::Parts{.view = rig.view, .node = rig.chain, .signer = other, .venue = rig.sink}, rig.options);
    rig.mine(3);
    CHECK(rig.alarmed(CustodyAlarm::signer_disagrees));
    CHECK(rig.view.payouts().empty());
    rig.signer.go_away(false);
    rig.begin();
    rig.finish();
    CHECK(rig.paid() == 200'000);
}

TEST_CASE("custody: somebody else with our key is noticed") {
    PayingRig rig;
    rig.options.sweep_above = INT64_MAX;
    rig.begin();
    const auto stolen = rig.signer.sign({.from = {kHotPath, 1},
                                         .recipient = rig.outside,
                                         .amount = 1000,
                                         .nonce = 5,
                                         .timestamp_s = 1,
                                         .metadata = "{}",
                                         .type = "standard"});
    REQUIRE(stolen);
    REQUIRE(rig.chain.post(stolen->body));
    rig.mine(1);
    CHECK(rig.alarmed(CustodyAlarm::foreign_spend));
}

}  // namespace
}  // namespace dcx::chain
