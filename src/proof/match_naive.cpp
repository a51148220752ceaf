// The naive checker: all open orders in one heap of them, sorted anew for every match. Slow on purpose; it shares with
// the indexed one how records are read and how errors are said, and no rule.
#include <algorithm>
#include <set>

#include "proof/match_checker.h"
#include "proof/match_cursor.h"

namespace dcx::proof {
namespace {

using Kind = MatchRecordKind;

struct Open {
    MatchRecord order;      // as it was placed, with its price and open quantity now
    std::uint64_t arrival;  // in its queue
};

class NaiveMatchChecker final : public MatchChecker {
  public:
    MatchResult check(const MatchCommand& command) override {
        ++counts_.commands;
        MatchCursor cursor(command);
        for (std::size_t done = 0; !cursor.at_end(); ++done) {
            // Several inputs in one command are cancels, and no more than it may fill.
            const Kind kind = cursor.peek()->kind;
            if (done > 0 && (kind != Kind::cancel || command.records[0].kind != Kind::cancel))
                return cursor.unexpected_record();
            if (done > 0 && done >= static_cast<std::uint64_t>(bound_))
                return cursor.impossible("more than one command cancels");
            if (auto right = input(cursor, *cursor.peek()); !right) return right;
        }
        counts_.open_orders = open_.size();
        return {};
    }
    std::vector<MatchDepth> depth(InstrumentId instrument, Side side) const override {
        std::vector<MatchDepth> result;
        for (const Open& o : queue(instrument, side)) {
            if (result.empty() || result.back().price != o.order.price) result.push_back({.price = o.order.price});
            result.back().quantity += o.order.quantity;
            ++result.back().orders;
        }
        return result;
    }

  private:
    // The whole side, best first.
    std::vector<Open> queue(InstrumentId instrument, Side side) const {
        std::vector<Open> result;
        for (const Open& o : open_)
            if (o.order.instrument == instrument && Side{o.order.side} == side) result.push_back(o);
        std::sort(result.begin(), result.end(), [side](const Open& x, const Open& y) {
            if (x.order.price != y.order.price)
                return side == Side::buy ? x.order.price > y.order.price : x.order.price < y.order.price;
            return x.arrival < y.arrival;
        });
        return result;
    }
    // Those that it would trade with, in their order.
    std::vector<Open> makers(const MatchRecord& taker) const {
        std::vector<Open> all = queue(taker.instrument, opposite(Side{taker.side}));
        std::erase_if(all, [&](const Open& o) {
            return Side{taker.side} == Side::buy ? o.order.price > taker.price : o.order.price < taker.price;
        });
        return all;
    }
    MatchRecord* open(OrderId id) {
        for (Open& o : open_)
            if (o.order.order_id == id) return &o.order;
        return nullptr;
    }
    void remove(OrderId id) {
        std::erase_if(open_, [id](const Open& o) { return o.order.order_id == id; });
    }
    void lose(OrderId id, Quantity quantity) {
        MatchRecord* order = open(id);
        order->quantity -= quantity;
        if (order->quantity == Quantity{}) remove(id);
    }

    MatchResult input(MatchCursor& cursor, const MatchRecord& r) {
        // Fields that the kind has; all others must be zero.
        MatchRecord plain{.kind = r.kind};
        if (bound_ == 0 && r.kind != Kind::venue) return cursor.impossible("before the venue");
        if (bound_ != 0 && r.kind == Kind::venue) return cursor.impossible("a second venue");
        switch (r.kind) {
            case Kind::venue:
                if (r.quantity.value < 1 || r.quantity.value > 1 << 20) return cursor.impossible("bound");
                bound_ = plain.quantity.value = r.quantity.value;
                break;
            case Kind::asset:
                if (r.order_id.value != assets_.size() + 1 || r.a > 9) return cursor.impossible("asset");
                assets_.push_back(r.a);
                plain.a = r.a, plain.order_id = r.order_id, plain.other_id = r.other_id;
                break;
            case Kind::instrument:
                if (!listing(r)) return cursor.impossible("instrument");
                plain = r, plain.side = plain.type = plain.time_in_force = plain.flags = plain.reason = 0;
                break;
            case Kind::phase:
                if ((r.a != 1 && r.a != 2) || r.instrument.value > units_.size()) return cursor.impossible("phase");
                for (std::uint32_t i = 1; i <= units_.size(); ++i)
                    if (r.instrument.value == 0 || r.instrument.value == i) {
                        halted_.erase(i);
                        if (r.a == 2) halted_.insert(i);
                    }
                plain.a = r.a, plain.instrument = r.instrument;
                break;
            case Kind::bust:
                if (r.trade_id.value == 0 || r.trade_id.value > trades_) return cursor.impossible("no such trade");
                if (!busted_.insert(r.trade_id.value).second) return cursor.impossible("busted before");
                plain.trade_id = r.trade_id;
                ++counts_.busts;
                break;
            case Kind::cancel: return cancel(cursor, r);
            case Kind::place: return place(cursor, r);
            case Kind::amend: return amend(cursor, r);
            default: return cursor.unexpected_record();
        }
        ++counts_.inputs;
        return cursor.expect_input(plain);
    }

