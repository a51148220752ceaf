// Batches of rows as a busy venue makes them, for the benchmarks of the stores: of eleven commands six place orders
// that rest, three cancel one that rests somewhere in the book, two trade with one. 1,000 accounts, 4 markets, a day of
// log time in a few million rows. The same seed gives the same rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "history/row_batch.h"

namespace dcx {

struct HistoryFlowOptions {
    std::uint64_t seed = 9;
    std::uint32_t accounts = 1000;
    std::uint32_t markets = 4;
    std::size_t resting = 20'000;   // orders in the books
    std::int64_t step_ns = 50'000;  // log time from one command to the next
    Time start{1'800'000'000'000'000'000};
};

class HistoryFlow {
  public:
    explicit HistoryFlow(const HistoryFlowOptions& options = {}) : options_(options), random_(options.seed) {
        units_.set_asset(kQuote, 8);
        for (std::uint32_t market = 1; market <= options_.markets; ++market) {
            units_.set_asset(base(market), 8);
            units_.set_market(InstrumentId{market},
                              {.base = base(market), .quote = kQuote, .tick_scale = 4, .lot_scale = 4});
        }
        batch_.to.venue_id.fill(std::byte{7});
        time_ = options_.start.value;
        begin();
    }

    [[nodiscard]] const history::Units& units() const { return units_; }
    // At least so many rows; valid until the next call.
    const history::RowBatch& next(std::size_t rows) {
        const history::Cursor from = batch_.to;
        batch_.clear();
        batch_.from = first_ ? history::Cursor{} : from;
        if (first_) list();
        first_ = false;
        while (batch_.rows() + changed_.size() + balances_changed_.size() < rows) command();
        seal();
        return batch_;
    }

  private:
    static constexpr AssetId kQuote{1u};
    using Key = std::pair<std::uint32_t, std::uint32_t>;

    static AssetId base(std::uint32_t market) { return AssetId{market + 1}; }
    AccountId any_account() {
        return AccountId{static_cast<std::uint32_t>(kFirstCustomer.value + random_.below(options_.accounts))};
    }
    history::Day day() const { return history::day_of(Time{time_}); }

