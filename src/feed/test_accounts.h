// For tests: accounts, keys and money beside a TestVenue's orders, told in events as the core would.
#pragma once

#include <cstdint>
#include <string>

#include "base/ed25519.h"
#include "base/sha256.h"
#include "feed/test_reader.h"
#include "feed/test_venue.h"
#include "model/feed_login.h"

namespace dcx::feed::testing {

inline constexpr AccountId kAlice{6u};
inline constexpr AccountId kBob{7u};
inline constexpr AccountId kAlicesOwn{8u};  // a sub-account of Alice's
inline constexpr KeyId kOperatorKey{1u};
inline constexpr KeyId kAliceKey{2u};
inline constexpr KeyId kBobKey{3u};
inline constexpr KeyId kAliceBlindKey{4u};  // may trade, not read

constexpr Ed25519Seed seed_of(KeyId key) {
    Ed25519Seed seed{};
    seed[0] = std::byte(key.value);
    return seed;
}

// Before complete_restore().
inline void restore_accounts(TestVenue& venue) {
    for (const auto& [account, owner] : {std::pair{kAlice, AccountId{}}, {kBob, AccountId{}}, {kAlicesOwn, kAlice}})
        venue.restore(
            AccountOpened{.account = account, .owner = owner, .account_kind = AccountKind::customer, .zero = {}});
    const auto add = [&](KeyId key, AccountId account, std::uint32_t permissions) {
        venue.restore(KeyAdded{.public_key = ed25519_public_key(seed_of(key)),
                               .key = key,
                               .account = account,
                               .permissions = permissions,
                               .person = PersonId{account ? 0u : 1u}});
    };
    add(kOperatorKey, AccountId{}, kPermitAll);
    add(kAliceKey, kAlice, kPermitRead | kPermitTrade);
    add(kBobKey, kBob, kPermitRead);
    add(kAliceBlindKey, kAlice, kPermitTrade);
    for (const AccountId account : {kAlice, kBob})
        for (const std::uint32_t asset : {1u, 2u})
            venue.restore(BalanceRestored{
                .available = Amount{100'000'000'000}, .held = {}, .account = account, .asset = AssetId{asset}});
}

// One market, three accounts, nothing open.
inline void start_with_accounts(TestVenue& venue) {
    venue.restore_assets();
    venue.restore_instrument(TestVenue::kInstrument, "DEC/USD");
    restore_accounts(venue);
    venue.complete_restore();
}

// An order of Alice's that stands in the book, as a part of a command.
inline void emit_order(TestVenue& venue, std::uint64_t id, AccountId account, Side side, std::int64_t price,
                       std::int64_t quantity) {
    venue.emit(OrderAccepted{.order_id = OrderId{id},
                             .cl_ord_id = ClOrdId{1000 + id},
                             .price = Price{price},
                             .quantity = Quantity{quantity},
                             .account = account,
                             .instrument = TestVenue::kInstrument,
                             .side = side,
                             .type = OrderType::limit,
                             .time_in_force = TimeInForce::gtc,
                             .hold = Amount{quantity * 10'000},
                             .available = Amount{100'000'000'000 - quantity * 10'000},
                             .held = Amount{quantity * 10'000}});
    venue.emit(OrderRested{.order_id = OrderId{id},
                           .price = Price{price},
                           .quantity = Quantity{quantity},
                           .account = account,
                           .instrument = TestVenue::kInstrument,
                           .side = side,
                           .zero = {}});
}
inline void place_for(TestVenue& venue, std::uint64_t id, AccountId account, Side side, std::int64_t price,
                      std::int64_t quantity) {
    venue.begin();
    emit_order(venue, id, account, side, price, quantity);
    venue.end();
}
// Bob buys all of a resting sell of Alice's.
inline void sell_to_bob(TestVenue& venue, std::uint64_t maker, std::uint64_t taker, std::int64_t price,
                        std::int64_t quantity) {
    venue.begin();
    venue.emit(OrderAccepted{.order_id = OrderId{taker},
                             .cl_ord_id = ClOrdId{1000 + taker},
                             .price = Price{price},
                             .quantity = Quantity{quantity},
                             .account = kBob,
                             .instrument = TestVenue::kInstrument,
                             .side = Side::buy,
                             .type = OrderType::limit,
                             .time_in_force = TimeInForce::ioc,
                             .available = Amount{90'000'000'000},
                             .held = Amount{10'000'000'000}});
    venue.emit(TradeExecuted{.trade_id = TradeId{taker},
                             .maker_order_id = OrderId{maker},
                             .taker_order_id = OrderId{taker},
                             .price = Price{price},
                             .quantity = Quantity{quantity},
                             .maker_cum = Quantity{quantity},
                             .taker_cum = Quantity{quantity},
                             .maker_account = kAlice,
                             .taker_account = kBob,
                             .instrument = TestVenue::kInstrument,
                             .taker_side = Side::buy,
                             .zero = {}});
    const auto fill = [&](std::uint64_t order, AccountId account, Side side, Liquidity liquidity) {
        venue.emit(OrderFilled{.order_id = OrderId{order},
                               .cl_ord_id = ClOrdId{1000 + order},
                               .fee = Amount{std::int64_t{250}},
                               .base_available = Amount{70'000'000'000},
                               .quote_available = Amount{80'000'000'000},
                               .account = account,
                               .instrument = TestVenue::kInstrument,
                               .side = side,
                               .liquidity = liquidity,
                               .zero = {}});
    };
    fill(maker, kAlice, Side::sell, Liquidity::maker);
    fill(taker, kBob, Side::buy, Liquidity::taker);
    venue.end();
}

// The answer to a welcome's challenge.
inline Json login_request(const Json& welcome, KeyId key, KeyId signer) {
    FeedLoginMessage message;
    REQUIRE(from_hex(welcome.at("venue_id").get<std::string>(), message.venue_id));
    REQUIRE(from_hex(welcome.at("challenge").get<std::string>(), message.challenge));
    message.key = key;
    const auto signature = ed25519_sign(seed_of(signer), std::as_bytes(std::span{&message, 1}));
    return {{"type", "login"}, {"id", "login"}, {"key_id", key.value}, {"signature", to_hex(signature)}};
}

}  // namespace dcx::feed::testing
