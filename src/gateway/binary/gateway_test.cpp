#include "gateway/binary/gateway.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <memory>
#include <string_view>
#include <vector>

#include "gateway/binary/gateway_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

TEST_CASE("the whole way over TCP: report numbers, stamps, metrics") {
    Rig rig;
    auto client = rig.established();
    CHECK(client->challenge.venue_id == ScriptedEngine::venue_id());
    CHECK(client->challenge.epoch == 1);
    rig.clock.advance(5 * kMs);
    for (std::uint64_t i = 1; i <= 3; ++i) client->command(order(i), i);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const auto report = rig.next(*client);
        CHECK(report.header.sequence == i);
        const auto execution = report.as<ExecutionReport>();
        CHECK(execution.cl_ord_id.value == i);
        CHECK(execution.exec_type == ExecType::accepted);
        CHECK(execution.header.durable.value == rig.clock.wall_ns());
        CHECK(execution.header.sent.value == rig.clock.wall_ns());
        CHECK(report.header.sending_time == execution.header.sent);
        CHECK(execution.header.durability == Durability::disk);
    }
    CHECK(rig.engine.seen.back().received.value == rig.clock.wall_ns());
    const GatewayMetrics& metrics = rig.gateway->metrics();
    CHECK(metrics.commands.get() == 3);
    CHECK(metrics.reports.get() == 3);
    CHECK(metrics.sessions_open.get() == 1);
    CHECK(metrics.connections_open.get() == 1);
    CHECK(metrics.lost_commands.get() == 0);
}

TEST_CASE("a mass cancel and a self-trade rule are commands, and their answers reports") {
    Rig rig;
    auto client = rig.established();
    client->command(MassCancel{.cl_ord_id = ClOrdId{std::uint64_t{4}}, .account = AccountId{6u}, .side = Side::sell},
                    1);
    client->command(SetSelfTradeRule{.reference = 7, .account = AccountId{6u}, .rule = SelfTradeRule::cancel_both}, 2);
    const auto canceled = rig.next(*client);
    CHECK(canceled.header.template_id == kReportTemplate + 39);
    CHECK(canceled.header.sequence == 1);
    const auto set = rig.next(*client);
    CHECK(set.header.template_id == kReportTemplate + 16);
    CHECK(set.header.sequence == 2);
    CHECK(rig.engine.seen.back().command.as<SetSelfTradeRule>().rule == SelfTradeRule::cancel_both);
}

TEST_CASE("a resumed session goes on with its numbers, and what it missed has been counted") {
    Rig rig;
    auto client = rig.established(9);
    client->command(order(1), 1);
    CHECK(rig.next(*client).header.sequence == 1);
    client->close_now();
    rig.until([&] { return !rig.engine.sessions[0].established; });
    // Told while nobody listens.
    rig.engine.next_command({});
    rig.engine.emit(OrderCanceled{.account = AccountId{6u}, .instrument = InstrumentId{1u}, .side = Side::buy},
                    SessionId{1u});
    rig.until([&] { return rig.gateway->metrics().reports_away.get() == 1; });

    auto again = rig.established(9);
    CHECK(rig.last_negotiated.next_incoming == 2);
    CHECK(rig.last_negotiated.next_outgoing == 3);
    CHECK(rig.last_negotiated.last_cl_ord_id.value == 1);
    again->command(order(2), 2);
    CHECK(rig.next(*again).header.sequence == 3);
}

TEST_CASE("a second connection cannot have an established session, the first does not notice") {
    Rig rig;
    auto first = rig.established(4);
    auto second = rig.challenged();
    second->send_negotiate(kSeed, rig.key, 4);
    CHECK(rig.next(*second).as<NegotiateRejected>().reason == RejectReason::session_in_use);
    CHECK(rig.end_of(*second) == TerminateCode::refused);
    first->command(order(1), 1);
    CHECK(rig.next(*first).header.sequence == 1);
}

