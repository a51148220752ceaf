#include "wallet/vault_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/sha256.h"
#include "wallet/derivation.h"

namespace dcx::wallet {
namespace {

constexpr std::string_view kMagic = "dcxvault";
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kMemoryAt = 12;
constexpr std::size_t kPassesAt = 16;
constexpr std::size_t kContentSizeAt = 20;
constexpr std::size_t kSaltAt = 24;
constexpr std::size_t kNonceAt = 40;

static_assert(std::endian::native == std::endian::little, "the file's numbers are the machine's");

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.subspan(offset, sizeof value).data(), sizeof value);
    return value;
}

void put(std::span<std::byte> bytes, std::size_t offset, std::span<const std::byte> value) {
    std::memcpy(bytes.subspan(offset, value.size()).data(), value.data(), value.size());
}
void put(std::span<std::byte> bytes, std::size_t offset, std::uint32_t value) {
    put(bytes, offset, std::as_bytes(std::span{&value, 1}));
}

// A size that this version's content can have.
bool fits(const SealedVault& sealed) {
    if (sealed.version == kSeedVaultVersion) return sealed.content_size >= kMinSeed && sealed.content_size <= kMaxSeed;
    return sealed.content_size != 0 && sealed.content_size <= kMaxContent && sealed.content_size % kContentStep == 0;
}

}  // namespace

std::string_view to_string(VaultErrorKind kind) {
    switch (kind) {
        case VaultErrorKind::file_failed: return "file_failed";
        case VaultErrorKind::exists: return "exists";
        case VaultErrorKind::not_private: return "not_private";
        case VaultErrorKind::not_a_vault: return "not_a_vault";
        case VaultErrorKind::damaged: return "damaged";
        case VaultErrorKind::unknown_version: return "unknown_version";
        case VaultErrorKind::too_weak: return "too_weak";
        case VaultErrorKind::too_costly: return "too_costly";
        case VaultErrorKind::wrong_passphrase: return "wrong_passphrase";
        case VaultErrorKind::out_of_memory: return "out_of_memory";
        case VaultErrorKind::bad_passphrase: return "bad_passphrase";
        case VaultErrorKind::bad_seed: return "bad_seed";
        case VaultErrorKind::bad_content: return "bad_content";
        case VaultErrorKind::busy: return "busy";
    }
    return "unknown";
}

std::array<std::byte, kVaultHeader> SealedVault::header() const {
    std::array<std::byte, kVaultHeader> bytes{};
    put(bytes, 0, std::as_bytes(std::span{kMagic}));
    put(bytes, kVersionAt, version);
    put(bytes, kMemoryAt, cost.memory_kib);
    put(bytes, kPassesAt, cost.passes);
    put(bytes, kContentSizeAt, content_size);
    put(bytes, kSaltAt, salt);
    put(bytes, kNonceAt, nonce);
    return bytes;
}

std::vector<std::byte> SealedVault::file() const {
    DCX_CHECK(ciphertext.size() == content_size + kVaultTag);
    std::vector<std::byte> bytes(kVaultHeader + ciphertext.size() + kVaultChecksum);
    const auto covered = std::span{bytes}.first(bytes.size() - kVaultChecksum);
    put(bytes, 0, header());
    put(bytes, kVaultHeader, ciphertext);
    put(bytes, covered.size(), Sha256::of(covered));
    return bytes;
}

std::expected<SealedVault, VaultErrorKind> parse_vault(std::span<const std::byte> file) {
    if (file.size() < kVaultHeader + kVaultChecksum ||
        !std::ranges::equal(file.first(kMagic.size()), std::as_bytes(std::span{kMagic})))
        return std::unexpected(VaultErrorKind::not_a_vault);
    const auto covered = file.first(file.size() - kVaultChecksum);
    // Before anything else is believed, the version included.
    if (!std::ranges::equal(Sha256::of(covered), file.last(kVaultChecksum)))
        return std::unexpected(VaultErrorKind::damaged);
    SealedVault sealed;
    sealed.version = number_at(file, kVersionAt);
    if (sealed.version != kSeedVaultVersion && sealed.version != kVaultVersion)
        return std::unexpected(VaultErrorKind::unknown_version);
    sealed.cost = {.memory_kib = number_at(file, kMemoryAt), .passes = number_at(file, kPassesAt)};
    sealed.content_size = number_at(file, kContentSizeAt);
    const auto ciphertext = covered.subspan(kVaultHeader);
    // In 64 bits: a size near 2^32 must not come round to a small one.
    if (!fits(sealed) || ciphertext.size() != std::uint64_t{sealed.content_size} + kVaultTag)
        return std::unexpected(VaultErrorKind::damaged);
    if (sealed.cost.memory_kib < kLeastCost.memory_kib || sealed.cost.passes < kLeastCost.passes)
        return std::unexpected(VaultErrorKind::damaged);
    std::memcpy(sealed.salt.data(), file.data() + kSaltAt, sealed.salt.size());
    std::memcpy(sealed.nonce.data(), file.data() + kNonceAt, sealed.nonce.size());
    sealed.ciphertext.assign(ciphertext.begin(), ciphertext.end());
    return sealed;
}

}  // namespace dcx::wallet
