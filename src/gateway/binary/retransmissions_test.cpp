// Reports that are asked for again, through a whole gateway: from its memory, beside live ones, to slow readers, and
// from an archive that is asked in order.
#include "gateway/binary/retransmissions.h"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

#include "gateway/binary/gateway_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

namespace {

// What stands behind ReportArchive, by hand: it is told when to answer, and with how many frames.
class ScriptedArchive final : public ReportArchive {
  public:
    bool ask(const Request& request) override {
        if (resting) return false;
        CHECK_FALSE(busy);
        busy = true;
        asked.push_back(request);
        return true;
    }
    std::optional<Answer> poll() override {
        if (!ready) return std::nullopt;
        Answer answer{.reason = reason, .frames = {}};
        const Request& request = asked.back();
        for (std::uint64_t sequence = request.from;
             reason == RejectReason::none && sequence < request.from + request.count; ++sequence) {
            const auto frame = make_frame(ExecutionReport{}, Time{}, sequence);
            const auto bytes = frame.bytes();
            answer.frames.insert(answer.frames.end(), bytes.begin(), bytes.end());
        }
        ready = busy = false;
        return answer;
    }
    void cancel() override {
        ++cancelled;
        ready = busy = false;
    }

    std::vector<Request> asked;
    RejectReason reason = RejectReason::none;
    bool resting = false;
    bool busy = false;
    bool ready = false;
    int cancelled = 0;
};

std::vector<std::uint64_t> again(Rig& rig, WireClient& client, RetransmitDone& done) {
    std::vector<std::uint64_t> sequences;
    for (;;) {
        const auto received = rig.next(client);
        if (received.header.template_id == kTemplateRetransmitDone) {
            done = received.as<RetransmitDone>();
            return sequences;
        }
        sequences.push_back(received.header.sequence);
    }
}

std::vector<std::uint64_t> range(std::uint64_t from, std::uint64_t count) {
    std::vector<std::uint64_t> result;
    for (std::uint64_t i = 0; i < count; ++i) result.push_back(from + i);
    return result;
}

}  // namespace

TEST_CASE("what was told while a session was away is had when it is back, as it would have been") {
    Rig rig;
    auto client = rig.established(9);
    client->command(order(1), 1);
    const auto first = rig.next(*client);
    client->close_now();
    rig.until([&] { return !rig.engine.sessions[0].established; });
    rig.engine.next_command({});
    rig.engine.emit(OrderCanceled{.account = AccountId{6u}, .instrument = InstrumentId{1u}, .side = Side::buy},
                    SessionId{1u});
    rig.until([&] { return rig.gateway->metrics().reports_away.get() == 1; });
    auto back = rig.established(9);
    back->send(RetransmitRequest{.from = 1, .count = 2});
    const auto same = rig.next(*back);
    CHECK(same.header.sequence == 1);
    auto told = same.as<ExecutionReport>();
    CHECK(told.header.sent.value == 0);
    CHECK(told.header.durable.value == 0);
    CHECK(told.header.matched.value == 0);
    told.header = first.as<ExecutionReport>().header;
    const auto expected = first.as<ExecutionReport>();
    CHECK(std::memcmp(&told, &expected, sizeof told) == 0);
    const auto missed = rig.next(*back);
    CHECK(missed.header.sequence == 2);
    CHECK(missed.as<ExecutionReport>().exec_type == ExecType::canceled);
    const auto done = rig.next(*back).as<RetransmitDone>();
    CHECK(done.from == 1);
    CHECK(done.count == 2);
    CHECK(done.reason == RejectReason::none);
}

TEST_CASE("live reports go on beside those that come again, each in their order") {
    Rig rig;
    auto client = rig.established();
    for (std::uint64_t sequence = 1; sequence <= 600; ++sequence) client->command(order(sequence), sequence);
    for (int i = 0; i < 600; ++i) rig.next(*client);
    client->send(RetransmitRequest{.from = 1, .count = 600});
    for (std::uint64_t sequence = 601; sequence <= 800; ++sequence) client->command(order(sequence), sequence);
    std::uint64_t live = 601;
    std::uint64_t repeated = 1;
    bool done = false;
    while (live <= 800 || !done) {
        const auto received = rig.next(*client);
        if (received.header.template_id == kTemplateRetransmitDone)
            done = true;
        else if (received.header.sequence >= 601)
            CHECK(received.header.sequence == live++);
        else
            CHECK(received.header.sequence == repeated++);
    }
    CHECK(repeated == 601);
    CHECK(rig.gateway->metrics().reports_again.get() == 600);
}

TEST_CASE("who asks and does not read is waited for, holds a bounded number of bytes, and others are served") {
    Rig rig;
    auto client = rig.established(1);
    auto neighbour = rig.established(2);
    for (std::uint64_t sequence = 1; sequence <= 2000; ++sequence) {
        client->command(order(sequence), sequence);
        if (sequence % 50 == 0) rig.rounds(3);
    }
    for (int i = 0; i < 2000; ++i) rig.next(*client);
    client->pause_reading();
    std::uint64_t asked = 0;
    for (int i = 0; i < 40; ++i, ++asked) {
        client->send(RetransmitRequest{.from = 1, .count = 2000});
        rig.rounds(50);
    }
    neighbour->command(order(1), 1);
    CHECK(rig.next(*neighbour).as<ExecutionReport>().exec_type == ExecType::accepted);
    CHECK_FALSE(client->terminated().has_value());
    client->resume_reading();
    std::uint64_t finished = 0;
    std::uint64_t refused = 0;
    while (finished + refused < asked) {
        const auto received = rig.next(*client);
        if (received.header.template_id != kTemplateRetransmitDone) continue;
        const auto done = received.as<RetransmitDone>();
        if (done.reason == RejectReason::retransmit_running) {
            CHECK(done.count == 0);
            ++refused;
            continue;
        }
        CHECK(done.reason == RejectReason::none);
        CHECK(done.count == 2000);
        ++finished;
    }
    CHECK(finished > 0);
}

