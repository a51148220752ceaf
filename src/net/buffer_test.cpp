#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/random.h"
#include "net/output_buffer.h"
#include "net/receive_buffer.h"
#include "net/test_support.h"

namespace dcx::net {

namespace {

bool append(OutputBuffer& buffer, std::string_view text) {
    std::byte* room = buffer.prepare(text.size());
    if (room == nullptr) return false;
    std::memcpy(room, text.data(), text.size());
    buffer.commit(text.size());
    return true;
}

}  // namespace

TEST_CASE("the output buffer takes up to its limit, all or nothing") {
    OutputBuffer buffer(10);
    CHECK(append(buffer, "1234567"));
    CHECK_FALSE(append(buffer, "abcd"));
    CHECK(append(buffer, "abc"));
    CHECK(test::to_string(buffer.bytes()) == "1234567abc");
    CHECK_FALSE(append(buffer, "x"));
    buffer.consume(9);
    CHECK(append(buffer, "xyz"));
    CHECK(test::to_string(buffer.bytes()) == "cxyz");
    buffer.set_limit(3);
    CHECK_FALSE(append(buffer, "x"));
}

TEST_CASE("the output buffer equals a string under random appends and consumes") {
    Random random(1);
    OutputBuffer buffer(20'000);
    std::string twin;
    for (int i = 0; i < 20'000; ++i) {
        if (random.chance(55)) {
            const std::string text(random.below(700) + 1, static_cast<char>('a' + random.below(26)));
            const bool fits = twin.size() + text.size() <= 20'000;
            REQUIRE(append(buffer, text) == fits);
            if (fits) twin += text;
        } else if (!twin.empty()) {
            const auto n = static_cast<std::size_t>(random.below(twin.size()) + 1);
            buffer.consume(n);
            twin.erase(0, n);
        }
        REQUIRE(test::to_string(buffer.bytes()) == twin);
    }
}

TEST_CASE("the receive buffer equals a string under random fills and consumes") {
    Random random(2);
    ReceiveBuffer buffer(1000);
    std::string twin;
    for (int i = 0; i < 20'000; ++i) {
        if (random.chance(50) && !buffer.full()) {
            const auto room = buffer.room();
            REQUIRE(!room.empty());
            const auto n = static_cast<std::size_t>(random.below(room.size()) + 1);
            const std::string text(n, static_cast<char>('a' + random.below(26)));
            std::memcpy(room.data(), text.data(), n);
            buffer.commit(n);
            twin += text;
        } else if (!twin.empty()) {
            const auto n = static_cast<std::size_t>(random.below(twin.size()) + 1);
            buffer.consume(n);
            twin.erase(0, n);
        }
        REQUIRE(test::to_string(buffer.bytes()) == twin);
        REQUIRE(buffer.full() == (twin.size() == 1000));
    }
}

}  // namespace dcx::net
