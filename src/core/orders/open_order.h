// What the venue knows of an open order beyond what matching touches. Lies at the order's slot in an array of its own.
#pragma once

#include <cstdint>

#include "model/types.h"

namespace dcx::core {

struct OpenOrder {
    ClOrdId cl_ord_id{};
    Quantity cum{};         // filled so far
    Amount cum_notional{};  // of what is filled, saturating
    AccountId account{};
    InstrumentId instrument{};
    SessionId session{};  // that placed it: its fills are reported there
    FeeRate maker_fee{};  // fixed at placement; below 0: a rebate
    FeeRate taker_fee{};
    std::uint32_t fee_prepaid{};  // see charge_fee(): 0 .. kFeeRateOne - 1
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
    // The account's open orders, those accepted first first; follows from the rest.
    std::uint32_t account_next{};
    std::uint32_t account_prev{};
    std::uint32_t deadline{};  // in Deadlines: when it expires; 0: never
};
static_assert(sizeof(OpenOrder) == 64);

}  // namespace dcx::core
