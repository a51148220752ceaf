// Where a Redis is: redis://[[user]:password@]host[:port][/db] or unix://[[user]:password@]/path[?db=N]. User, password
// and path may be percent-encoded. No TLS: over a network that is not trusted, put a tunnel in front.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::history {

struct RedisAddress {
    std::string path;  // of a unix socket; empty: TCP
    std::string host;
    std::uint16_t port = 6379;
    std::string user;
    std::string password;
    std::uint32_t database = 0;

    // For messages: never with a password.
    [[nodiscard]] std::string name() const;
};

// Throws HistoryError bad_url, which says what is wrong without repeating the URL: it may hold a password.
[[nodiscard]] RedisAddress parse_redis_url(std::string_view url);

}  // namespace dcx::history
