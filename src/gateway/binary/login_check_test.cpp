#include "gateway/binary/login_check.h"

#include <doctest/doctest.h>

#include <thread>

using namespace dcx;
using namespace dcx::gateway;

namespace {

Login login_of(std::uint64_t connection, bool genuine) {
    const Ed25519Seed seed{std::byte{7}};
    Login login{.connection = connection, .key = ed25519_public_key(seed), .message = {}, .signature = {}};
    login.message.client_session = connection;
    login.signature = ed25519_sign(seed, std::as_bytes(std::span{&login.message, 1}));
    if (!genuine) login.message.client_session ^= 1;
    return login;
}

Verdict next(LoginCheck& check) {
    for (;;) {
        if (const auto verdict = check.take()) return *verdict;
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("login check: verdicts come in order, also when all places are taken again and again") {
    LoginCheck check;
    REQUIRE(check.start().has_value());
    CHECK(check.idle());
    std::uint64_t given = 0;
    for (std::uint64_t taken = 0; taken < 300;) {
        while (given < 300 && check.has_room()) {
            check.give(login_of(given, given % 3 == 0));
            ++given;
        }
        const Verdict verdict = next(check);
        REQUIRE(verdict.connection == taken);
        REQUIRE(verdict.genuine == (taken % 3 == 0 ? 1 : 0));
        ++taken;
    }
    CHECK(check.idle());
    CHECK_FALSE(check.take().has_value());
}

TEST_CASE("login check: ends with logins under way, asleep, and without ever having begun") {
    {
        const LoginCheck never;
    }
    for (int i = 0; i < 20; ++i) {
        LoginCheck check;
        REQUIRE(check.start().has_value());
        for (int under_way = 0; under_way < 3 * i; ++under_way) check.give(login_of(1, true));
        if (i % 2 == 0 && i > 0) (void)next(check);
    }
}
