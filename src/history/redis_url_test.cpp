#include "history/redis_url.h"

#include <doctest/doctest.h>

#include <string>

#include "history/history_error.h"

namespace dcx::history {
namespace {

std::string refused_url(std::string_view url) {
    try {
        (void)parse_redis_url(url);
    } catch (const HistoryError& error) {
        CHECK(error.code() == ErrorCode::bad_url);
        return error.what();
    }
    return "taken";
}

}  // namespace

TEST_CASE("a Redis URL says host, port, database and login") {
    const RedisAddress plain = parse_redis_url("redis://localhost");
    CHECK(plain.host == "localhost");
    CHECK(plain.port == 6379);
    CHECK(plain.name() == "Redis at localhost:6379");
    const RedisAddress full = parse_redis_url("redis://me:s%40cret@10.0.0.7:7000/3");
    CHECK(full.user == "me");
    CHECK(full.password == "s@cret");
    CHECK(full.database == 3);
    CHECK(full.name() == "Redis at 10.0.0.7:7000, database 3");
    const RedisAddress six = parse_redis_url("redis://:pw@[::1]:7001/");
    CHECK(six.host == "::1");
    CHECK(six.port == 7001);
    CHECK(six.user.empty());
    CHECK(six.name() == "Redis at [::1]:7001");
    const RedisAddress local = parse_redis_url("unix://:p%2Fw@/run/redis/re%20dis.sock?db=2");
    CHECK(local.path == "/run/redis/re dis.sock");
    CHECK(local.password == "p/w");
    CHECK(local.database == 2);
    CHECK(parse_redis_url("unix:///run/a@b").path == "/run/a@b");
}

TEST_CASE("a Redis URL that is none is refused without being repeated") {
    for (const char* url : {"",
                            "redis:/",
                            "http://host",
                            "rediss://:hunter2@host",
                            "redis://",
                            "redis://:hunter2@",
                            "redis://:hunter2@host:0",
                            "redis://:hunter2@host:70000",
                            "redis://:hunter2@host:6379x",
                            "redis://:hunter2@host/x",
                            "redis://hunter2@host",
                            "redis://:@host",
                            "redis://:hunter2%@host",
                            "redis://:hunter2%zz@host",
                            "redis://:hunter2%00@host",
                            "redis://:hunter2@[::1",
                            "redis://:hunter2@[::1]6379",
                            "redis://:hunter2@host/99999999999",
                            "redis://ho st",
                            "unix://",
                            "unix://relative",
                            "unix://:hunter2@relative",
                            "unix:///path?x=1",
                            "unix:///path?db=a"}) {
        CAPTURE(url);
        const std::string said = refused_url(url);
        CHECK(said.find("history error 11 (bad_url)") == 0);
        CHECK(said.find("hunter2") == std::string::npos);
    }
    CHECK(refused_url("unix:///" + std::string(200, 'x')).find("too long") != std::string::npos);
}

}  // namespace dcx::history