    bool listing(const MatchRecord& r) {
        const auto listed = [&](OrderId id) { return id.value >= 1 && id.value <= assets_.size(); };
        if (r.instrument.value != units_.size() + 1 || !listed(r.order_id) || !listed(r.other_id)) return false;
        if (r.order_id == r.other_id || r.price.value < 1 || r.quantity.value < 1 || r.a > 18 || r.b > 18) return false;
        int128 unit = wide_mul(r.price.value, r.quantity.value);
        int exponent = assets_[r.other_id.value - 1] - r.a - r.b;
        for (; exponent > 0 && unit <= kMaxIssue; --exponent) unit *= 10;
        for (; exponent < 0; ++exponent) {
            if (unit % 10 != 0) return false;
            unit /= 10;
        }
        if (unit < 1 || unit > kMaxIssue) return false;
        units_.push_back(unit);
        ++counts_.instruments;
        return true;
    }

    MatchResult cancel(MatchCursor& cursor, const MatchRecord& r) {
        static const std::set<std::uint8_t> reasons = {1, 6, 7, 8, 9, 10};
        const MatchRecord* order = open(r.order_id);
        if (order == nullptr || order->instrument != r.instrument || order->side != r.side || order->price != r.price ||
            order->quantity != r.quantity || !reasons.contains(r.reason))
            return cursor.impossible("no such order, or no reason");
        ++counts_.inputs;
        ++counts_.cancels;
        auto right = cursor.expect_input({.kind = Kind::cancel,
                                          .side = order->side,
                                          .reason = r.reason,
                                          .instrument = order->instrument,
                                          .order_id = order->order_id,
                                          .price = order->price,
                                          .quantity = order->quantity});
        remove(r.order_id);
        return right;
    }

    MatchResult place(MatchCursor& cursor, const MatchRecord& r) {
        const auto tif = TimeInForce{r.time_in_force};
        const bool rests = tif == TimeInForce::gtc || tif == TimeInForce::day || tif == TimeInForce::gtd;
        const bool at_once = tif == TimeInForce::ioc || tif == TimeInForce::fok;
        const bool limit = OrderType{r.type} == OrderType::limit;
        const bool market = OrderType{r.type} == OrderType::market;
        const bool sides = Side{r.side} == Side::buy || Side{r.side} == Side::sell;
        const bool sizes = r.price.value >= 1 && r.price.value <= kMaxPrice && r.quantity.value >= 1 &&
                           r.quantity.value <= kMaxQuantity;
        const bool kinds = (limit && (rests || at_once)) || (market && at_once);
        const bool posts = r.flags == 0 || (r.flags == 1 && limit && rests);
        const bool spends = r.budget.value == 0 || (r.budget.value > 0 && r.budget.value <= kMaxIssue && market &&
                                                    tif == TimeInForce::ioc && Side{r.side} == Side::buy);
        if (!takes_orders(r.instrument) || r.order_id.value != orders_ + 1) return cursor.impossible("not now");
        if (!sides || !sizes || !kinds || !posts || !spends) return cursor.impossible("no such order");
        if (r.flags == 1 && !makers(r).empty()) return cursor.impossible("post-only");
        MatchRecord plain = r;
        plain.reason = plain.a = plain.b = 0, plain.other_id = {}, plain.trade_id = {};
        if (auto right = cursor.expect_input(plain); !right) return right;
        ++orders_;
        ++counts_.inputs;
        ++counts_.orders;
        plain.index = 0;
        if (tif != TimeInForce::fok) return take(cursor, plain);
        std::vector<Open> able = makers(plain);
        if (able.size() > static_cast<std::size_t>(bound_)) able.resize(static_cast<std::size_t>(bound_));
        int128 sum = 0;
        for (const Open& o : able) sum += o.order.quantity.value;
        const bool told = cursor.next_is(Kind::canceled);
        if (sum >= plain.quantity.value && told) ++counts_.foks_refused;
        if (sum >= plain.quantity.value && !told) return take(cursor, plain);
        return cursor.expect(canceled(plain, CancelReason::fok_unfilled));
    }

    MatchResult amend(MatchCursor& cursor, const MatchRecord& r) {
        MatchRecord* order = open(r.order_id);
        if (order == nullptr || order->instrument != r.instrument || order->side != r.side ||
            !takes_orders(r.instrument) || r.a > 1 || r.price.value < 1 || r.price.value > kMaxPrice ||
            r.quantity.value < 1 || r.quantity.value > kMaxQuantity)
            return cursor.impossible("no such amend");
        const bool keeps = r.a == 0 && r.price == order->price && r.quantity <= order->quantity;
        MatchRecord changed = *order;
        changed.price = r.price, changed.quantity = r.quantity;
        if (!keeps && changed.flags == 1 && !makers(changed).empty()) return cursor.impossible("post-only");
        MatchRecord plain = r;
        plain.type = plain.time_in_force = plain.flags = plain.reason = plain.b = 0;
        plain.other_id = {}, plain.budget = {}, plain.trade_id = {};
        if (auto right = cursor.expect_input(plain); !right) return right;
        ++counts_.inputs;
        ++counts_.amends;
        if (keeps) {
            order->quantity = r.quantity;
            return {};
        }
        remove(r.order_id);
        return take(cursor, changed);
    }

