#include "chain/custody_alarm.h"

namespace dcx::chain {

std::string_view to_string(CustodyAlarm alarm) {
    switch (alarm) {
        case CustodyAlarm::wrong_chain: return "wrong_chain";
        case CustodyAlarm::node_away: return "node_away";
        case CustodyAlarm::chain_not_set: return "chain_not_set";
        case CustodyAlarm::chain_rewound: return "chain_rewound";
        case CustodyAlarm::orphaned_deposits: return "orphaned_deposits";
        case CustodyAlarm::deposit_refused: return "deposit_refused";
        case CustodyAlarm::deposit_held: return "deposit_held";
        case CustodyAlarm::unresolved_payout: return "unresolved_payout";
        case CustodyAlarm::foreign_spend: return "foreign_spend";
        case CustodyAlarm::hot_short: return "hot_short";
        case CustodyAlarm::no_hot_address: return "no_hot_address";
        case CustodyAlarm::retired_address: return "retired_address";
        case CustodyAlarm::signer_refused: return "signer_refused";
        case CustodyAlarm::signer_disagrees: return "signer_disagrees";
        case CustodyAlarm::waits_for_release: return "waits_for_release";
        case CustodyAlarm::venue_refused: return "venue_refused";
    }
    return "?";
}

bool for_good(CustodyAlarm alarm) {
    switch (alarm) {
        case CustodyAlarm::chain_rewound:
        case CustodyAlarm::deposit_refused:
        case CustodyAlarm::foreign_spend:
        case CustodyAlarm::venue_refused: return true;
        default: return false;
    }
}

}  // namespace dcx::chain
