#include "gateway/binary/session.h"

#include <doctest/doctest.h>

#include "gateway/binary/session_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::session_test;

TEST_CASE("the way in: challenge, negotiate, establish, then commands") {
    Rig rig;
    rig.establish();
    CHECK(rig.negotiated.client_session == 77);
    CHECK(rig.negotiated.next_incoming == 1);
    CHECK(rig.negotiated.next_outgoing == 1);
    CHECK(rig.negotiated.account == AccountId{6u});
    CHECK(rig.negotiated.permissions == (kPermitRead | kPermitTrade));
    CHECK(rig.session.state() == SessionState::established);
    CHECK(rig.metrics.sessions_open.get() == 1);

    REQUIRE(rig.place(1) == Taken::yes);
    REQUIRE(rig.place(2) == Taken::yes);
    rig.follow();
    CHECK(rig.reports == 2);
    const Submission& last = rig.engine.seen.back();
    CHECK(last.received == rig.now.wall);
    CHECK(last.command.header.kind == CommandKind::place_order);
    CHECK(last.command.header.session == rig.negotiated.session);
    CHECK(last.command.header.session_sequence == 2);
    CHECK(last.command.header.gateway == 5);
    CHECK(last.command.as<PlaceOrder>().price.value == 5);
}

TEST_CASE("what lies behind a body in a ring slot that was used before is zero") {
    Rig rig{4};
    rig.establish();
    ListInstrument longer;
    std::memset(static_cast<void*>(&longer), 0xEE, sizeof longer);
    for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
        REQUIRE(rig.receive(make_command_frame(longer, rig.now.wall, sequence).bytes()) == Taken::yes);
        rig.commands.flush();
    }
    rig.engine.forget();
    REQUIRE(rig.place(5) == Taken::yes);
    rig.commands.flush();
    const Command command = rig.engine.take();
    CHECK(command.header.kind == CommandKind::place_order);
    for (std::size_t i = sizeof(PlaceOrder); i < kMessageBodySize; ++i) REQUIRE(command.body[i] == std::byte{0});
}

TEST_CASE("authentication fails alike for an unknown key, another's signature, and a signature over anything else") {
    Rig rig;
    rig.challenge();
    Negotiate negotiate = rig.signed_negotiate();
    SUBCASE("unknown key") { negotiate.key = KeyId{99u}; }
    SUBCASE("no key") { negotiate.key = KeyId{0u}; }
    SUBCASE("wrong signature") { negotiate.signature[5] ^= std::byte{1}; }
    SUBCASE("another client session") { negotiate.client_session = 78; }
    SUBCASE("another's key") { negotiate.key = rig.engine.add_key({std::byte{9}}, AccountId{6u}, kPermitRead); }
    rig.follow();
    REQUIRE(rig.receive(negotiate).has_value());
    const auto verified = rig.session.verify(rig.now);
    REQUIRE_FALSE(verified.has_value());
    CHECK(verified.error() == TerminateCode::authentication_failed);
    CHECK(rig.engine.seen.empty());
}

TEST_CASE("a signature for one challenge is worthless for another") {
    Rig first;
    first.challenge();
    const Negotiate stolen = first.signed_negotiate();
    Rig second;
    second.challenge();
    REQUIRE(second.receive(stolen).has_value());
    CHECK(second.session.verify(second.now).error() == TerminateCode::authentication_failed);
}

TEST_CASE("what the core refuses is told with its reason") {
    Rig rig;
    rig.engine.refuse_sessions = RejectReason::key_revoked;
    rig.negotiate();
    const auto rejected = rig.expect<NegotiateRejected>();
    CHECK(rejected.reason == RejectReason::key_revoked);
    CHECK(rejected.client_session == 77);
    CHECK(rig.ended == TerminateCode::refused);
}

