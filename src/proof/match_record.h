// MatchRecord: 64 public bytes about a book. A command's records say, in the order of its events, what went into a book
// and what came out of it, without accounts, sessions or client ids. Inputs can't be derived by who has all records
// before; outcomes can, and are what is checked. Fields that a kind does not name are zero.
// docs/protocols/match-log.md is the reference.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/event.h"
#include "model/layout.h"
#include "model/types.h"

namespace dcx::proof {

enum class MatchRecordKind : std::uint8_t {
    // Inputs
    venue = 1,  // quantity: fills_per_command of genesis; once, first
    asset = 2,  // listed: order_id = its number, other_id = 8 bytes of symbol, a = scale
    // listed: order_id = base, other_id = quote, price, quantity = mantissas and a, b = scales of tick and lot, budget
    // and trade_id = 16 bytes of symbol
    instrument = 3,
    phase = 4,       // instrument (0: all there are), a = Phase
    place = 5,       // an accepted order, whole
    cancel = 6,      // leaves the book by a request, a deadline or a switch: reason, price, quantity = what was open
    amend = 7,       // new price, quantity = new open quantity; a = 1: `replace` was asked for
    self_trade = 8,  // the taker (order_id) meets an order of its own account (other_id): a = SelfTradeRule
    bust = 9,        // trade_id was taken back; the book stays
    // Outcomes
    trade = 20,     // order_id taker, other_id maker, price, quantity, trade_id, side = the taker's
    rest = 21,      // order_id stands at the end of the queue at price with quantity
    canceled = 22,  // what was left of a taker is gone: reason (ioc_remainder, fill_limit, fok_unfilled, budget_spent)
};
[[nodiscard]] std::string_view to_string(MatchRecordKind kind);

struct MatchRecord {
    MatchRecordKind kind{};
    std::uint8_t side{};           // Side, or 0
    std::uint8_t type{};           // OrderType
    std::uint8_t time_in_force{};  // TimeInForce
    std::uint8_t flags{};          // kOrderPostOnly
    std::uint8_t reason{};         // CancelReason
    std::uint8_t a{};              // by kind
    std::uint8_t b{};              // by kind
    InstrumentId instrument{};
    std::uint32_t index{};  // within the command, from 0
    OrderId order_id{};
    OrderId other_id{};
    Price price{};
    Quantity quantity{};
    Amount budget{};     // of a market buy; 0: none
    TradeId trade_id{};  // of trade and bust
    friend bool operator==(const MatchRecord&, const MatchRecord&) = default;
};
static_assert(FixedLayout<MatchRecord> && sizeof(MatchRecord) == 64);

}  // namespace dcx::proof
