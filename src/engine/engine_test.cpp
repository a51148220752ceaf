#include "engine/engine.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "engine/past.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {
namespace {

// A venue with its traders logged on, everything durable and told.
void begin(Rig& rig, Traffic& traffic) {
    rig.settle();
    REQUIRE(rig.engine->status().accepting());
    rig.submit(traffic.set_up());
    rig.settle();
}

void trade(Rig& rig, Traffic& traffic, int count) {
    for (int i = 0; i < count; ++i) {
        rig.submit(traffic.next());
        if (i % 16 == 0) rig.step();
    }
    rig.settle();
}

struct LogState {
    Sequence sequence{};
    Digest state_hash{};
    std::uint64_t event_hash{};
    std::uint64_t commands{};
};

LogState state_of(journal::MemoryDisk& disk) {
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    const auto past = replay_past(storage, memory);
    REQUIRE_MESSAGE(past.has_value(), past.error());
    return {past->core->sequence(), past->core->state_hash(), past->event_hash, past->commands};
}

TEST_CASE("engine: an event is seen when its command is durable, not before") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    Traffic traffic(1);
    // The venue itself first: nothing is told before its Genesis is durable.
    while (rig.engine->poll()) {
    }
    CHECK_FALSE(rig.seen.drain(*rig.source));
    CHECK(rig.poll_journal());
    CHECK(rig.seen.drain(*rig.source));
    CHECK(rig.seen.completed);
    begin(rig, traffic);
    const std::size_t before = rig.seen.live.size();
    const Sequence last = rig.seen.last;

    rig.submit(traffic.next());
    rig.submit(traffic.next());
    while (rig.engine->poll()) {
    }
    CHECK(rig.engine->applied().value == last.value + 2);
    CHECK(rig.engine->durable() == last);
    CHECK_FALSE(rig.seen.drain(*rig.source));

    CHECK(rig.poll_journal());
    CHECK(rig.engine->durable().value == last.value + 2);
    CHECK(rig.seen.drain(*rig.source));
    CHECK(rig.seen.live.size() >= before + 2);
    CHECK(rig.seen.last.value == last.value + 2);
}

