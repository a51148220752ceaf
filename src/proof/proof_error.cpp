#include "proof/proof_error.h"

namespace dcx::proof {

std::string_view to_string(ProofErrorKind kind) {
    switch (kind) {
        case ProofErrorKind::malformed: return "malformed";
        case ProofErrorKind::file_failed: return "file_failed";
        case ProofErrorKind::other_venue: return "other_venue";
        case ProofErrorKind::unknown_key: return "unknown_key";
        case ProofErrorKind::bad_signature: return "bad_signature";
        case ProofErrorKind::missing: return "missing";
        case ProofErrorKind::no_secrets: return "no_secrets";
        case ProofErrorKind::index_out_of_range: return "index_out_of_range";
        case ProofErrorKind::wrong_proof_size: return "wrong_proof_size";
        case ProofErrorKind::wrong_root: return "wrong_root";
        case ProofErrorKind::sizes_reversed: return "sizes_reversed";
        case ProofErrorKind::wrong_leaf: return "wrong_leaf";
        case ProofErrorKind::checkpoint_gap: return "checkpoint_gap";
        case ProofErrorKind::wrong_command_root: return "wrong_command_root";
        case ProofErrorKind::wrong_event_root: return "wrong_event_root";
        case ProofErrorKind::wrong_state_hash: return "wrong_state_hash";
        case ProofErrorKind::wrong_event_hash: return "wrong_event_hash";
        case ProofErrorKind::wrong_batch: return "wrong_batch";
        case ProofErrorKind::wrong_liabilities_root: return "wrong_liabilities_root";
        case ProofErrorKind::wrong_liabilities_sum: return "wrong_liabilities_sum";
        case ProofErrorKind::record_unexpected: return "record_unexpected";
        case ProofErrorKind::record_missing: return "record_missing";
        case ProofErrorKind::wrong_trade: return "wrong_trade";
        case ProofErrorKind::wrong_outcome: return "wrong_outcome";
        case ProofErrorKind::impossible_input: return "impossible_input";
        case ProofErrorKind::sequence_gap: return "sequence_gap";
        case ProofErrorKind::other_checkpoint: return "other_checkpoint";
        case ProofErrorKind::other_asset: return "other_asset";
        case ProofErrorKind::sum_out_of_range: return "sum_out_of_range";
        case ProofErrorKind::wrong_depth: return "wrong_depth";
        case ProofErrorKind::wrong_account: return "wrong_account";
        case ProofErrorKind::wrong_amount: return "wrong_amount";
        case ProofErrorKind::journal_refused: return "journal_refused";
        case ProofErrorKind::invariant_broken: return "invariant_broken";
        case ProofErrorKind::snapshot_differs: return "snapshot_differs";
    }
    return "unknown";
}

std::string ProofError::text() const {
    return std::string(to_string(kind)) + " (" + std::to_string(static_cast<unsigned>(kind)) + ")" +
           (seen.empty() ? "" : ": " + seen);
}

}  // namespace dcx::proof
