// The indexed checker: its state, and how it takes a command apart. Numbers of rules in the code are those of
// docs/protocols/match-log.md. Inputs are in match_checker.cpp, what becomes of a taker in match_taker.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "proof/match_book.h"
#include "proof/match_checker.h"
#include "proof/match_cursor.h"

namespace dcx::proof {

class IndexedMatchChecker final : public MatchChecker {
  public:
    MatchResult check(const MatchCommand& command) override;
    void expect_soon(const MatchCommand& command) override {
        for (const MatchRecord& r : command.records.first(std::min<std::size_t>(command.records.size(), 4)))
            if (r.kind != MatchRecordKind::trade) book_.prefetch(r.order_id);
    }
    std::vector<MatchDepth> depth(InstrumentId instrument, Side side) const override {
        return book_.depth(instrument, side);
    }

  private:
    struct Market {
        Phase phase{};
        std::int64_t unit{};  // quote minor units of one tick times one lot
    };
    // An order on its way in.
    struct Taker {
        MatchBook::Order order;
        Market* market{};
        TimeInForce time_in_force = TimeInForce::gtc;
        bool fok = false;
        bool has_budget = false;
        Amount budget{};  // left
    };

    MatchResult check_records(MatchCursor& cursor);
    MatchResult venue(MatchCursor& cursor);
    MatchResult asset(MatchCursor& cursor);
    MatchResult instrument(MatchCursor& cursor);
    MatchResult phase(MatchCursor& cursor);
    MatchResult bust(MatchCursor& cursor);
    MatchResult cancels(MatchCursor& cursor);
    MatchResult place(MatchCursor& cursor);
    MatchResult amend(MatchCursor& cursor);
    MatchResult take(MatchCursor& cursor, Taker& taker);
    MatchResult trade(MatchCursor& cursor, Taker& taker, MatchBook::Order& maker, Quantity quantity);
    MatchResult self_trade(MatchCursor& cursor, Taker& taker, MatchBook::Order& maker);
    MatchResult end(MatchCursor& cursor, const Taker& taker, CancelReason reason);

    [[nodiscard]] Market* market(InstrumentId id) {
        return id && id.value <= markets_.size() ? &markets_[id.value - 1] : nullptr;
    }
    // The maker that this taker meets next.
    [[nodiscard]] MatchBook::Order* crossed(const MatchBook::Order& taker) {
        MatchBook::Order* maker = book_.best(taker.instrument, opposite(taker.side));
        if (maker == nullptr) return nullptr;
        const bool crosses = taker.side == Side::buy ? maker->price <= taker.price : maker->price >= taker.price;
        return crosses ? maker : nullptr;
    }
    [[nodiscard]] static bool place_is_meant(const MatchRecord& r);

    MatchBook book_;
    std::vector<std::uint8_t> scales_;  // of assets
    std::vector<Market> markets_;
    std::uint32_t most_fills_ = 0;  // 0: no venue yet
    OrderId last_order_{};
    TradeId last_trade_{};
    std::unordered_set<std::uint64_t> busted_;
    std::uint32_t fills_ = 0;           // of this command
    std::uint8_t self_trade_rule_ = 0;  // of this command's; 0: none yet
};

}  // namespace dcx::proof
