// Proof files: small JSON texts that a customer or an auditor holds, each with everything that its check needs but the
// venue's key. "dcx" says which kind it is. docs/protocols/proofs.md has every field.
//
//   inclusion    that a leaf stands in the command or the event tree of a signed checkpoint
//   consistency  that the record of one signed checkpoint is the beginning of another's
//   receipt      receipt.h
//
// Any text is answered. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proof/checkpoint.h"
#include "proof/receipt.h"

namespace dcx::proof {

enum class ProofTree : std::uint8_t { commands = 1, events = 2 };
[[nodiscard]] std::string_view to_string(ProofTree tree);

struct InclusionFile {
    ProofTree tree{};
    std::uint64_t index{};  // of the leaf, from 0
    Digest leaf{};
    SignedNote checkpoint;
    std::vector<Digest> proof;
};
struct ConsistencyFile {
    SignedNote older;
    SignedNote newer;
    std::vector<Digest> commands;
    std::vector<Digest> events;
};

[[nodiscard]] std::string inclusion_json(const InclusionFile& file);
[[nodiscard]] std::string consistency_json(const ConsistencyFile& file);
[[nodiscard]] std::string receipt_json(const ReceiptFile& file);
[[nodiscard]] std::expected<InclusionFile, ProofError> parse_inclusion_file(std::string_view text);
[[nodiscard]] std::expected<ConsistencyFile, ProofError> parse_consistency_file(std::string_view text);
[[nodiscard]] std::expected<ReceiptFile, ProofError> parse_receipt_file(std::string_view text);

// The checkpoint that has the leaf.
[[nodiscard]] std::expected<Checkpoint, ProofError> check_inclusion_file(const InclusionFile& file,
                                                                         const CheckNote& check);
struct ConsistentCheckpoints {
    Checkpoint older;
    Checkpoint newer;
};
[[nodiscard]] std::expected<ConsistentCheckpoints, ProofError> check_consistency_file(const ConsistencyFile& file,
                                                                                      const CheckNote& check);

}  // namespace dcx::proof
