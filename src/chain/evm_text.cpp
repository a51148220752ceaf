#include "chain/evm_text.h"

#include <array>
#include <cstring>
#include <limits>
#include <span>

namespace dcx::chain {
namespace {

constexpr std::size_t kMostDigits = 64;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string quantity_text(std::uint64_t number) {
    std::array<char, 19> text{};
    std::size_t at = text.size();
    do text[--at] = "0123456789abcdef"[number & 15];
    while ((number >>= 4) != 0);
    return "0x" + std::string(text.data() + at, text.size() - at);
}

std::optional<uint128> parse_big_quantity(std::string_view text) {
    if (!text.starts_with("0x") || text.size() < 3 || text.size() > 2 + kMostDigits) return {};
    text.remove_prefix(2);
    if (text[0] == '0' && text.size() > 1) return {};
    uint128 number = 0;
    bool beyond = false;
    for (const char c : text) {
        const int digit = digit_of(c);
        if (digit < 0) return {};
        beyond |= number >> 124 != 0;
        number = number << 4 | static_cast<unsigned>(digit);
    }
    return beyond ? ~uint128{0} : number;
}

std::optional<std::uint64_t> parse_quantity(std::string_view text) {
    const auto number = parse_big_quantity(text);
    if (!number || *number > std::numeric_limits<std::uint64_t>::max()) return {};
    return static_cast<std::uint64_t>(*number);
}

std::string hex_text(std::string_view bytes) { return "0x" + to_hex(std::as_bytes(std::span{bytes})); }

std::optional<std::string> parse_bytes(std::string_view text) {
    if (!text.starts_with("0x") || text.size() % 2 != 0) return {};
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 2; i < text.size(); i += 2) {
        const int high = digit_of(text[i]);
        const int low = digit_of(text[i + 1]);
        if (high < 0 || low < 0) return {};
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

std::string hash_text(const Digest& hash) { return "0x" + to_hex(hash); }

std::optional<Digest> parse_hash(std::string_view text) {
    const auto bytes = parse_bytes(text);
    Digest hash;
    if (!bytes || bytes->size() != hash.size()) return {};
    std::memcpy(hash.data(), bytes->data(), hash.size());
    return hash;
}

}  // namespace dcx::chain
