#include "gateway/binary/login_check.h"

#include <span>

namespace dcx::gateway {
namespace {

// About a tenth of a core where there is no other.
constexpr int kNice = 10;

}  // namespace

bool is_genuine(const Login& login) {
    return ed25519_verify(login.key, std::as_bytes(std::span{&login.message, 1}), login.signature);
}

std::expected<void, std::string> LoginCheck::start() {
    return Aside::start({.name = "dcx-logins", .core = {}, .nice = kNice, .realtime = 0});
}

}  // namespace dcx::gateway
