#include "history/redis_url.h"

#include <charconv>
#include <optional>

#include "history/history_error.h"

namespace dcx::history {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw HistoryError(ErrorCode::bad_url, "the URL of Redis: " + what +
                                               "; it is redis://[[user]:password@]host[:port][/db] or "
                                               "unix://[[user]:password@]/path[?db=N]");
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) refuse("a % is followed by two hexadecimal digits");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') refuse("there is a zero byte in it");
        result.push_back(c);
    }
    return result;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void set_database(RedisAddress& address, std::string_view text) {
    const auto database = number<std::uint32_t>(text);
    if (!database) refuse("the database is a number");
    address.database = *database;
}

void set_host(RedisAddress& address, std::string_view text) {
    if (const std::size_t slash = text.find('/'); slash != text.npos) {
        if (slash + 1 < text.size()) set_database(address, text.substr(slash + 1));
        text = text.substr(0, slash);
    }
    std::size_t colon = text.rfind(':');
    if (text.starts_with('[')) {  // IPv6
        const std::size_t end = text.find(']');
        if (end == text.npos) refuse("a [ has no ]");
        address.host = text.substr(1, end - 1);
        colon = end + 1 < text.size() ? end + 1 : text.npos;
        if (colon != text.npos && text[colon] != ':') refuse("behind ] comes the port");
    } else {
        address.host = text.substr(0, colon);
    }
    if (address.host.empty()) refuse("there is no host");
    if (address.host.find_first_of(" \t\r\n?#") != std::string::npos) refuse("a host has no such characters");
    if (colon == text.npos) return;
    const auto port = number<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0) refuse("the port is a number from 1 to 65535");
    address.port = *port;
}

void set_path(RedisAddress& address, std::string_view text) {
    if (const std::size_t question = text.find('?'); question != text.npos) {
        if (!text.substr(question).starts_with("?db=")) refuse("nothing but ?db=N may follow the path");
        set_database(address, text.substr(question + 4));
        text = text.substr(0, question);
    }
    if (!text.starts_with('/')) refuse("the path of the socket begins with /");
    address.path = decoded(text);
    if (address.path.size() > 107) refuse("the path of the socket is too long");
}

}  // namespace

std::string RedisAddress::name() const {
    const std::string where =
        !path.empty() ? path : (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port);
    return "Redis at " + where + (database == 0 ? "" : ", database " + std::to_string(database));
}

RedisAddress parse_redis_url(std::string_view url) {
    RedisAddress address;
    const bool tcp = url.starts_with("redis://");
    if (url.starts_with("rediss://")) refuse("TLS is not spoken here");
    if (!tcp && !url.starts_with("unix://")) refuse("it begins with redis:// or unix://");
    std::string_view rest = url.substr(tcp ? 8 : 7);
    // A host has no @, and a path's @ is behind the first slash.
    const std::size_t at = tcp ? rest.rfind('@') : rest.substr(0, rest.find('/')).rfind('@');
    if (at != rest.npos) {
        const std::string_view login = rest.substr(0, at);
        const std::size_t colon = login.find(':');
        if (colon == login.npos) refuse("a user comes with a password, which a : goes before");
        address.user = decoded(login.substr(0, colon));
        address.password = decoded(login.substr(colon + 1));
        if (address.password.empty()) refuse("the password is empty");
        rest = rest.substr(at + 1);
    }
    if (tcp)
        set_host(address, rest);
    else
        set_path(address, rest);
    return address;
}

}  // namespace dcx::history