TEST_CASE("engine: without a storage everything applied is seen, and the traders' world is the core's") {
    ManualClock clock;
    Rig rig(nullptr, clock);
    Traffic traffic(2);
    begin(rig, traffic);
    trade(rig, traffic, 2'000);
    CHECK(rig.engine->durable() == rig.engine->applied());
    CHECK(rig.engine->core().open_orders() > 0);
    check_same_state(rig.seen, rig.engine->core());
    rig.stop();
}

TEST_CASE("engine: further founding keys stand behind the genesis, once") {
    journal::MemoryDisk disk;
    ManualClock clock;
    EngineOptions options = small_options();
    for (std::uint32_t person = 2; person <= 3; ++person) {
        GenesisKey& key = options.founding_keys.emplace_back();
        key.public_key.fill(std::byte(person));
        key.person = PersonId{person};
    }
    const auto keys_of = [](const NaiveReader& seen) {
        std::vector<PersonId> persons;
        for (const Event& event : seen.restored)
            if (event.header.kind == EventKind::key_added) persons.push_back(event.as<KeyAdded>().person);
        return persons;
    };
    const std::vector<PersonId> all{PersonId{1u}, PersonId{2u}, PersonId{3u}};
    {
        Rig rig(&disk, clock, options);
        rig.settle();
        CHECK(keys_of(rig.seen) == all);
        CHECK(rig.engine->start_report().epoch == 1);
        rig.stop();
    }
    const Sequence before = state_of(disk).sequence;
    Rig again(&disk, clock, options);
    again.settle();
    CHECK(keys_of(again.seen) == all);
    // StartEpoch alone.
    CHECK(again.engine->applied().value == before.value + 1);
}

TEST_CASE("engine: a bad founding key is refused with its reason") {
    journal::MemoryDisk disk;
    ManualClock clock;
    EngineOptions options = small_options();
    options.founding_keys.emplace_back();
    const Rig rig(&disk, clock, options);
    CHECK(rig.refusal == "the core refuses a founding key: malformed_field");
}

TEST_CASE("engine: stamps sequence, time, waiting time and the time of matching") {
    ManualClock clock;
    Rig rig(nullptr, clock);
    Traffic traffic(3);
    begin(rig, traffic);
    rig.seen.live.clear();
    Submission submission = traffic.next();
    submission.received = Time{clock.wall_ns()};
    clock.advance(1'500);
    rig.submit(submission);
    // From the future, as another core's clock may be by a little: no wait rather than a negative one.
    submission = traffic.next();
    submission.received = Time{clock.wall_ns() + 50};
    rig.submit(submission);
    submission = traffic.next();
    submission.received = Time{clock.wall_ns() - 10'000'000'000};
    rig.submit(submission);
    const Sequence last = rig.seen.last;
    rig.settle();
    const std::uint32_t waits[] = {1'500, 0, 0xFFFF'FFFF};
    std::size_t command = 0;
    for (const Event& event : rig.seen.live) {
        if (event.header.index == 0) {
            REQUIRE(command < 3);
            ++command;
            CHECK(event.header.sequence.value == last.value + command);
            CHECK(event.header.wait_ns == waits[command - 1]);
        }
        CHECK(event.header.time.value == clock.wall_ns());
        CHECK(event.header.applied_time.value == clock.wall_ns());
    }
    CHECK(command == 3);
}

TEST_CASE("engine: after a restart state, hash and a fresh reader's world are the same") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Traffic traffic(4);
    Digest state{};
    std::uint64_t event_hash = 0;
    for (int life = 1; life <= 4; ++life) {
        Rig rig(&disk, clock);
        REQUIRE_MESSAGE(rig.engine, rig.refusal);
        CHECK(rig.engine->start_report().epoch == static_cast<std::uint64_t>(life));
        CHECK(rig.engine->start_report().fresh == (life == 1));
        CHECK_FALSE(rig.engine->start_report().tail.has_value());
        if (life == 1) {
            begin(rig, traffic);
        } else {
            rig.settle();
            REQUIRE(rig.seen.completed);
            CHECK(rig.seen.restored.back().as<RestoreCompleted>().epoch == static_cast<std::uint64_t>(life - 1));
            for (const Event& event : rig.seen.restored) {
                CHECK((event.header.flags & kRestored) != 0);
                CHECK(event.header.sequence == rig.engine->start_report().replayed);
            }
            // The first live events: the epoch, and the end of every session that the last one left open.
            // Then a tick does what came due meanwhile.
            REQUIRE(rig.seen.live.size() >= 1 + 1 + Traffic::kTraders);
            CHECK(rig.seen.live[0].as<EpochStarted>().epoch == static_cast<std::uint64_t>(life));
            CHECK(rig.seen.live[0].header.sequence.value == rig.engine->start_report().replayed.value + 1);
            CHECK(rig.seen.live[1].header.kind == EventKind::session_disconnected);
            check_same_state(rig.seen, rig.engine->core());
            for (const auto& [id, session] : rig.seen.sessions) CHECK_FALSE(session.established);
            rig.submit(traffic.log_on(rig.seen));
        }
        trade(rig, traffic, 500);
        check_same_state(rig.seen, rig.engine->core());
        CHECK(rig.engine->core().check_invariants() == "");
        rig.stop();
        CHECK(rig.seen.live.back().header.kind == EventKind::checkpoint_logged);
        state = rig.engine->core().state_hash();
        event_hash = rig.engine->event_hash();
        rig.engine.reset();
        rig.storage.reset();
        const LogState log = state_of(disk);
        CHECK(log.state_hash == state);
        CHECK(log.event_hash == event_hash);
        CHECK(log.sequence == rig.seen.last);
        CHECK(log.commands == log.sequence.value);
        clock.advance(1'000'000'000);
        traffic.set_time(clock.wall_ns());
    }
}

TEST_CASE("engine: what is due is logged before what is taken after it, and by itself when nothing comes") {
    constexpr std::int64_t ms = 1'000'000;
    ManualClock clock;
    Rig rig(nullptr, clock);
    Traffic traffic(9);
    begin(rig, traffic);
    CHECK(rig.engine->max_sleep_ms() == platform::any_sleep_ms);
    const auto live_kinds = [&] {
        std::vector<EventKind> kinds;
        for (const Event& event : rig.seen.live) kinds.push_back(event.header.kind);
        return kinds;
    };
    for (const bool cancel_too : {true, false}) {
        rig.submit(traffic.place_until(Time{clock.wall_ns() + 5 * ms}));
        rig.settle();
        CHECK(rig.engine->core().open_orders() == 1);
        CHECK(rig.engine->max_sleep_ms() > 4);
        CHECK(rig.engine->max_sleep_ms() <= 6);
        rig.seen.live.clear();
        clock.advance(5 * ms - 1);
        rig.settle();
        CHECK(rig.seen.live.empty());
        clock.advance(1);
        // It comes in time to be stamped with the deadline's own time, and too late.
        if (cancel_too) rig.submit(traffic.cancel_last());
        rig.settle();
        CHECK(rig.engine->core().open_orders() == 0);
        std::vector<EventKind> expected{EventKind::order_canceled, EventKind::ticked};
        if (cancel_too) expected.push_back(EventKind::cancel_rejected);
        REQUIRE(live_kinds() == expected);
        CHECK(rig.seen.live[0].as<OrderCanceled>().reason == CancelReason::expired);
        CHECK(rig.seen.live[0].header.time.value == clock.wall_ns());
    }
    rig.stop();
}

TEST_CASE("engine: a checkpoint every so many commands, with the hash of the events before it") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    Traffic traffic(5);
    begin(rig, traffic);
    trade(rig, traffic, 400);
    std::vector<std::uint64_t> places;
    for (const Event& event : rig.seen.live)
        if (event.header.kind == EventKind::checkpoint_logged) places.push_back(event.header.sequence.value);
    REQUIRE(places.size() >= 8);
    CHECK(places[0] == 51);
    for (std::size_t i = 1; i < places.size(); ++i) CHECK(places[i] == places[i - 1] + 51);
}

TEST_CASE("engine: a reader that does not release stops the engine, and nothing is lost") {
    journal::MemoryDisk disk;
    ManualClock clock;
    EngineOptions options = small_options();
    options.event_ring_capacity = 1;  // raised to the least that can work
    Rig rig(&disk, clock, options);
    Traffic traffic(6);
    begin(rig, traffic);
    const std::size_t told = rig.seen.live.size();
    const std::uint64_t start = rig.seen.last.value;
    int submitted = 0;
    for (int i = 0; i < 300; ++i, ++submitted) rig.submit(traffic.next());
    for (int i = 0; i < 1000; ++i) {
        rig.engine->poll();
        rig.poll_journal();
    }
    CHECK_FALSE(rig.engine->poll());
    CHECK(rig.engine->max_sleep_ms() == 1);
    CHECK(rig.engine->applied().value < start + 300);
    CHECK(rig.engine->applied().value > start);
    rig.settle();
    std::uint64_t commands = 0;
    for (std::size_t i = told; i < rig.seen.live.size(); ++i) {
        const EventHeader& header = rig.seen.live[i].header;
        if (header.index != 0) continue;
        ++commands;
        CHECK(header.sequence.value == start + commands);
    }
    CHECK(commands >= 300);
    check_same_state(rig.seen, rig.engine->core());
}

TEST_CASE("engine: a stalled disk stops the engine, and nothing is lost") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    Traffic traffic(7);
    begin(rig, traffic);
    const Sequence last = rig.seen.last;
    for (int i = 0; i < 1000; ++i) rig.submit(traffic.next());
    for (int i = 0; i < 5000; ++i) {
        rig.engine->poll();
        rig.seen.drain(*rig.source);
    }
    CHECK_FALSE(rig.engine->poll());
    CHECK(rig.engine->max_sleep_ms() == 1);
    CHECK(rig.seen.last == last);
    CHECK(rig.engine->applied().value <= last.value + 256);
    rig.settle();
    CHECK(rig.seen.last.value >= last.value + 1000);
    check_same_state(rig.seen, rig.engine->core());
}

TEST_CASE("engine: a public reader sees nothing that the readers it follows have not released") {
    ManualClock clock;
    HeapMemory memory;
    platform::Doorbell bell;
    auto engine = Engine::open({.bell = bell, .clock = clock, .memory = memory}, small_options());
    REQUIRE(engine.has_value());
    LiveSource& first = (*engine)->add_reader(bell);
    LiveSource& second = (*engine)->add_reader(bell);
    LiveSource* followed[] = {&first, &second};
    LiveSource& feed = (*engine)->add_public_reader(bell, followed);
    while ((*engine)->poll()) {
    }
    const std::size_t all = first.peek(1000).size();
    REQUIRE(all > 3);
    CHECK(second.peek(1000).size() == all);
    CHECK(feed.peek(1000).empty());
    first.release(3);
    CHECK(feed.peek(1000).empty());
    second.release(1);
    CHECK(feed.peek(1000).size() == 1);
    second.release(1);
    CHECK(feed.peek(1000).size() == 2);
    feed.release(2);
    CHECK(feed.peek(1000).empty());
}

TEST_CASE("engine: a wall clock that jumps stops it, with the reason, and nothing is stamped with that time") {
    for (const std::int64_t jump : {2'000'000'000, -2'000'000'000}) {
        journal::MemoryDisk disk;
        ManualClock clock;
        Rig rig(&disk, clock);
        Traffic traffic(8);
        begin(rig, traffic);
        const Sequence last = rig.seen.last;
        clock.jump(jump);
        rig.submit(traffic.next());
        rig.settle();
        CHECK(rig.engine->status().failed());
        CHECK_FALSE(rig.engine->status().accepting());
        CHECK(rig.engine->status().reason().find("wall clock jumped") != std::string::npos);
        CHECK(rig.engine->applied() == last);
        CHECK(rig.seen.last == last);
        // A stop asked for afterwards does not turn a failure into a clean end.
        rig.engine->request_stop();
        rig.settle();
        CHECK(rig.engine->status().failed());
    }
}

TEST_CASE("engine: commands come from all gateways in turn") {
    ManualClock clock;
    Rig rig(nullptr, clock);
    ring::Channel<Submission>& other = rig.engine->add_producer(1024);
    Traffic traffic(9);
    begin(rig, traffic);
    rig.seen.live.clear();
    // Both rings hold more than one poll takes; of each the session is unknown, so the answer names only the gateway.
    for (std::uint32_t i = 0; i < 1000; ++i) {
        for (auto* gateway : {rig.gateway, &other}) {
            Submission submission = traffic.next();
            submission.command.header.session = SessionId{};
            submission.command.header.gateway = gateway == &other ? 2 : 1;
            REQUIRE(gateway->try_write(submission));
        }
    }
    rig.gateway->flush();
    other.flush();
    rig.settle();
    std::size_t longest = 0;
    std::size_t run = 0;
    std::uint32_t previous = 0;
    std::size_t answers[3] = {};
    for (const Event& event : rig.seen.live) {
        if (event.header.kind == EventKind::checkpoint_logged) continue;
        ++answers[event.header.gateway];
        run = event.header.gateway == previous ? run + 1 : 1;
        previous = event.header.gateway;
        longest = std::max(longest, run);
    }
    CHECK(answers[1] == 1000);
    CHECK(answers[2] == 1000);
    CHECK(longest <= 512);
}

TEST_CASE("engine: a stop drains what was submitted") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    Traffic traffic(10);
    begin(rig, traffic);
    const std::uint64_t last = rig.seen.last.value;
    for (int i = 0; i < 700; ++i) rig.submit(traffic.next());
    rig.engine->request_stop();
    CHECK_FALSE(rig.engine->status().wait_for_end(std::chrono::milliseconds(0)));
    rig.settle();
    CHECK(rig.engine->status().state() == EngineState::stopped);
    CHECK(rig.engine->status().wait_for_end(std::chrono::milliseconds(0)));
    CHECK(rig.engine->durable().value > last + 700);
    CHECK(rig.seen.last == rig.engine->durable());
    CHECK(rig.engine->journal()->counters().watermarks > 0);
    const Digest state = rig.engine->core().state_hash();
    rig.engine.reset();
    CHECK(state_of(disk).state_hash == state);
}

TEST_CASE("engine: a stop before the readers were told everything") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    rig.engine->request_stop();
    rig.settle();
    CHECK(rig.engine->status().state() == EngineState::stopped);
    rig.engine.reset();
    CHECK(state_of(disk).sequence.value == 3);
}

TEST_CASE("engine: an idle log gets its watermark") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    Traffic traffic(11);
    begin(rig, traffic);
    const auto before = rig.engine->journal()->counters().watermarks;
    CHECK(rig.engine->journal()->max_sleep_ms() > 0);
    CHECK(rig.engine->journal()->max_sleep_ms() <= 10);
    clock.advance(10'000'000);
    CHECK(rig.engine->journal()->max_sleep_ms() == 0);
    CHECK(rig.poll_journal());
    CHECK(rig.engine->journal()->counters().watermarks == before + 1);
    clock.advance(10'000'000);
    CHECK_FALSE(rig.poll_journal());
    CHECK(rig.engine->journal()->max_sleep_ms() == platform::any_sleep_ms);
}

}  // namespace
}  // namespace dcx::engine::test
