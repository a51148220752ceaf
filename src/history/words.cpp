#include "history/words.h"

#include <array>

namespace dcx::history {
namespace {

using Words = std::string_view;

// By the enumeration's numbers, from 0.
template <std::size_t N, class Enum>
std::string_view of(const std::array<Words, N>& words, Enum value) {
    const auto number = static_cast<std::size_t>(value);
    return number < N ? words[number] : "unknown";
}

}  // namespace

std::string_view word(Side value) { return of(std::array<Words, 3>{"", "buy", "sell"}, value); }
std::string_view word(OrderType value) { return of(std::array<Words, 3>{"", "limit", "market"}, value); }
std::string_view word(TimeInForce value) {
    return of(std::array<Words, 6>{"", "gtc", "ioc", "fok", "day", "gtd"}, value);
}
std::string_view word(OrderStatus value) {
    return of(std::array<Words, 5>{"", "open", "filled", "canceled", "expired"}, value);
}
std::string_view word(ExecType value) {
    return of(std::array<Words, 6>{"", "trade", "canceled", "expired", "replaced", "decremented"}, value);
}
std::string_view word(LedgerKind value) {
    return of(std::array<Words, 15>{"", "transfer", "mint", "burn", "post", "trade_base", "trade_quote", "trade_fee",
                                    "rebate", "transfer_fee", "trade_bust", "deposit", "deposit_reversal", "loss_cover",
                                    "payout"},
              value);
}
std::string_view word(Phase value) { return of(std::array<Words, 3>{"", "trading", "halted"}, value); }
std::string_view word(AccountKind value) {
    return of(std::array<Words, 4>{"", "customer", "market_maker", "venue"}, value);
}
std::string_view word(SelfTradeRule value) {
    return of(std::array<Words, 5>{"none", "cancel_taker", "cancel_maker", "cancel_both", "decrement_and_cancel"},
              value);
}
std::string_view word(Liquidity value) { return of(std::array<Words, 3>{"", "maker", "taker"}, value); }
std::string_view word(CancelReason value) { return static_cast<std::uint8_t>(value) == 0 ? "" : to_string(value); }
std::string_view word(PendingState value) { return to_string(value); }
std::string_view word(EventKind value) { return to_string(value); }
std::string_view word(DepositState value) {
    return of(std::array<Words, 4>{"", "credited", "orphaned", "reversed"}, value);
}
std::string_view word(PayoutKind value) { return of(std::array<Words, 3>{"", "withdrawal", "sweep"}, value); }
std::string_view word(PayoutState value) {
    return of(std::array<Words, 6>{"", "prepared", "posted", "abandoned", "settled", "not_paid"}, value);
}
std::string_view word(AnchorPlace value) { return of(std::array<Words, 4>{"", "decoin", "evm", "digest_file"}, value); }
std::string_view word(AnchorState value) { return of(std::array<Words, 4>{"", "sent", "confirmed", "lost"}, value); }

}  // namespace dcx::history
