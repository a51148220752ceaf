// Events that contradict each other or the rows before: each stops the fold with impossible_event, and nothing of its
// batch can be had any more. The order of events, the venue, orders and trades.
#include <doctest/doctest.h>

#include "history/fold_test_spoiled.h"

namespace dcx::history {
namespace {

TEST_CASE("the order of events: nothing lost, doubled, swapped, restored or of an unknown kind") {
    TestVenue venue;
    venue.open();
    const OrderId maker = venue.rested(kAlice, Side::sell, 100, 5);
    venue.trade(maker, kBob, 2);
    CHECK(refusal(venue.events) == "");
    for (std::size_t i = 0; i + 1 < venue.events.size(); ++i) {
        CAPTURE(i);
        auto events = venue.events;
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(refusal(events) != "");
        events = venue.events;
        events.insert(events.begin() + static_cast<std::ptrdiff_t>(i), events[i]);
        CHECK(refusal(events) != "");
        events = venue.events;
        std::swap(events[i], events[i + 1]);
        CHECK(refusal(events) != "");
        events = venue.events;
        events[i].header.flags |= kRestored;
        CHECK(refusal(events).find("restored") != std::string::npos);
        for (const unsigned kind : {0u, 7u, 50u, 51u, 52u, 53u, 54u, 999u, 65'535u}) {
            events = venue.events;
            events[i].header.kind = static_cast<EventKind>(kind);
            CHECK(refusal(events) != "");
        }
        events = venue.events;
        events[i].header.time = Time{events[i].header.time.value - (events[i].header.index == 0 ? 2'000 : 1)};
        if (i > 0) CHECK(refusal(events) != "");
    }
    auto events = venue.events;
    events.front().header.time = Time{std::int64_t{-1}};
    CHECK(refusal(events) != "");
}

TEST_CASE("the venue: genesis first and once, ids that count, things that there are") {
    TestVenue venue;
    venue.found();
    venue.command(GenesisApplied{.venue_id = {std::byte{1}}});
    CHECK(refusal(venue.events).find("second genesis") != std::string::npos);
    TestVenue early;
    early.command(Ticked{});
    CHECK(refusal(early.events).find("before the venue's genesis") != std::string::npos);
    TestVenue nameless;
    nameless.command(GenesisApplied{});
    CHECK(refusal(nameless.events).find("without an id") != std::string::npos);
    TestVenue refused;
    refused.command(CommandRejected{.reason = RejectReason::not_genesis});
    CHECK(refusal(refused.events) == "");

    TestVenue v;
    v.found();
    check_spoiled<AccountOpened>(v, "not the next one", [](auto& e) { e.account = AccountId{9u}; });
    check_spoiled<AccountOpened>(v, "not the next one", [](auto& e) { e.account = kAlice; });
    check_spoiled<AccountOpened>(v, "owner", [](auto& e) { e.owner = AccountId{8u}; });
    check_spoiled<KeyAdded>(v, "not the next one", [](auto& e) { e.key = KeyId{2u}; });
    check_spoiled<KeyAdded>(v, "not opened", [](auto& e) { e.account = AccountId{70u}; });
    check_spoiled<SessionNegotiated>(v, "not the next one", [](auto& e) { e.session = SessionId{9u}; });
    check_spoiled<SessionNegotiated>(v, "another key", [](auto& e) { e.session = kOperator; });
    check_spoiled<SessionNegotiated>(v, "not added", [](auto& e) { e.key = KeyId{70u}; });
    check_spoiled<AssetListed>(v, "not the next one", [](auto& e) { e.asset = kDec; });
    check_spoiled<AssetListed>(v, "decimals", [](auto& e) { e.scale = 10; });
    check_spoiled<InstrumentListed>(v, "not the next one", [](auto& e) { e.instrument = InstrumentId{2u}; });
    check_spoiled<InstrumentListed>(v, "not listed", [](auto& e) { e.base = AssetId{3u}; });
    check_spoiled<InstrumentListed>(v, "not exact", [](auto& e) { e.tick_scale = 9; });
    v.command(PhaseChanged{.instrument = InstrumentId{2u}, .phase = Phase::halted});
    CHECK(refusal(v.events) != "");
    const auto refused_alone = [](const auto& body) {
        TestVenue venue_of_one;
        venue_of_one.found();
        venue_of_one.command(body, kOperator);
        return refusal(venue_of_one.events) != "";
    };
    CHECK(refused_alone(AccountFrozen{.account = AccountId{8u}}));
    CHECK(refused_alone(AccountFrozen{}));
    CHECK(refused_alone(SelfTradeRuleSet{.account = AccountId{8u}}));
    CHECK(refused_alone(AccountLimitsSet{.account = AccountId{8u}}));
    CHECK(refused_alone(KillSwitchSet{.account = AccountId{8u}}));
    CHECK(refused_alone(KillSwitchSet{.instrument = InstrumentId{2u}}));
    CHECK(refused_alone(KeyRevoked{.key = KeyId{9u}}));
    CHECK(refused_alone(AssetLimitsSet{.asset = AssetId{3u}}));
    CHECK(refused_alone(FeesSet{.instrument = InstrumentId{2u}}));
    CHECK(refused_alone(FeesSet{.instrument = kDecUsd, .tier = kFeeTiers}));
    CHECK(refused_alone(MarketLimitsSet{.instrument = InstrumentId{2u}}));
    CHECK_FALSE(refused_alone(KillSwitchSet{}));
}

TEST_CASE("orders: each field that must be what it was") {
    TestVenue v;
    v.open();
    const OrderId id = v.place(kAlice, Side::buy, 100, 10);
    v.rest(id);
    v.end();
    check_spoiled<OrderAccepted>(v, "not the next one", [](auto& e) { e.order_id = OrderId{2ul}; });
    check_spoiled<OrderAccepted>(v, "not the next one", [](auto& e) { e.order_id = OrderId{}; });
    check_spoiled<OrderAccepted>(v, "not follow", [](auto& e) { e.hold = Amount{999l}; });
    check_spoiled<OrderAccepted>(v, "not follow", [](auto& e) { e.available = Amount{1l}; });
    check_spoiled<OrderAccepted>(v, "nothing or less", [](auto& e) { e.hold = Amount{std::int64_t{-5}}; });
    check_spoiled<OrderAccepted>(v, "nothing or less", [](auto& e) { e.quantity = Quantity{}; });
    check_spoiled<OrderAccepted>(v, "nothing or less", [](auto& e) { e.price = Price{std::int64_t{-1}}; });
    check_spoiled<OrderAccepted>(v, "not opened", [](auto& e) { e.account = AccountId{70u}; });
    check_spoiled<OrderAccepted>(v, "not listed", [](auto& e) { e.instrument = InstrumentId{2u}; });
    check_spoiled<OrderAccepted>(v, "side", [](auto& e) { e.side = Side{}; });
    check_spoiled<OrderRested>(v, "not open", [](auto& e) { e.order_id = OrderId{9ul}; });
    check_spoiled<OrderRested>(v, "another quantity", [](auto& e) { e.quantity = Quantity{9l}; });
    check_spoiled<OrderRested>(v, "another price", [](auto& e) { e.price = Price{9l}; });

    v.amend(id, kAliceSession, 101, 8, false);
    v.rest(id);
    v.end();
    check_spoiled<OrderAmended>(v, "another account", [](auto& e) { e.account = kBob; });
    check_spoiled<OrderAmended>(v, "has filled", [](auto& e) { e.cum = Quantity{1l}; });
    check_spoiled<OrderAmended>(v, "nothing or less", [](auto& e) { e.leaves = Quantity{}; });
    check_spoiled<OrderAmended>(v, "from the postings", [](auto& e) { e.held += Amount{1l}; });

    v.decrement(id, 3);
    v.end();
    check_spoiled<OrderDecremented>(v, "another quantity", [](auto& e) { e.leaves = Quantity{4l}; });
    check_spoiled<OrderDecremented>(v, "lost nothing", [](auto& e) { e.quantity = Quantity{}; });
    check_spoiled<OrderDecremented>(v, "64 bits", [](auto& e) { e.quantity = Quantity{INT64_MAX}; });
    check_spoiled<OrderDecremented>(v, "from the postings", [](auto& e) { e.available += Amount{1l}; });

    v.cancel(id);
    v.end();
    check_spoiled<OrderCanceled>(v, "not open", [](auto& e) { e.order_id = OrderId{7ul}; });
    check_spoiled<OrderCanceled>(v, "another quantity", [](auto& e) { e.quantity = Quantity{1l}; });
    check_spoiled<OrderCanceled>(v, "another account", [](auto& e) { e.side = Side::sell; });
    check_spoiled<OrderCanceled>(v, "from the postings", [](auto& e) { e.available += Amount{1l}; });
    check_spoiled<OrderCanceled>(v, "below zero", [](auto& e) {
        e.available += Amount{1l};
        e.held -= Amount{1l};
    });
    v.events.push_back(v.events.back());
    v.events.back().header.sequence.value++;
    CHECK(refusal(v.events).find("not open") != std::string::npos);
}

TEST_CASE("trades: two fills of the orders that met, and the balances they leave") {
    TestVenue v;
    v.open();
    const OrderId maker = v.rested(kAlice, Side::sell, 100, 5);
    v.trade(maker, kBob, 2, 1, 1);
    check_spoiled<TradeExecuted>(v, "not the next one", [](auto& e) { e.trade_id = TradeId{2ul}; });
    check_spoiled<TradeExecuted>(v, "with itself", [](auto& e) { e.maker_order_id = e.taker_order_id; });
    check_spoiled<TradeExecuted>(v, "not open", [](auto& e) { e.maker_order_id = OrderId{7ul}; });
    check_spoiled<TradeExecuted>(v, "maker's price", [](auto& e) { e.price = Price{101l}; });
    check_spoiled<TradeExecuted>(v, "more than is open", [](auto& e) { e.quantity = Quantity{6l}; });
    check_spoiled<TradeExecuted>(v, "nothing or less", [](auto& e) { e.quantity = Quantity{std::int64_t{-2}}; });
    check_spoiled<TradeExecuted>(v, "has filled", [](auto& e) { e.maker_cum = Quantity{1l}; });
    check_spoiled<TradeExecuted>(v, "another quantity", [](auto& e) { e.maker_leaves = Quantity{1l}; });
    check_spoiled<TradeExecuted>(v, "side", [](auto& e) { e.taker_side = Side::sell; });
    check_spoiled<TradeExecuted>(v, "another account", [](auto& e) { e.taker_account = kAlice; });
    check_spoiled<TradeExecuted>(v, "another account", [](auto& e) { e.instrument = InstrumentId{2u}; });
    check_spoiled<OrderFilled>(v, "another order", [](auto& e) { e.liquidity = Liquidity::maker; });
    check_spoiled<OrderFilled>(v, "another order", [](auto& e) { e.order_id = OrderId{1ul}; });
    check_spoiled<OrderFilled>(v, "another quantity", [](auto& e) { e.leaves = Quantity{1l}; });
    check_spoiled<OrderFilled>(v, "another account", [](auto& e) { e.account = kAlice; });
    check_spoiled<OrderFilled>(v, "from the postings", [](auto& e) { e.base_available += Amount{1l}; });
    check_spoiled<OrderFilled>(v, "from the postings", [](auto& e) { e.quote_held += Amount{1l}; });
    check_spoiled<OrderFilled>(v, "from the postings", [](auto& e) { e.fee = Amount{2l}; });
    check_spoiled<OrderFilled>(v, "from the postings", [](auto& e) { e.fee = Amount{}; });
    check_spoiled<OrderFilled>(v, "rebate", [](auto& e) { e.fee = Amount{std::int64_t{-1}}; });
    check_spoiled<OrderFilled>(v, "from the postings", [](auto& e) {
        e.base_available = Amount{INT64_MAX};
        e.base_held = Amount{INT64_MAX};
    });
    // One fill is missing, and the command ends.
    auto events = v.events;
    events.pop_back();
    events.back().header.flags |= kLastOfCommand;
    CHECK(refusal(events).find("missing") != std::string::npos);
    // Without its trade.
    events = v.events;
    events[events.size() - 3] = events[events.size() - 2];
    events[events.size() - 3].header.index = 1;
    CHECK(refusal(events).find("a fill of no trade") != std::string::npos);
}

}  // namespace
}  // namespace dcx::history
