// LoginCheck: the signatures of the feed's logins. One takes as long as hundreds of messages, and anybody can ask for
// one: so they are checked on a thread that gives way to all others, asleep until asked, and only so many wait. Without
// that thread (switched off, or none to be had) they are checked here, one a call of take().
//
// One thread, that of the feed. Verdicts come in the order of the logins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "base/ed25519.h"
#include "model/feed_login.h"
#include "ring/aside.h"

namespace dcx::feed {

struct LoginToCheck {
    std::uint64_t client{};
    Ed25519PublicKey key{};
    FeedLoginMessage message{};
    Ed25519Signature signature{};
};
struct LoginVerdict {
    std::uint64_t client{};
    std::uint64_t genuine{};  // 0 or 1
};
struct CheckSignature {
    using Job = LoginToCheck;
    using Result = LoginVerdict;
    LoginVerdict operator()(const LoginToCheck& login) const;
};

class LoginCheck {
  public:
    static constexpr std::size_t kPlaces = 64;

    explicit LoginCheck(bool thread);

    [[nodiscard]] bool has_room() const;
    [[nodiscard]] bool idle() const;
    // Only with room.
    void give(const LoginToCheck& login);
    [[nodiscard]] std::optional<LoginVerdict> take();

  private:
    std::unique_ptr<ring::Aside<CheckSignature>> aside_;  // none: checked here
    std::deque<LoginToCheck> here_;
};

}  // namespace dcx::feed
