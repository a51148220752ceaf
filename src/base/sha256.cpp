#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace dcx {
namespace {

EVP_MD_CTX* context_of(void* p) { return static_cast<EVP_MD_CTX*>(p); }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    DCX_CHECK(context_ != nullptr);
    DCX_CHECK(EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_of(context_)); }

void Sha256::update(std::span<const std::byte> bytes) {
    DCX_CHECK(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
    Digest digest;
    unsigned size = 0;
    DCX_CHECK(EVP_DigestFinal_ex(context_of(context_), reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
    DCX_CHECK(size == digest.size());
    // A null type keeps the algorithm fetched at construction, which is the costly part.
    DCX_CHECK(EVP_DigestInit_ex(context_of(context_), nullptr, nullptr) == 1);
    return digest;
}

Digest Sha256::of(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string to_hex(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text.push_back(digits[static_cast<unsigned>(b) >> 4]);
        text.push_back(digits[static_cast<unsigned>(b) & 15]);
    }
    return text;
}

bool from_hex(std::string_view text, std::span<std::byte> out) {
    if (text.size() != out.size() * 2) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::byte>(high * 16 + low);
    }
    return true;
}

}  // namespace dcx
