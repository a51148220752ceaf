#include "wallet/derivation.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/ed25519.h"

namespace dcx::wallet {
namespace {

constexpr std::uint32_t kPurpose = 44;
// The key of the first HMAC, as BIP32 has it for every coin.
constexpr std::string_view kMasterLabel = "Bitcoin seed";

SecretBytes<64> hmac_sha512(std::span<const std::byte> key, std::span<const std::byte> message) {
    const auto raw = [](std::span<const std::byte> b) { return reinterpret_cast<const unsigned char*>(b.data()); };
    crypto_auth_hmacsha512_state state;
    SecretBytes<64> result;
    ::crypto_auth_hmacsha512_init(&state, raw(key), key.size());
    ::crypto_auth_hmacsha512_update(&state, raw(message), message.size());
    ::crypto_auth_hmacsha512_final(&state, result.raw());
    ::sodium_memzero(&state, sizeof state);
    return result;
}

SecretBytes<32> half(const SecretBytes<64>& both, std::size_t offset) {
    return SecretBytes<32>(std::span<const std::byte, 32>(both.bytes().subspan(offset, 32)));
}

}  // namespace

Seed new_seed() {
    SecretBytes<32> bytes;
    random_bytes(bytes.bytes());
    return Seed(bytes.bytes());
}

std::optional<ExtendedKey> master_key(std::span<const std::byte> seed) {
    DCX_CHECK(seed.size() >= kMinSeed && seed.size() <= kMaxSeed);
    const SecretBytes<64> both = hmac_sha512(std::as_bytes(std::span{kMasterLabel}), seed);
    ExtendedKey master{.key = half(both, 0), .chain_code = half(both, 32)};
    if (!well_formed(master.key)) return std::nullopt;
    return master;
}

std::optional<ExtendedKey> hardened_child(const ExtendedKey& parent, std::uint32_t number) {
    DCX_CHECK(number < kHardened);
    // A zero byte, the parent's key, the number: most significant byte first.
    SecretBytes<37> message;
    std::memcpy(message.bytes().data() + 1, parent.key.bytes().data(), 32);
    const std::uint32_t hardened = number + kHardened;
    for (unsigned i = 0; i < 4; ++i) message.bytes()[33 + i] = static_cast<std::byte>(hardened >> (24 - 8 * i));
    const SecretBytes<64> both = hmac_sha512(parent.chain_code.bytes(), message.bytes());
    auto key = add_to_key(parent.key, half(both, 0));
    if (!key) return std::nullopt;
    return ExtendedKey{.key = std::move(*key), .chain_code = half(both, 32)};
}

std::string_view to_string(DerivationError error) {
    switch (error) {
        case DerivationError::account_out_of_range: return "account_out_of_range";
        case DerivationError::index_out_of_range: return "index_out_of_range";
        case DerivationError::seed_of_wrong_size: return "seed_of_wrong_size";
        case DerivationError::no_such_key: return "no_such_key";
    }
    return "unknown";
}

std::expected<AccountKeys, DerivationError> AccountKeys::of(std::span<const std::byte> seed, std::uint32_t account) {
    if (account >= kHardened) return std::unexpected(DerivationError::account_out_of_range);
    if (seed.size() < kMinSeed || seed.size() > kMaxSeed) return std::unexpected(DerivationError::seed_of_wrong_size);
    auto key = master_key(seed);
    for (const std::uint32_t number : {kPurpose, kCoinType, account})
        if (key) key = hardened_child(*key, number);
    if (!key) return std::unexpected(DerivationError::no_such_key);
    return AccountKeys(std::move(*key));
}

std::expected<PrivateKey, DerivationError> AccountKeys::key(std::uint32_t index) const {
    if (index >= kHardened) return std::unexpected(DerivationError::index_out_of_range);
    auto child = hardened_child(account_, index);
    if (!child) return std::unexpected(DerivationError::no_such_key);
    return std::move(child->key);
}

std::expected<ChainAddress, DerivationError> AccountKeys::address(std::uint32_t index) const {
    const auto private_key = key(index);
    if (!private_key) return std::unexpected(private_key.error());
    const auto public_key = public_key_of(*private_key);
    DCX_CHECK(public_key.has_value());
    return address_of(*public_key);
}

std::string path_text(std::uint32_t account, std::uint32_t index) {
    return "m/" + std::to_string(kPurpose) + "'/" + std::to_string(kCoinType) + "'/" + std::to_string(account) + "'/" +
           std::to_string(index) + "'";
}

}  // namespace dcx::wallet
