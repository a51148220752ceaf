// LoginCheck: checks the signatures of logins on a thread of its own. One takes as long as many orders, and anybody can
// ask for one: a crowd with wrong keys must not be noticed by those who trade, so the thread gives way to all others.
//
// give(), take(), has_room() and idle() belong to one thread, the gateway's, and never wait. At most kPlaces logins are
// under way: who gives more has not asked has_room(). Verdicts come in the order of the logins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "base/ed25519.h"
#include "model/wire.h"
#include "ring/aside.h"

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

struct CheckLogin {
    using Job = Login;
    using Result = Verdict;
    Verdict operator()(const Login& login) const {
        return {.connection = login.connection, .genuine = is_genuine(login) ? 1u : 0u};
    }
};

class LoginCheck final : public ring::Aside<CheckLogin> {
  public:
    static constexpr std::size_t kPlaces = 64;

    LoginCheck() : Aside(kPlaces) {}
    // The text when there is no thread to be had.
    [[nodiscard]] std::expected<void, std::string> start();
};

}  // namespace dcx::gateway
