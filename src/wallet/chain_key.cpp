#include "wallet/chain_key.h"

#include <openssl/evp.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/ed25519.h"
#include "base/sha256.h"

namespace dcx::wallet {
namespace {

// Shared by all threads: only its making changes it. Never freed, as a key may be used until the very end.
const secp256k1_context* context() {
    static const secp256k1_context* const shared = [] {
        secp256k1_context* made = ::secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        DCX_CHECK(made != nullptr);
        // Blinds the multiplications, so that their power and timing tell less about a key.
        SecretBytes<32> blinding;
        random_bytes(blinding.bytes());
        DCX_CHECK(::secp256k1_context_randomize(made, blinding.raw()) == 1);
        return made;
    }();
    return shared;
}

const unsigned char* raw(const Digest& hash) { return reinterpret_cast<const unsigned char*>(hash.data()); }

std::array<std::byte, 20> hash160(std::span<const std::byte> bytes) {
    const Digest inner = Sha256::of(bytes);
    std::array<std::byte, 20> outer{};
    unsigned size = 0;
    // In OpenSSL's default provider from 3.0.7 on, which is older than any Debian 12.
    DCX_CHECK(::EVP_Digest(inner.data(), inner.size(), reinterpret_cast<unsigned char*>(outer.data()), &size,
                           ::EVP_ripemd160(), nullptr) == 1);
    DCX_CHECK(size == outer.size());
    return outer;
}

std::optional<SignersError> wrong_with(unsigned required, std::span<const ChainAddress> signers) {
    if (required == 0) return SignersError::none_required;
    if (signers.size() > kMaxSigners) return SignersError::too_many;
    if (signers.size() < required) return SignersError::too_few;
    for (std::size_t i = 0; i < signers.size(); ++i) {
        if (signers[i].kind != AddressKind::dec) return SignersError::not_a_key;
        if (std::find(signers.begin(), signers.begin() + static_cast<std::ptrdiff_t>(i), signers[i]) !=
            signers.begin() + static_cast<std::ptrdiff_t>(i))
            return SignersError::repeated;
    }
    return std::nullopt;
}

}  // namespace

bool well_formed(const PrivateKey& key) { return ::secp256k1_ec_seckey_verify(context(), key.raw()) == 1; }

std::optional<PublicKey> public_key_of(const PrivateKey& key) {
    secp256k1_pubkey point;
    if (::secp256k1_ec_pubkey_create(context(), &point, key.raw()) != 1) return std::nullopt;
    std::array<unsigned char, 65> bytes{};
    std::size_t size = bytes.size();
    DCX_CHECK(::secp256k1_ec_pubkey_serialize(context(), bytes.data(), &size, &point, SECP256K1_EC_UNCOMPRESSED) == 1);
    DCX_CHECK(size == bytes.size() && bytes[0] == 4);
    PublicKey result;
    std::memcpy(result.data(), bytes.data() + 1, result.size());
    return result;
}

std::optional<PrivateKey> add_to_key(const PrivateKey& key, const SecretBytes<32>& number) {
    DCX_CHECK(well_formed(key));
    PrivateKey sum(key.bytes());
    if (::secp256k1_ec_seckey_tweak_add(context(), sum.raw(), number.raw()) != 1) return std::nullopt;
    return sum;
}

std::optional<RecoverableSignature> sign_recoverable(const PrivateKey& key, const Digest& hash) {
    secp256k1_ecdsa_recoverable_signature made;
    // No nonce function: the library's own, which is that of RFC 6979 with HMAC-SHA-256.
    if (::secp256k1_ecdsa_sign_recoverable(context(), &made, raw(hash), key.raw(), nullptr, nullptr) != 1)
        return std::nullopt;
    RecoverableSignature result;
    int recovery = 0;
    DCX_CHECK(::secp256k1_ecdsa_recoverable_signature_serialize_compact(
                  context(), reinterpret_cast<unsigned char*>(result.rs.data()), &recovery, &made) == 1);
    result.recovery = static_cast<std::uint8_t>(recovery);
    return result;
}

std::optional<Signature> sign(const PrivateKey& key, const Digest& hash) {
    const auto made = sign_recoverable(key, hash);
    if (!made) return std::nullopt;
    return made->rs;
}

bool verify(const PublicKey& key, const Digest& hash, const Signature& signature) {
    std::array<unsigned char, 65> bytes{4};
    std::memcpy(bytes.data() + 1, key.data(), key.size());
    secp256k1_pubkey point;
    if (::secp256k1_ec_pubkey_parse(context(), &point, bytes.data(), bytes.size()) != 1) return false;
    secp256k1_ecdsa_signature parsed;
    if (::secp256k1_ecdsa_signature_parse_compact(context(), &parsed,
                                                  reinterpret_cast<const unsigned char*>(signature.data())) != 1)
        return false;
    // The library verifies the lower s alone.
    ::secp256k1_ecdsa_signature_normalize(context(), &parsed, &parsed);
    return ::secp256k1_ecdsa_verify(context(), &parsed, raw(hash), &point) == 1;
}

ChainAddress address_of(const PublicKey& key) { return {.hash = hash160(key), .kind = AddressKind::dec}; }

std::string_view to_string(SignersError error) {
    switch (error) {
        case SignersError::too_few: return "too_few";
        case SignersError::too_many: return "too_many";
        case SignersError::none_required: return "none_required";
        case SignersError::not_a_key: return "not_a_key";
        case SignersError::repeated: return "repeated";
    }
    return "unknown";
}

std::expected<std::string, SignersError> signers_text(unsigned required, std::span<const ChainAddress> signers) {
    if (const auto wrong = wrong_with(required, signers)) return std::unexpected(*wrong);
    std::vector<std::string> texts;
    texts.reserve(signers.size());
    for (const ChainAddress& signer : signers) texts.push_back(address_text(signer));
    std::ranges::sort(texts);
    std::string json = "{\"required\": " + std::to_string(required) + ", \"signers\": [";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) json += ", ";
        json += '"' + texts[i] + '"';
    }
    return json += "]}";
}

std::expected<ChainAddress, SignersError> multisig_address(unsigned required, std::span<const ChainAddress> signers) {
    const auto text = signers_text(required, signers);
    if (!text) return std::unexpected(text.error());
    return ChainAddress{.hash = hash160(std::as_bytes(std::span{*text})), .kind = AddressKind::decms};
}

}  // namespace dcx::wallet
