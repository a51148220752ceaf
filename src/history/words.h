// The words of the enumerations that rows hold, the same in JSON, tables and views (the migrations' history_words has
// them too, and a test compares). A number without a word is "unknown"; 0 where it means none is "".
#pragma once

#include <cstdint>
#include <string_view>

#include "history/rows.h"
#include "history/rows_chain.h"

namespace dcx::history {

[[nodiscard]] std::string_view word(Side value);
[[nodiscard]] std::string_view word(OrderType value);
[[nodiscard]] std::string_view word(TimeInForce value);
[[nodiscard]] std::string_view word(OrderStatus value);
[[nodiscard]] std::string_view word(ExecType value);
[[nodiscard]] std::string_view word(LedgerKind value);
[[nodiscard]] std::string_view word(Phase value);
[[nodiscard]] std::string_view word(AccountKind value);
[[nodiscard]] std::string_view word(SelfTradeRule value);
[[nodiscard]] std::string_view word(Liquidity value);
[[nodiscard]] std::string_view word(CancelReason value);
[[nodiscard]] std::string_view word(PendingState value);
[[nodiscard]] std::string_view word(EventKind value);
[[nodiscard]] std::string_view word(DepositState value);
[[nodiscard]] std::string_view word(PayoutKind value);
[[nodiscard]] std::string_view word(PayoutState value);
[[nodiscard]] std::string_view word(AnchorPlace value);
[[nodiscard]] std::string_view word(AnchorState value);

}  // namespace dcx::history