TEST_CASE("every message has its state") {
    const auto wrong = std::expected<Taken, TerminateCode>{std::unexpected(TerminateCode::wrong_state)};
    Rig rig;
    SUBCASE("challenged") {
        rig.challenge();
        CHECK(rig.place(1) == wrong);
        CHECK(rig.receive(Establish{.heartbeat_ms = 1000}) == wrong);
        CHECK(rig.receive(Heartbeat{}) == wrong);
        CHECK(rig.receive(ListQuery{}) == wrong);
    }
    SUBCASE("verifying") {
        rig.challenge();
        REQUIRE(rig.receive(rig.signed_negotiate()).has_value());
        CHECK(rig.receive(rig.signed_negotiate()) == wrong);
        CHECK(rig.receive(Establish{.heartbeat_ms = 1000}) == wrong);
    }
    SUBCASE("negotiated") {
        rig.negotiate();
        CHECK(rig.place(1) == wrong);
        CHECK(rig.receive(BalanceQuery{}) == wrong);
    }
    SUBCASE("established") {
        rig.establish();
        CHECK(rig.receive(rig.signed_negotiate()) == wrong);
        CHECK(rig.receive(Establish{.heartbeat_ms = 1000}) == wrong);
    }
}

TEST_CASE("sequences: a command has one, everything else has none") {
    const auto out_of_sequence = std::expected<Taken, TerminateCode>{std::unexpected(TerminateCode::out_of_sequence)};
    Rig rig;
    rig.establish();
    SUBCASE("0") { CHECK(rig.place(0) == out_of_sequence); }
    SUBCASE("a number on a heartbeat") { CHECK(rig.receive(Heartbeat{.next_sequence = 1}, 1) == out_of_sequence); }
    SUBCASE("a heartbeat that counts from 0") { CHECK(rig.receive(Heartbeat{.next_sequence = 0}) == out_of_sequence); }
}

