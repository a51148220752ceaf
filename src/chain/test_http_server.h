// For tests: an HTTP server that says exactly what it is told to, however wrong. One connection at a time, on a thread
// of its own; what one read gives is the request.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace dcx::chain {

class RawServer {
  public:
    // From the request as it came to the bytes of the answer. On the server's thread.
    using Serve = std::function<std::string(const std::string&)>;

    explicit RawServer(std::string answer, bool close_after = true)
        : RawServer([answer = std::move(answer)](const std::string&) { return answer; }, close_after) {}
    explicit RawServer(Serve serve, bool close_after = true) : serve_(std::move(serve)), close_(close_after) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
        REQUIRE(::listen(listener_, 8) == 0);
        socklen_t size = sizeof(address);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ::ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~RawServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // After the last request was answered.
    [[nodiscard]] std::string asked() {
        const std::scoped_lock lock(mutex_);
        return asked_;
    }

  private:
    void run() {
        std::vector<pollfd> fds{{.fd = listener_, .events = POLLIN, .revents = 0}};
        for (;;) {
            if (::poll(fds.data(), fds.size(), -1) < 0) return;
            if (fds[0].revents != 0) {
                const int fd = ::accept(listener_, nullptr, nullptr);
                if (fd < 0) break;
                fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
                continue;
            }
            for (std::size_t i = 1; i < fds.size(); ++i) {
                if (fds[i].revents == 0 || serve(fds[i].fd)) continue;
                ::close(fds[i].fd);
                fds.erase(fds.begin() + static_cast<std::ptrdiff_t>(i));
                break;
            }
        }
        for (std::size_t i = 1; i < fds.size(); ++i) ::close(fds[i].fd);
    }
    // Whether the connection stays open.
    bool serve(int fd) {
        char bytes[65536];
        const ssize_t got = ::recv(fd, bytes, sizeof(bytes), 0);
        if (got <= 0) return false;
        const std::string request(bytes, static_cast<std::size_t>(got));
        {
            const std::scoped_lock lock(mutex_);
            asked_ = request;
        }
        const std::string answer = serve_(request);
        for (std::size_t at = 0; at < answer.size();) {
            const ssize_t sent = ::send(fd, answer.data() + at, answer.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) return false;
            at += static_cast<std::size_t>(sent);
        }
        return !close_ || answer.find("Connection: keep-alive") != answer.npos;
    }

    Serve serve_;
    bool close_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::string asked_;
    std::thread thread_;
};

inline std::string http_answer(const std::string& status, const std::string& body, const std::string& more = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/plain\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace dcx::chain
