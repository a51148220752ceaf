// For tests of this folder: the default markets, and a venue that answers one trader and knows just what the checks
// need: every request is legal by docs/rules.md (as far as one account can tell) or the test fails.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "market/reference_prices.h"
#include "market/trader.h"

namespace dcx::market {

inline Asset test_asset(std::uint32_t id) {
    return {.id = AssetId{id}, .symbol = {}, .issue_cap = Amount{kMaxIssue}, .scale = 8};
}

struct TestMarket {
    std::uint32_t base;
    std::uint32_t quote;
    std::int64_t tick;
    std::uint8_t tick_scale;
    std::int64_t lot;
    std::uint8_t lot_scale;
    std::int64_t max_quantity;
    std::int64_t min_notional;
    std::int64_t start;
};

inline MarketStart test_market(std::uint32_t id, const TestMarket& m) {
    const InstrumentListed listing{.symbol = {},
                                   .instrument = InstrumentId{id},
                                   .base = AssetId{m.base},
                                   .quote = AssetId{m.quote},
                                   .maker_fee = FeeRate{1000},
                                   .taker_fee = FeeRate{2000},
                                   .tick_scale = m.tick_scale,
                                   .lot_scale = m.lot_scale,
                                   .phase = Phase::trading,
                                   .zero = 0,
                                   .tick_mantissa = m.tick,
                                   .lot_mantissa = m.lot,
                                   .max_quantity = Quantity{m.max_quantity},
                                   .min_notional = Amount{m.min_notional},
                                   .last_price = {}};
    const auto instrument = derive_instrument(listing, test_asset(m.base), test_asset(m.quote));
    REQUIRE(instrument);
    return {.instrument = *instrument, .price = Price{m.start}};
}

// DEC 1, USD 2, BTC 3, ETH 4.
inline std::vector<MarketStart> test_markets() {
    return {test_market(1, {1, 2, 1, 4, 1, 4, 100'000'000'000, 500'000'000, 12'500}),
            test_market(2, {3, 2, 1, 2, 1, 6, 1'000'000'000, 500'000'000, 6'500'000}),
            test_market(3, {4, 2, 1, 2, 1, 6, 10'000'000'000, 500'000'000, 320'000}),
            test_market(4, {1, 3, 1, 7, 1, 1, 100'000'000, 8'000, 192})};
}

// Answers one trader. Orders never trade but by fill(); every report is what the gateway would send.
class TestVenue {
  public:
    TestVenue(Trader& trader, double worth, double reference)
        : trader_(trader), instrument_(trader.account().instrument()) {
        trader_.account().restart(AccountId{7u}, ClOrdId{0ul});
        // Half of it each.
        const Price price = whole_ticks(reference);
        const auto base =
            static_cast<std::int64_t>(static_cast<double>(lots_worth(instrument_, price, worth / 2).value));
        totals_[instrument_.base] = Amount{base * instrument_.base_per_lot};
        totals_[instrument_.quote] = Amount{static_cast<std::int64_t>(worth / 2)};
        for (const auto& [asset, total] : totals_) trader_.account().set_balance(asset, total);
    }

    void send(const TraderRequest& request) {
        std::visit([this](const auto& body) { take(body); }, request);
        most_open = std::max(most_open, trader_.account().orders().size());
    }
    // Fills a part of the resting order, or all of it.
    void fill(ClOrdId id, Quantity quantity) {
        Order& order = orders_.at(id.value);
        order.leaves -= quantity;
        order.cum += quantity;
        ExecutionReport report = about(order, ExecType::trade);
        report.last_px = order.price;
        report.last_qty = quantity;
        report.ord_status = order.leaves ? OrdStatus::partially_filled : OrdStatus::filled;
        if (!order.leaves) orders_.erase(id.value);
        trader_.on_execution(report);
    }

    struct Order {
        OrderId order_id;
        ClOrdId cl_ord_id;
        Side side;
        Price price;
        Quantity leaves;
        Quantity cum;
    };
    [[nodiscard]] const std::map<std::uint64_t, Order>& orders() const { return orders_; }

    // The next post-only order or amend is refused as crossing.
    bool refuse_post_only = false;
    std::size_t most_open = 0;
    std::map<CommandKind, std::size_t> sent;

  private:
    void number(ClOrdId id) {
        CHECK(id.value == last_.value + 1);
        last_ = id;
    }
    void check_legal(Side side, Price price, Quantity quantity) {
        CHECK(price.value >= 1);
        CHECK(quantity.value >= 1);
        CHECK(quantity <= instrument_.max_quantity);
        CHECK(notional_of(instrument_, price, quantity) >= instrument_.min_notional.value);
        Amount held = hold_of(instrument_, side, price, quantity);
        for (const auto& [id, order] : orders_)
            if (order.side == side) held += hold_of(instrument_, side, order.price, order.leaves);
        CHECK(held <= totals_.at(paid_asset(instrument_, side)));
        for (const auto& [id, order] : orders_)
            if (order.side != side) CHECK((side == Side::buy ? order.price > price : order.price < price));
    }
    static ExecutionReport about(const Order& order, ExecType type) {
        ExecutionReport report;
        report.order_id = order.order_id;
        report.cl_ord_id = order.cl_ord_id;
        report.price = order.price;
        report.leaves_qty = order.leaves;
        report.cum_qty = order.cum;
        report.side = order.side;
        report.exec_type = type;
        return report;
    }
    void take(const PlaceOrder& body) {
        ++sent[CommandKind::place_order];
        number(body.cl_ord_id);
        CHECK(body.account == AccountId{7u});
        CHECK(body.instrument == instrument_.id);
        CHECK((body.type == OrderType::limit || body.time_in_force == TimeInForce::ioc));
        check_legal(body.side, body.price, body.quantity);
        Order order{OrderId{++order_id_}, body.cl_ord_id, body.side, body.price, body.quantity, Quantity{}};
        if ((body.flags & kOrderPostOnly) != 0 && std::exchange(refuse_post_only, false)) {
            ExecutionReport report = about(order, ExecType::rejected);
            report.order_id = OrderId{};
            report.reject_reason = RejectReason::post_only_would_cross;
            return trader_.on_execution(report);
        }
        trader_.on_execution(about(order, ExecType::accepted));
        if (body.time_in_force == TimeInForce::ioc)
            trader_.on_execution(about(order, ExecType::canceled));
        else
            orders_[body.cl_ord_id.value] = order;
    }
    void take(const CancelOrder& body) {
        ++sent[CommandKind::cancel_order];
        number(body.cl_ord_id);
        Order order = remove(body.orig_cl_ord_id, body.order_id);
        order.cl_ord_id = body.cl_ord_id;
        trader_.on_execution(about(order, ExecType::canceled));
    }
    void take(const AmendOrder& body) {
        ++sent[CommandKind::amend_order];
        number(body.cl_ord_id);
        Order order = remove(body.orig_cl_ord_id, body.order_id);
        const bool replace = (body.flags & kAmendReplace) != 0;
        const Quantity leaves = replace ? body.quantity : body.quantity - order.cum;
        check_legal(order.side, body.price, leaves);
        order.cl_ord_id = body.cl_ord_id;
        order.price = body.price;
        order.leaves = leaves;
        orders_[order.cl_ord_id.value] = order;
        trader_.on_execution(about(order, ExecType::replaced));
    }
    Order remove(ClOrdId id, OrderId order_id) {
        const auto found = orders_.find(id.value);
        REQUIRE(found != orders_.end());
        CHECK(found->second.order_id == order_id);
        const Order order = found->second;
        orders_.erase(found);
        return order;
    }

    Trader& trader_;
    Instrument instrument_;
    std::map<AssetId, Amount> totals_;
    std::map<std::uint64_t, Order> orders_;
    ClOrdId last_{};
    std::uint64_t order_id_ = 0;
};

}  // namespace dcx::market