TEST_CASE("of two connections that negotiated a session the later has it") {
    Rig rig;
    auto first = rig.negotiated(4);
    auto second = rig.negotiated(4);
    CHECK(rig.end_of(*first) == TerminateCode::refused);
    second->send(Establish{.heartbeat_ms = 1000});
    CHECK(rig.next(*second).header.template_id == kTemplateEstablished);
}

TEST_CASE("every code that input can earn, and the neighbour trades on") {
    Rig rig;
    auto neighbour = rig.established(2);
    auto client = rig.established(1);
    TerminateCode expected{};
    const auto raw = [&](std::string_view text) { client->send(std::as_bytes(std::span{text})); };
    auto frame = make_command_frame(order(1), Time{}, 1);
    SUBCASE("another protocol") {
        raw("GET / HTTP/1.1\r\nHost: venue\r\n\r\n");
        expected = TerminateCode::frame_too_large;
    }
    SUBCASE("magic") {
        frame.header.magic = 0x1234;
        expected = TerminateCode::malformed_frame;
        client->send(frame.bytes());
    }
    SUBCASE("template") {
        frame.header.template_id = static_cast<std::uint16_t>(CommandKind::genesis);
        expected = TerminateCode::unknown_template;
        client->send(frame.bytes());
    }
    SUBCASE("block length") {
        frame.header.block_length = 39;
        expected = TerminateCode::bad_block_length;
        client->send(frame.bytes());
    }
    SUBCASE("sequence") {
        frame.header.sequence = 0;
        expected = TerminateCode::out_of_sequence;
        client->send(frame.bytes());
    }
    SUBCASE("state") {
        client->send(Negotiate{});
        expected = TerminateCode::wrong_state;
    }
    CHECK(rig.end_of(*client) == expected);
    CHECK(rig.gateway->metrics().terminates(expected).get() == 1);
    rig.until([&] { return !rig.engine.sessions[1].established; });
    CHECK(rig.engine.sessions[0].established);
    neighbour->command(order(1), 1);
    CHECK(rig.next(*neighbour).as<ExecutionReport>().exec_type == ExecType::accepted);
}

TEST_CASE("good frames before a bad one are commands, nothing behind it is") {
    Rig rig;
    auto client = rig.established();
    client->command(order(1), 1);
    client->command(order(2), 2);
    client->command(order(3), 0);
    client->command(order(3), 3);
    CHECK(rig.end_of(*client) == TerminateCode::out_of_sequence);
    rig.until([&] { return !rig.engine.sessions[0].established; });
    CHECK(rig.gateway->metrics().commands.get() == 2);
}

