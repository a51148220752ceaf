#include "feed/login_check.h"

#include <span>

#include "base/check.h"

namespace dcx::feed {
namespace {

// About a tenth of a core where there is no other.
constexpr int kNice = 10;

}  // namespace

LoginVerdict CheckSignature::operator()(const LoginToCheck& login) const {
    const bool genuine = ed25519_verify(login.key, std::as_bytes(std::span{&login.message, 1}), login.signature);
    return {.client = login.client, .genuine = genuine ? 1u : 0u};
}

LoginCheck::LoginCheck(bool thread) {
    if (!thread) return;
    aside_ = std::make_unique<ring::Aside<CheckSignature>>(kPlaces);
    if (!aside_->start({.name = "dcx-feed-logins", .core = {}, .nice = kNice, .realtime = 0})) aside_.reset();
}

bool LoginCheck::has_room() const { return aside_ ? aside_->has_room() : here_.size() < kPlaces; }
bool LoginCheck::idle() const { return aside_ ? aside_->idle() : here_.empty(); }

void LoginCheck::give(const LoginToCheck& login) {
    DCX_CHECK(has_room());
    if (aside_)
        aside_->give(login);
    else
        here_.push_back(login);
}

std::optional<LoginVerdict> LoginCheck::take() {
    if (aside_) return aside_->take();
    if (here_.empty()) return std::nullopt;
    const LoginVerdict verdict = CheckSignature{}(here_.front());
    here_.pop_front();
    return verdict;
}

}  // namespace dcx::feed
