#include "wallet/vault.h"

#include <sodium.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ed25519.h"
#include "wallet/vault_file.h"

namespace dcx::wallet {
namespace {

static_assert(crypto_pwhash_SALTBYTES == sizeof(SealedVault::salt));
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == sizeof(SealedVault::nonce));
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == kVaultTag);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);

const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool below(const VaultCost& a, const VaultCost& b) { return a.memory_kib < b.memory_kib || a.passes < b.passes; }

std::optional<VaultErrorKind> wrong_with(const VaultCost& cost, const VaultRules& rules) {
    if (below(cost, rules.allow_weak ? kLeastCost : kVaultFloor)) return VaultErrorKind::too_weak;
    if (below(kVaultCeiling, cost)) return VaultErrorKind::too_costly;
    return std::nullopt;
}

// Nothing when argon2id did not get its memory.
std::optional<SecretBytes<32>> encryption_key(const SealedVault& sealed, const Passphrase& passphrase) {
    // Chooses the fastest code for this processor; may be called any number of times.
    DCX_CHECK(::sodium_init() >= 0);
    SecretBytes<32> key;
    const auto text = passphrase.bytes();
    if (::crypto_pwhash(key.raw(), key.bytes().size(), reinterpret_cast<const char*>(text.data()), text.size(),
                        raw(sealed.salt), sealed.cost.passes, std::size_t{sealed.cost.memory_kib} * 1024,
                        crypto_pwhash_ALG_ARGON2ID13) != 0)
        return std::nullopt;
    return key;
}

const char* explanation(VaultErrorKind kind) {
    switch (kind) {
        case VaultErrorKind::file_failed: return "the file can't be used";
        case VaultErrorKind::exists: return "there is a file already, and a vault is never written over";
        case VaultErrorKind::not_private: return "others than its owner have access to it; chmod 600 it";
        case VaultErrorKind::not_a_vault: return "is no vault of this program, or was cut short";
        case VaultErrorKind::damaged: return "its checksum is wrong, or it contradicts itself: restore it from a copy";
        case VaultErrorKind::unknown_version: return "was written by a later version of this program";
        case VaultErrorKind::too_weak:
            return "its passphrase could be guessed too fast (argon2id below 64 MiB, 3 passes)";
        case VaultErrorKind::too_costly: return "opening it would take more than 1 GiB or 64 passes of argon2id";
        case VaultErrorKind::wrong_passphrase: return "the passphrase is wrong (or somebody has changed the file)";
        case VaultErrorKind::out_of_memory: return "there is not enough memory for argon2id";
        case VaultErrorKind::bad_passphrase: return "the passphrase must have at least 8 bytes";
        case VaultErrorKind::bad_seed: return "it holds no seed (chain-seed) of 16 to 64 bytes";
        case VaultErrorKind::bad_content: return "it opens, and its content makes no sense: restore it from a copy";
        case VaultErrorKind::busy: return "another process is changing it";
    }
    return "unknown";
}

VaultError error_of(const std::string& path, VaultErrorKind kind, const std::string& seen = {}) {
    std::string message = path + ": vault refused, ";
    message += to_string(kind);
    message += " (" + std::to_string(static_cast<unsigned>(kind)) + "): ";
    message += seen.empty() ? explanation(kind) : seen;
    return {kind, std::move(message)};
}

VaultError error_of(const std::string& path, const VaultFileError& error) {
    return error_of(path, error.kind, error.seen);
}

// What was written is what the disk gives back.
std::expected<void, VaultError> check_written(const std::string& path, std::span<const std::byte> bytes) {
    const auto back = read_vault_file(path);
    if (!back) return std::unexpected(error_of(path, back.error()));
    if (!std::ranges::equal(*back, bytes)) return std::unexpected(error_of(path, VaultErrorKind::damaged));
    return {};
}

}  // namespace

std::expected<SealedVault, VaultErrorKind> seal(const Secrets& secrets, const Passphrase& passphrase,
                                                const VaultRules& rules) {
    if (passphrase.size() < kMinPassphrase) return std::unexpected(VaultErrorKind::bad_passphrase);
    if (const auto wrong = wrong_with(rules.cost, rules)) return std::unexpected(*wrong);
    const SecretBuffer content = secrets.content();
    SealedVault sealed;
    sealed.cost = rules.cost;
    sealed.content_size = static_cast<std::uint32_t>(content.bytes().size());
    random_bytes(sealed.salt);
    random_bytes(sealed.nonce);
    sealed.ciphertext.resize(content.bytes().size() + kVaultTag);
    const auto key = encryption_key(sealed, passphrase);
    if (!key) return std::unexpected(VaultErrorKind::out_of_memory);
    const auto header = sealed.header();
    DCX_CHECK(::crypto_aead_xchacha20poly1305_ietf_encrypt(
                  reinterpret_cast<unsigned char*>(sealed.ciphertext.data()), nullptr, raw(content.bytes()),
                  content.bytes().size(), raw(header), header.size(), nullptr, raw(sealed.nonce), key->raw()) == 0);
    return sealed;
}

