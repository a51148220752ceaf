#include "wallet/vault.h"

#include <sodium.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ed25519.h"
#include "wallet/vault_file.h"

namespace dcx::wallet {
namespace {

static_assert(crypto_pwhash_SALTBYTES == sizeof(SealedSeed::salt));
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == sizeof(SealedSeed::nonce));
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
std::optional<SecretBytes<32>> encryption_key(const SealedSeed& sealed, const Passphrase& passphrase) {
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
        case VaultErrorKind::bad_seed: return "the seed must have 16 to 64 bytes";
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

}  // namespace

std::expected<SealedSeed, VaultErrorKind> seal(const Seed& seed, const Passphrase& passphrase,
                                               const VaultRules& rules) {
    if (seed.size() < kMinSeed) return std::unexpected(VaultErrorKind::bad_seed);
    if (passphrase.size() < kMinPassphrase) return std::unexpected(VaultErrorKind::bad_passphrase);
    if (const auto wrong = wrong_with(rules.cost, rules)) return std::unexpected(*wrong);
    SealedSeed sealed;
    sealed.cost = rules.cost;
    sealed.seed_size = static_cast<std::uint32_t>(seed.size());
    random_bytes(sealed.salt);
    random_bytes(sealed.nonce);
    sealed.ciphertext.resize(seed.size() + kVaultTag);
    const auto key = encryption_key(sealed, passphrase);
    if (!key) return std::unexpected(VaultErrorKind::out_of_memory);
    const auto header = sealed.header();
    DCX_CHECK(::crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(sealed.ciphertext.data()),
                                                           nullptr, raw(seed.bytes()), seed.size(), raw(header),
                                                           header.size(), nullptr, raw(sealed.nonce), key->raw()) == 0);
    return sealed;
}

std::expected<Seed, VaultErrorKind> unseal(const SealedSeed& sealed, const Passphrase& passphrase,
                                           const VaultRules& rules) {
    if (const auto wrong = wrong_with(sealed.cost, rules)) return std::unexpected(*wrong);
    DCX_CHECK(sealed.seed_size <= kMaxSeed && sealed.ciphertext.size() == sealed.seed_size + kVaultTag);
    const auto key = encryption_key(sealed, passphrase);
    if (!key) return std::unexpected(VaultErrorKind::out_of_memory);
    const auto header = sealed.header();
    SecretBytes<kMaxSeed> opened;
    if (::crypto_aead_xchacha20poly1305_ietf_decrypt(opened.raw(), nullptr, nullptr, raw(sealed.ciphertext),
                                                     sealed.ciphertext.size(), raw(header), header.size(),
                                                     raw(sealed.nonce), key->raw()) != 0)
        return std::unexpected(VaultErrorKind::wrong_passphrase);
    return Seed(std::span<const std::byte>{opened.bytes()}.first(sealed.seed_size));
}

std::expected<void, VaultError> create_vault(const std::string& path, const Seed& seed, const Passphrase& passphrase,
                                             const VaultRules& rules) {
    const auto sealed = seal(seed, passphrase, rules);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    if (const auto written = write_vault_file(path, sealed->file()); !written)
        return std::unexpected(error_of(path, written.error().kind, written.error().seen));
    return {};
}

std::expected<Seed, VaultError> open_vault(const std::string& path, const Passphrase& passphrase,
                                           const VaultRules& rules) {
    const auto bytes = read_vault_file(path);
    if (!bytes) return std::unexpected(error_of(path, bytes.error().kind, bytes.error().seen));
    const auto sealed = parse_vault(*bytes);
    if (!sealed) return std::unexpected(error_of(path, sealed.error()));
    auto seed = unseal(*sealed, passphrase, rules);
    if (!seed) return std::unexpected(error_of(path, seed.error()));
    return std::move(*seed);
}

}  // namespace dcx::wallet
