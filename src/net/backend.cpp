#include "net/backend.h"

#include <atomic>
#include <cstdlib>

namespace dcx::net {

namespace {

BackendChoice from_environment() {
    const char* named = std::getenv("DCX_NET_BACKEND");
    if (named == nullptr) return BackendChoice::automatic;
    return backend_named(named).value_or(BackendChoice::automatic);
}

std::atomic<BackendChoice>& chosen() {
    static std::atomic<BackendChoice> choice{from_environment()};
    return choice;
}

}  // namespace

BackendChoice default_backend() { return chosen().load(std::memory_order_relaxed); }

void set_default_backend(BackendChoice choice) { chosen().store(choice, std::memory_order_relaxed); }

std::expected<BackendChoice, std::string> backend_named(std::string_view name) {
    if (name == "auto") return BackendChoice::automatic;
    if (name == "io_uring") return BackendChoice::io_uring;
    if (name == "epoll") return BackendChoice::epoll;
    return std::unexpected("no such backend: \"" + std::string{name} + R"(" (there are "auto", "io_uring", "epoll"))");
}

}  // namespace dcx::net
