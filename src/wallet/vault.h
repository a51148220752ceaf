// A vault: the venue's seed in a file, encrypted by a passphrase. Whoever has both has the coin of every address that
// was derived from it; whoever has lost one of them has lost that coin. The file belongs to its owner alone (0600), is
// there whole or not at all, and is never written over. Errors name the file and never show a secret. Any thread;
// opening and making take 64 MiB and a fraction of a second, by intent.
#pragma once

#include <expected>
#include <string>

#include "wallet/derivation.h"
#include "wallet/vault_format.h"

namespace dcx::wallet {

struct VaultError {
    VaultErrorKind kind{};
    std::string message;  // all of it for a person: kind, number, file, what was seen
};

inline constexpr std::size_t kMinPassphrase = 8;
using Passphrase = SecretString<1024>;

struct VaultRules {
    VaultCost cost{};         // of a new vault
    bool allow_weak = false;  // tests alone: below the floor too
};

// Writes, syncs and puts in place a new vault.
[[nodiscard]] std::expected<void, VaultError> create_vault(const std::string& path, const Seed& seed,
                                                           const Passphrase& passphrase, const VaultRules& rules = {});
[[nodiscard]] std::expected<Seed, VaultError> open_vault(const std::string& path, const Passphrase& passphrase,
                                                         const VaultRules& rules = {});

// The same without the file. The salt and the nonce are new at each call.
[[nodiscard]] std::expected<SealedSeed, VaultErrorKind> seal(const Seed& seed, const Passphrase& passphrase,
                                                             const VaultRules& rules = {});
[[nodiscard]] std::expected<Seed, VaultErrorKind> unseal(const SealedSeed& sealed, const Passphrase& passphrase,
                                                         const VaultRules& rules = {});

}  // namespace dcx::wallet
