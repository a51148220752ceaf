#include "market/trader.h"

#include <doctest/doctest.h>

#include <string>

#include "market/market_maker.h"
#include "market/random_trader.h"
#include "market/test_market.h"

using namespace dcx;
using namespace dcx::market;

namespace {

// What a trader asked for, as text, so that two runs can be compared.
std::string text_of(const TraderRequest& request) {
    return std::visit(
        [](const auto& body) {
            std::string text(reinterpret_cast<const char*>(&body), sizeof body);
            return text;
        },
        request);
}

constexpr double kWorth = 2'000'000e8;  // in quote minor units

// Runs a trader through a moving market with fills now and then; TestVenue checks each request.
std::string run(Trader& trader, TestVenue& venue, const MarketStart& market, std::uint64_t seed, int acts) {
    Random random(seed);
    std::string log;
    double reference = static_cast<double>(market.price.value);
    for (int i = 0; i < acts; ++i) {
        reference *= 1 + (random.unit() - 0.5) * 1e-3;
        if (const auto request = trader.act(reference)) {
            venue.send(*request);
            log += text_of(*request);
        }
        if (random.chance(10) && !venue.orders().empty()) {
            auto order = venue.orders().begin();
            std::advance(order, random.below(venue.orders().size()));
            const std::int64_t part = random.chance(50) ? order->second.leaves.value : 1;
            venue.fill(ClOrdId{order->first}, Quantity{part});
        }
    }
    return log;
}

double start_worth(const MarketStart& market) {
    // DEC/BTC is quoted in BTC.
    return market.instrument.quote == AssetId{3u} ? kWorth / 65'000 : kWorth;
}

}  // namespace

// The fills of TestVenue move the trader's balances away from the venue's own idea of them, which never sinks: only the
// funds check is generous thereby; account tests and the whole venue's test look at money.
TEST_CASE("random traders send only legal requests and keep their orders bounded") {
    for (const MarketStart& market : test_markets()) {
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            CAPTURE(seed);
            RandomTrader trader(market.instrument, {.seed = seed, .max_open = 6});
            TestVenue venue(trader, start_worth(market), static_cast<double>(market.price.value));
            run(trader, venue, market, seed, 4000);
            CHECK(venue.most_open <= 6);
            CHECK(venue.sent[CommandKind::place_order] > 1000);
            CHECK(venue.sent[CommandKind::cancel_order] > 100);
            CHECK(venue.sent[CommandKind::amend_order] > 50);
        }
    }
}