TEST_CASE("reserved fields and ranges of session messages") {
    const auto malformed = std::expected<Taken, TerminateCode>{std::unexpected(TerminateCode::malformed_frame)};
    Rig rig;
    SUBCASE("negotiate") {
        rig.challenge();
        Negotiate negotiate = rig.signed_negotiate();
        negotiate.zero = 1;
        CHECK(rig.receive(negotiate) == malformed);
    }
    SUBCASE("establish") {
        rig.negotiate();
        CHECK(rig.receive(Establish{.heartbeat_ms = 999}) == malformed);
        CHECK(rig.receive(Establish{.heartbeat_ms = 60'001}) == malformed);
        CHECK(rig.receive(Establish{.heartbeat_ms = 1000, .zero = {0, 1}}) == malformed);
    }
    SUBCASE("queries and terminate") {
        rig.establish();
        CHECK(rig.receive(BalanceQuery{.account = AccountId{6u}, .zero = 1}) == malformed);
        CHECK(rig.receive(Terminate{.code = TerminateCode::finished, .zero = {1}}) == malformed);
    }
}

TEST_CASE("what a disconnect is to cancel goes to the core as it was sent") {
    Rig rig;
    rig.negotiate();
    rig.expect<Negotiated>();
    REQUIRE(rig.receive(Establish{.heartbeat_ms = 1000, .grace_ms = 500, .cancel_orders = CancelScope::account})
                .has_value());
    rig.follow();
    const auto sent = rig.engine.seen.back().command.as<EstablishSession>();
    CHECK(sent.grace_ms == 500);
    CHECK(sent.cancel_orders == CancelScope::account);
    CHECK(rig.expect<Established>().heartbeat_ms == 1000);
}

TEST_CASE("timeouts and heartbeats") {
    Rig rig;
    SUBCASE("a handshake that does not end") {
        rig.challenge();
        rig.pass(10'000 * kMs);
        CHECK(rig.session.tick(rig.now, 1).has_value());
        rig.pass(kMs);
        CHECK(rig.session.tick(rig.now, 1).error() == TerminateCode::timeout);
    }
    SUBCASE("three silent intervals") {
        rig.establish(1000);
        rig.pass(3000 * kMs);
        CHECK(rig.session.tick(rig.now, 1).has_value());
        REQUIRE(rig.receive(Heartbeat{.next_sequence = 1}).has_value());
        rig.pass(3000 * kMs);
        CHECK(rig.session.tick(rig.now, 1).has_value());
        rig.pass(kMs);
        CHECK(rig.session.tick(rig.now, 1).error() == TerminateCode::timeout);
    }
    SUBCASE("heartbeats are sent within the interval, and only in silence") {
        rig.establish(1000);
        REQUIRE(rig.session.tick(rig.now, 1).has_value());
        CHECK(rig.silent());
        rig.pass(750 * kMs);
        REQUIRE(rig.session.tick(rig.now, 42).has_value());
        CHECK(rig.expect<Heartbeat>().next_sequence == 42);
        rig.pass(500 * kMs);
        rig.session.note_sent(rig.now.monotonic_ns);
        rig.pass(500 * kMs);
        REQUIRE(rig.session.tick(rig.now, 42).has_value());
        CHECK(rig.silent());
    }
}

TEST_CASE("a full ring makes a frame wait, and it is taken unchanged when offered again") {
    Rig rig{4};
    rig.establish();
    std::uint64_t sequence = 0;
    while (rig.place(sequence + 1) == Taken::yes) ++sequence;
    CHECK(sequence == 4);
    CHECK(rig.place(5) == Taken::later);
    rig.follow();
    CHECK(rig.place(5) == Taken::yes);
    rig.follow();
    CHECK(rig.engine.seen.back().command.header.session_sequence == 5);
}

TEST_CASE("the client ends the session: what it sent is answered, what follows is not looked at") {
    Rig rig;
    rig.establish();
    REQUIRE(rig.place(1) == Taken::yes);
    REQUIRE(rig.receive(Terminate{.code = TerminateCode::finished}) == Taken::yes);
    CHECK(rig.session.state() == SessionState::ending);
    CHECK(rig.place(77) == Taken::yes);
    CHECK_FALSE(rig.ended.has_value());
    rig.follow();
    CHECK(rig.reports == 1);
    CHECK(rig.ended == TerminateCode::finished);
    CHECK(rig.metrics.sessions_open.get() == 0);
    CHECK(rig.engine.seen.size() == 4);  // negotiate, establish, place, disconnect
    rig.session.close(rig.now);
    rig.follow();
    CHECK(rig.engine.seen.size() == 4);
}

TEST_CASE("the end before a session is at once, while it is being established it waits") {
    Rig rig;
    SUBCASE("challenged") {
        rig.challenge();
        CHECK(rig.session.end(TerminateCode::shutdown, rig.now).error() == TerminateCode::shutdown);
    }
    SUBCASE("establishing") {
        rig.negotiate();
        REQUIRE(rig.receive(Establish{.heartbeat_ms = 1000}) == Taken::yes);
        CHECK(rig.session.end(TerminateCode::shutdown, rig.now).has_value());
        rig.follow();
        CHECK(rig.session.state() == SessionState::ending);
        rig.follow();
        CHECK(rig.ended == TerminateCode::shutdown);
    }
    SUBCASE("an engine that does not answer") {
        rig.establish();
        CHECK(rig.session.end(TerminateCode::shutdown, rig.now).has_value());
        rig.pass(10'001 * kMs);
        CHECK(rig.session.tick(rig.now, 1).error() == TerminateCode::shutdown);
    }
}

TEST_CASE("a connection that breaks disconnects its session, once, and only when it has it") {
    Rig rig;
    SUBCASE("established") {
        rig.establish();
        rig.session.close(rig.now);
        rig.session.close(rig.now);
        rig.follow();
        CHECK(rig.engine.seen.back().command.header.kind == CommandKind::disconnect_session);
        CHECK(rig.engine.seen.size() == 3);
    }
    SUBCASE("establishing: the gateway decides by the answer") {
        rig.negotiate();
        REQUIRE(rig.receive(Establish{.heartbeat_ms = 1000}) == Taken::yes);
        rig.session.close(rig.now);
        rig.commands.flush();
        rig.engine.run();
        CHECK(rig.engine.seen.back().command.header.kind == CommandKind::establish_session);
    }
    SUBCASE("negotiated") {
        rig.negotiate();
        rig.session.close(rig.now);
        rig.follow();
        CHECK(rig.engine.seen.size() == 1);
    }
    CHECK(rig.metrics.sessions_open.get() == 0);
}

TEST_CASE("a session that the core disconnects by itself ends as not accepting") {
    Rig rig;
    rig.establish();
    CHECK(rig.session.on_disconnected() == TerminateCode::not_accepting);
}
