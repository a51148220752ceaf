// What a test does to the private servers that with_servers.py has started beside it: kills, pauses, restarts. One
// thread. An error ends the test with std::runtime_error.
//
//     const std::string url = servers::redis_url();
//     if (url.empty()) return skip_test("no Redis beside this test: tests/servers/with_servers.py redis -- PROGRAM");
//     servers::control("redis kill");
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dcx::servers {

inline std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}
// Empty when there is no such server.
inline std::string redis_url() { return environment("DCX_REDIS_URL"); }
inline std::string postgres_url() { return environment("DCX_POSTGRES_URL"); }

// One of the lines that with_servers.py knows; what it has answered, once it is done.
inline std::string control(std::string_view line) {
    const std::string path = environment("DCX_SERVERS_CONTROL");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        throw std::runtime_error("DCX_SERVERS_CONTROL is not set: run this by tests/servers/with_servers.py");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto fail = [&](const char* what) {
        if (connection >= 0) ::close(connection);
        throw std::runtime_error(std::string(what) + " the control socket of the servers: " + std::strerror(errno));
    };
    if (connection < 0 || ::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        fail("connecting to");
    const std::string sent = std::string(line) + "\n";
    if (::send(connection, sent.data(), sent.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(sent.size()))
        fail("writing to");
    std::string answer;
    while (answer.empty() || answer.back() != '\n') {
        char some[512];
        const ssize_t got = ::read(connection, some, sizeof(some));
        if (got <= 0) fail("reading from");
        answer.append(some, static_cast<std::size_t>(got));
    }
    ::close(connection);
    answer.pop_back();
    if (answer.starts_with("error: ")) throw std::runtime_error(std::string(line) + ": " + answer.substr(7));
    return answer;
}

}  // namespace dcx::servers
