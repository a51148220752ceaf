// LoginCheck: checks the signatures of logins on a thread of its own. One takes as long as many orders, and anybody can
// ask for one: a crowd with wrong keys must not be noticed by those who trade, so the thread gives way to all others.
//
// give(), take(), has_room() and idle() belong to one thread, the gateway's, and never wait. At most kPlaces logins are
// under way: who gives more has not asked has_room(). Verdicts come in the order of the logins.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>

#include "base/ed25519.h"
#include "base/memory.h"
#include "model/wire.h"
#include "platform/thread.h"
#include "ring/spsc_ring.h"

namespace dcx::gateway {

struct Login {
    std::uint64_t connection = 0;
    Ed25519PublicKey key{};
    NegotiateMessage message{};
    Ed25519Signature signature{};
};
[[nodiscard]] bool is_genuine(const Login& login);

struct Verdict {
    std::uint64_t connection = 0;
    std::uint64_t genuine = 0;  // 0 or 1
};

class LoginCheck {
  public:
    static constexpr std::size_t kPlaces = 64;

    LoginCheck();
    ~LoginCheck();
    LoginCheck(const LoginCheck&) = delete;
    LoginCheck& operator=(const LoginCheck&) = delete;

    // The text when there is no thread to be had.
    [[nodiscard]] std::expected<void, std::string> start();

    [[nodiscard]] bool has_room() const { return under_way_ < kPlaces; }
    [[nodiscard]] bool idle() const { return under_way_ == 0; }
    void give(const Login& login);
    [[nodiscard]] std::optional<Verdict> take();

  private:
    void run(const std::stop_token& stop);

    HeapMemory memory_;
    ring::SpscRing<Login> logins_;
    ring::SpscRing<Verdict> verdicts_;
    std::size_t under_way_ = 0;  // given and not taken
    std::atomic<std::uint32_t> given_{0};
    platform::Thread thread_;
};

}  // namespace dcx::gateway
