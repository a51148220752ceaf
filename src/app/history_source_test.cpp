#include "app/history_source.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "engine/test_event_ring.h"
#include "engine/test_whole_log.h"
#include "history/history_error.h"

namespace dcx::app {
namespace {

using engine::test::RingGround;
using engine::test::RingLife;
using engine::test::Traffic;
using history::ErrorCode;
using history::HistoryError;

struct HistoryGroundOfTest {
    RingGround ground;
    std::unique_ptr<RingLife> life;
    history::Cursor last;  // of the log

    HistoryGroundOfTest() {
        life = std::make_unique<RingLife>(ground.disk, ground.snapshots, ground.clock, ground.where);
        Traffic traffic(4);
        life->settle();
        life->rig.submit(traffic.set_up());
        life->settle();
        engine::JournalLog log(ground.past(), {.at_rest = true});
        const engine::test::WholeLog whole(engine::test::read_to_end(log));
        const engine::LogMark& mark = whole.marks.back();
        last.venue_id = mark.venue_id;
        last.sequence = mark.sequence;
        last.event_hash = mark.event_hash;
    }
    // What a source says, looked at until it does; internal: nothing in all that time.
    ErrorCode error_of(history::LogSource& source) {
        for (int i = 0; i < 300; ++i) {
            try {
                source.release(source.peek(100).size());
            } catch (const HistoryError& error) {
                CHECK(std::string_view(error.what()).size() > 40);
                return error.code();
            }
            ground.clock.advance(50'000'000);
        }
        return ErrorCode::internal;
    }
    ErrorCode beside(const history::Cursor& cursor) {
        engine::PublicLog::Options options;
        options.descriptor = life->file.descriptor();
        options.from = mark_of(cursor);
        PublicSource source(ground.past(), ground.clock, options);
        return error_of(source);
    }
    ErrorCode alone(const history::Cursor& cursor) {
        JournalSource source(ground.past(), {.from = mark_of(cursor)});
        return error_of(source);
    }
};

TEST_CASE("history source: faults of the log are history errors with their numbers") {
    HistoryGroundOfTest test;
    CHECK(test.beside(test.last) == ErrorCode::internal);
    CHECK(test.alone(test.last) == ErrorCode::internal);
    CHECK(test.alone({}) == ErrorCode::internal);
    history::Cursor other = test.last;
    other.event_hash += 1;
    CHECK(test.beside(other) == ErrorCode::diverged);
    CHECK(test.alone(other) == ErrorCode::diverged);
    other.venue_id[0] ^= std::byte{1};
    CHECK(test.beside(other) == ErrorCode::other_venue);
    CHECK(test.alone(other) == ErrorCode::other_venue);
    other = test.last;
    other.sequence.value += 1000;
    CHECK(test.beside(other) == ErrorCode::ahead);
    CHECK(test.alone(other) == ErrorCode::ahead);
    test.ground.disk.plant({.operation = journal::Operation::list, .code = EMFILE});
    CHECK(test.alone(test.last) == ErrorCode::unreachable);
    // Rot in what everybody knows to be durable.
    const std::string name = journal::segment_name(Sequence{std::uint64_t{1}});
    auto bytes = test.ground.disk.get(name);
    for (std::size_t i = 2048; i < 2148; ++i) bytes[i] ^= std::byte{0x55};
    test.ground.disk.put(name, std::move(bytes));
    CHECK(test.alone({}) == ErrorCode::log_unreadable);
    test.ground.snapshots.erase(test.ground.snapshots.names().empty() ? "" : test.ground.snapshots.names().front());
    CHECK(test.beside({}) == ErrorCode::log_unreadable);
}

TEST_CASE("history source: how far it is, for metrics and a progress bar") {
    HistoryGroundOfTest test;
    engine::PublicLog::Options options;
    options.descriptor = test.life->file.descriptor();
    options.from = engine::LogMark{};
    PublicSource source(test.ground.past(), test.ground.clock, options);
    CHECK(source.progress().at.value == 0);
    for (int i = 0; i < 1000 && source.log().stage() != engine::PublicLog::Stage::live; ++i) {
        source.release(source.peek(10).size());
        const auto progress = source.progress();
        CHECK(progress.at <= progress.wanted);
    }
    CHECK(source.progress().at == test.last.sequence);
    CHECK(source.progress().wanted == test.last.sequence);
    CHECK_FALSE(source.busy());
}

}  // namespace
}  // namespace dcx::app
