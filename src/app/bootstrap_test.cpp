#include "app/bootstrap.h"

#include <doctest/doctest.h>

#include "base/memory.h"
#include "core/core.h"

using namespace dcx;
using namespace dcx::app;

TEST_CASE("bootstrap: the core takes the default venue as it is") {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer events(1u << 16);
    std::uint64_t sequence = 0;
    std::uint64_t sent = 0;
    const auto apply = [&](const auto& body, std::uint32_t session) {
        CommandHeader header{};
        header.sequence = Sequence{++sequence};
        header.session = SessionId{session};
        if (session != 0 && std::decay_t<decltype(body)>::kind != CommandKind::establish_session)
            header.session_sequence = ++sent;
        events.clear();
        core.apply(Command::make(body, header), events.writer());
        return events.events()[0].header.kind;
    };
    Config config = Config::defaults();
    config.capacity.transfer_ids = 100;
    REQUIRE(apply(genesis_of(config, {}, {}), 0) == EventKind::genesis_applied);
    apply(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{1u}, .zero = 0}, 0);
    apply(EstablishSession{}, 1);
    const auto listings = listings_of(config);
    REQUIRE(listings);
    for (const auto& asset : listings->assets) CHECK(apply(asset, 1) == EventKind::asset_listed);
    for (const auto& instrument : listings->instruments) CHECK(apply(instrument, 1) == EventKind::instrument_listed);
    for (const auto& limits : listings->limits) CHECK(apply(limits, 1) == EventKind::market_limits_set);
    CHECK(listings->instruments.size() == 4);
    CHECK(listings->limits.size() == 4);
    CHECK(listings->limits[0].reference_price.value == 12'500);
    CHECK(listings->limits[0].collar_bp == 1000);
    CHECK(listings->limits[3].max_notional.value == 30'000'000'000);
    for (const auto& market : config.markets) CHECK(ticks_of(market, market.start_price));
}

TEST_CASE("bootstrap: what is not exact is refused by name") {
    Config config = Config::defaults();
    config.markets[0].max_quantity = "0.00005";
    CHECK(listings_of(config).error() == "DEC/USD: max_quantity is not a whole number of lots");
    config = Config::defaults();
    config.markets[1].base = "XRP";
    CHECK(listings_of(config).error() == "BTC/USD: base and quote must be listed assets");
    config = Config::defaults();
    config.assets[0].issue_cap = "99999999999999";
    CHECK(listings_of(config).error() == "DEC: issue_cap must be at most 2^62 minor units, exactly");
    CHECK_FALSE(ticks_of(config.markets[0], "1.00005"));
    config = Config::defaults();
    config.markets[0].start_price = "1.00005";
    CHECK(listings_of(config).error() == "DEC/USD: start_price is not a whole number of ticks");
    config = Config::defaults();
    config.markets[0].max_notional = "0.000000001";
    CHECK(listings_of(config).error() == "DEC/USD: max_notional has more decimals than its asset");
}

TEST_CASE("bootstrap: no limit is the widest one") {
    Config config = Config::defaults();
    config.markets[0].max_notional = "0";
    config.markets[0].collar_bp = 0;
    config.markets[0].day_end = "21:30";
    const auto listings = listings_of(config);
    REQUIRE(listings);
    CHECK(listings->limits[0].max_notional.value == kMaxIssue);
    CHECK(listings->limits[0].collar_bp == 0);
    CHECK(listings->limits[0].day_end_s == 77'400);
}
