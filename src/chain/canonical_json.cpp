#include "chain/canonical_json.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace dcx::chain {
namespace {

void add_escape(std::string& out, std::uint32_t unit) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xf];
}

// The next code point of `text` from `at` on; nothing when the bytes there are not UTF-8: too long a form, half of a
// surrogate pair, above 0x10ffff, cut short.
std::expected<std::uint32_t, CanonicalError> next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t first = byte(at);
    if (first < 0x80) {
        ++at;
        return first;
    }
    std::size_t more = 0;
    std::uint32_t least = 0;
    std::uint32_t point = 0;
    if ((first & 0xe0) == 0xc0) {
        more = 1, least = 0x80, point = first & 0x1f;
    } else if ((first & 0xf0) == 0xe0) {
        more = 2, least = 0x800, point = first & 0x0f;
    } else if ((first & 0xf8) == 0xf0) {
        more = 3, least = 0x10000, point = first & 0x07;
    } else {
        return std::unexpected(CanonicalError::not_utf8);
    }
    if (text.size() - at <= more) return std::unexpected(CanonicalError::not_utf8);
    for (std::size_t i = 1; i <= more; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return std::unexpected(CanonicalError::not_utf8);
        point = point << 6 | (byte(at + i) & 0x3f);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return std::unexpected(CanonicalError::not_utf8);
    at += more + 1;
    return point;
}

std::expected<void, CanonicalError> add_text(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const auto point = next_code_point(text, at);
        if (!point) return std::unexpected(point.error());
        switch (*point) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            default:
                if (*point >= 0x20 && *point < 0x7f) {
                    out += static_cast<char>(*point);
                } else if (*point < 0x10000) {
                    add_escape(out, *point);
                } else {
                    add_escape(out, 0xd800 + ((*point - 0x10000) >> 10));
                    add_escape(out, 0xdc00 + ((*point - 0x10000) & 0x3ff));
                }
        }
    }
    out += '"';
    return {};
}

std::expected<void, CanonicalError> add_value(std::string& out, const nlohmann::json& value, int depth) {
    using Type = nlohmann::json::value_t;
    if (depth > kMaxJsonDepth) return std::unexpected(CanonicalError::not_json);
    switch (value.type()) {
        case Type::null: out += "null"; return {};
        case Type::boolean: out += value.get<bool>() ? "true" : "false"; return {};
        case Type::number_integer: out += std::to_string(value.get<std::int64_t>()); return {};
        case Type::number_unsigned: {
            const auto number = value.get<std::uint64_t>();
            if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return std::unexpected(CanonicalError::number_too_large);
            out += std::to_string(number);
            return {};
        }
        case Type::number_float: return std::unexpected(CanonicalError::fraction);
        case Type::string: return add_text(out, value.get_ref<const std::string&>());
        case Type::array: {
            out += '[';
            for (std::size_t i = 0; i < value.size(); ++i) {
                if (i > 0) out += ", ";
                if (auto added = add_value(out, value[i], depth + 1); !added) return added;
            }
            out += ']';
            return {};
        }
        case Type::object: {
            // The library's objects are sorted by the bytes of their keys, which for UTF-8 is the order of code points.
            out += '{';
            bool first = true;
            for (const auto& [key, member] : value.items()) {
                if (!first) out += ", ";
                first = false;
                if (auto added = add_text(out, key); !added) return added;
                out += ": ";
                if (auto added = add_value(out, member, depth + 1); !added) return added;
            }
            out += '}';
            return {};
        }
        case Type::binary:
        case Type::discarded: break;
    }
    return std::unexpected(CanonicalError::not_json);
}

}  // namespace

std::string_view to_string(CanonicalError error) {
    switch (error) {
        case CanonicalError::not_json: return "not_json";
        case CanonicalError::fraction: return "fraction";
        case CanonicalError::number_too_large: return "number_too_large";
        case CanonicalError::not_utf8: return "not_utf8";
        case CanonicalError::not_an_object: return "not_an_object";
        case CanonicalError::unknown_type: return "unknown_type";
        case CanonicalError::field_missing: return "field_missing";
        case CanonicalError::value_out_of_range: return "value_out_of_range";
    }
    return "unknown";
}

std::expected<std::string, CanonicalError> canonical_json(const nlohmann::json& value) {
    std::string out;
    if (auto added = add_value(out, value, 0); !added) return std::unexpected(added.error());
    return out;
}

std::expected<nlohmann::json, CanonicalError> parse_json(std::string_view text) {
    bool too_deep = false;
    const auto shallow = [&too_deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        if (depth > kMaxReadDepth) too_deep = true;
        return !too_deep;
    };
    auto value = nlohmann::json::parse(text.begin(), text.end(), shallow, false);
    if (value.is_discarded() || too_deep) return std::unexpected(CanonicalError::not_json);
    return value;
}

}  // namespace dcx::chain
