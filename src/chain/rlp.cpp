#include "chain/rlp.h"

namespace dcx::chain {
namespace {

constexpr std::size_t kShort = 55;  // the longest whose length stands in the first byte

std::string big_endian(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        if (const auto byte = static_cast<char>(number >> shift & 0xFF); byte != 0 || !bytes.empty())
            bytes.push_back(byte);
    return bytes;
}

std::string with_length(std::string_view content, unsigned char base) {
    if (content.size() <= kShort) return static_cast<char>(base + content.size()) + std::string(content);
    const std::string length = big_endian(content.size());
    return static_cast<char>(base + kShort + length.size()) + length + std::string(content);
}

// Takes one item from the front: its content, and whether it is a list.
struct Item {
    std::string_view content;
    bool list = false;
};
std::optional<Item> take(std::string_view& bytes) {
    if (bytes.empty()) return {};
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (first < 0x80) {
        const Item item{.content = bytes.substr(0, 1)};
        bytes.remove_prefix(1);
        return item;
    }
    const bool list = first >= 0xC0;
    std::size_t size = first - (list ? 0xC0u : 0x80u);
    bytes.remove_prefix(1);
    if (size > kShort) {
        const std::size_t digits = size - kShort;
        if (digits > bytes.size() || digits > sizeof(std::uint64_t)) return {};
        const auto length = rlp_number_of(bytes.substr(0, digits));
        if (!length || *length <= kShort) return {};
        size = *length;
        bytes.remove_prefix(digits);
    }
    if (size > bytes.size()) return {};
    const Item item{.content = bytes.substr(0, size), .list = list};
    bytes.remove_prefix(size);
    // Such a byte is its own encoding.
    if (!list && size == 1 && static_cast<unsigned char>(item.content[0]) < 0x80) return {};
    return item;
}

}  // namespace

std::string rlp_bytes(std::string_view bytes) {
    if (bytes.size() == 1 && static_cast<unsigned char>(bytes[0]) < 0x80) return std::string(bytes);
    return with_length(bytes, 0x80);
}

std::string rlp_number(std::uint64_t number) { return rlp_bytes(big_endian(number)); }

std::string rlp_list(std::string_view items) { return with_length(items, 0xC0); }

std::optional<std::uint64_t> rlp_number_of(std::string_view bytes) {
    if (bytes.size() > sizeof(std::uint64_t) || (!bytes.empty() && bytes[0] == 0)) return {};
    std::uint64_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

std::optional<std::vector<std::string>> rlp_strings(std::string_view list, std::size_t limit) {
    const auto whole = take(list);
    if (!whole || !whole->list || !list.empty()) return {};
    std::vector<std::string> strings;
    for (std::string_view rest = whole->content; !rest.empty();) {
        const auto item = take(rest);
        if (!item || item->list || strings.size() == limit) return {};
        strings.emplace_back(item->content);
    }
    return strings;
}

}  // namespace dcx::chain
