// The fold of the chain's events: deposits through forks, payouts, anchors; and what can't be.
#include <doctest/doctest.h>

#include "history/fold_test_folded.h"
#include "history/fold_test_spoiled.h"

namespace dcx::history {
namespace {

Digest hash_of(unsigned number) {
    Digest hash{};
    hash[0] = static_cast<std::byte>(number);
    hash[31] = std::byte{1};
    return hash;
}

// Follows USD as the chain's asset from block 100 on.
class ChainVenue : public TestVenue {
  public:
    ChainVenue() {
        found();
        command(ChainSet{.hash = hash_of(100), .height = 100, .asset = kUsd, .confirmations = 2}, kOperator);
        command(PayoutsSet{.on = 1}, kOperator);
        advance(1);
    }
    void advance(unsigned blocks) {
        for (; blocks > 0; --blocks) command(ChainAdvanced{.hash = hash_of(1), .height = ++tip}, kOperator);
    }
    void deposit(unsigned number, std::int64_t amount, std::uint64_t height, std::uint8_t flags = 0) {
        tell(DepositCredited{.tx_hash = hash_of(number),
                             .amount = Amount{amount},
                             .height = height,
                             .account = kAlice,
                             .asset = kUsd,
                             .index = 1,
                             .flags = flags},
             kOperator);
        if (flags == 0) post(PostingCause::deposit, {}, kIssuanceAccount, kAlice, kUsd, amount, kOperator);
        end();
    }
    void rewind(std::uint64_t height, std::uint32_t orphaned) {
        command(ChainRewound{.hash = hash_of(1), .height = height, .from_height = tip, .orphaned = orphaned},
                kOperator);
        tip = height;
    }
    void prepare(unsigned number, TransferId id, std::int64_t amount) {
        command(PayoutPrepared{.tx_hash = hash_of(number),
                               .id = id,
                               .amount = Amount{amount},
                               .nonce = number,
                               .account = kAlice,
                               .index = 1,
                               .payout_kind = PayoutKind::withdrawal},
                kOperator);
        command(
            PayoutPosted{
                .tx_hash = hash_of(number), .id = id, .account = kAlice, .payout_kind = PayoutKind::withdrawal},
            kOperator);
    }
    void settle(unsigned number, TransferId id, std::int64_t amount, bool complete, std::uint64_t height) {
        tell(PayoutSettled{.tx_hash = hash_of(number),
                           .id = id,
                           .amount = Amount{amount},
                           .height = height,
                           .account = kAlice,
                           .index = 1,
                           .payout_kind = PayoutKind::withdrawal,
                           .complete = complete},
             kOperator);
        if (!complete) end();
    }
    // The end of the withdrawal that was paid whole.
    void burn(TransferId id, std::int64_t amount) {
        of(kAlice, kUsd).available += amount;
        of(kAlice, kUsd).held -= amount;
        tell(PendingResolved{.pending_id = id,
                             .amount = Amount{amount},
                             .available = Amount{of(kAlice, kUsd).available},
                             .held = Amount{of(kAlice, kUsd).held},
                             .account = kAlice,
                             .asset = kUsd,
                             .scope = kAlice,
                             .state = PendingState::posted},
             kOperator);
        post(PostingCause::payout, id, kAlice, kIssuanceAccount, kUsd, amount, kOperator);
        end();
    }
    std::uint64_t tip = 100;
};

TEST_CASE("the chain: a deposit is credited, orphaned by a fork, credited again, orphaned and reversed") {
    ChainVenue venue;
    venue.advance(3);
    venue.deposit(1, 70, 102);
    venue.deposit(2, 5, 101);
    venue.rewind(101, 1);
    auto tables = folded(venue);
    CHECK(tables.rows<ChainDepositRow>()[0].state == DepositState::orphaned);
    CHECK(tables.rows<ChainDepositRow>()[1].state == DepositState::credited);
    venue.advance(3);
    venue.deposit(1, 70, 103, kDepositAgain);
    venue.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 60, kAliceSession, venue.next_id());
    venue.end();
    venue.mint(kErrorAccount, kUsd, 20);
    venue.rewind(101, 1);
    venue.tell(DepositReversed{.tx_hash = hash_of(1),
                               .taken = Amount{std::int64_t{15}},
                               .covered = Amount{std::int64_t{20}},
                               .unbacked = Amount{std::int64_t{35}},
                               .unbacked_total = Amount{std::int64_t{35}},
                               .account = kAlice,
                               .asset = kUsd},
               kOperator);
    venue.post(PostingCause::deposit_reversal, {}, kAlice, kIssuanceAccount, kUsd, 15, kOperator);
    venue.post(PostingCause::deposit_reversal, {}, kErrorAccount, kIssuanceAccount, kUsd, 20, kOperator);
    venue.tell(AccountFrozen{.account = kAlice, .frozen = 1}, kOperator);
    venue.end();
    tables = folded(venue);
    const auto deposits = tables.rows<ChainDepositRow>();
    REQUIRE(deposits.size() == 2);
    CHECK(deposits[0].state == DepositState::reversed);
    CHECK(deposits[0].height == 103);
    CHECK(deposits[0].taken.value == 15);
    CHECK(deposits[0].covered.value == 20);
    CHECK(deposits[0].unbacked.value == 35);
    CHECK_FALSE(deposits[0].open);
    CHECK(deposits[1].open);
    CHECK(tables.rows<DepositRow>().size() == 2);
    CHECK(balance_in(tables, kIssuanceAccount, kUsd).available.value == -60);
    CHECK_FALSE(tables.rows<ChainRow>()[0].payouts_on);
    check_spoiled<DepositReversed>(venue, "not the amount", [](DepositReversed& e) { e.unbacked.value += 1; });
    check_spoiled<DepositReversed>(venue, "no orphan", [](DepositReversed& e) { e.tx_hash = hash_of(2); });
    check_spoiled<ChainRewound>(venue, "another number of orphaned", [](ChainRewound& e) { e.orphaned = 2; });
    check_spoiled<ChainRewound>(venue, "not from the tip", [](ChainRewound& e) { e.from_height = 9; });
}

TEST_CASE("the chain: a deposit closes when no fork reaches it, and all of them when another chain is set") {
    ChainVenue venue;
    venue.advance(3);
    venue.deposit(1, 70, 103);
    venue.deposit(2, 70, 104);
    venue.advance(254);
    auto tables = folded(venue);
    CHECK_FALSE(tables.rows<ChainDepositRow>()[0].open);
    CHECK(tables.rows<ChainDepositRow>()[1].open);
    CHECK(tables.state().chain_deposits.size() == 1);
    venue.command(ChainRewound{.from_height = venue.tip, .lost = 1}, kOperator);
    venue.command(ChainSet{.hash = hash_of(9), .height = 50, .asset = kUsd, .confirmations = 3}, kOperator);
    tables = folded(venue);
    CHECK_FALSE(tables.rows<ChainDepositRow>()[1].open);
    CHECK(tables.rows<ChainDepositRow>()[1].state == DepositState::credited);
    CHECK(tables.rows<ChainRow>()[0].height == 50);
    check_spoiled<ChainAdvanced>(venue, "not the next block", [](ChainAdvanced& e) { e.height += 1; });
    check_spoiled<DepositCredited>(venue, "not of the chain", [](DepositCredited& e) { e.height = 200; });
    check_spoiled<DepositCredited>(venue, "is known", [](DepositCredited& e) { e.tx_hash = hash_of(1); });
    check_spoiled<DepositCredited>(venue, "no customer", [](DepositCredited& e) { e.account = kFeeAccount; });
}

TEST_CASE("the chain: a withdrawal is paid in two parts, and burned with the second") {
    ChainVenue venue;
    venue.advance(3);
    venue.mint(kAlice, kUsd, 500);
    const TransferId id = venue.withdraw(kUsd, 300);
    venue.end();
    venue.prepare(1, id, 100);
    venue.settle(1, id, 100, false, 103);
    venue.prepare(2, id, 200);
    venue.settle(2, id, 200, true, 104);
    venue.burn(id, 300);
    const auto tables = folded(venue);
    const auto payouts = tables.rows<PayoutRow>();
    REQUIRE(payouts.size() == 2);
    CHECK(payouts[0].state == PayoutState::settled);
    CHECK(payouts[1].height == 104);
    CHECK(payouts[1].asset_id == kUsd);
    CHECK(last_in<WithdrawalRow>(tables).state == PendingState::posted);
    CHECK(last_in<LedgerTransferRow>(tables).kind == LedgerKind::payout);
    CHECK(balance_in(tables, kIssuanceAccount, kUsd).available.value == -200);
    check_spoiled<PayoutSettled>(venue, "not what was to be paid", [](PayoutSettled& e) { e.amount.value = 1; });
    check_spoiled<PendingResolved>(venue, "not the withdrawal that was paid",
                                   [](PendingResolved& e) { e.amount.value = 299, e.released.value = 1; });
    check_spoiled<Posted>(venue, "not the posting that follows",
                          [](Posted& e) { e.cause = PostingCause::deposit_reversal; });
    check_spoiled<PayoutPrepared>(venue, "no withdrawal", [](PayoutPrepared& e) { e.amount.value = 301; });
    check_spoiled<PayoutPosted>(venue, "not open", [](PayoutPosted& e) { e.tx_hash = hash_of(1); });
}

TEST_CASE("the chain: two persons settle a payout, and an anchor's last word stands") {
    ChainVenue venue;
    venue.mint(kAlice, kUsd, 500);
    const TransferId id = venue.withdraw(kUsd, 300);
    venue.end();
    venue.prepare(1, id, 300);
    venue.tell(PayoutResolved{.tx_hash = hash_of(1),
                              .id = id,
                              .account = kAlice,
                              .outcome = PayoutOutcome::paid,
                              .payout_kind = PayoutKind::withdrawal},
               kOperator);
    venue.settle(1, id, 300, true, 0);
    venue.burn(id, 300);
    AnchorRecorded anchor{.digest = hash_of(3),
                          .tx_hash = hash_of(4),
                          .checkpoint = 7,
                          .place = AnchorPlace::decoin,
                          .state = AnchorState::sent};
    venue.command(anchor, kOperator);
    anchor.state = AnchorState::confirmed;
    anchor.height = 104;
    venue.command(anchor, kOperator);
    const auto tables = folded(venue);
    CHECK(last_in<PayoutRow>(tables).state == PayoutState::settled);
    const auto anchors = tables.rows<AnchorRow>();
    REQUIRE(anchors.size() == 1);
    CHECK(anchors[0].state == AnchorState::confirmed);
    CHECK(anchors[0].height == 104);
    CHECK(last_in<AuditRow>(tables).kind == EventKind::anchor_recorded);
    check_spoiled<AnchorRecorded>(venue, "no anchor", [](AnchorRecorded& e) { e.checkpoint = 0; });
    CHECK(spoiled<PayoutResolved>(venue, [](PayoutResolved& e) { e.tx_hash = hash_of(2); }) != "");
    CHECK(spoiled<PayoutResolved>(venue, [](PayoutResolved& e) { e.outcome = PayoutOutcome::not_paid; }) != "");
}

}  // namespace
}  // namespace dcx::history