TEST_CASE("nothing that was not told can be asked for, nor what is forgotten without an archive") {
    RigOptions options;
    options.gateway.recent_reports = 16 * 256;
    Rig rig{options};
    auto client = rig.established();
    const auto refused = [&](std::uint64_t from, std::uint32_t count) {
        client->send(RetransmitRequest{.from = from, .count = count});
        const auto done = rig.next(*client).as<RetransmitDone>();
        CHECK(done.count == 0);
        CHECK(done.from == from);
        return done.reason;
    };
    CHECK(refused(1, 1) == RejectReason::retransmit_out_of_range);
    for (std::uint64_t sequence = 1; sequence <= 40; ++sequence) client->command(order(sequence), sequence);
    for (int i = 0; i < 40; ++i) rig.next(*client);
    CHECK(refused(40, 2) == RejectReason::retransmit_out_of_range);
    CHECK(refused(~std::uint64_t{0}, 2) == RejectReason::retransmit_out_of_range);
    CHECK(refused(1, 40) == RejectReason::retransmit_unavailable);
    client->send(RetransmitRequest{.from = 25, .count = 16});
    RetransmitDone done;
    CHECK(again(rig, *client, done) == range(25, 16));
}

TEST_CASE("what is forgotten comes from the archive, one request at a time in the order in which they came") {
    ScriptedArchive archive;
    RigOptions options;
    options.gateway.recent_reports = 16 * 256;
    options.archive = &archive;
    Rig rig{options};
    auto first = rig.established(1);
    auto second = rig.established(2);
    auto third = rig.established(3);
    for (WireClient* client : {first.get(), second.get(), third.get()}) {
        for (std::uint64_t sequence = 1; sequence <= 40; ++sequence) client->command(order(sequence), sequence);
        for (int i = 0; i < 40; ++i) rig.next(*client);
    }
    archive.resting = true;
    first->send(RetransmitRequest{.from = 1, .count = 30});
    rig.rounds(20);
    second->send(RetransmitRequest{.from = 2, .count = 3});
    rig.rounds(20);
    third->send(RetransmitRequest{.from = 3, .count = 4});
    rig.rounds(20);
    CHECK(archive.asked.empty());
    archive.resting = false;
    rig.until([&] { return archive.asked.size() == 1; });
    CHECK(archive.asked[0].session == SessionId{1u});
    CHECK(archive.asked[0].from == 1);
    CHECK(archive.asked[0].count == 30);
    RetransmitDone done;
    SUBCASE("answered") {
        archive.ready = true;
        CHECK(again(rig, *first, done) == range(1, 30));
        CHECK(done.reason == RejectReason::none);
    }
    SUBCASE("unavailable") {
        archive.reason = RejectReason::retransmit_unavailable;
        archive.ready = true;
        CHECK(again(rig, *first, done).empty());
        CHECK(done.reason == RejectReason::retransmit_unavailable);
        archive.reason = RejectReason::none;
    }
    SUBCASE("nobody waits for it any more") {
        first->close_now();
        rig.until([&] { return archive.cancelled > 0; });
    }
    rig.until([&] { return archive.asked.size() == 2; });
    CHECK(archive.asked[1].session == SessionId{2u});
    archive.ready = true;
    CHECK(again(rig, *second, done) == range(2, 3));
    rig.until([&] { return archive.asked.size() == 3; });
    archive.ready = true;
    CHECK(again(rig, *third, done) == range(3, 4));
    CHECK(rig.gateway->metrics().retransmits_archived.get() == 3);
}

TEST_CASE("notices reach every established session, in their order, and no more than a few wait") {
    Rig rig;
    auto one = rig.established(1);
    auto other = rig.established(2);
    auto early = rig.challenged();
    Notice notice{.at = Time{std::int64_t{5}}, .kind = NoticeKind::maintenance};
    std::memcpy(notice.text.data(), "soon", 4);
    REQUIRE(rig.gateway->request_notice(notice));
    notice.kind = NoticeKind::text;
    REQUIRE(rig.gateway->request_notice(notice));
    for (WireClient* client : {one.get(), other.get()}) {
        const auto told = rig.next(*client);
        CHECK(told.header.sequence == 0);
        CHECK(told.as<Notice>().kind == NoticeKind::maintenance);
        CHECK(told.as<Notice>().at.value == 5);
        CHECK(rig.next(*client).as<Notice>().kind == NoticeKind::text);
    }
    rig.rounds(10);
    CHECK(early->received.empty());
    for (std::size_t i = 0; i < kMaxNotices; ++i) REQUIRE(rig.gateway->request_notice(notice));
    CHECK_FALSE(rig.gateway->request_notice(notice));
    rig.rounds(3);
    CHECK(rig.gateway->request_notice(notice));
}
