#include "feed/json_writer.h"

#include "model/decimal.h"

namespace dcx::feed {

void JsonWriter::long_decimal(int128 units, const DecimalFormat& format) {
    out_.put('"');
    out_.put(std::string_view{decimal_text(units * format.mantissa, format.scale)});
    out_.put(std::string_view{"\","});
}

void JsonWriter::long_level(std::int64_t price, const DecimalFormat& price_format, std::int64_t quantity,
                            const DecimalFormat& quantity_format, std::uint64_t orders) {
    array(3);
    decimal(price, price_format);
    decimal(quantity, quantity_format);
    number(orders);
    end_array();
}

namespace {

constexpr bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

void JsonWriter::text(std::string_view value) {
    static constexpr std::string_view hex = "0123456789abcdef";
    out_.put('"');
    while (!value.empty()) {
        std::size_t plain = 0;
        while (plain < value.size() && !needs_escape(value[plain])) ++plain;
        out_.put(value.substr(0, plain));
        value.remove_prefix(plain);
        if (value.empty()) break;
        const char c = value.front();
        const auto byte = static_cast<unsigned char>(c);
        value.remove_prefix(1);
        if (byte >= 0x20) {
            out_.put('\\');
            out_.put(c);
            continue;
        }
        out_.put(std::string_view{"\\u00"});
        out_.put(hex[byte >> 4]);
        out_.put(hex[byte & 15]);
    }
    out_.put(std::string_view{"\","});
}

}  // namespace dcx::feed
