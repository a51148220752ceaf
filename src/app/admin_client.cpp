#include "app/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "net/kernel.h"
#include "net/socket.h"

namespace dcx::app {
namespace {

constexpr int kLimitMs = 30'000;
constexpr std::size_t kMaxAnswer = 16u << 20;

bool wait_for(int fd, short events) {
    pollfd watched{.fd = fd, .events = events, .revents = 0};
    int ready = 0;
    do ready = ::poll(&watched, 1, kLimitMs);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

std::unexpected<std::string> failed(const net::Endpoint& endpoint, const char* what) {
    return std::unexpected("the venue's admin listener " + endpoint.text() + " " + what);
}

std::expected<std::string, std::string> round_trip(const net::Endpoint& endpoint, std::string_view request) {
    const auto socket = net::start_connect(net::linux_kernel(), endpoint);
    if (!socket) return std::unexpected(socket.error().text);
    while (!request.empty()) {
        if (!wait_for(socket->fd(), POLLOUT)) return failed(endpoint, "does not take the request");
        const ssize_t sent = ::send(socket->fd(), request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent < 0) return failed(endpoint, "can't be reached");
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string answer;
    std::array<char, 16384> piece{};
    while (answer.size() < kMaxAnswer) {
        if (!wait_for(socket->fd(), POLLIN)) return failed(endpoint, "does not answer");
        const ssize_t read = ::recv(socket->fd(), piece.data(), piece.size(), 0);
        if (read < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (read < 0) return failed(endpoint, "broke off");
        if (read == 0) return answer;
        answer.append(piece.data(), static_cast<std::size_t>(read));
    }
    return failed(endpoint, "answers too much");
}

std::expected<AdminAnswer, std::string> request(const DataFolder& folder, std::string_view method,
                                                std::string_view target, const std::string& headers) {
    const auto endpoint = folder.admin();
    if (!endpoint) return std::unexpected(endpoint.error());
    std::string text{method};
    text += ' ';
    text += target;
    text += " HTTP/1.1\r\nHost: " + endpoint->text() + "\r\nConnection: close\r\n" + headers + "\r\n";
    const auto answer = round_trip(*endpoint, text);
    if (!answer) return std::unexpected(answer.error());
    AdminAnswer result;
    constexpr std::string_view version = "HTTP/1.1 ";
    const std::size_t body = answer->find("\r\n\r\n");
    const char* const digits = answer->data() + version.size();
    if (!answer->starts_with(version) || body == std::string::npos ||
        std::from_chars(digits, digits + 3, result.status).ec != std::errc{})
        return failed(*endpoint, "answers something else than HTTP");
    result.body = answer->substr(body + 4);
    return result;
}

}  // namespace

std::expected<AdminAnswer, std::string> ask_admin(const DataFolder& folder, std::string_view target) {
    return request(folder, "GET", target, "");
}

std::expected<AdminAnswer, std::string> call_admin(const DataFolder& folder, std::string_view name,
                                                   std::string_view query) {
    std::string target = "/actions/";
    target += name;
    target += query;
    try {
        return request(folder, "POST", target, "Authorization: Bearer " + folder.admin_token() + "\r\n");
    } catch (const std::runtime_error& e) {
        return std::unexpected(e.what());
    }
}

}  // namespace dcx::app
