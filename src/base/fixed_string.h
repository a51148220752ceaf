// FixedString<N>: up to N bytes of text in place, zero padded, comparable, with the layout of char[N].
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <string_view>

namespace dcx {

template <std::size_t N>
struct FixedString {
    std::array<char, N> bytes{};

    constexpr FixedString() = default;
    // Takes the first N bytes; use fits() where longer text must be refused.
    constexpr explicit FixedString(std::string_view text) {
        for (std::size_t i = 0; i < N && i < text.size(); ++i) bytes[i] = text[i];
    }
    [[nodiscard]] static constexpr bool fits(std::string_view text) {
        return text.size() <= N && text.find('\0') == text.npos;
    }
    [[nodiscard]] constexpr std::string_view view() const {
        std::size_t length = 0;
        while (length < N && bytes[length] != '\0') ++length;
        return {bytes.data(), length};
    }
    // False when a zero byte is followed by another byte: two encodings of one text must not both be legal.
    [[nodiscard]] constexpr bool canonical() const {
        for (std::size_t i = view().size(); i < N; ++i)
            if (bytes[i] != '\0') return false;
        return true;
    }
    friend constexpr auto operator<=>(const FixedString&, const FixedString&) = default;
};

}  // namespace dcx
