#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

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
    BlockPool pool;
    OutputBuffer buffer(10, pool);
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
    BlockPool pool;
    OutputBuffer buffer(20'000, pool);
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
    BlockPool pool;
    ReceiveBuffer buffer(1000, pool);
    std::string twin;
    for (int i = 0; i < 20'000; ++i) {
        if (random.chance(50) && !buffer.full()) {
            REQUIRE(buffer.room() == 1000 - twin.size());
            const auto n = static_cast<std::size_t>(random.below(buffer.room()) + 1);
            const std::string text(n, static_cast<char>('a' + random.below(26)));
            buffer.append(test::to_bytes(text));
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

TEST_CASE("a buffer that is empty holds no memory, and the pool keeps no more than its bound") {
    BlockPool pool;
    {
        OutputBuffer output(1'000'000, pool);
        CHECK(append(output, "hello"));
        CHECK(pool.kept() == 0);
        output.consume(5);
        CHECK(pool.kept() == 1024);
        CHECK(append(output, "again"));
        CHECK(pool.kept() == 0);
        ReceiveBuffer input(1000, pool);
        input.append(test::to_bytes("ab"));
        CHECK(pool.kept() == 0);
        input.consume(1);
        CHECK(pool.kept() == 0);
    }
    CHECK(pool.kept() == 1024 + BlockPool::smallest);
    for (int i = 0; i < 40; ++i) {
        auto first = pool.take(1024 * 1024);
        auto second = pool.take(1'000'000);
        CHECK(second.size == 1024 * 1024);
        pool.give_back(std::move(first));
        pool.give_back(std::move(second));
    }
    std::vector<BlockPool::Block> many;
    for (int i = 0; i < 40; ++i) many.push_back(pool.take(1024 * 1024));
    for (auto& block : many) pool.give_back(std::move(block));
    CHECK(pool.kept() <= BlockPool::kept_bytes);
}

}  // namespace dcx::net
