#define OPENSSL_SUPPRESS_DEPRECATED
#include "proof/quick_sha256.h"

#include <openssl/sha.h>

#include <algorithm>

#include "base/check.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kBlock = 64;

SHA256_CTX* context_of(std::array<std::byte, 112>& state) { return reinterpret_cast<SHA256_CTX*>(state.data()); }

}  // namespace

static_assert(sizeof(SHA256_CTX) == 112 && alignof(SHA256_CTX) <= 8);

QuickSha256::QuickSha256() { DCX_CHECK(SHA256_Init(context_of(state_)) == 1); }

void QuickSha256::update(std::span<const std::byte> bytes) {
    DCX_CHECK(SHA256_Update(context_of(state_), bytes.data(), bytes.size()) == 1);
}

Digest QuickSha256::finish() {
    Digest digest;
    DCX_CHECK(SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), context_of(state_)) == 1);
    DCX_CHECK(SHA256_Init(context_of(state_)) == 1);
    return digest;
}

Digest QuickSha256::of(std::span<const std::byte> bytes) {
    QuickSha256 hash;
    hash.update(bytes);
    return hash.finish();
}

KeyedHmac::KeyedHmac(std::span<const std::byte> key) {
    std::array<std::byte, kBlock> block{};
    if (key.size() > kBlock) {
        const Digest hashed = QuickSha256::of(key);
        std::copy(hashed.begin(), hashed.end(), block.begin());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    for (std::byte& b : block) b ^= std::byte{0x36};
    inner_.update(block);
    for (std::byte& b : block) b ^= std::byte{0x36 ^ 0x5c};
    outer_.update(block);
}

Digest KeyedHmac::of(std::span<const std::byte> message) const {
    QuickSha256 hash = inner_;
    hash.update(message);
    const Digest inner = hash.finish();
    hash = outer_;
    hash.update(inner);
    return hash.finish();
}

}  // namespace dcx::proof
