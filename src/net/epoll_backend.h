// EpollBackend: waits with epoll, level-triggered, and leaves reading and writing to the handlers. For every Kernel, so
// also for the simulator's network, and where there is no io_uring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "net/backend.h"
#include "net/kernel.h"

namespace dcx::net {

class EpollBackend final : public Backend {
  public:
    // Throws std::system_error when the system gives no descriptor.
    EpollBackend(Kernel& kernel, std::size_t max_events);
    ~EpollBackend() override;
    EpollBackend(const EpollBackend&) = delete;
    EpollBackend& operator=(const EpollBackend&) = delete;

    [[nodiscard]] std::string_view name() const override { return "epoll"; }
    [[nodiscard]] bool receives() const override { return false; }
    std::expected<void, Error> begin(FdWatch& watch) override;
    void change(FdWatch& watch) override;
    void end(FdWatch& watch) override;
    void wait(std::int64_t timeout_ns) override;
    std::size_t dispatch() override;
    bool send_later(FdWatch&) override { return false; }
    void flush() override {}

  private:
    struct Slot {
        FdWatch* watch = nullptr;
        std::uint32_t generation = 0;
    };

    [[nodiscard]] epoll_event event_of(const FdWatch& watch) const;

    Kernel& kernel_;
    int fd_ = -1;
    int count_ = 0;
    std::vector<epoll_event> events_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_slots_;
};

}  // namespace dcx::net
