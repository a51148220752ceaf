// MatchStory: a match log written by hand, true or not. One market, of which a lot at one tick is 10 minor units of
// quote, and a bound of fills. Records go to the command begun last. For tests.
#pragma once

#include <map>
#include <string>

#include "proof/match_checker.h"
#include "proof/match_venue.h"

namespace dcx::proof {

struct StoryOrder {
    TimeInForce tif = TimeInForce::gtc;
    OrderType type = OrderType::limit;
    std::uint8_t flags = 0;
    std::int64_t budget = 0;
};

class MatchStory {
  public:
    explicit MatchStory(std::int64_t fills = 3) {
        command().record({.kind = MatchRecordKind::venue, .quantity = Quantity{fills}});
        command().record({.kind = MatchRecordKind::asset, .a = 0, .order_id = OrderId{1ul}});
        command().record({.kind = MatchRecordKind::asset, .a = 1, .order_id = OrderId{2ul}});
        command().record({.kind = MatchRecordKind::instrument,
                          .instrument = kMarket,
                          .order_id = OrderId{1ul},
                          .other_id = OrderId{2ul},
                          .price = Price{std::int64_t{1}},
                          .quantity = Quantity{std::int64_t{1}}});
    }

    MatchStory& command() {
        const Sequence sequence{log.size() + 1};
        log.push_back({.head = {.sequence = sequence, .time = Time{static_cast<std::int64_t>(sequence.value)}}});
        return *this;
    }
    MatchStory& record(MatchRecord r) {
        r.index = log.back().head.records++;
        log.back().records.push_back(r);
        return *this;
    }
    // The next order, by number from 1.
    MatchStory& place(Side side, std::int64_t quantity, std::int64_t price, const StoryOrder& o = {}) {
        sides_[++orders_] = side;
        return command().record({.kind = MatchRecordKind::place,
                                 .side = static_cast<std::uint8_t>(side),
                                 .type = static_cast<std::uint8_t>(o.type),
                                 .time_in_force = static_cast<std::uint8_t>(o.tif),
                                 .flags = o.flags,
                                 .instrument = kMarket,
                                 .order_id = OrderId{orders_},
                                 .price = Price{price},
                                 .quantity = Quantity{quantity},
                                 .budget = Amount{o.budget}});
    }
    MatchStory& rest(std::uint64_t order, std::int64_t quantity, std::int64_t price) {
        return record(of(MatchRecordKind::rest, order, quantity, price));
    }
    // Placed, and nothing in its way.
    MatchStory& rested(Side side, std::int64_t quantity, std::int64_t price, const StoryOrder& o = {}) {
        place(side, quantity, price, o);
        return rest(orders_, quantity, price);
    }
    MatchStory& trade(std::uint64_t taker, std::uint64_t maker, std::int64_t quantity, std::int64_t price) {
        MatchRecord r = of(MatchRecordKind::trade, taker, quantity, price);
        r.other_id = OrderId{maker};
        r.trade_id = TradeId{++trades_};
        return record(r);
    }
    MatchStory& canceled(std::uint64_t order, std::int64_t quantity, std::int64_t price, CancelReason reason) {
        MatchRecord r = of(MatchRecordKind::canceled, order, quantity, price);
        r.reason = static_cast<std::uint8_t>(reason);
        return record(r);
    }
    // Into the same command when it has cancels.
    MatchStory& cancel(std::uint64_t order, std::int64_t quantity, std::int64_t price,
                       CancelReason reason = CancelReason::requested, bool new_command = true) {
        MatchRecord r = of(MatchRecordKind::cancel, order, quantity, price);
        r.reason = static_cast<std::uint8_t>(reason);
        return (new_command ? command() : *this).record(r);
    }
    MatchStory& amend(std::uint64_t order, std::int64_t quantity, std::int64_t price, bool replace = false) {
        MatchRecord r = of(MatchRecordKind::amend, order, quantity, price);
        r.a = replace ? 1 : 0;
        return command().record(r);
    }
    MatchStory& self_trade(std::uint64_t taker, std::uint64_t maker, std::int64_t quantity, SelfTradeRule rule) {
        MatchRecord r = of(MatchRecordKind::self_trade, taker, quantity, 0);
        r.other_id = OrderId{maker};
        r.a = static_cast<std::uint8_t>(rule);
        return record(r);
    }
    MatchStory& phase(Phase phase, InstrumentId instrument = kMarket) {
        return command().record(
            {.kind = MatchRecordKind::phase, .a = static_cast<std::uint8_t>(phase), .instrument = instrument});
    }
    MatchStory& bust(std::uint64_t trade) {
        return command().record({.kind = MatchRecordKind::bust, .trade_id = TradeId{trade}});
    }

    static constexpr InstrumentId kMarket{1u};
    MatchLog log;

  private:
    [[nodiscard]] MatchRecord of(MatchRecordKind kind, std::uint64_t order, std::int64_t quantity, std::int64_t price) {
        return {.kind = kind,
                .side = static_cast<std::uint8_t>(sides_[order]),
                .instrument = kMarket,
                .order_id = OrderId{order},
                .price = Price{price},
                .quantity = Quantity{quantity}};
    }

    std::map<std::uint64_t, Side> sides_;
    std::uint64_t orders_ = 0;
    std::uint64_t trades_ = 0;
};

}  // namespace dcx::proof