std::expected<Secrets, VaultErrorKind> unseal(const SealedVault& sealed, const Passphrase& passphrase,
                                              const VaultRules& rules) {
    if (const auto wrong = wrong_with(sealed.cost, rules)) return std::unexpected(*wrong);
    DCX_CHECK(sealed.content_size <= kMaxContent && sealed.ciphertext.size() == sealed.content_size + kVaultTag);
    const auto key = encryption_key(sealed, passphrase);
    if (!key) return std::unexpected(VaultErrorKind::out_of_memory);
    const auto header = sealed.header();
    SecretBuffer content(sealed.content_size);
    if (::crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(content.bytes().data()), nullptr,
                                                     nullptr, raw(sealed.ciphertext), sealed.ciphertext.size(),
                                                     raw(header), header.size(), raw(sealed.nonce), key->raw()) != 0)
        return std::unexpected(VaultErrorKind::wrong_passphrase);
    if (sealed.version == kSeedVaultVersion) {
        Secrets secrets;
        DCX_CHECK(secrets.put(kChainSeed, content.bytes()));
        return secrets;
    }
    auto secrets = Secrets::parse(content.bytes());
    if (!secrets) return std::unexpected(VaultErrorKind::bad_content);
    return std::move(*secrets);
}

std::string previous_vault(const std::string& path) { return path + ".previous"; }

std::expected<void, VaultError> create_vault(const std::string& path, const Secrets& secrets,
                                             const Passphrase& passphrase, const VaultRules& rules) {
    const auto sealed = seal(secrets, passphrase, rules);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    if (const auto written = write_vault_file(path, sealed->file()); !written)
        return std::unexpected(error_of(path, written.error()));
    return {};
}

std::expected<Secrets, VaultError> open_vault(const std::string& path, const Passphrase& passphrase,
                                              const VaultRules& rules) {
    const auto bytes = read_vault_file(path);
    if (!bytes) return std::unexpected(error_of(path, bytes.error()));
    const auto sealed = parse_vault(*bytes);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    auto secrets = unseal(*sealed, passphrase, rules);
    if (!secrets) return std::unexpected(error_of(path, secrets.error()));
    return std::move(*secrets);
}

std::expected<void, VaultError> change_vault(const std::string& path, const Passphrase& passphrase,
                                             const Passphrase& after, const VaultChange& change,
                                             const VaultRules& rules) {
    const auto lock = VaultFileLock::take(path);
    if (!lock) return std::unexpected(error_of(path, lock.error()));
    auto secrets = open_vault(path, passphrase, rules);
    if (!secrets) return std::unexpected(std::move(secrets.error()));
    if (const auto changed = change(*secrets); !changed)
        return std::unexpected(VaultError{VaultErrorKind::bad_content, path + ": " + changed.error()});
    const auto sealed = seal(*secrets, after, rules);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    // First what was there before: between the two steps it is there twice, and never not at all.
    const auto before = read_vault_file(path);
    if (!before) return std::unexpected(error_of(path, before.error()));
    if (const auto kept = replace_vault_file(previous_vault(path), *before); !kept)
        return std::unexpected(error_of(previous_vault(path), kept.error()));
    const auto bytes = sealed->file();
    if (const auto written = replace_vault_file(path, bytes); !written)
        return std::unexpected(error_of(path, written.error()));
    return check_written(path, bytes);
}

std::expected<void, VaultError> copy_vault(const std::string& path, const std::string& to, const Passphrase& passphrase,
                                           const VaultRules& rules) {
    const auto bytes = read_vault_file(path);
    if (!bytes) return std::unexpected(error_of(path, bytes.error()));
    const auto sealed = parse_vault(*bytes);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    if (const auto secrets = unseal(*sealed, passphrase, rules); !secrets)
        return std::unexpected(error_of(path, secrets.error()));
    if (const auto written = write_vault_file(to, *bytes); !written)
        return std::unexpected(error_of(to, written.error()));
    return check_written(to, *bytes);
}

std::expected<void, VaultError> create_seed_vault(const std::string& path, const Seed& seed,
                                                  const Passphrase& passphrase, const VaultRules& rules) {
    if (seed.size() < kMinSeed) return std::unexpected(error_of(path, VaultErrorKind::bad_seed));
    Secrets secrets;
    DCX_CHECK(secrets.put(kChainSeed, seed.bytes()));
    return create_vault(path, secrets, passphrase, rules);
}

std::expected<Seed, VaultError> open_seed(const std::string& path, const Passphrase& passphrase,
                                          const VaultRules& rules) {
    const auto secrets = open_vault(path, passphrase, rules);
    if (!secrets) return std::unexpected(secrets.error());
    const auto seed = secrets->get(kChainSeed);
    if (seed.size() < kMinSeed || seed.size() > kMaxSeed)
        return std::unexpected(error_of(path, VaultErrorKind::bad_seed));
    return Seed(seed);
}

}  // namespace dcx::wallet
