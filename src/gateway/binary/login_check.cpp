#include "gateway/binary/login_check.h"

#include <span>
#include <utility>

#include "base/check.h"

namespace dcx::gateway {
namespace {

// About a tenth of a core where there is no other.
constexpr int kNice = 10;

}  // namespace

bool is_genuine(const Login& login) {
    return ed25519_verify(login.key, std::as_bytes(std::span{&login.message, 1}), login.signature);
}

LoginCheck::LoginCheck() : logins_(kPlaces, memory_), verdicts_(kPlaces, memory_) {}

LoginCheck::~LoginCheck() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    // After the request: who wakes sees it.
    given_.fetch_add(1, std::memory_order_release);
    given_.notify_one();
    thread_.join();
}

std::expected<void, std::string> LoginCheck::start() {
    auto started = platform::Thread::start({.name = "dcx-logins", .core = {}, .nice = kNice, .realtime = 0},
                                           [this](const std::stop_token& stop) { run(stop); });
    if (!started) return std::unexpected(started.error());
    thread_ = std::move(*started);
    return {};
}

void LoginCheck::give(const Login& login) {
    DCX_CHECK(has_room());
    ++under_way_;
    DCX_CHECK(logins_.try_push(login));
    // Release: the login comes before the count. Partner: the acquire in run().
    given_.fetch_add(1, std::memory_order_release);
    given_.notify_one();
}

std::optional<Verdict> LoginCheck::take() {
    Verdict verdict;
    if (under_way_ == 0 || !verdicts_.try_pop(verdict)) return std::nullopt;
    --under_way_;
    return verdict;
}

void LoginCheck::run(const std::stop_token& stop) {
    for (;;) {
        // Before the look into the ring: what is given after it changes the count, and the wait ends at once.
        const std::uint32_t seen = given_.load(std::memory_order_acquire);
        Login login;
        while (!stop.stop_requested() && logins_.try_pop(login))
            DCX_CHECK(verdicts_.try_push({.connection = login.connection, .genuine = is_genuine(login) ? 1u : 0u}));
        if (stop.stop_requested()) return;
        given_.wait(seen, std::memory_order_acquire);
    }
}

}  // namespace dcx::gateway
