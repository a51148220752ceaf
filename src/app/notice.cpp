#include "app/notice.h"

#include <charconv>
#include <cstring>
#include <span>

#include "net/utf8.h"

namespace dcx::app {
namespace {

bool is_line_of_text(std::string_view text) {
    net::Utf8Validator utf8;
    if (!utf8.feed(std::as_bytes(std::span{text})) || !utf8.complete()) return false;
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    return true;
}

bool parse_number(std::string_view text, std::int64_t& number) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && number >= 0;
}

}  // namespace

std::expected<Notice, std::string> read_notice(const net::HttpRequest& request) {
    Notice notice;
    const std::string_view text = request.parameter("text").value_or("");
    if (text.empty() || text.size() > notice.text.size() || !is_line_of_text(text))
        return std::unexpected("text is 1 to 160 bytes of UTF-8 without control characters");
    std::memcpy(notice.text.data(), text.data(), text.size());
    if (!parse_number(request.parameter("at").value_or("0"), notice.at.value))
        return std::unexpected("at is a time in ns since 1970, or 0");
    const std::string_view kind = request.parameter("kind").value_or("text");
    if (kind != "text" && kind != "maintenance") return std::unexpected("kind is text or maintenance");
    notice.kind = kind == "text" ? NoticeKind::text : NoticeKind::maintenance;
    return notice;
}

std::string notice_query(std::string_view text, std::int64_t at_ns, bool maintenance) {
    std::string query = "?text=";
    for (const char c : text) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (plain)
            query += c;
        else
            query += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    query += "&at=" + std::to_string(at_ns);
    query += maintenance ? "&kind=maintenance" : "&kind=text";
    return query;
}

std::expected<std::int64_t, std::string> parse_delay_ns(std::string_view text) {
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::int64_t year_s = 366 * 86'400;
    const char unit = text.empty() ? ' ' : text.back();
    const std::int64_t seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
    std::int64_t number = 0;
    if (seconds == 0 || !parse_number(text.substr(0, text.size() - 1), number) || number > year_s / seconds)
        return std::unexpected("a delay is a number with s, m or h behind it, such as 5m");
    return number * seconds * second;
}

}  // namespace dcx::app
