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
    founding_over = 10,      // a genesis_key after the first epoch began
    quarantined = 11,        // the operator has taken the command out, because it brought the venue down
    // Of the door alone, never in a log
    retransmit_running = 12,       // one request at a time
    retransmit_out_of_range = 13,  // reports that there are not yet, or too many
    retransmit_unavailable = 14,   // the journal does not reach back so far, or could not be read

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
    address_taken = 33,
    address_index_not_next = 34,
    dual_control_required = 35,  // two persons: send it through propose and approve
    unknown_proposal = 36,       // never made, carried out, or expired
    bad_signature = 37,
    same_person = 38,    // that person has approved already
    unknown_rules = 39,  // not one above those in force, or above all that this venue's program knows

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
    price_outside_collar = 51,
    account_frozen = 52,
    too_many_open_orders = 53,
    too_many_open_orders_in_market = 54,
    throttled = 55,  // wait_ns tells how long
    position_limit_exceeded = 56,
    daily_loss_exceeded = 57,
    account_killed = 58,
    market_killed = 59,
    venue_killed = 80,
    expire_time_out_of_range = 81,
    budget_out_of_range = 82,

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
    venue_account = 74,  // this request can't name that account of the venue
    exists_with_different_timeout = 75,
    exists_with_different_pending_id = 76,
    exists_with_different_address = 77,
    timeout_out_of_range = 78,
    withdrawal_refused_simulated = 79,
    mint_ceiling_exceeded = 90,
    unknown_pending = 91,  // never pended in this scope, or resolved so long ago that it is forgotten
    already_posted = 92,
    already_voided = 93,
    already_expired = 94,
    exceeds_pending_amount = 95,
    linked_failed = 96,  // another member of the group failed; `detail` tells why the first one did
    group_too_long = 97,

    // Trade busts
    unknown_trade = 100,  // never made, or too many trades ago
    bust_window_over = 101,
    already_busted = 102,
    bust_not_covered = 103,  // neither the two sides nor the error account have what it takes back

    // The DeCoin chain
    chain_not_set = 110,        // no chain is followed
    chain_not_linked = 111,     // not the block behind the tip
    chain_block_unknown = 112,  // none that is remembered below the tip
    unknown_address = 113,      // not registered
    not_a_deposit = 114,        // sent by an address of the venue or of one of its customers
    not_confirmed = 115,        // too few blocks
    deposit_known = 116,        // credited, or credited and reversed
    unknown_deposit = 117,
    deposit_reversed = 118,           // already
    deposit_not_orphaned = 119,       // its block still counts
    address_not_allowed = 120,        // not on the account's list
    address_cooling = 121,            // allowed too short a time ago
    withdrawal_limit_exceeded = 122,  // of the account, today
    address_is_ours = 123,            // an address of the venue or of one of its customers
    payouts_stopped = 124,
    address_retired = 125,  // it signed before a fork
    address_busy = 126,     // it has an open payout
    nonce_not_rising = 127,
    payout_known = 128,    // that transaction was prepared before
    payout_open = 129,     // a payout of this withdrawal is open, or was settled
    unknown_payout = 130,  // never prepared, or no longer open
    payout_posted = 131,   // it may be on the chain
    payout_not_posted = 132,
    chain_running = 133,  // only while payouts are stopped
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
    expired = 7,  // GTD, DAY
    kill_switch = 8,
    dead_man = 9,
    disconnect = 10,
    budget_spent = 11,  // of a market buy: what is left doesn't pay for one more lot
};
[[nodiscard]] std::string_view to_string(CancelReason reason);

}  // namespace dcx
