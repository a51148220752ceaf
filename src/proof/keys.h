// The three secrets of a venue's proofs, which nothing else can make again. They stand in a private file or in a vault
// (by the same names):
//
//   checkpoint-key            Ed25519 seed: signs checkpoints and receipts
//   checkpoint-key.previous   the one before, until it has signed that this one follows it
//   salt-key                  opens every leaf of both trees; their salts are made anew in each epoch by themselves
//   liabilities-key           opens every place of the liabilities' trees
//
// In the file: a line each, the name, a space and 64 hexadecimal digits. Errors name the file and show no secret.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "proof/leaf.h"

namespace dcx::proof {

inline constexpr std::string_view kCheckpointKey = "checkpoint-key";
inline constexpr std::string_view kPreviousCheckpointKey = "checkpoint-key.previous";
inline constexpr std::string_view kSaltKey = "salt-key";
inline constexpr std::string_view kLiabilitiesKey = "liabilities-key";

struct ProofKeys {
    Ed25519Seed checkpoint{};
    std::optional<Ed25519Seed> previous;
    Secret salt{};
    Secret liabilities{};
};

// Of the system's random source.
[[nodiscard]] ProofKeys new_proof_keys();
// Wherever secrets are kept by name; nothing when there is none such.
using SecretByName = std::function<std::optional<Secret>(std::string_view name)>;
[[nodiscard]] std::expected<ProofKeys, std::string> proof_keys_of(const SecretByName& secrets);

[[nodiscard]] std::expected<ProofKeys, std::string> read_proof_keys(const std::string& path);
// A new file; refuses when there is one.
[[nodiscard]] std::expected<void, std::string> write_proof_keys(const std::string& path, const ProofKeys& keys);
// A new checkpoint key, the one there was becomes the previous one. The file is as it was or wholly the new one.
// Refuses while an earlier rotation has not been published: `published` is the key of key.txt's last line.
[[nodiscard]] std::expected<void, std::string> rotate_checkpoint_key(const std::string& path,
                                                                     const Ed25519PublicKey& published);

}  // namespace dcx::proof
