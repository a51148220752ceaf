// Events of money that contradict each other or the rows before, and a store whose rows can't be gone on from.
#include <doctest/doctest.h>

#include "history/fold_test_spoiled.h"

namespace dcx::history {
namespace {

TEST_CASE("money: balances before and after, and what follows from what") {
    TestVenue v;
    v.open();
    const TransferId id = v.next_id();
    v.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 100, kAliceSession, id);
    v.post(PostingCause::transfer_fee, id, kBob, kFeeAccount, kUsd, 1, kAliceSession);
    v.end();
    check_spoiled<Transferred>(v, "before", [](auto& e) { e.debit_before += Amount{1l}; });
    check_spoiled<Transferred>(v, "before", [](auto& e) { e.credit_before += Amount{1l}; });
    check_spoiled<Transferred>(v, "after", [](auto& e) { e.debit_after += Amount{1l}; });
    check_spoiled<Transferred>(v, "after", [](auto& e) { e.credit_after += Amount{1l}; });
    check_spoiled<Transferred>(v, "after", [](auto& e) { e.amount += Amount{1l}; });
    check_spoiled<Transferred>(v, "nothing or less", [](auto& e) { e.amount = Amount{}; });
    check_spoiled<Transferred>(v, "not opened", [](auto& e) { e.credit_account = AccountId{8u}; });
    check_spoiled<Transferred>(v, "not opened", [](auto& e) { e.debit_account = AccountId{}; });
    check_spoiled<Transferred>(v, "not listed", [](auto& e) { e.asset = AssetId{3u}; });
    check_spoiled<Transferred>(v, "no kind", [](auto& e) { e.transfer_kind = TransferKind::pend; });
    check_spoiled<Transferred>(v, "nothing that was pending", [](auto& e) { e.transfer_kind = TransferKind::post; });
    check_spoiled<Posted>(v, "no transfer", [](auto& e) { e.id.low ^= 1; });
    check_spoiled<Posted>(v, "taken back", [](auto& e) { e.cause = PostingCause::trade_bust; });
    check_spoiled<Posted>(v, "without a cause", [](auto& e) { e.cause = PostingCause{}; });
    check_spoiled<Posted>(v, "after", [](auto& e) { e.credit_after = Amount{5l}; });
    v.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 2'000'000, kAliceSession, v.next_id());
    v.end();
    CHECK(refusal(v.events).find("below zero") != std::string::npos);
}

TEST_CASE("two phases: what was pending, once, and the transfer that it becomes") {
    TestVenue v;
    v.open();
    const TransferId pending = v.pend(kBob, kUsd, 100);
    v.end();
    check_spoiled<TransferPended>(v, "not follow", [](auto& e) { e.held += Amount{1l}; });
    check_spoiled<TransferPended>(v, "nothing or less", [](auto& e) { e.amount = Amount{std::int64_t{-1}}; });
    check_spoiled<TransferPended>(v, "not opened", [](auto& e) { e.credit_account = AccountId{9u}; });
    TestVenue posted = v;
    const TransferId post = posted.next_id();
    posted.resolve(pending, post, kUsd, 100, 60, PendingState::posted, kAliceSession);
    posted.transfer(TransferKind::post, kAlice, kBob, kUsd, 60, kAliceSession, post);
    posted.end();
    check_spoiled<PendingResolved>(posted, "not pending", [](auto& e) { e.pending_id.low ^= 4; });
    check_spoiled<PendingResolved>(posted, "not pending", [](auto& e) { e.scope = kBob; });
    check_spoiled<PendingResolved>(posted, "account or asset", [](auto& e) { e.asset = kDec; });
    check_spoiled<PendingResolved>(posted, "not the amount", [](auto& e) { e.released = Amount{41l}; });
    check_spoiled<PendingResolved>(posted, "not the amount", [](auto& e) { e.amount = Amount{101l}; });
    check_spoiled<PendingResolved>(posted, "no way", [](auto& e) { e.state = PendingState::voided; });
    check_spoiled<PendingResolved>(posted, "no way", [](auto& e) { e.state = PendingState{9}; });
    check_spoiled<PendingResolved>(posted, "not follow", [](auto& e) { e.available = Amount{1l}; });
    check_spoiled<Transferred>(posted, "not the transfer", [](auto& e) { e.amount = Amount{59l}; });
    check_spoiled<Transferred>(posted, "not the transfer", [](auto& e) { e.credit_account = kWithdrawalsAccount; });
    check_spoiled<Transferred>(posted, "not the transfer", [](auto& e) { e.transfer_kind = TransferKind::transfer; });
    auto events = posted.events;
    events.pop_back();
    events.back().header.flags |= kLastOfCommand;
    CHECK(refusal(events).find("missing") != std::string::npos);
    // Twice.
    v.resolve(pending, v.next_id(), kUsd, 100, 0, PendingState::voided, kAliceSession);
    v.end();
    v.events.push_back(v.events.back());
    v.events.back().header.sequence.value++;
    CHECK(refusal(v.events).find("not pending") != std::string::npos);
}

