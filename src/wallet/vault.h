// A vault: the venue's secrets by name in a file, encrypted by a passphrase: keys of operators, secrets of HMAC and
// TOTP, salts, and the seed of the DeCoin chain. Whoever has both file and passphrase has them all, and with the seed
// the coin of every address that was derived from it; whoever has lost one of the two has lost them. The file belongs
// to its owner alone (0600) and is there whole or not at all. A new one is never written over another; a change keeps
// the file before it as FILE.previous. Errors name the file and never show a secret. Any thread; opening and making
// take 64 MiB and a fraction of a second, by intent.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "wallet/derivation.h"
#include "wallet/secrets.h"
#include "wallet/vault_format.h"

namespace dcx::wallet {

struct VaultError {
    VaultErrorKind kind{};
    std::string message;  // all of it for a person: kind, number, file, what was seen
};

inline constexpr std::size_t kMinPassphrase = 8;
using Passphrase = SecretString<1024>;

// The name of the seed of the chain's addresses in a vault.
inline constexpr std::string_view kChainSeed = "chain-seed";

struct VaultRules {
    VaultCost cost{};         // of a new vault
    bool allow_weak = false;  // tests alone: below the floor too
};

// Writes, syncs and puts in place a new vault.
[[nodiscard]] std::expected<void, VaultError> create_vault(const std::string& path, const Secrets& secrets,
                                                           const Passphrase& passphrase, const VaultRules& rules = {});
// A file of the signer's first version opens as a vault with one secret, kChainSeed.
[[nodiscard]] std::expected<Secrets, VaultError> open_vault(const std::string& path, const Passphrase& passphrase,
                                                            const VaultRules& rules = {});

// Why a change is not made; nothing: make it.
using VaultChange = std::function<std::expected<void, std::string>(Secrets&)>;
// Opens, changes, and puts the result in place, encrypted by `after`, with what was there before as FILE.previous. One
// process at a time: a second one is refused at once (busy). A file of version 1 becomes one of version 2. When it
// fails, the file is as it was. Read back and compared before it returns.
[[nodiscard]] std::expected<void, VaultError> change_vault(const std::string& path, const Passphrase& passphrase,
                                                           const Passphrase& after, const VaultChange& change,
                                                           const VaultRules& rules = {});
[[nodiscard]] std::string previous_vault(const std::string& path);
// The file as it is to another path, where there must be none: synced, read back, compared. Opened first, because a
// copy that nobody can open is none.
[[nodiscard]] std::expected<void, VaultError> copy_vault(const std::string& path, const std::string& to,
                                                         const Passphrase& passphrase, const VaultRules& rules = {});

// For the signer: a new vault with the seed alone, and the seed of a vault.
[[nodiscard]] std::expected<void, VaultError> create_seed_vault(const std::string& path, const Seed& seed,
                                                                const Passphrase& passphrase,
                                                                const VaultRules& rules = {});
[[nodiscard]] std::expected<Seed, VaultError> open_seed(const std::string& path, const Passphrase& passphrase,
                                                        const VaultRules& rules = {});

// The same without the file. The salt and the nonce are new at each call.
[[nodiscard]] std::expected<SealedVault, VaultErrorKind> seal(const Secrets& secrets, const Passphrase& passphrase,
                                                              const VaultRules& rules = {});
[[nodiscard]] std::expected<Secrets, VaultErrorKind> unseal(const SealedVault& sealed, const Passphrase& passphrase,
                                                            const VaultRules& rules = {});

}  // namespace dcx::wallet
