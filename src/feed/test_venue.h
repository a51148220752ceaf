// For tests: a naive venue that matches orders the slow and obvious way and tells of them in events, as the core would.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "model/event.h"
#include "model/event_source.h"

namespace dcx::feed::testing {

constexpr Price ticks(std::int64_t count) { return Price{count}; }
constexpr Quantity lots(std::int64_t count) { return Quantity{count}; }

struct RestingOrder {
    OrderId id{};
    Side side{};
    Price price{};
    Quantity leaves{};
    AccountId account{};
};

// Price-time priority on sorted maps of queues.
struct NaiveBook {
    std::map<std::int64_t, std::deque<RestingOrder>, std::greater<>> bids;
    std::map<std::int64_t, std::deque<RestingOrder>> asks;

    // Level by level, best first: price, quantity, orders.
    struct Line {
        std::int64_t price, quantity;
        std::uint32_t orders;
        friend bool operator==(const Line&, const Line&) = default;
    };
    [[nodiscard]] std::vector<Line> lines(Side side, std::size_t depth) const {
        std::vector<Line> result;
        const auto add = [&](const auto& levels) {
            for (const auto& [price, queue] : levels) {
                if (result.size() == depth) return;
                Line line{price, 0, static_cast<std::uint32_t>(queue.size())};
                for (const RestingOrder& order : queue) line.quantity += order.leaves.value;
                result.push_back(line);
            }
        };
        side == Side::buy ? add(bids) : add(asks);
        return result;
    }
};

class TestVenue {
  public:
    static constexpr InstrumentId kInstrument{1u};
    std::vector<Event> events;
    std::int64_t now_ns = 1'700'000'000'000'000'000;
    SelfTradeRule self_trade_rule{};  // of every account
    NaiveBook& book(InstrumentId id = kInstrument) { return books_[id.value]; }
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
    [[nodiscard]] std::uint64_t last_trade() const { return trades_.size(); }

    // ---- what a source tells first

    void restore_assets() {
        restored(AssetListed{.symbol = AssetSymbol{"DEC"},
                             .issue_cap = Amount{kMaxIssue},
                             .asset = AssetId{1u},
                             .scale = 8,
                             .zero = {}});
        restored(AssetListed{.symbol = AssetSymbol{"USD"},
                             .issue_cap = Amount{kMaxIssue},
                             .asset = AssetId{2u},
                             .scale = 8,
                             .zero = {}});
    }
    static InstrumentListed listing(InstrumentId id, std::string_view symbol) {
        return {.symbol = Symbol{symbol},
                .instrument = id,
                .base = AssetId{1u},
                .quote = AssetId{2u},
                .tick_scale = 4,
                .lot_scale = 4,
                .phase = Phase::trading,
                .tick_mantissa = 1,
                .lot_mantissa = 1,
                .max_quantity = Quantity{kMaxQuantity}};
    }
    template <class Body>
    void restore(const Body& body) {
        restored(body);
    }
    void restore_instrument(InstrumentId id, std::string_view symbol) { restored(listing(id, symbol)); }
    void restore_order(Side side, std::int64_t price, std::int64_t quantity, InstrumentId id = kInstrument) {
        const RestingOrder order{OrderId{++last_order_}, side, Price{price}, Quantity{quantity}};
        restored(OrderRestored{.order_id = order.id,
                               .price = order.price,
                               .quantity = order.leaves,
                               .leaves = order.leaves,
                               .instrument = id,
                               .side = side});
        insert(order, id);
    }
    void complete_restore(std::uint64_t epoch = 1) {
        restored(RestoreCompleted{
            .venue_id = {}, .epoch = epoch, .last_trade_id = TradeId{trades_.size()}, .simulated = 1, .zero = {}});
    }
    // All of a fresh venue with one market.
    void start(std::string_view symbol = "DEC/USD") {
        restore_assets();
        restore_instrument(kInstrument, symbol);
        complete_restore();
    }

    // ---- commands

    void begin() {
        ++sequence_;
        index_ = 0;
        now_ns += 1'000;
    }
    void end() { events.back().header.flags |= kLastOfCommand; }
    template <class Body>
    void emit(const Body& body) {
        Event event;
        event.set(body);
        event.header.sequence = Sequence{sequence_};
        event.header.time = Time{now_ns};
        event.header.index = index_++;
        events.push_back(event);
    }
    // A command of one event.
    template <class Body>
    void single(const Body& body) {
        begin();
        emit(body);
        end();
    }

