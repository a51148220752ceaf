// One market on a live venue (assets 1 = DEC and 2 = USD; tick x lot = 1 minor unit of USD, a lot = 10'000 of DEC) and
// funded traders, made through the wire.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "base/ed25519.h"
#include "base/random.h"
#include "order_entry/live_venue.h"

namespace dcx::order_entry_test {

inline constexpr std::int64_t kFunds = 1'000'000'000'000;
inline constexpr std::int64_t kBasePerLot = 10'000;

template <class T>
T expect(const client::Result<T>& result) {
    REQUIRE_MESSAGE(result.has_value(), result.error().text);
    return *result;
}

struct SmallMarket {
    LiveVenue venue;
    std::unique_ptr<client::BlockingClient> op;
    std::vector<client::ClientKey> traders;
    Random random{7};

    explicit SmallMarket(std::size_t count, const gateway::GatewayOptions& options = {}) : venue(options) {
        connect();
        expect(op->list_asset({.symbol = AssetSymbol{"DEC"}, .issue_cap = Amount{kMaxIssue}, .scale = 8}));
        expect(op->list_asset({.symbol = AssetSymbol{"USD"}, .issue_cap = Amount{kMaxIssue}, .scale = 8}));
        expect(op->list_instrument({.symbol = Symbol{"DEC/USD"},
                                    .base = AssetId{1u},
                                    .quote = AssetId{2u},
                                    .tick_mantissa = 1,
                                    .lot_mantissa = 1,
                                    .max_quantity = Quantity{std::int64_t{1'000'000'000}},
                                    .maker_fee = FeeRate{100},
                                    .taker_fee = FeeRate{1000},
                                    .tick_scale = 4,
                                    .lot_scale = 4}));
        for (std::size_t i = 0; i < count; ++i) add_trader();
    }
    // The operator, again after the venue was restarted.
    void connect() { op = venue.connect(kOperatorKey); }

    void add_trader() {
        const auto account = expect(op->open_account({.reference = 5, .account_kind = AccountKind::customer}));
        const Ed25519Seed seed{std::byte{0xAB}, std::byte{static_cast<std::uint8_t>(traders.size())}};
        const auto key = expect(op->add_key({.public_key = ed25519_public_key(seed),
                                             .account = account.account,
                                             .permissions = kPermitRead | kPermitTrade | kPermitTransfer}));
        for (const std::uint32_t asset : {1u, 2u})
            expect(op->mint(
                {.id = transfer_id(), .amount = Amount{kFunds}, .account = account.account, .asset = AssetId{asset}}));
        traders.push_back({.key = key.key, .account = account.account, .seed = seed});
    }
    TransferId transfer_id() {
        const auto now =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        return make_transfer_id(static_cast<std::uint64_t>(now.count()), random.next(), random.next());
    }
    std::map<std::uint32_t, Balance> balances(AccountId account) {
        std::map<std::uint32_t, Balance> by_asset;
        for (const Balance& balance : expect(op->balances(account))) by_asset[balance.asset.value] = balance;
        return by_asset;
    }
    std::vector<ExecutionReport> open_orders(AccountId account) {
        auto answer = op->query<ExecutionReport>(OpenOrdersQuery{.account = account});
        REQUIRE(answer.has_value());
        return answer->parts;
    }
};

inline PlaceOrder limit_order(Side side, std::int64_t price, std::int64_t quantity,
                              TimeInForce time_in_force = TimeInForce::gtc) {
    return {.price = Price{price},
            .quantity = Quantity{quantity},
            .instrument = InstrumentId{1u},
            .side = side,
            .type = OrderType::limit,
            .time_in_force = time_in_force};
}

}  // namespace dcx::order_entry_test