TEST_CASE("authentication fails and the handshake times out") {
    Rig rig;
    auto liar = rig.challenged();
    liar->send_negotiate({std::byte{66}}, rig.key, 1);
    CHECK(rig.end_of(*liar) == TerminateCode::authentication_failed);
    auto silent = rig.challenged();
    rig.pass(10'100);
    rig.until([&] {
        rig.clock.advance(50 * kMs);
        return silent->closed();
    });
    CHECK(silent->terminated() == TerminateCode::timeout);
}

TEST_CASE(
    "logins that are checked on another thread: in or out alike, gone meanwhile, and the end with some under way") {
    RigOptions options;
    options.gateway.login_thread = true;
    Rig rig{options};
    for (int wave = 0; wave < 3; ++wave) {
        std::vector<std::unique_ptr<WireClient>> crowd;
        for (std::uint64_t i = 0; i < 100; ++i) crowd.push_back(rig.challenged());
        for (std::uint64_t i = 0; i < crowd.size(); ++i) {
            const KeyId key = i % 4 == 1 ? KeyId{999u} : rig.key;
            crowd[i]->send_negotiate(i % 4 == 0 ? kSeed : Ed25519Seed{std::byte{66}}, key, i + 1);
        }
        if (wave == 1) crowd.resize(10);
        if (wave == 2) break;
        for (std::uint64_t i = 0; i < crowd.size(); ++i) {
            if (i % 4 == 0) {
                CHECK(rig.next(*crowd[i]).header.template_id == kTemplateNegotiated);
            } else {
                CHECK(rig.end_of(*crowd[i]) == TerminateCode::authentication_failed);
            }
        }
    }
    auto trader = rig.established(1000);
    trader->command(order(1), 1);
    CHECK(rig.next(*trader).header.sequence == 1);
}

TEST_CASE("of a crowd that is late at once a few are ended at a time, and heartbeats go on") {
    RigOptions options;
    options.carrier = Carrier::tcp;
    Rig rig{options};
    std::vector<std::unique_ptr<WireClient>> crowd;
    for (int i = 0; i < 600; ++i) crowd.push_back(rig.challenged());
    rig.pass(9'000);
    auto quiet = rig.established(1, 1000);
    rig.pass(1'100);
    quiet->send(Heartbeat{.next_sequence = 1});
    const Counter& late = rig.gateway->metrics().terminates(TerminateCode::timeout);
    std::uint64_t before = late.get();
    CHECK(before < 100);
    for (int tick = 0; late.get() < crowd.size(); ++tick) {
        REQUIRE(tick < 200);
        rig.clock.advance(32 * kMs);
        rig.round();
        CHECK(late.get() - before <= 32);
        before = late.get();
        if (tick % 16 == 0) quiet->send(Heartbeat{.next_sequence = 1});
    }
    for (auto& one : crowd) CHECK(rig.end_of(*one) == TerminateCode::timeout);
    CHECK_FALSE(quiet->closed());
    CHECK(rig.next(*quiet).as<Heartbeat>().next_sequence == 1);
}

TEST_CASE("heartbeats keep a quiet session, half a frame does not") {
    Rig rig;
    auto quiet = rig.established(1, 1000);
    auto half = rig.established(2, 1000);
    const auto frame = make_command_frame(order(1), Time{}, 1);
    half->send(frame.bytes().first(40));
    for (int i = 0; i < 45; ++i) {
        rig.pass(100);
        if (i % 8 == 0) quiet->send(Heartbeat{.next_sequence = 1});
        if (i % 8 == 0 && !half->closed()) half->send(frame.bytes().subspan(40, 1));
    }
    // A record is a frame, so a half one can never become whole.
    CHECK(rig.end_of(*half) == (rig.carrier == Carrier::memory ? TerminateCode::broken_ring : TerminateCode::timeout));
    CHECK_FALSE(quiet->closed());
    // And it has heard ours.
    CHECK(rig.next(*quiet).as<Heartbeat>().next_sequence == 1);
    rig.until([&] {
        rig.clock.advance(50 * kMs);
        return quiet->closed();
    });
    CHECK(quiet->terminated() == TerminateCode::timeout);
}

TEST_CASE("a frame in single bytes, and a hundred in one piece, are the same") {
    Rig rig{{.gateway = {}, .carrier = Carrier::tcp}};
    auto client = rig.established();
    const auto frame = make_command_frame(order(1), Time{}, 1);
    for (const std::byte& byte : frame.bytes()) {
        client->send(std::span{&byte, 1});
        client->flush();
        rig.rounds(1);
    }
    CHECK(rig.next(*client).header.sequence == 1);
    for (std::uint64_t i = 2; i <= 101; ++i) client->command(order(i), i);
    for (std::uint64_t i = 2; i <= 101; ++i) CHECK(rig.next(*client).as<ExecutionReport>().cl_ord_id.value == i);
}

TEST_CASE("an engine that stands still holds clients back, and nothing is lost or reordered") {
    Rig rig{{.ring = 8, .begun = true, .gateway = {}}};
    std::vector<std::unique_ptr<WireClient>> clients;
    for (std::uint64_t i = 1; i <= 3; ++i) clients.push_back(rig.established(i));
    rig.engine_runs = false;
    constexpr std::uint64_t count = 2000;
    for (auto& client : clients)
        for (std::uint64_t i = 1; i <= count; ++i) client->command(order(i), i);
    rig.rounds(200);
    CHECK(rig.gateway->metrics().commands.get() == 8);
    CHECK(rig.gateway->metrics().stalls.get() >= 3);
    // A new connection can come in meanwhile, but waits for the engine as well.
    auto late = rig.challenged();
    late->send_negotiate(kSeed, rig.key, 50);
    rig.rounds(50);
    CHECK(late->received.empty());
    // So does the disconnect of one that leaves.
    clients[2]->close_now();
    rig.rounds(50);

    rig.engine_runs = true;
    for (std::size_t c = 0; c < 2; ++c)
        for (std::uint64_t i = 1; i <= count; ++i) {
            const auto report = rig.next(*clients[c]);
            REQUIRE(report.header.sequence == i);
            REQUIRE(report.as<ExecutionReport>().cl_ord_id.value == i);
        }
    CHECK(rig.next(*late).header.template_id == kTemplateNegotiated);
    rig.until([&] { return !rig.engine.sessions[2].established; });
    CHECK(rig.gateway->metrics().lost_commands.get() == 0);
}

TEST_CASE("a reader that does not read is dropped, the others are not") {
    Rig rig{{.ring = 4096, .begun = true, .gateway = {.output_limit = kMinOutputLimit}}};
    auto slow = rig.established(1);
    auto quick = rig.established(2);
    slow->pause_reading();
    std::uint64_t sequence = 0;
    rig.until([&] {
        for (int i = 0; i < 200; ++i) {
            ++sequence;
            slow->command(order(sequence), sequence);
        }
        return rig.gateway->metrics().terminates(TerminateCode::slow_consumer).get() == 1;
    });
    quick->command(order(1), 1);
    CHECK(rig.next(*quick).header.sequence == 1);
    rig.until([&] { return !rig.engine.sessions[0].established; });
    // When it reads at last, it finds the reports up to the bound, and why it was dropped.
    slow->resume_reading();
    CHECK(rig.end_of(*slow) == TerminateCode::slow_consumer);
    REQUIRE(slow->received.size() > 100);
    for (std::size_t i = 0; i < slow->received.size(); ++i) CHECK(slow->received[i].header.sequence == i + 1);
}

TEST_CASE("events are released when their reports are with the sockets, not before") {
    Rig rig{{.gateway = {}, .carrier = Carrier::tcp}};
    // A socket whose number we know, so that its kernel buffer can be looked at.
    net::Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), net::linux_kernel()};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(rig.gateway->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::fcntl(socket.fd(), F_SETFL, O_NONBLOCK) == 0);
    const int fd = socket.fd();
    WireClient client{rig.reactor, std::move(socket)};
    rig.until([&] { return client.challenged; });
    client.send_negotiate(kSeed, rig.key, 1);
    rig.next(client);
    client.send(Establish{.heartbeat_ms = 60'000});
    rig.next(client);

    int arrived = -1;
    rig.engine.on_release = [&] { REQUIRE(::ioctl(fd, FIONREAD, &arrived) == 0); };
    client.pause_reading();
    client.command(order(1), 1);
    client.command(order(2), 2);
    rig.until([&] { return arrived >= 0; });
    CHECK(arrived == 2 * static_cast<int>(sizeof(FrameHeader) + sizeof(ExecutionReport)));
}

TEST_CASE("time that a command waits for room counts as waiting, and is not held against its session") {
    Rig rig{{.ring = 8, .begun = true, .gateway = {}}};
    auto client = rig.established(1, 1000);
    rig.engine_runs = false;
    for (std::uint64_t i = 1; i <= 20; ++i) client->command(order(i), i);
    rig.until([&] { return rig.gateway->metrics().stalls.get() == 1; });
    const std::int64_t before = rig.clock.wall_ns();
    // Its heartbeats are not read either.
    for (int i = 0; i < 100; ++i) rig.pass(100);
    rig.engine_runs = true;
    std::size_t orders = 0;
    while (orders < 20)
        if (rig.next(*client).header.template_id == kTemplateExecutionReport) ++orders;
    CHECK(rig.engine.seen.back().received.value == before);
    CHECK_FALSE(client->closed());
}

TEST_CASE("many that wait for room go on in turn, a few a round") {
    Rig rig{{.ring = 8, .begun = true, .gateway = {}}};
    std::vector<std::unique_ptr<WireClient>> clients;
    for (std::uint64_t i = 1; i <= 100; ++i) clients.push_back(rig.established(i));
    rig.engine_runs = false;
    for (auto& client : clients)
        for (std::uint64_t i = 1; i <= 20; ++i) client->command(order(i), i);
    rig.until([&] { return rig.gateway->metrics().stalls.get() >= 100; });
    rig.engine_runs = true;
    for (auto& client : clients)
        for (std::uint64_t i = 1; i <= 20; ++i) REQUIRE(rig.next(*client).header.sequence == i);
}

TEST_CASE("a disconnect of a connection that is gone does not touch the one that came after it") {
    Rig rig;
    auto first = rig.negotiated(4);
    auto second = rig.challenged();
    rig.engine_runs = false;
    // In this order at the engine: the second negotiates, the first establishes.
    second->send_negotiate(kSeed, rig.key, 4);
    rig.rounds(20);
    first->send(Establish{.heartbeat_ms = 1000});
    rig.rounds(20);
    rig.engine_runs = true;
    CHECK(rig.end_of(*first) == TerminateCode::refused);
    CHECK(rig.next(*second).header.template_id == kTemplateNegotiated);
    // The first was established behind its own end, so it was disconnected; the second goes on.
    rig.until([&] { return !rig.engine.sessions[0].established && rig.engine.seen.size() >= 4; });
    rig.rounds(20);
    CHECK_FALSE(second->closed());
    second->send(Establish{.heartbeat_ms = 1000});
    CHECK(rig.next(*second).header.template_id == kTemplateEstablished);
}

TEST_CASE("beyond the connection limit: told and closed") {
    Rig rig{{.ring = 64, .begun = true, .gateway = {.max_connections = 2}}};
    auto first = rig.challenged();
    auto second = rig.challenged();
    auto third = rig.connect();
    CHECK(rig.end_of(*third) == TerminateCode::too_many_connections);
    first->close_now();
    rig.until([&] { return rig.gateway->metrics().connections_open.get() == 1; });
    CHECK(rig.challenged()->challenged);
}

TEST_CASE("before the restored state is known, connections wait for their challenge") {
    Rig rig{{.ring = 64, .begun = false, .gateway = {}}};
    auto early = rig.connect();
    rig.rounds(50);
    CHECK_FALSE(early->challenged);
    CHECK_FALSE(rig.gateway->ready());
    rig.pass(20'000);
    CHECK_FALSE(early->closed());
    rig.begin();
    rig.until([&] { return early->challenged; });
    CHECK(rig.gateway->ready());
    early->send_negotiate(kSeed, rig.key, 1);
    CHECK(rig.next(*early).header.template_id == kTemplateNegotiated);
}

TEST_CASE("shutdown: what is under way is reported, then everybody hears it") {
    Rig rig;
    auto trading = rig.established(1);
    auto knocking = rig.challenged();
    rig.engine_runs = false;
    trading->command(order(1), 1);
    rig.until([&] { return rig.gateway->metrics().commands.get() == 1; });
    rig.gateway->request_stop(TerminateCode::shutdown);
    rig.rounds(20);
    CHECK_FALSE(rig.gateway->stopped());
    CHECK_FALSE(trading->closed());
    rig.engine_runs = true;
    CHECK(rig.end_of(*knocking) == TerminateCode::shutdown);
    CHECK(rig.end_of(*trading) == TerminateCode::shutdown);
    REQUIRE(trading->received.size() == 1);
    CHECK(trading->received.front().header.sequence == 1);
    rig.until([&] { return rig.gateway->stopped(); });
    auto late = rig.connect();
    rig.until([&] { return late->closed(); });
    CHECK_FALSE(late->challenged);
}

TEST_CASE("the engine has stopped: sessions end at once, new ones hear the same") {
    Rig rig;
    auto client = rig.established(1);
    rig.engine_runs = false;
    client->command(order(1), 1);
    rig.until([&] { return rig.gateway->metrics().commands.get() == 1; });
    rig.gateway->request_stop(TerminateCode::not_accepting);
    CHECK(rig.end_of(*client) == TerminateCode::not_accepting);
    auto late = rig.connect();
    CHECK(rig.end_of(*late) == TerminateCode::not_accepting);
    rig.gateway->request_stop(TerminateCode::shutdown);
    rig.until([&] { return rig.gateway->stopped(); });
}

TEST_CASE("the client's own end: finished, after its reports") {
    Rig rig;
    auto client = rig.established();
    client->command(order(1), 1);
    client->send(Terminate{.code = TerminateCode::finished});
    CHECK(rig.end_of(*client) == TerminateCode::finished);
    CHECK(client->received.size() == 1);
    CHECK_FALSE(rig.engine.sessions[0].established);
}

TEST_CASE("a connection that breaks while it is being established leaves no session open") {
    Rig rig;
    auto client = rig.negotiated();
    rig.engine_runs = false;
    client->send(Establish{.heartbeat_ms = 1000});
    rig.rounds(20);
    client->close_now();
    rig.until([&] { return rig.gateway->metrics().connections_open.get() == 0; });
    rig.engine_runs = true;
    rig.until([&] { return rig.engine.sessions[0].established; });
    rig.until([&] { return !rig.engine.sessions[0].established; });
}

TEST_CASE("queries are answered in order beside reports, also when many are asked at once") {
    Rig rig;
    auto client = rig.established();
    for (std::uint64_t i = 1; i <= 2000; ++i) client->send(ListQuery{.reference = i});
    client->command(order(1), 1);
    std::uint64_t done = 0;
    int listings = 0;
    bool reported = false;
    while (done < 2000 || !reported) {
        const auto received = rig.next(*client);
        if (received.header.template_id == kTemplateQueryDone) {
            CHECK(received.as<QueryDone>().reference == ++done);
        } else if (received.header.template_id == kTemplateExecutionReport) {
            reported = true;
        } else {
            ++listings;
            CHECK(received.header.sequence == 0);
        }
    }
    CHECK(listings == 6 * 2000);
    CHECK_FALSE(client->closed());
}

TEST_CASE("restored sessions keep their report numbers across a start") {
    Rig rig{{.ring = 64, .begun = false, .gateway = {}}};
    rig.engine.sessions.push_back({.client_session = 6, .key = KeyId{1u}, .next_incoming = 11, .next_outgoing = 21});
    rig.engine.next_command({});
    rig.engine.emit(
        SessionRestored{
            .client_session = 6, .next_incoming = 11, .next_outgoing = 21, .session = SessionId{1u}, .key = KeyId{1u}},
        {}, kRestored);
    rig.begin();
    rig.until([&] { return rig.gateway->ready(); });
    auto client = rig.established(6);
    CHECK(rig.last_negotiated.next_incoming == 11);
    CHECK(rig.last_negotiated.next_outgoing == 21);
    client->command(order(1), 11);
    CHECK(rig.next(*client).header.sequence == 21);
}
