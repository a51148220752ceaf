// Crowd: a process of its own with many sessions of order entry that only stand there, so that what they cost the
// venue's process is the venue's alone. Fork before there are threads; the sessions belong to one key. Throws
// std::runtime_error.
#pragma once

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "wire_link.h"

namespace dcx::bench {

// As many descriptors as the system lets this process have.
inline void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}
inline std::size_t descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 0;
}
// What all of this process's allocations hold now.
inline std::int64_t heap_bytes() {
    const struct mallinfo2 info = ::mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

class Crowd {
  public:
    Crowd() {
        int down[2];
        int up[2];
        if (::pipe(down) != 0 || ::pipe(up) != 0) throw std::runtime_error("no pipe for the crowd");
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process for the crowd");
        if (child_ == 0) {
            ::close(down[1]);
            ::close(up[0]);
            run(down[0], up[1]);
        }
        ::close(down[0]);
        ::close(up[1]);
        to_child_ = down[1];
        from_child_ = up[0];
    }
    ~Crowd() {
        ::close(to_child_);
        ::close(from_child_);
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // Returns when so many sessions are established.
    void log_in(const net::Endpoint& endpoint, const client::ClientKey& key, std::uint32_t sessions) {
        const Order order{.key = key, .port = endpoint.port, .sessions = sessions};
        std::uint32_t established = 0;
        if (::write(to_child_, &order, sizeof order) != sizeof order ||
            ::read(from_child_, &established, sizeof established) != sizeof established || established != sessions)
            throw std::runtime_error("the crowd was not let in");
    }

  private:
    struct Order {
        client::ClientKey key{};
        std::uint16_t port = 0;
        std::uint32_t sessions = 0;
    };
    [[noreturn]] static void run(int from_parent, int to_parent) {
        raise_descriptor_limit();
        Order order;
        std::vector<WireLink<TcpPipe>> links;
        try {
            if (::read(from_parent, &order, sizeof order) != sizeof order) ::_exit(1);
            for (std::uint32_t i = 1; i <= order.sessions; ++i)
                links.emplace_back(TcpPipe::connect({.address = "127.0.0.1", .port = order.port}), order.key, i);
        } catch (const std::exception&) {
            ::_exit(1);
        }
        (void)::write(to_parent, &order.sessions, sizeof order.sessions);
        char nothing = 0;
        (void)::read(from_parent, &nothing, 1);
        ::_exit(0);
    }

    pid_t child_ = -1;
    int to_child_ = -1;
    int from_child_ = -1;
};

}  // namespace dcx::bench
