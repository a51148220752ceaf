// Every way in which a check of a proof fails. Numbers are given once and never reused; docs/proofs.md lists them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::proof {

enum class ProofErrorKind : std::uint16_t {
    // Anything
    malformed = 1,    // not the form that its file or message has
    file_failed = 2,  // the operating system gave an error
    other_venue = 3,  // of another venue
    unknown_key = 4,  // signed by nobody whose key was given
    bad_signature = 5,
    missing = 6,     // a file or a part of one that must be there
    no_secrets = 7,  // the keys that open the leaves were not given
    // Trees
    index_out_of_range = 10,
    wrong_proof_size = 11,  // too few or too many hashes
    wrong_root = 12,
    sizes_reversed = 13,
    wrong_leaf = 14,  // what is opened does not give the leaf's hash
    // Checkpoints
    checkpoint_gap = 20,  // a number is left out, or its link to the one before is broken
    wrong_command_root = 21,
    wrong_event_root = 22,
    wrong_state_hash = 23,
    wrong_event_hash = 24,
    wrong_batch = 25,
    wrong_liabilities_root = 26,
    wrong_liabilities_sum = 27,
    // Match log
    record_unexpected = 40,  // a record that the rules do not make here
    record_missing = 41,     // the rules make one, and it does not stand here
    wrong_trade = 42,        // another maker, price or quantity than price-time priority gives
    wrong_outcome = 43,      // an order rested, or was canceled, against the rules
    impossible_input = 44,   // an input that no book in this state accepts
    sequence_gap = 45,
    // Liabilities
    other_checkpoint = 60,
    other_asset = 61,
    sum_out_of_range = 62,  // negative, above the issue cap, or a sum that wraps
    wrong_depth = 63,
    wrong_account = 64,
    wrong_amount = 65,  // not what its owner says that he had
    // Journal
    journal_refused = 80,  // recovery or replay refuses it
    invariant_broken = 81,
    snapshot_differs = 82,
};
[[nodiscard]] std::string_view to_string(ProofErrorKind kind);

struct ProofError {
    ProofErrorKind kind{};
    std::string seen;  // where and what, for a person

    // "wrong_root (12): ..."
    [[nodiscard]] std::string text() const;
};

}  // namespace dcx::proof