    MatchResult take(MatchCursor& cursor, MatchRecord taker) {
        const auto tif = TimeInForce{taker.time_in_force};
        const bool fok = tif == TimeInForce::fok;
        const bool spends = taker.budget.value > 0;
        std::uint8_t rule = 0;
        for (std::int64_t fills = 0; taker.quantity.value > 0; ++fills) {
            const std::vector<Open> all = makers(taker);
            if (all.empty()) break;
            const MatchRecord& maker = all.front().order;
            if (fills == bound_ && fok) break;
            if (fills == bound_) return cursor.expect(canceled(taker, CancelReason::fill_limit));
            const int128 cost = wide_mul(maker.price.value, 1) * units_[taker.instrument.value - 1];
            int128 most = std::min(taker.quantity.value, maker.quantity.value);
            if (spends) most = std::min(most, taker.budget.value / cost);
            if (most == 0) return cursor.expect(canceled(taker, CancelReason::budget_spent));
            const Quantity quantity{static_cast<std::int64_t>(most)};
            if (cursor.next_is(Kind::self_trade)) {
                if (auto right = self_trade(cursor, taker, maker, rule); !right) return right;
                continue;
            }
            if (auto right = cursor.expect({.kind = Kind::trade,
                                            .side = taker.side,
                                            .instrument = taker.instrument,
                                            .order_id = taker.order_id,
                                            .other_id = maker.order_id,
                                            .price = maker.price,
                                            .quantity = quantity,
                                            .trade_id = TradeId{trades_ + 1}});
                !right)
                return right;
            ++trades_;
            ++counts_.trades;
            if (spends) taker.budget -= Amount{static_cast<std::int64_t>(cost * most)};
            taker.quantity -= quantity;
            lose(maker.order_id, quantity);
        }
        if (taker.quantity.value == 0) return {};
        if (fok) return cursor.wrong_outcome("a FOK is filled wholly or not at all");
        if (tif == TimeInForce::ioc) return cursor.expect(canceled(taker, CancelReason::ioc_remainder));
        open_.push_back({taker, ++arrivals_});
        return cursor.expect({.kind = Kind::rest,
                              .side = taker.side,
                              .instrument = taker.instrument,
                              .order_id = taker.order_id,
                              .price = taker.price,
                              .quantity = taker.quantity});
    }

    MatchResult self_trade(MatchCursor& cursor, MatchRecord& taker, const MatchRecord& maker, std::uint8_t& rule) {
        const MatchRecord& r = *cursor.peek();
        if (rule == 0) rule = r.a;
        if (r.a != rule || r.a < 1 || r.a > 4) return cursor.impossible("rule");
        if (TimeInForce{taker.time_in_force} == TimeInForce::fok && r.a != 2) return cursor.impossible("of a FOK");
        if (r.a == 3 && taker.quantity == maker.quantity) return cursor.impossible("told as 3, is 4");
        // What the two lose.
        const Quantity both = std::min(taker.quantity, maker.quantity);
        const Quantity takers = r.a == 2 ? Quantity{} : r.a == 4 ? both : taker.quantity;
        const Quantity makers = r.a == 1 ? Quantity{} : r.a == 4 ? both : maker.quantity;
        const MatchRecord plain{.kind = Kind::self_trade,
                                .side = taker.side,
                                .a = r.a,
                                .instrument = taker.instrument,
                                .order_id = taker.order_id,
                                .other_id = r.a == 1 ? OrderId{} : maker.order_id,
                                .quantity = r.a == 1 ? takers : makers};
        if (auto right = cursor.expect_input(plain); !right) return right;
        ++counts_.inputs;
        ++counts_.self_trades;
        taker.quantity -= takers;
        if (makers.value > 0) lose(maker.order_id, makers);
        return {};
    }

    static MatchRecord canceled(const MatchRecord& taker, CancelReason reason) {
        return {.kind = Kind::canceled,
                .side = taker.side,
                .reason = static_cast<std::uint8_t>(reason),
                .instrument = taker.instrument,
                .order_id = taker.order_id,
                .price = taker.price,
                .quantity = taker.quantity};
    }
    [[nodiscard]] bool takes_orders(InstrumentId id) const {
        return id.value >= 1 && id.value <= units_.size() && !halted_.contains(id.value);
    }

    std::vector<Open> open_;
    std::uint64_t arrivals_ = 0;
    std::int64_t bound_ = 0;
    std::vector<std::uint8_t> assets_;  // their scales
    std::vector<int128> units_;         // of instruments
    std::set<std::uint32_t> halted_;
    std::uint64_t orders_ = 0;
    std::uint64_t trades_ = 0;
    std::set<std::uint64_t> busted_;
};

}  // namespace

std::unique_ptr<MatchChecker> make_naive_match_checker() { return std::make_unique<NaiveMatchChecker>(); }

}  // namespace dcx::proof