    struct PlaceOptions {
        bool ioc = false;
        AccountId account{};  // 0: nobody, who never trades with himself
        InstrumentId instrument{kInstrument};
    };
    OrderId place(Side side, std::int64_t price, std::int64_t quantity) { return place(side, price, quantity, {}); }
    OrderId place(Side side, std::int64_t price, std::int64_t quantity, const PlaceOptions& options) {
        begin();
        const InstrumentId id = options.instrument;
        RestingOrder order{OrderId{++last_order_}, side, Price{price}, Quantity{quantity}, options.account};
        emit(OrderAccepted{
            .order_id = order.id, .price = order.price, .quantity = order.leaves, .instrument = id, .side = side});
        match(order, id);
        if (order.leaves.value > 0 && options.ioc)
            emit_canceled(order, id, CancelReason::ioc_remainder, false);
        else
            rest(order, id);
        end();
        return order.id;
    }
    void cancel(OrderId order_id, InstrumentId id = kInstrument) {
        begin();
        const RestingOrder order = take_out(order_id, id);
        emit_canceled(order, id, CancelReason::requested, true);
        end();
    }
    // All of an account, of every market, in the order of their ids.
    void mass_cancel(AccountId account) {
        begin();
        std::map<OrderId, InstrumentId> own;
        for (const auto& [id, book] : books_)
            for (const RestingOrder& order : open_of(InstrumentId{id}))
                if (order.account == account) own[order.id] = InstrumentId{id};
        for (const auto& [order, id] : own) emit_canceled(take_out(order, id), id, CancelReason::mass_cancel, true);
        emit(MassCanceled{
            .account = account, .canceled = static_cast<std::uint32_t>(own.size()), .complete = 1, .zero = {}});
        end();
    }
    struct Made {
        TradeExecuted trade;
        Time time{};
        bool busted = false;
    };
    [[nodiscard]] const std::vector<Made>& trades() const { return trades_; }
    // As of a trade of this venue; one made elsewhere (before a start) can be given as a whole.
    void bust(TradeId id) {
        Made& made = trades_[id.value - 1];
        made.busted = true;
        bust(made.trade, made.time);
    }
    void bust(const TradeExecuted& trade, Time time) {
        begin();
        emit(TradeBusted{.trade_id = trade.trade_id,
                         .traded = time,
                         .price = trade.price,
                         .quantity = trade.quantity,
                         .buyer = AccountId{7u},
                         .seller = AccountId{8u},
                         .instrument = trade.instrument,
                         .taker_side = trade.taker_side,
                         .zero = {}});
        emit(Posted{.asset = AssetId{1u}, .cause = PostingCause::trade_bust, .zero = {}});
        emit(Posted{.asset = AssetId{2u}, .cause = PostingCause::trade_bust, .zero = {}});
        end();
    }
    // A tick in which orders expire.
    void expire(std::span<const OrderId> orders, InstrumentId id = kInstrument) {
        begin();
        for (const OrderId order : orders) emit_canceled(take_out(order, id), id, CancelReason::expired, true);
        emit(Ticked{.done = static_cast<std::uint32_t>(orders.size()), .complete = 1, .zero = {}});
        end();
    }
    // Keeps its place in the queue when the price stays and the open quantity does not grow.
    void amend(OrderId order_id, std::int64_t price, std::int64_t leaves, InstrumentId id = kInstrument) {
        begin();
        RestingOrder* old = locate(order_id, id);
        const bool keeps = old->price.value == price && leaves <= old->leaves.value;
        RestingOrder order = *old;
        emit(OrderAmended{.order_id = order_id,
                          .price = Price{price},
                          .leaves = Quantity{leaves},
                          .instrument = id,
                          .side = order.side,
                          .kept_priority = static_cast<std::uint8_t>(keeps ? 1 : 0)});
        if (keeps) {
            old->leaves = Quantity{leaves};
        } else {
            take_out(order_id, id);
            order.price = Price{price};
            order.leaves = Quantity{leaves};
            match(order, id);
            rest(order, id);
        }
        end();
    }
    // Any of them, around a price that wanders; sometimes an event that is none of the feed's business.
    void random_command(Random& random, InstrumentId id = kInstrument) {
        const std::uint64_t kind = random.below(100);
        std::vector<OrderId> candidates;
        for (const RestingOrder& order : open_of(id)) candidates.push_back(order.id);
        if (kind < 5) {
            if (random.chance(30) && bust_one_of_the_last(random, 50)) return;
            single(AccountOpened{
                .reference = 1, .account = AccountId{7u}, .account_kind = AccountKind::customer, .zero = {}});
        } else if (kind < 55 || candidates.empty()) {
            const Side side = random.chance(50) ? Side::buy : Side::sell;
            const std::int64_t away = random.between(-3, 40);
            self_trade_rule = SelfTradeRule{static_cast<std::uint8_t>(random.below(5))};
            place(side, 10'000 + (side == Side::buy ? -away : away), random.between(1, 50),
                  {.ioc = random.chance(10), .account = random_account(random), .instrument = id});
        } else if (kind == 99 && random.chance(20)) {
            mass_cancel(random_account(random));
        } else {
            const OrderId order = candidates[random.below(candidates.size())];
            if (kind < 80) return cancel(order, id);
            const RestingOrder& old = *locate(order, id);
            const std::int64_t price = random.chance(50) ? old.price.value : old.price.value + random.between(-8, 8);
            amend(order, price, random.between(1, 60), id);
        }
    }

