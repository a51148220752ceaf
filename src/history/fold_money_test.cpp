// The fold, table by table: transfers, deposits, statements, two phases.
#include <doctest/doctest.h>

#include <vector>

#include "history/fold_test_folded.h"

namespace dcx::history {
namespace {

TEST_CASE("deposits are mints, and transfers out of the deposits account") {
    TestVenue venue;
    venue.found();
    venue.mint(kDepositsAccount, kUsd, 500);
    venue.transfer(TransferKind::transfer, kDepositsAccount, kBob, kUsd, 200, kOperator, venue.next_id());
    venue.end();
    venue.mint(kAlice, kUsd, 50);
    venue.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 20, kAliceSession, venue.next_id());
    venue.end();
    venue.transfer(TransferKind::burn, kBob, kIssuanceAccount, kUsd, 5, kOperator, venue.next_id());
    venue.end();
    const TestTables tables = folded(venue);
    const auto deposits = tables.rows<DepositRow>();
    REQUIRE(deposits.size() == 2);
    CHECK(deposits[0].from_account == kDepositsAccount);
    CHECK(deposits[0].account_id == kBob);
    CHECK(deposits[1].from_account == kIssuanceAccount);
    CHECK(deposits[1].amount.value == 50);
    CHECK(balance_in(tables, kIssuanceAccount, kUsd).available.value == -545);
    CHECK(last_in<LedgerTransferRow>(tables).kind == LedgerKind::burn);
}

TEST_CASE("a transfer's fee is a posting of its own and a fee of the receiver's day") {
    TestVenue venue;
    venue.open();
    const TransferId id = venue.next_id();
    venue.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 100, kAliceSession, id);
    venue.post(PostingCause::transfer_fee, id, kBob, kFeeAccount, kUsd, 1, kAliceSession);
    venue.end();
    const TestTables tables = folded(venue);
    const auto row = last_in<LedgerTransferRow>(tables);
    CHECK(row.kind == LedgerKind::transfer_fee);
    CHECK(row.id == id);
    CHECK(row.event_index == 1);
    const auto day = last_in<AccountDayRow>(tables);
    CHECK(day.account_id == kBob);
    CHECK(day.fees.value == 1);
    CHECK(day.credits.value == 1'000'100);
    CHECK(day.debits.value == 1);
    CHECK(day.closing.value == 1'000'099);
    CHECK(day.last_version == 3);
}

TEST_CASE("statements: a day begins with its first posting, and quiet days have none") {
    TestVenue venue;
    venue.open();
    venue.now = Time{venue.now.value + 3 * kDayNs};
    venue.rested(kAlice, Side::sell, 250, 10);  // holds are no postings
    venue.transfer(TransferKind::transfer, kAlice, kBob, kDec, 40, kAliceSession, venue.next_id());
    venue.end();
    const TestTables tables = folded(venue);
    std::vector<AccountDayRow> days;
    for (const auto& day : tables.rows<AccountDayRow>())
        if (day.account_id == kAlice && day.asset_id == kDec) days.push_back(day);
    REQUIRE(days.size() == 2);
    CHECK(days[1].day.value == days[0].day.value + 3);
    CHECK(days[0].opening.value == 0);
    CHECK(days[0].closing.value == 1'000'000);
    CHECK(days[1].opening.value == 1'000'000);
    CHECK(days[1].debits.value == 40);
    CHECK(days[1].closing.value == 999'960);
    CHECK(days[1].first_version == 2);
    CHECK(days[1].last_version == 2);
}

TEST_CASE("two phases: posted in part, voided, expired, a withdrawal has a row of its own kind") {
    TestVenue venue;
    venue.open();
    const TransferId first = venue.pend(kBob, kUsd, 100);
    venue.end();
    const TransferId second = venue.pend(kBob, kUsd, 50);
    venue.end();
    const TransferId third = venue.pend(kBob, kUsd, 30);
    venue.end();
    const TransferId withdrawal = venue.withdraw(kUsd, 70);
    venue.end();
    const TransferId post = venue.next_id();
    venue.resolve(first, post, kUsd, 100, 60, PendingState::posted, kAliceSession);
    venue.transfer(TransferKind::post, kAlice, kBob, kUsd, 60, kAliceSession, post);
    venue.post(PostingCause::transfer_fee, post, kBob, kFeeAccount, kUsd, 1, kAliceSession);
    venue.end();
    venue.resolve(second, venue.next_id(), kUsd, 50, 0, PendingState::voided, kAliceSession);
    venue.end();
    venue.resolve(third, {}, kUsd, 30, 0, PendingState::expired, kAliceSession);
    venue.tell(Ticked{.done = 1, .complete = 1});
    venue.end();
    const TransferId paid = venue.next_id();
    venue.resolve(withdrawal, paid, kUsd, 70, 70, PendingState::posted, kOperator);
    venue.transfer(TransferKind::post, kAlice, kWithdrawalsAccount, kUsd, 70, kOperator, paid);
    venue.end();
    const TestTables tables = folded(venue);
    const auto rows = tables.rows<PendingTransferRow>();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].id == first);
    CHECK(rows[0].state == PendingState::posted);
    CHECK(rows[0].posted.value == 60);
    CHECK(rows[0].resolved_sequence > rows[0].sequence);
    CHECK(rows[1].state == PendingState::voided);
    CHECK(rows[1].posted.value == 0);
    CHECK(rows[2].state == PendingState::expired);
    const auto w = last_in<WithdrawalRow>(tables);
    CHECK(w.address == "DEC0000000000000000000000000000000000000000");
    CHECK(w.state == PendingState::posted);
    CHECK(w.posted.value == 70);
    CHECK(last_in<LedgerTransferRow>(tables).kind == LedgerKind::post);
    CHECK(tables.rows<DepositRow>().size() == 4);  // the mints at the beginning alone
}

}  // namespace
}  // namespace dcx::history
