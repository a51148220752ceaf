#include "base/ed25519.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "base/check.h"

namespace dcx {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* raw(const std::byte* p) { return reinterpret_cast<const unsigned char*>(p); }

Key private_key(const Ed25519Seed& seed) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed.data()), seed.size()), &EVP_PKEY_free);
    DCX_CHECK(key != nullptr);
    return key;
}

}  // namespace

void random_bytes(std::span<std::byte> out) {
    DCX_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1);
}

Ed25519PublicKey ed25519_public_key(const Ed25519Seed& seed) {
    Ed25519PublicKey result;
    std::size_t size = result.size();
    DCX_CHECK(EVP_PKEY_get_raw_public_key(private_key(seed).get(), reinterpret_cast<unsigned char*>(result.data()),
                                          &size) == 1);
    return result;
}

Ed25519Signature ed25519_sign(const Ed25519Seed& seed, std::span<const std::byte> message) {
    const Key key = private_key(seed);
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    Ed25519Signature result;
    std::size_t size = result.size();
    DCX_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    DCX_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(result.data()), &size, raw(message.data()),
                             message.size()) == 1);
    return result;
}

bool ed25519_verify(const Ed25519PublicKey& key, std::span<const std::byte> message,
                    const Ed25519Signature& signature) {
    const Key parsed(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(key.data()), key.size()),
                     &EVP_PKEY_free);
    if (parsed == nullptr) return false;
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, parsed.get()) != 1) return false;
    return EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(), raw(message.data()),
                            message.size()) == 1;
}

}  // namespace dcx