  private:
    static AccountId random_account(Random& random) {
        return AccountId{kFirstCustomer.value + static_cast<std::uint32_t>(random.below(4))};
    }
    // False when the one it would be was busted before.
    bool bust_one_of_the_last(Random& random, std::uint64_t count) {
        if (trades_.empty()) return false;
        const Made& made = trades_[trades_.size() - 1 - random.below(std::min<std::uint64_t>(count, trades_.size()))];
        if (made.busted) return false;
        bust(made.trade.trade_id);
        return true;
    }
    void emit_canceled(const RestingOrder& order, InstrumentId id, CancelReason reason, bool rested) {
        emit(OrderCanceled{.order_id = order.id,
                           .price = order.price,
                           .quantity = order.leaves,
                           .instrument = id,
                           .side = order.side,
                           .reason = reason,
                           .rested = static_cast<std::uint8_t>(rested ? 1 : 0)});
    }
    // `quantity` less of it; the whole of it goes as a cancel.
    void emit_less(RestingOrder& order, Quantity quantity, InstrumentId id, bool rested) {
        if (quantity == order.leaves) {
            emit_canceled(order, id, CancelReason::self_trade, rested);
            order.leaves = Quantity{};
            return;
        }
        order.leaves -= quantity;
        emit(OrderDecremented{.order_id = order.id,
                              .price = order.price,
                              .quantity = quantity,
                              .leaves = order.leaves,
                              .instrument = id,
                              .side = order.side,
                              .rested = static_cast<std::uint8_t>(rested ? 1 : 0)});
    }
    // What the rule does instead of a trade.
    void keep_apart(RestingOrder& maker, RestingOrder& taker, InstrumentId id) {
        const Quantity smaller{std::min(maker.leaves.value, taker.leaves.value)};
        switch (self_trade_rule) {
            case SelfTradeRule::none: break;
            case SelfTradeRule::cancel_taker: return emit_less(taker, taker.leaves, id, false);
            case SelfTradeRule::cancel_maker: return emit_less(maker, maker.leaves, id, true);
            case SelfTradeRule::cancel_both:
                emit_less(maker, maker.leaves, id, true);
                return emit_less(taker, taker.leaves, id, false);
            case SelfTradeRule::decrement_and_cancel:
                emit_less(maker, smaller, id, true);
                return emit_less(taker, smaller, id, false);
        }
    }
    template <class Body>
    void restored(const Body& body) {
        Event event;
        event.set(body);
        event.header.sequence = Sequence{sequence_};
        event.header.time = Time{now_ns};
        event.header.flags = kRestored;
        events.push_back(event);
    }
    std::vector<RestingOrder> open_of(InstrumentId id) {
        std::vector<RestingOrder> result;
        for (const auto& [price, queue] : book(id).bids) result.insert(result.end(), queue.begin(), queue.end());
        for (const auto& [price, queue] : book(id).asks) result.insert(result.end(), queue.begin(), queue.end());
        return result;
    }
    void insert(const RestingOrder& order, InstrumentId id) {
        if (order.side == Side::buy)
            book(id).bids[order.price.value].push_back(order);
        else
            book(id).asks[order.price.value].push_back(order);
    }
    void rest(const RestingOrder& order, InstrumentId id) {
        if (order.leaves.value == 0) return;
        emit(OrderRested{.order_id = order.id,
                         .price = order.price,
                         .quantity = order.leaves,
                         .instrument = id,
                         .side = order.side,
                         .zero = {}});
        insert(order, id);
    }
    void trade(RestingOrder& maker, RestingOrder& taker, InstrumentId id) {
        const Quantity quantity{std::min(maker.leaves.value, taker.leaves.value)};
        maker.leaves -= quantity;
        taker.leaves -= quantity;
        const TradeExecuted executed{.trade_id = TradeId{trades_.size() + 1},
                                     .maker_order_id = maker.id,
                                     .taker_order_id = taker.id,
                                     .price = maker.price,
                                     .quantity = quantity,
                                     .maker_leaves = maker.leaves,
                                     .instrument = id,
                                     .taker_side = taker.side,
                                     .zero = {}};
        emit(executed);
        trades_.push_back({.trade = executed, .time = Time{now_ns}});
        emit(OrderFilled{.order_id = maker.id, .leaves = maker.leaves, .instrument = id});
        emit(OrderFilled{.order_id = taker.id, .leaves = taker.leaves, .instrument = id});
    }
    template <class Levels>
    void match_against(Levels& levels, RestingOrder& taker, InstrumentId id) {
        while (taker.leaves.value > 0 && !levels.empty()) {
            auto& [price, queue] = *levels.begin();
            if (taker.side == Side::buy ? price > taker.price.value : price < taker.price.value) return;
            RestingOrder& maker = queue.front();
            if (maker.account && maker.account == taker.account && self_trade_rule != SelfTradeRule::none)
                keep_apart(maker, taker, id);
            else
                trade(maker, taker, id);
            if (maker.leaves.value == 0) queue.pop_front();
            if (queue.empty()) levels.erase(levels.begin());
        }
    }
    void match(RestingOrder& taker, InstrumentId id) {
        if (taker.side == Side::buy)
            match_against(book(id).asks, taker, id);
        else
            match_against(book(id).bids, taker, id);
    }
    template <class Levels>
    RestingOrder* locate_in(Levels& levels, OrderId order_id) {
        for (auto& [price, queue] : levels)
            for (RestingOrder& order : queue)
                if (order.id == order_id) return &order;
        return nullptr;
    }
    RestingOrder* locate(OrderId order_id, InstrumentId id) {
        RestingOrder* order = locate_in(book(id).bids, order_id);
        return order != nullptr ? order : locate_in(book(id).asks, order_id);
    }
    template <class Levels>
    static void take_from(Levels& levels, const RestingOrder& order) {
        auto& queue = levels[order.price.value];
        std::erase_if(queue, [&](const RestingOrder& o) { return o.id == order.id; });
        if (queue.empty()) levels.erase(order.price.value);
    }
    RestingOrder take_out(OrderId order_id, InstrumentId id) {
        const RestingOrder order = *locate(order_id, id);
        if (order.side == Side::buy)
            take_from(book(id).bids, order);
        else
            take_from(book(id).asks, order);
        return order;
    }

    std::map<std::uint32_t, NaiveBook> books_;
    std::uint64_t sequence_ = 100;
    std::uint32_t index_ = 0;
    std::uint64_t last_order_ = 0;
    std::vector<Made> trades_;
};

// The venue's events as a source.
class TestSource final : public EventSource {
  public:
    explicit TestSource(const TestVenue& venue) : venue_(venue) {}
    std::span<const Event> peek(std::size_t max) override {
        return std::span{venue_.events}.subspan(position_, std::min(max, venue_.events.size() - position_));
    }
    void release(std::size_t count) override { position_ += count; }
    [[nodiscard]] bool drained() const { return position_ == venue_.events.size(); }

  private:
    const TestVenue& venue_;
    std::size_t position_ = 0;
};

}  // namespace dcx::feed::testing
