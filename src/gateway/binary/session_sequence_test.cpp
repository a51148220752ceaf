// What a session does with what comes out of turn, again, or too fast: it is not taken, it is told, and it ends who
// goes on.
#include <doctest/doctest.h>

#include "base/random.h"
#include "gateway/binary/session_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::session_test;

namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

void expect_not_applied(Rig& rig, RejectReason reason, std::uint64_t next, std::uint64_t sequence) {
    const auto told = rig.expect<NotApplied>();
    CHECK(told.reason == reason);
    CHECK(told.next_sequence == next);
    CHECK(told.sequence == sequence);
    CHECK((told.wait_ns > 0) == (reason == RejectReason::throttled));
}

std::vector<std::uint64_t> applied(const Rig& rig) {
    std::vector<std::uint64_t> result;
    for (const Submission& submission : rig.engine.seen)
        if (submission.command.header.kind == CommandKind::place_order)
            result.push_back(submission.command.header.session_sequence);
    return result;
}

}  // namespace

TEST_CASE("a gap is told once, and nothing above it is taken until the right one comes") {
    Rig rig;
    rig.establish();
    REQUIRE(rig.place(1) == Taken::yes);
    for (const std::uint64_t sequence : {3u, 4u, 5u, 4u}) CHECK(rig.place(sequence) == Taken::yes);
    expect_not_applied(rig, RejectReason::out_of_sequence, 2, 3);
    CHECK(rig.silent());
    CHECK(rig.receive(Heartbeat{.next_sequence = 6}) == Taken::yes);
    CHECK(rig.silent());
    for (const std::uint64_t sequence : {2u, 3u, 4u}) CHECK(rig.place(sequence) == Taken::yes);
    CHECK(rig.silent());
    CHECK(rig.place(9) == Taken::yes);
    expect_not_applied(rig, RejectReason::out_of_sequence, 5, 9);
    rig.follow();
    CHECK(applied(rig) == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(rig.metrics.not_applied.get() == 2);
    CHECK(rig.engine.sessions[0].next_incoming == 5);
}

TEST_CASE("what was taken before is not taken again, also while there is a gap") {
    Rig rig;
    rig.establish();
    REQUIRE(rig.place(1) == Taken::yes);
    REQUIRE(rig.place(2) == Taken::yes);
    CHECK(rig.place(1) == Taken::yes);
    expect_not_applied(rig, RejectReason::exists, 3, 1);
    CHECK(rig.place(2) == Taken::yes);
    expect_not_applied(rig, RejectReason::exists, 3, 2);
    CHECK(rig.place(7) == Taken::yes);
    expect_not_applied(rig, RejectReason::out_of_sequence, 3, 7);
    CHECK(rig.place(2) == Taken::yes);
    expect_not_applied(rig, RejectReason::exists, 3, 2);
    CHECK(rig.place(8) == Taken::yes);
    CHECK(rig.silent());
    CHECK(rig.place(3) == Taken::yes);
    rig.follow();
    CHECK(applied(rig) == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("a heartbeat that counts otherwise is told what comes next") {
    Rig rig;
    rig.establish();
    REQUIRE(rig.place(1) == Taken::yes);
    CHECK(rig.receive(Heartbeat{.next_sequence = 4}) == Taken::yes);
    expect_not_applied(rig, RejectReason::out_of_sequence, 2, 4);
    CHECK(rig.receive(Heartbeat{.next_sequence = 1}) == Taken::yes);
    expect_not_applied(rig, RejectReason::exists, 2, 1);
    CHECK(rig.receive(Heartbeat{.next_sequence = 2}) == Taken::yes);
    CHECK(rig.silent());
    // Having said so, another gap is another one.
    CHECK(rig.place(3) == Taken::yes);
    expect_not_applied(rig, RejectReason::out_of_sequence, 2, 3);
}

TEST_CASE("who goes on out of sequence is ended, who stops for a minute is not") {
    Rig rig;
    rig.establish(60'000);
    REQUIRE(rig.place(1) == Taken::yes);
    for (std::uint32_t i = 0; i < kMaxOutOfSequence; ++i) REQUIRE(rig.place(1) == Taken::yes);
    SUBCASE("goes on") { CHECK(rig.place(1) == std::unexpected(TerminateCode::out_of_sequence)); }
    SUBCASE("by heartbeats") {
        CHECK(rig.receive(Heartbeat{.next_sequence = 9}) == std::unexpected(TerminateCode::out_of_sequence));
    }
    SUBCASE("stops") {
        rig.pass(kMinute);
        CHECK(rig.place(1) == Taken::yes);
        CHECK(rig.place(2) == Taken::yes);
    }
    rig.follow();
    CHECK(applied(rig).size() == rig.engine.sessions[0].next_incoming - 1);
}

TEST_CASE("beyond the rate a command is not taken, and how long to wait is told exactly") {
    Rig rig{64, {.per_second = 10, .burst = 3}};
    rig.establish(60'000);
    for (const std::uint64_t sequence : {1u, 2u, 3u}) CHECK(rig.place(sequence) == Taken::yes);
    CHECK(rig.silent());
    CHECK(rig.place(4) == Taken::yes);
    const auto told = rig.expect<NotApplied>();
    CHECK(told.reason == RejectReason::throttled);
    CHECK(told.next_sequence == 4);
    CHECK(told.wait_ns == 100 * kMs);
    // Those that were on their way.
    CHECK(rig.place(5) == Taken::yes);
    CHECK(rig.place(6) == Taken::yes);
    CHECK(rig.silent());
    rig.pass(told.wait_ns - 1);
    CHECK(rig.place(4) == Taken::yes);
    CHECK(rig.expect<NotApplied>().wait_ns == 1);
    rig.pass(1);
    CHECK(rig.place(4) == Taken::yes);
    CHECK(rig.silent());
    rig.pass(1000 * kMs);
    for (const std::uint64_t sequence : {5u, 6u, 7u}) CHECK(rig.place(sequence) == Taken::yes);
    CHECK(rig.silent());
    rig.follow();
    CHECK(applied(rig) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("beyond the rate queries and requests for reports are answered so, the rest is passed over") {
    Rig rig{64, {.per_second = 1, .burst = 1}};
    rig.establish(60'000);
    CHECK(rig.place(1) == Taken::yes);
    CHECK(rig.receive(BalanceQuery{.reference = 31, .account = AccountId{6u}}) == Taken::yes);
    const auto done = rig.expect<QueryDone>();
    CHECK(done.reference == 31);
    CHECK(done.reason == RejectReason::throttled);
    CHECK(rig.receive(RetransmitRequest{.from = 1, .count = 1}) == Taken::yes);
    const auto again = rig.expect<RetransmitDone>();
    CHECK(again.from == 1);
    CHECK(again.reason == RejectReason::throttled);
    CHECK_FALSE(rig.session.take_reports_wanted().has_value());
    CHECK(rig.receive(Heartbeat{.next_sequence = 2}) == Taken::yes);
    CHECK(rig.silent());
    CHECK(rig.metrics.messages_throttled.get() == 3);
    // The last word is heard.
    CHECK(rig.receive(Terminate{.code = TerminateCode::finished}) == Taken::yes);
    CHECK(rig.session.state() == SessionState::ending);
}

TEST_CASE("who goes on beyond the rate is ended") {
    Rig rig{64, {.per_second = 1, .burst = 1}};
    rig.establish(60'000);
    CHECK(rig.place(1) == Taken::yes);
    for (std::uint32_t i = 0; i < kLeastExcess; ++i) REQUIRE(rig.place(2 + i) == Taken::yes);
    SUBCASE("with commands") { CHECK(rig.place(99) == std::unexpected(TerminateCode::throttled)); }
    SUBCASE("with heartbeats") {
        CHECK(rig.receive(Heartbeat{.next_sequence = 2}) == std::unexpected(TerminateCode::throttled));
    }
    SUBCASE("with queries") {
        CHECK(rig.receive(ListQuery{.reference = 1}) == std::unexpected(TerminateCode::throttled));
    }
    SUBCASE("stops") {
        rig.pass(kMinute);
        CHECK(rig.place(2) == Taken::yes);
    }
    rig.follow();
    CHECK(applied(rig).size() == rig.engine.sessions[0].next_incoming - 1);
}

TEST_CASE("a frame that has to wait for room is counted once") {
    Rig rig{4, {.per_second = 1, .burst = 100}};
    rig.establish(60'000);
    std::uint64_t sequence = 0;
    while (rig.place(sequence + 1) == Taken::yes) ++sequence;
    for (int i = 0; i < 500; ++i) REQUIRE(rig.place(sequence + 1) == Taken::later);
    rig.follow();
    CHECK(rig.place(sequence + 1) == Taken::yes);
    CHECK(rig.receive(LimitQuery{.reference = 9}) == Taken::yes);
    rig.follow();
    answer_some(rig.session, rig.model, rig, rig.now, 10);
    const auto limits = rig.expect<Limits>();
    CHECK(limits.messages_left == 100 - sequence - 2);
    CHECK(limits.message_burst == 100);
    CHECK(limits.messages_per_second == 1);
    CHECK(rig.expect<QueryDone>().reason == RejectReason::none);
}

TEST_CASE("requests for reports: bad ones are answered, one runs at a time") {
    Rig rig;
    rig.establish();
    const auto refused = [&](RetransmitRequest request) {
        REQUIRE(rig.receive(request) == Taken::yes);
        CHECK_FALSE(rig.session.take_reports_wanted().has_value());
        return rig.expect<RetransmitDone>().reason;
    };
    CHECK(refused({.from = 0, .count = 1}) == RejectReason::retransmit_out_of_range);
    CHECK(refused({.from = 1, .count = 0}) == RejectReason::retransmit_out_of_range);
    CHECK(refused({.from = 1, .count = kMaxRetransmit + 1}) == RejectReason::retransmit_out_of_range);
    CHECK(rig.receive(RetransmitRequest{.from = 1, .count = 1, .zero = 1}) ==
          std::unexpected(TerminateCode::malformed_frame));
    REQUIRE(rig.receive(RetransmitRequest{.from = 5, .count = 2}) == Taken::yes);
    const auto wanted = rig.session.take_reports_wanted();
    REQUIRE(wanted.has_value());
    CHECK(wanted->from == 5);
    CHECK(wanted->count == 2);
    CHECK(refused({.from = 1, .count = 1}) == RejectReason::retransmit_running);
    rig.session.finish_retransmit(5, 2, RejectReason::none, rig.now);
    CHECK(rig.expect<RetransmitDone>().count == 2);
    REQUIRE(rig.receive(RetransmitRequest{.from = 1, .count = 1}) == Taken::yes);
    CHECK(rig.session.take_reports_wanted().has_value());
}

// Random clients against one counter: however they count, the core takes each number once, in order, and agrees with
// the session about the next one.
TEST_CASE("whatever a client does with its numbers, the core takes each once and in order") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Random random{seed};
        Rig rig{8, {.per_second = static_cast<std::uint32_t>(random.below(2) * 1000), .burst = 20}};
        rig.establish(60'000);
        for (int i = 0; i < 300; ++i) {
            const std::uint64_t next = rig.engine.sessions[0].next_incoming;
            const std::uint64_t sequence = 1 + random.below(random.chance(70) ? next + 1 : next + 5);
            if (!rig.place(sequence).has_value()) break;
            if (random.chance(30)) rig.follow();
            if (random.chance(10)) rig.pass(static_cast<std::int64_t>(random.below(20)) * kMs);
        }
        rig.follow();
        std::uint64_t expected = 0;
        for (const std::uint64_t sequence : applied(rig)) REQUIRE(sequence == ++expected);
        REQUIRE(rig.engine.sessions[0].next_incoming == expected + 1);
    }
}