TEST_CASE("a trade is taken back as it was made, and once") {
    TestVenue v;
    v.open();
    const OrderId maker = v.rested(kAlice, Side::sell, 100, 5);
    const Time time = v.now;
    const TradeId trade = v.trade(maker, kBob, 2);
    v.bust(trade, time, kBob, kAlice, 100, 2);
    check_spoiled<TradeBusted>(v, "not made", [](auto& e) { e.trade_id = TradeId{9ul}; });
    check_spoiled<TradeBusted>(v, "not the trade", [](auto& e) { e.price = Price{99l}; });
    check_spoiled<TradeBusted>(v, "not the trade", [](auto& e) { e.traded.value -= 1; });
    check_spoiled<TradeBusted>(v, "not made yet", [](auto& e) { e.traded.value += kDayNs; });
    check_spoiled<TradeBusted>(v, "not listed", [](auto& e) { e.instrument = InstrumentId{4u}; });
    check_spoiled<TradeBusted>(v, "not opened", [](auto& e) { e.buyer = AccountId{40u}; });
    v.bust(trade, time, kBob, kAlice, 100, 2);
    CHECK(refusal(v.events).find("taken back before") != std::string::npos);
}

TEST_CASE("a stored state with gaps is damaged") {
    TestVenue venue;
    venue.open();
    venue.rested(kAlice, Side::sell, 100, 5);
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : venue.events) fold.apply(event);
    tables.put(fold.seal());
    const auto refused = [&](const std::function<void(StoredState&)>& spoil) {
        StoredState state = tables.state();
        spoil(state);
        try {
            const Fold again(state, tables);
        } catch (const HistoryError& error) {
            return error.code() == ErrorCode::damaged;
        }
        return false;
    };
    CHECK_FALSE(refused([](StoredState&) {}));
    CHECK(refused([](StoredState& s) { s.accounts.erase(s.accounts.begin() + 2); }));
    CHECK(refused([](StoredState& s) { s.assets.front().asset_id = AssetId{2u}; }));
    CHECK(refused([](StoredState& s) { s.assets.clear(); }));
    CHECK(refused([](StoredState& s) { s.markets.front().tick_scale = 17; }));
    CHECK(refused([](StoredState& s) { s.market_fees.erase(s.market_fees.begin()); }));
    CHECK(refused([](StoredState& s) { s.keys.erase(s.keys.begin()); }));
    CHECK(refused([](StoredState& s) { s.sessions.erase(s.sessions.begin()); }));
    CHECK(refused([](StoredState& s) { s.open_orders.push_back(s.open_orders.front()); }));
    CHECK(refused([](StoredState& s) { s.open_orders.front().market_id = InstrumentId{2u}; }));
    CHECK(refused([](StoredState& s) { s.balances.front().account_id = AccountId{UINT32_MAX}; }));
    CHECK(refused([](StoredState& s) { s.balances.front().asset_id = AssetId{UINT32_MAX}; }));
    CHECK(refused([](StoredState& s) { s.account_days.front().account_id = AccountId{}; }));
    CHECK(refused([](StoredState& s) { s.candles.push_back({.market_id = InstrumentId{2u}, .interval_s = 1}); }));
    CHECK(refused([](StoredState& s) { s.candles.push_back({.market_id = kDecUsd, .interval_s = 2}); }));
    CHECK(refused([](StoredState& s) { s.pending_transfers.push_back({.debit_account = AccountId{99u}}); }));
    CHECK(refused([](StoredState& s) { s.withdrawals.emplace_back().account_id = kAlice; }));
}

}  // namespace
}  // namespace dcx::history