TEST_CASE("one seed makes one trader's decisions, another seed others") {
    const MarketStart market = test_markets()[0];
    const auto log_of = [&](std::uint64_t seed) {
        RandomTrader trader(market.instrument, {.seed = seed});
        TestVenue venue(trader, kWorth, 12'500);
        return run(trader, venue, market, 99, 1000);
    };
    CHECK(log_of(1) == log_of(1));
    CHECK(log_of(1) != log_of(2));
}

TEST_CASE("no order outlives the window of its account's later requests") {
    const MarketStart market = test_markets()[1];
    RandomTrader trader(market.instrument, {.seed = 8, .max_open = 40});
    MarketMaker maker(market.instrument, {.seed = 8});
    for (Trader* each : {static_cast<Trader*>(&trader), static_cast<Trader*>(&maker)}) {
        TestVenue venue(*each, kWorth, 6'500'000);
        Random random(5);
        for (int i = 0; i < 5000; ++i) {
            if (const auto request = each->act(6'500'000 + 2000 * random.unit())) venue.send(*request);
            for (const auto& [id, order] : venue.orders())
                REQUIRE(each->account().last_cl_ord_id().value - id < kOpenIdWindow);
        }
        CHECK(each->account().last_cl_ord_id().value > 1000);
    }
}

TEST_CASE("a trader that gets no answers stops asking") {
    const MarketStart market = test_markets()[0];
    RandomTrader trader(market.instrument, {.seed = 8});
    trader.account().restart(AccountId{1u}, ClOrdId{0ul});
    trader.account().set_balance(market.instrument.base, Amount{1'000'000'000'000'000L});
    trader.account().set_balance(market.instrument.quote, Amount{1'000'000'000'000'000L});
    int asked = 0;
    for (int i = 0; i < 1000; ++i) asked += trader.act(12'500) ? 1 : 0;
    CHECK(asked == 4);
}

TEST_CASE("a trader without money does nothing") {
    const MarketStart market = test_markets()[0];
    RandomTrader trader(market.instrument, {.seed = 8});
    MarketMaker maker(market.instrument, {.seed = 8});
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(trader.act(12'500).has_value());
        CHECK_FALSE(maker.act(12'500).has_value());
    }
}

TEST_CASE("a maker quotes all its levels on both sides and then is still") {
    for (const MarketStart& market : test_markets()) {
        const double reference = static_cast<double>(market.price.value);
        MarketMaker maker(market.instrument, {.seed = 1, .levels = 10});
        TestVenue venue(maker, 2.5 * start_worth(market), reference);
        for (int i = 0; i < 20; ++i) {
            const auto request = maker.act(reference);
            REQUIRE(request);
            REQUIRE(std::holds_alternative<PlaceOrder>(*request));
            CHECK(std::get<PlaceOrder>(*request).flags == kOrderPostOnly);
            venue.send(*request);
        }
        CHECK(venue.orders().size() == 20);
        CHECK_FALSE(maker.act(reference).has_value());
        std::int64_t best_bid = 0;
        std::int64_t best_ask = kMaxPrice;
        for (const auto& [id, order] : venue.orders()) {
            if (order.side == Side::buy) best_bid = std::max(best_bid, order.price.value);
            if (order.side == Side::sell) best_ask = std::min(best_ask, order.price.value);
        }
        CHECK(best_bid < best_ask);
        CHECK(static_cast<double>(best_bid) < reference);
        CHECK(static_cast<double>(best_ask) > reference);
    }
}

TEST_CASE("makers send only legal requests in a moving market") {
    for (const MarketStart& market : test_markets()) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            CAPTURE(seed);
            MarketMaker maker(market.instrument, {.seed = seed});
            TestVenue venue(maker, 5 * start_worth(market), static_cast<double>(market.price.value));
            run(maker, venue, market, seed, 3000);
            CHECK(venue.most_open <= 21);
            CHECK(venue.sent[CommandKind::amend_order] > 200);
        }
    }
}

TEST_CASE("when the price falls, the maker's bids move before its asks, the best first") {
    const MarketStart market = test_markets()[0];
    MarketMaker maker(market.instrument, {.seed = 1, .levels = 3});
    TestVenue venue(maker, kWorth, 12'500);
    for (int i = 0; i < 6; ++i) venue.send(*maker.act(12'500));
    std::vector<Side> moved;
    for (int i = 0; i < 6; ++i) {
        const auto request = maker.act(12'400);
        REQUIRE(request);
        REQUIRE(std::holds_alternative<AmendOrder>(*request));
        const auto& amend = std::get<AmendOrder>(*request);
        const auto& order = venue.orders().at(amend.orig_cl_ord_id.value);
        moved.push_back(order.side);
        venue.send(*request);
    }
    CHECK(moved == std::vector<Side>{Side::buy, Side::buy, Side::buy, Side::sell, Side::sell, Side::sell});
}

TEST_CASE("a maker takes out what stands in the way of a quote") {
    const MarketStart market = test_markets()[0];
    MarketMaker maker(market.instrument, {.seed = 1, .levels = 3});
    TestVenue venue(maker, kWorth, 12'500);
    venue.refuse_post_only = true;
    const auto refused = maker.act(12'500);
    REQUIRE(refused);
    venue.send(*refused);
    const auto next = maker.act(12'500);
    REQUIRE(next);
    REQUIRE(std::holds_alternative<PlaceOrder>(*next));
    const auto& taking = std::get<PlaceOrder>(*next);
    CHECK(taking.time_in_force == TimeInForce::ioc);
    CHECK(taking.flags == 0);
    CHECK(taking.side == std::get<PlaceOrder>(*refused).side);
    CHECK(taking.price == std::get<PlaceOrder>(*refused).price);
    venue.send(*next);
    CHECK(std::get<PlaceOrder>(*maker.act(12'500)).flags == kOrderPostOnly);
}

TEST_CASE("a maker leans against its inventory") {
    const MarketStart market = test_markets()[0];
    MarketMaker maker(market.instrument, {.seed = 1});
    maker.account().set_balance(market.instrument.base, Amount{100'000'000'000'000L});
    maker.account().set_balance(market.instrument.quote, Amount{125'000'000'000'000L});
    const Price even = maker.quote_price(Side::buy, 0, 12'500);
    maker.account().set_balance(market.instrument.base, Amount{150'000'000'000'000L});
    CHECK(maker.quote_price(Side::buy, 0, 12'500) < even);
    maker.account().set_balance(market.instrument.base, Amount{50'000'000'000'000L});
    CHECK(maker.quote_price(Side::buy, 0, 12'500) > even);
}
