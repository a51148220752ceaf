// Messages of order entry, made from schema/dcx-order-entry.xml by scripts/sbe/generate.py: do not edit. It needs C++20
// and nothing else: copy it into your own program.
//
// read_frame() finds the first frame in received bytes. A view (PlaceOrderView::of(frame)) reads a message where it
// lies; it is nothing when the frame has another message, or a block shorter than version 1's. An encoder
// (PlaceOrderEncoder::in(buffer)) writes a whole frame into a buffer of yours; it is nothing when that is too short,
// and fields that are not set are 0. No allocation, no exceptions; any bytes are allowed in.
//
// Prices are ticks, quantities lots, amounts minor units, times nanoseconds since 1970 UTC. A number that an
// enumeration does not name is passed on as it is. Fields of later versions are passed over, those that an older sender
// does not have are 0.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace dcx::wire {

using Bytes = std::span<const std::byte>;
using Buffer = std::span<std::byte>;

// Little-endian, at any address.
template <class T>
[[nodiscard]] inline T load(const std::byte* at) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), at, sizeof(T));
    if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<T>(bytes);
}
template <class T>
inline void store(std::byte* at, T value) {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
    std::memcpy(at, bytes.data(), sizeof(T));
}
// Text up to the first zero byte.
[[nodiscard]] inline std::string_view load_text(const std::byte* at, std::size_t size) {
    const std::string_view whole{reinterpret_cast<const char*>(at), size};
    return whole.substr(0, whole.find('\0'));
}
// As much of the text as the field holds, zero padded.
inline void store_text(std::byte* at, std::size_t size, std::string_view text) {
    std::memset(at, 0, size);
    if (!text.empty()) std::memcpy(at, text.data(), text.size() < size ? text.size() : size);
}

// What stands in a message, for tools that treat all alike.
struct FieldInfo {
    std::string_view name;
    std::size_t offset;
    std::size_t size;
    unsigned since_version;
};
struct MessageInfo {
    std::string_view name;
    std::uint16_t template_id;
    std::size_t block_length;
    bool from_client;
    bool from_venue;
    std::span<const FieldInfo> fields;
};

// A message as a line of text, name=value by name=value.
class Line {
  public:
    explicit Line(std::string_view name) : text_(name) {}
    template <class T>
    void add(std::string_view name, const T& value) {
        text_.append(text_.empty() || text_.back() == '{' ? "" : " ").append(name).append("=");
        put(value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    template <std::integral T>
    void put(T value) {
        std::array<char, 24> digits;
        text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    template <class T>
        requires std::is_enum_v<T>
    void put(T value) {
        if (const std::string_view name = name_of(value); !name.empty()) {
            text_.append(name);
        } else {
            put(static_cast<std::underlying_type_t<T>>(value));
        }
    }
    void put(std::string_view text) { text_.append("\"").append(text).append("\""); }
    template <std::size_t Size>
    void put(std::span<const std::byte, Size> bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::byte byte : bytes) {
            text_.push_back(digits[std::to_integer<std::size_t>(byte >> 4)]);
            text_.push_back(digits[std::to_integer<std::size_t>(byte & std::byte{15})]);
        }
    }
    template <class Part>
        requires requires(const Part& part, Line& line) { part.describe(line); }
    void put(const Part& part) {
        text_.append("{");
        part.describe(*this);
        text_.append("}");
    }
    template <class Set>
        requires requires { Set::kBits; }
    void put(const Set& set) {
        auto rest = set.bits;
        bool first = true;
        for (const auto& [bit, name] : Set::kBits) {
            if (!set.has(bit)) continue;
            text_.append(first ? "" : "|").append(name);
            first = false;
            rest = static_cast<decltype(rest)>(rest & ~bit);
        }
        if (rest != 0) {
            text_.append(first ? "" : "|");
            put(rest);
        } else if (first) {
            text_.append("-");
        }
    }

    std::string text_;
};
