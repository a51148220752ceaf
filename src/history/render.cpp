#include "history/render.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "model/decimal.h"

namespace dcx::history {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escaped;
        } else {
            out += c;
        }
    }
    out += '"';
}

std::string utc(std::int64_t seconds, const char* form) {
    const std::time_t when = seconds;
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    std::array<char, 40> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

}  // namespace

std::string amount_text(Amount value, AssetId asset, const Units& units) {
    return decimal_text(value.value, units.scale(asset));
}

std::string price_text(Price value, InstrumentId market, const Units& units) {
    const MarketUnits of = units.market(market);
    return decimal_text(wide_mul(value.value, of.tick_mantissa), of.tick_scale);
}

std::string quantity_text(Quantity value, InstrumentId market, const Units& units) {
    const MarketUnits of = units.market(market);
    return decimal_text(wide_mul(value.value, of.lot_mantissa), of.lot_scale);
}

std::string day_text(Day day) { return utc(std::int64_t{day.value} * (kDayNs / kSecondNs), "%Y-%m-%d"); }

std::string time_text(Time time) {
    if (!time) return {};
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%09" PRId64 "Z", time.value % kSecondNs);
    return utc(time.value / kSecondNs, "%Y-%m-%dT%H:%M:%S") + fraction;
}

std::string uuid_text(const TransferId& id) {
    if (id == TransferId{}) return {};
    char text[37];
    std::snprintf(text, sizeof text, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
                  id.high >> 32, (id.high >> 16) & 0xFFFF, id.high & 0xFFFF, id.low >> 48, id.low & 0xFFFF'FFFF'FFFF);
    return text;
}

std::string to_json(const Fields& fields) {
    std::string out = "{";
    for (const Field& field : fields) {
        if (out.size() > 1) out += ',';
        append_quoted(out, field.name);
        out += ':';
        switch (field.form) {
            case Field::Form::text: append_quoted(out, field.text); break;
            case Field::Form::number: out += field.text; break;
            case Field::Form::yes_no: out += field.text == "yes" ? "true" : "false"; break;
            case Field::Form::json: out += field.text.empty() ? "{}" : field.text; break;
        }
    }
    return out + "}";
}

void FieldsVisitor::replace(std::string_view name, std::string_view text) {
    const auto at = std::ranges::find(fields, name, &Field::name);
    if (at != fields.end()) *at = {.name = std::string(name), .text = std::string(text), .form = Field::Form::text};
}

std::string FieldsVisitor::hex(const std::byte* bytes, std::size_t count) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += kDigits[static_cast<unsigned>(bytes[i]) >> 4];
        out += kDigits[static_cast<unsigned>(bytes[i]) & 15];
    }
    return out;
}

std::string_view detail_word(const ExecutionRow& row) {
    switch (row.exec_type) {
        case ExecType::trade: return word(static_cast<Liquidity>(row.detail));
        case ExecType::canceled:
        case ExecType::expired: return word(static_cast<CancelReason>(row.detail));
        case ExecType::replaced: return row.detail == 1 ? "kept_priority" : "lost_priority";
        case ExecType::decremented: return "";
    }
    return "";
}

std::string_view reason_word(const OrderRow& row) { return word(static_cast<CancelReason>(row.reason)); }

std::string_view flags_word(const OrderRow& row) { return (row.flags & kOrderPostOnly) != 0 ? "post_only" : ""; }

}  // namespace dcx::history
