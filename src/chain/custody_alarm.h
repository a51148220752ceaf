// What the custody worker wants an operator to know. An alarm stands from when it is raised until what it says is no
// longer so; those marked `for good` until the worker ends. docs/custody.md says what to do about each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace dcx::chain {

// Numbers are given once.
enum class CustodyAlarm : std::uint8_t {
    wrong_chain = 1,         // another genesis: nothing is done
    node_away = 2,           // it does not answer, or not as it should
    chain_not_set = 3,       // the venue follows no chain: never began, or lost it
    chain_rewound = 4,       // for good: the chain has forgotten blocks; payouts are stopped
    orphaned_deposits = 5,   // deposits whose block the chain has no more wait for what becomes of it
    deposit_refused = 6,     // for good: coin has come that the venue does not credit
    deposit_held = 7,        // it would be credited, but for a limit; the tip waits before it is forgotten
    unresolved_payout = 8,   // posted, and the node doesn't know it: two operators say what became of it
    foreign_spend = 9,       // for good: an address of ours has signed what nobody here prepared
    hot_short = 10,          // the hot address has too little for the next withdrawal
    no_hot_address = 11,     // none is registered that is not retired
    retired_address = 12,    // customers' addresses that signed before a fork: coin on them stays there
    signer_refused = 13,     // the signer says no, or is away
    signer_disagrees = 14,   // it has another address at a path, or another transaction, than the venue
    waits_for_release = 15,  // withdrawals that two persons must release
    venue_refused = 16,      // for good: a command that should have been taken was not
};
[[nodiscard]] std::string_view to_string(CustodyAlarm alarm);
[[nodiscard]] bool for_good(CustodyAlarm alarm);

using CustodyAlarms = std::map<CustodyAlarm, std::string>;

}  // namespace dcx::chain
