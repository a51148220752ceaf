#include "net/websocket_handshake.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "base/ed25519.h"

namespace dcx::net {

namespace {

std::string base64(const unsigned char* bytes, int size) {
    std::array<unsigned char, 64> text{};
    DCX_CHECK(size <= 45);
    const int length = ::EVP_EncodeBlock(text.data(), bytes, size);
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

}  // namespace

std::string make_websocket_key() {
    std::array<std::byte, 16> nonce;
    random_bytes(nonce);
    return base64(reinterpret_cast<const unsigned char*>(nonce.data()), 16);
}

bool valid_websocket_key(std::string_view key) {
    if (key.size() != 24 || key.substr(22) != "==") return false;
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key.substr(0, 22).find_first_not_of(alphabet) == key.npos;
}

std::string websocket_accept(std::string_view key) {
    // The GUID is the RFC's: it tells a WebSocket server from anything that merely echoes.
    const std::string text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest{};
    DCX_CHECK(::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha1(), nullptr) == 1);
    return base64(digest.data(), 20);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower_case(std::string_view text) {
    std::string result{text};
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool has_token(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        if (lower_case(trimmed(value.substr(0, comma))) == token) return true;
        if (comma == value.npos) break;
        value.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace dcx::net
