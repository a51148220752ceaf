// Who comes in through the door of shared memory, who does not, and what that costs those inside.
#include "gateway/shm/door.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/shm/street.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

TEST_CASE("shared memory: the door's file is the venue's own, and goes with it") {
    Rig rig(over_memory());
    struct stat status{};
    REQUIRE(::stat(rig.gateway->shm_path().c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 0777) == 0600);
    rig.gateway->request_stop(TerminateCode::shutdown);
    rig.until([&] { return rig.gateway->stopped(); });
    CHECK(::stat(rig.gateway->shm_path().c_str(), &status) != 0);
}

TEST_CASE("shared memory: a file left by a dead venue is replaced, one in use is not, another kind of file neither") {
    net::Reactor reactor;
    GatewayMetrics metrics;
    const std::string path = door_path();
    {
        ShmDoor first(reactor, {.socket = path}, metrics, [](ShmClient) {});
        REQUIRE(first.start().has_value());
        ShmDoor second(reactor, {.socket = path}, metrics, [](ShmClient) {});
        const auto started = second.start();
        REQUIRE_FALSE(started.has_value());
        CHECK(started.error().code == EADDRINUSE);
        // What a kill -9 leaves: the file without anybody behind it.
        REQUIRE(::link(path.c_str(), (path + ".kept").c_str()) == 0);
    }
    REQUIRE(::rename((path + ".kept").c_str(), path.c_str()) == 0);
    {
        ShmDoor third(reactor, {.socket = path}, metrics, [](ShmClient) {});
        CHECK(third.start().has_value());
    }
    std::filesystem::create_directory(path);
    ShmDoor fourth(reactor, {.socket = path}, metrics, [](ShmClient) {});
    CHECK_FALSE(fourth.start().has_value());
    std::filesystem::remove(path);
    ShmDoor fifth(reactor, {.socket = std::string(200, 'x')}, metrics, [](ShmClient) {});
    CHECK(fifth.start().error().code == ENAMETOOLONG);
}

TEST_CASE("shared memory: what the door refuses, with its numbers") {
    Street street;
    const auto& metrics = street.gateway->metrics();
    const auto refused = [&](const ShmRequest& request) {
        ShmPeer peer(street.gateway->shm_path(), request);
        street.until([&] {
            peer.poll();
            return peer.closed();
        });
        REQUIRE(peer.answered());
        CHECK(peer.answer().version == kShmVersion);
        CHECK_FALSE(peer.mapped());
        return peer.answer().code;
    };
    CHECK(refused({.magic = 7}) == ShmCode::malformed);
    CHECK(refused({.zero = 1}) == ShmCode::malformed);
    CHECK(refused({.version = 2}) == ShmCode::other_version);
    CHECK(metrics.shm_refused.get() == 3);
    ShmPeer longer(street.gateway->shm_path(), std::nullopt);
    const std::array<std::byte, 100> much{};
    longer.say(much);
    street.until([&] {
        longer.poll();
        return longer.answered();
    });
    CHECK(longer.answer().code == ShmCode::malformed);
    CHECK(metrics.shm_open.get() == 1);
}

TEST_CASE("shared memory: who says nothing goes after the handshake's time, and the memory is made only for who asks") {
    Street street;
    ShmPeer silent(street.gateway->shm_path(), std::nullopt);
    ShmPeer gone(street.gateway->shm_path(), std::nullopt);
    street.rounds(20);
    gone.close();
    street.rounds(20);
    CHECK(street.gateway->metrics().shm_open.get() == 1);
    // Asks, maps, and never negotiates.
    ShmPeer mapped(street.gateway->shm_path());
    street.until([&] {
        mapped.poll();
        return mapped.mapped();
    });
    for (int i = 0; i < 120; ++i) street.pass(100);
    street.until([&] {
        silent.poll();
        mapped.poll();
        return silent.closed() && mapped.closed();
    });
    CHECK(silent.answer().code == ShmCode::timeout);
    // The challenge, and why it is over.
    CHECK(mapped.consumer().next().has_value());
    mapped.consumer().release();
    const auto last = mapped.consumer().next();
    REQUIRE(last.has_value());
    CHECK(decode_frame(*last, response_block_size)->as<Terminate>().code == TerminateCode::timeout);
    street.gone();
}

TEST_CASE("shared memory: a thousand at the door at once, and descriptors come back") {
    Street street;
    const std::size_t before = open_descriptors();
    for (int wave = 0; wave < 3; ++wave) {
        std::vector<std::unique_ptr<ShmPeer>> crowd;
        for (int i = 0; i < 1000; ++i) {
            crowd.push_back(std::make_unique<ShmPeer>(
                street.gateway->shm_path(), i % 3 == 0 ? std::optional<ShmRequest>{} : std::optional(ShmRequest{})));
            if (i % 100 == 0) street.trades_on();
        }
        street.rounds(20);
        street.trades_on();
        crowd.clear();
        street.until([&] { return open_descriptors() == before; });
        street.gone();
    }
}

TEST_CASE("shared memory: more clients than there are places") {
    Rig rig([] {
        RigOptions options;
        options.carrier = Carrier::tcp;
        options.gateway.shm = {.socket = door_path(), .max_clients = 2, .request_bytes = 0, .report_bytes = 0};
        return options;
    }());
    std::vector<std::unique_ptr<ShmPeer>> peers;
    const auto ask = [&] {
        ShmPeer& peer = *peers.emplace_back(std::make_unique<ShmPeer>(rig.gateway->shm_path()));
        rig.until([&] {
            peer.poll();
            return peer.mapped() || peer.closed();
        });
        return peer.answer().code;
    };
    CHECK(ask() == ShmCode::admitted);
    CHECK(ask() == ShmCode::admitted);
    CHECK(ask() == ShmCode::too_many_clients);
    peers.front()->close();
    rig.until([&] { return rig.gateway->metrics().shm_open.get() == 1; });
    CHECK(ask() == ShmCode::admitted);
    rig.gateway->request_stop(TerminateCode::shutdown);
    rig.until([&] { return rig.gateway->stopped(); });
}
