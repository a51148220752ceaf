// PlainValue: a message of the feed taken apart again, by a decoder of JSON and one of MessagePack that share nothing
// with what the messages were made by. Strict: one value and nothing behind it, no white space, no double key, numbers
// in their shortest form. Anything else ends the test, with what was wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dcx::feed_book {

struct PlainValue {
    enum class Kind { null, boolean, number, text, list, map };
    Kind kind{};
    bool negative{};  // of a number
    std::uint64_t magnitude{};
    std::string text{};
    std::vector<PlainValue> items{};                          // of a list
    std::vector<std::pair<std::string, PlainValue>> pairs{};  // of a map

    // Each ends the test when it is of another kind.
    [[nodiscard]] std::uint64_t as_number() const;
    [[nodiscard]] const std::string& as_text() const;
    [[nodiscard]] const std::vector<PlainValue>& as_list() const;
    [[nodiscard]] const PlainValue& at(std::string_view key) const;
    [[nodiscard]] const PlainValue* find(std::string_view key) const;
};

[[nodiscard]] PlainValue decode_json(std::span<const std::byte> bytes);
[[nodiscard]] PlainValue decode_msgpack(std::span<const std::byte> bytes);

}  // namespace dcx::feed_book
