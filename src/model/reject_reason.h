// Why a request was refused. Numbers stand in journals and on the wire: they are given once and never reused.
// docs/rules.md has the order in which the reasons are checked.
#pragma once

#include <cstdint>
#include <string_view>

namespace dcx {

enum class RejectReason : std::uint16_t {
    none = 0,

    // Anything
    malformed_field = 1,  // an enumerator, a reserved byte or a text that has no meaning here
    unknown_command = 2,
    session_not_established = 3,
    out_of_sequence = 4,  // not the session's next incoming sequence; nothing was changed
    key_revoked = 5,
    not_permitted = 6,  // the key lacks the permission for this request
    not_your_account = 7,
    capacity_exhausted = 8,  // a pool whose size Genesis fixed is full
    not_genesis = 9,         // Genesis twice, or anything before it

    // Registry
    unknown_account = 20,
    unknown_asset = 21,
    unknown_instrument = 22,
    unknown_key = 23,
    unknown_session = 24,
    symbol_taken = 25,
    scale_out_of_range = 26,  // asset scale above 9
    issue_cap_out_of_range = 27,
    tick_or_lot_not_exact = 28,  // tick x lot, or a lot, is not a whole positive number of minor units
    fee_rate_out_of_range = 29,
    limit_out_of_range = 30,
    key_already_known = 31,
    session_in_use = 32,

    // Orders
    duplicate_cl_ord_id = 40,  // not above the session's last one
    instrument_halted = 41,
    price_out_of_range = 42,
    quantity_out_of_range = 43,
    notional_out_of_range = 44,
    notional_too_small = 45,
    unsupported_combination = 46,  // e.g. a market order that should rest
    post_only_would_cross = 47,
    insufficient_funds = 48,
    unknown_order = 49,
    quantity_not_above_filled = 50,

    // Transfers, mint, burn
    id_malformed = 60,
    id_in_future = 61,
    id_too_old = 62,
    exists = 63,  // the same request already succeeded
    exists_with_different_kind = 64,
    exists_with_different_debit_account = 65,
    exists_with_different_credit_account = 66,
    exists_with_different_asset = 67,
    exists_with_different_amount = 68,
    id_already_failed = 69,  // `detail` tells why it failed
    amount_out_of_range = 70,
    same_account = 71,
    issue_cap_exceeded = 72,
    deposit_refused_simulated = 73,
    venue_account = 74,  // issuance and fees move by mint, burn and trades only
};

// The enumerator's name; "unknown" for a number without one.
[[nodiscard]] std::string_view to_string(RejectReason reason);

// Why an order left the book without being filled.
enum class CancelReason : std::uint8_t {
    requested = 1,
    ioc_remainder = 2,
    fill_limit = 3,  // one command may make at most Genesis.max_fills_per_command fills
    fok_unfilled = 4,
    self_trade = 5,  // the account's self-trade rule
    mass_cancel = 6,
};
[[nodiscard]] std::string_view to_string(CancelReason reason);

}  // namespace dcx