    void begin() {
        for (std::uint32_t a = 1; a < kFirstCustomer.value + options_.accounts; ++a)
            for (std::uint32_t asset = 1; asset <= options_.markets + 1; ++asset)
                balances_[{a, asset}] = {.account_id = AccountId{a},
                                         .asset_id = AssetId{asset},
                                         .available = Amount{1'000'000'000'000'000},
                                         .version = 1,
                                         .time = Time{time_}};
    }
    void list() {
        for (std::uint32_t asset = 1; asset <= options_.markets + 1; ++asset)
            batch_.assets.push_back({.asset_id = AssetId{asset}, .symbol = AssetSymbol{"AAA"}, .scale = 8});
        for (std::uint32_t market = 1; market <= options_.markets; ++market)
            batch_.markets.push_back({.market_id = InstrumentId{market},
                                      .symbol = Symbol{"AAA/BBB"},
                                      .base_asset = base(market),
                                      .quote_asset = kQuote,
                                      .tick_mantissa = 1,
                                      .tick_scale = 4,
                                      .lot_mantissa = 1,
                                      .lot_scale = 4,
                                      .phase = Phase::trading});
        for (std::uint32_t a = 1; a < kFirstCustomer.value + options_.accounts; ++a)
            batch_.accounts.push_back({.account_id = AccountId{a}, .kind = AccountKind::customer});
        for (const auto& [key, balance] : balances_) balances_changed_[key] = true;
    }

    void command() {
        ++sequence_;
        time_ += options_.step_ns;
        event_index_ = 0;
        const std::uint64_t dice = random_.below(11);
        if (open_.size() > 2 * options_.resting) {
            cancel(random_.below(open_.size()));
        } else if (open_.size() < options_.resting || dice < 6) {
            place();
        } else if (dice < 9) {
            cancel(random_.below(open_.size()));
        } else {
            trade(random_.below(open_.size()));
        }
    }
    history::OrderRow& place() {
        const auto market = static_cast<std::uint32_t>(1 + random_.below(options_.markets));
        const Quantity quantity{random_.between(1, 100'000)};
        const history::OrderRow order{.order_id = OrderId{next_order_++},
                                      .account_id = any_account(),
                                      .market_id = InstrumentId{market},
                                      .session_id = SessionId{static_cast<std::uint32_t>(1 + random_.below(500))},
                                      .cl_ord_id = ClOrdId{sequence_},
                                      .side = random_.chance(50) ? Side::buy : Side::sell,
                                      .type = OrderType::limit,
                                      .time_in_force = TimeInForce::gtc,
                                      .status = history::OrderStatus::open,
                                      .price = Price{random_.between(10'000, 20'000)},
                                      .quantity = quantity,
                                      .leaves = quantity,
                                      .quote_asset = kQuote,
                                      .day = day(),
                                      .sequence = Sequence{sequence_},
                                      .time = Time{time_},
                                      .changed_sequence = Sequence{sequence_},
                                      .changed_time = Time{time_}};
        open_.push_back(order.order_id.value);
        changed_[order.order_id.value] = orders_[order.order_id.value] = order;
        return orders_[order.order_id.value];
    }
    // As of now, also in this batch.
    void close(std::size_t place, history::OrderStatus status) {
        const auto found = orders_.find(open_[place]);
        history::OrderRow& order = found->second;
        order.status = status;
        order.leaves = Quantity{};
        order.changed_sequence = Sequence{sequence_};
        order.changed_time = Time{time_};
        changed_[order.order_id.value] = order;
        orders_.erase(found);
        open_[place] = open_.back();
        open_.pop_back();
    }
    void cancel(std::size_t place) {
        const history::OrderRow& order = orders_.at(open_[place]);
        execution(order, history::ExecType::canceled, order.leaves, {});
        close(place, history::OrderStatus::canceled);
    }
    void trade(std::size_t place) {
        history::OrderRow taker = this->place();
        history::OrderRow& maker = orders_.at(open_[place]);
        taker.market_id = maker.market_id;
        taker.side = opposite(maker.side);
        taker.price = maker.price;
        taker.quantity = maker.leaves;
        orders_.at(taker.order_id.value) = taker;
        const Quantity quantity = maker.leaves;
        const TradeId trade_id{next_trade_++};
        const AssetId asset = base(maker.market_id.value);
        const Amount paid{maker.price.value * quantity.value};
        const AccountId seller = maker.side == Side::sell ? maker.account_id : taker.account_id;
        const AccountId buyer = maker.side == Side::sell ? taker.account_id : maker.account_id;
        batch_.trades.push_back({.day = day(),
                                 .sequence = Sequence{sequence_},
                                 .event_index = event_index_,
                                 .time = Time{time_},
                                 .trade_id = trade_id,
                                 .market_id = maker.market_id,
                                 .price = maker.price,
                                 .quantity = quantity,
                                 .taker_side = taker.side,
                                 .maker_order_id = maker.order_id,
                                 .taker_order_id = taker.order_id,
                                 .maker_account = maker.account_id,
                                 .taker_account = taker.account_id});
        post(history::LedgerKind::trade_base, 0, trade_id, seller, buyer, asset, Amount{quantity.value * 10'000});
        post(history::LedgerKind::trade_quote, 1, trade_id, buyer, seller, kQuote, paid);
        ++event_index_;
        for (history::OrderRow* order : {&maker, &taker}) {
            order->cum = quantity;
            order->notional = paid;
            post(history::LedgerKind::trade_fee, 0, trade_id, order->account_id, kFeeAccount,
                 order->side == Side::buy ? asset : kQuote, Amount{paid.value / 1000 + 1});
            execution(*order, history::ExecType::trade, quantity, trade_id);
            ++event_index_;
        }
        candle(maker, quantity);
        orders_.at(taker.order_id.value) = taker;
        close(open_.size() - 1, history::OrderStatus::filled);
        close(place, history::OrderStatus::filled);
    }
    void execution(const history::OrderRow& order, history::ExecType type, Quantity quantity, TradeId trade) {
        batch_.executions.push_back({.day = day(),
                                     .sequence = Sequence{sequence_},
                                     .event_index = event_index_,
                                     .time = Time{time_},
                                     .exec_type = type,
                                     .order_id = order.order_id,
                                     .cl_ord_id = order.cl_ord_id,
                                     .account_id = order.account_id,
                                     .market_id = order.market_id,
                                     .side = order.side,
                                     .detail = 1,
                                     .trade_id = trade,
                                     .price = order.price,
                                     .quantity = quantity,
                                     .cum = order.cum,
                                     .fee_asset = trade ? kQuote : AssetId{},
                                     .fee = trade ? Amount{quantity.value / 10} : Amount{}});
    }
    void post(history::LedgerKind kind, std::uint8_t leg, TradeId trade, AccountId debit, AccountId credit,
              AssetId asset, Amount amount) {
        history::BalanceRow& from = touch(debit, asset);
        const Amount debit_before = from.available;
        from.available -= amount;
        const Amount debit_after = from.available;
        const std::uint64_t debit_version = ++from.version;
        history::BalanceRow& to = touch(credit, asset);
        const Amount credit_before = to.available;
        to.available += amount;
        ++to.version;
        batch_.ledger_transfers.push_back({.day = day(),
                                           .sequence = Sequence{sequence_},
                                           .event_index = event_index_,
                                           .leg = leg,
                                           .time = Time{time_},
                                           .kind = kind,
                                           .reference = trade.value,
                                           .debit_account = debit,
                                           .credit_account = credit,
                                           .asset_id = asset,
                                           .amount = amount,
                                           .debit_before = debit_before,
                                           .debit_after = debit_after,
                                           .credit_before = credit_before,
                                           .credit_after = to.available,
                                           .debit_version = debit_version,
                                           .credit_version = to.version});
    }
    history::BalanceRow& touch(AccountId account, AssetId asset) {
        history::BalanceRow& balance = balances_[{account.value, asset.value}];
        balance.sequence = Sequence{sequence_};
        balance.time = Time{time_};
        balances_changed_[{account.value, asset.value}] = true;
        return balance;
    }
    void candle(const history::OrderRow& maker, Quantity quantity) {
        for (const std::uint32_t interval : {1u, 60u, 300u, 3600u, 86'400u}) {
            const std::int64_t ns = std::int64_t{interval} * 1'000'000'000;
            const Time start{time_ / ns * ns};
            auto [found, fresh] = candles_.try_emplace({maker.market_id.value, interval, start.value});
            history::CandleRow& row = found->second;
            if (fresh) {
                row = {.market_id = maker.market_id,
                       .interval_s = interval,
                       .start = start,
                       .open = maker.price,
                       .high = maker.price,
                       .low = maker.price,
                       .first_sequence = Sequence{sequence_}};
            }
            row.high = std::max(row.high, maker.price);
            row.low = std::min(row.low, maker.price);
            row.close = maker.price;
            row.volume += quantity;
            ++row.trades;
            row.last_sequence = Sequence{sequence_};
        }
    }
    void seal() {
        for (const auto& [id, order] : changed_)
            (id >= first_new_order_ ? batch_.new_orders : batch_.changed_orders).push_back(order);
        changed_.clear();
        first_new_order_ = next_order_;
        for (const auto& [key, changed] : balances_changed_) {
            const history::BalanceRow& balance = balances_[key];
            batch_.balances.push_back(balance);
            batch_.account_days.push_back({.account_id = balance.account_id,
                                           .asset_id = balance.asset_id,
                                           .day = day(),
                                           .opening = Amount{1'000'000'000'000'000},
                                           .closing = balance.available,
                                           .first_version = 1,
                                           .last_version = balance.version,
                                           .last_sequence = balance.sequence});
        }
        balances_changed_.clear();
        for (const auto& [key, row] : candles_) batch_.candles.push_back(row);
        // Of each market and interval the last one goes on.
        std::erase_if(candles_, [this](const auto& entry) {
            return std::get<2>(entry.first) + std::int64_t{std::get<1>(entry.first)} * 1'000'000'000 <= time_;
        });
        batch_.oldest_open = OrderId{open_.empty() ? next_order_ : *std::ranges::min_element(open_)};
        batch_.to.sequence = Sequence{sequence_};
        batch_.to.event_hash = sequence_ * 0x9E3779B97F4A7C15u;
        batch_.to.time = Time{time_};
    }

    HistoryFlowOptions options_;
    Random random_;
    history::Units units_;
    history::RowBatch batch_;
    bool first_ = true;
    std::uint64_t sequence_ = 0;
    std::int64_t time_ = 0;
    std::uint32_t event_index_ = 0;
    std::uint64_t next_order_ = 1;
    std::uint64_t first_new_order_ = 1;
    std::uint64_t next_trade_ = 1;
    std::vector<std::uint64_t> open_;
    std::unordered_map<std::uint64_t, history::OrderRow> orders_;
    std::map<std::uint64_t, history::OrderRow> changed_;
    std::map<Key, history::BalanceRow> balances_;
    std::map<Key, bool> balances_changed_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, history::CandleRow> candles_;
};

}  // namespace dcx
