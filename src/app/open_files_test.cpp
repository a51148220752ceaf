#include "app/open_files.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace dcx;
using namespace dcx::app;

namespace {

Config config_of(std::int64_t orders, std::int64_t feed, std::int64_t shm = 64) {
    Config config = Config::defaults();
    config.gateway.max_connections = orders;
    config.feed.max_connections = feed;
    config.shm.max_clients = shm;
    return config;
}

}  // namespace

TEST_CASE("open files: order entry has what it was promised, the feed what is left") {
    Config config = config_of(10'000, 10'000);
    REQUIRE(divide_open_files(65'536, config));
    CHECK(config.gateway.max_connections == 10'000);
    CHECK(config.feed.max_connections == 10'000);

    REQUIRE(divide_open_files(20'000, config));
    CHECK(config.gateway.max_connections == 10'000);
    CHECK(config.feed.max_connections < 9'000);
    CHECK(config.feed.max_connections > 7'000);

    REQUIRE(divide_open_files(RLIM_INFINITY, config));
}

TEST_CASE("open files: the venue's own are never given away") {
    for (std::uint64_t limit = 0; limit < 4'000; ++limit) {
        Config config = config_of(1'000, 2'000, 100);
        if (!divide_open_files(limit, config)) continue;
        REQUIRE(config.feed.max_connections >= 1);
        // Segments, and a backlog of each listener.
        REQUIRE(limit - 1'000 - static_cast<std::uint64_t>(config.feed.max_connections) - 200 > 1'200);
    }
}

TEST_CASE("open files: too few are told with both numbers, and nothing is changed") {
    Config config = config_of(5'000, 100);
    const auto divided = divide_open_files(4'096, config);
    REQUIRE_FALSE(divided);
    CHECK(divided.error().starts_with("gateway.max_connections = 5000: this process may open only 4096 files"));
    CHECK(config.feed.max_connections == 100);
    CHECK_FALSE(divide_open_files(0, config));
    config = config_of(1'000'000, 100);
    CHECK_FALSE(divide_open_files(1'000'000, config));
}

TEST_CASE("open files: the soft limit becomes the hard one") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit low{.rlim_cur = before.rlim_cur / 2, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK(raise_open_files() == before.rlim_max);
    rlimit after{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == before.rlim_max);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}
