// The proof file of a customer's liability (JSON, like those of proof_file.h): that what he had of one asset is in the
// sum which the venue signed with a checkpoint. docs/protocols/liabilities.md has every field. Any text is answered.
// Any thread.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proof/checkpoint.h"
#include "proof/liabilities.h"
#include "proof/receipt.h"

namespace dcx::proof {

struct LiabilityFile {
    LiabilityProof proof;
    SignedNote checkpoint;
};
[[nodiscard]] std::string liability_json(const LiabilityFile& file);
[[nodiscard]] std::expected<LiabilityFile, ProofError> parse_liability_file(std::string_view text);
// A file of several assets is a list of them; of one, that one alone. At least one.
[[nodiscard]] std::string liabilities_json(std::span<const LiabilityFile> files);
[[nodiscard]] std::expected<std::vector<LiabilityFile>, ProofError> parse_liability_files(std::string_view text);

// What its owner knows by himself. Nothing is not compared, and is then for him to compare.
struct OwnerSays {
    std::optional<AccountId> account;
    std::optional<Amount> amount;
};
struct CheckedLiability {
    Checkpoint checkpoint;
    LiabilitiesLine line;  // of the asset: what was signed
};
[[nodiscard]] std::expected<CheckedLiability, ProofError> check_liability_file(const LiabilityFile& file,
                                                                               const OwnerSays& owner,
                                                                               const CheckNote& check);

}  // namespace dcx::proof
