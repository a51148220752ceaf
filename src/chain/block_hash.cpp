#include "chain/block_hash.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include "base/check.h"

namespace dcx::chain {

std::string python_repr(double number) {
    DCX_CHECK(std::isfinite(number));
    std::array<char, 40> bytes{};
    const auto written =
        std::to_chars(bytes.data(), bytes.data() + bytes.size(), number, std::chars_format::scientific);
    const std::string_view text(bytes.data(), static_cast<std::size_t>(written.ptr - bytes.data()));
    // -d.ddde+XX: digits and exponent are the shortest already; only the layout is another.
    const std::size_t e = text.find('e');
    int exponent = 0;
    const std::size_t from = text[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(text.data() + from, text.data() + text.size(), exponent);
    std::string digits;
    for (const char c : text.substr(0, e))
        if (c >= '0' && c <= '9') digits += c;
    const int count = static_cast<int>(digits.size());
    std::string out = std::signbit(number) ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
        out += digits.substr(0, 1);
        if (count > 1) out += "." + digits.substr(1);
        const std::string power = std::to_string(std::abs(exponent));
        return out + (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" : "") + power;
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    if (count <= exponent + 1)
        return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
    const auto whole = static_cast<std::size_t>(exponent + 1);
    return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string block_preimage(const BlockHeader& header) {
    const std::string validator = header.validator.empty() ? "null" : '"' + header.validator + '"';
    return "{\"difficulty\": " + std::to_string(header.difficulty) + ", \"index\": " + std::to_string(header.index) +
           ", \"merkle_root\": \"" + to_hex(header.merkle_root) + "\", \"nonce\": " + std::to_string(header.nonce) +
           ", \"previous_hash\": \"" + header.previous_hash +
           "\", \"stake_weight\": " + python_repr(header.stake_weight) +
           ", \"timestamp\": " + python_repr(header.timestamp) + ", \"validator\": " + validator +
           ", \"work_weight\": " + python_repr(header.work_weight) + "}";
}

Digest block_hash(const BlockHeader& header) {
    const std::string text = block_preimage(header);
    return Sha256::of(std::as_bytes(std::span{text}));
}

}  // namespace dcx::chain
