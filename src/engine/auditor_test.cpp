// The auditor against a live engine, the snapshots it takes, and what starts make of them.
#include "engine/auditor.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <set>

#include "engine/past.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {
namespace {

AuditorOptions often() {
    return {.snapshot_every = 100,
            .snapshot_every_ns = 0,
            .keep_snapshots = 3,
            .invariants_every_ns = 0,
            .poll_every_ns = 1'000'000};
}

// An engine and its auditor, each with a view of its own of the same disks.
struct Audited {
    journal::MemoryStorage journal;
    journal::MemoryStorage snapshots;
    HeapMemory memory;
    std::unique_ptr<Auditor> auditor;

    Audited(journal::MemoryDisk& disk, journal::MemoryDisk& snapshot_disk, ManualClock& clock,
            const DurableSequence* durable, const AuditorOptions& options = often())
        : journal(disk), snapshots(snapshot_disk) {
        auditor = std::make_unique<Auditor>(
            AuditorGround{
                .clock = clock, .memory = memory, .journal = journal, .snapshots = &snapshots, .durable = durable},
            options);
    }
    void settle() {
        for (int i = 0; i < 100'000; ++i)
            if (!auditor->poll()) return;
        FAIL("the auditor does not come to rest");
    }
};

// A venue with money and `count` further commands, audited on the way; what the disks then hold.
struct Story {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    Digest state{};
    Sequence last{};

    void run(std::uint64_t seed, int count, bool audited = true) {
        Rig rig(&disk, clock, small_options(), {.snapshots = &snapshots});
        REQUIRE_MESSAGE(rig.engine != nullptr, rig.refusal);
        Audited second(disk, snapshots, clock, &rig.engine->durable_sequence());
        Traffic traffic(seed);
        rig.settle();
        rig.submit(rig.engine->core().open_orders() == 0 && rig.engine->start_report().fresh
                       ? traffic.set_up()
                       : traffic.log_on(rig.seen));
        Random random(seed);
        for (int i = 0; i < count; ++i) {
            rig.submit(traffic.next());
            rig.step();
            clock.advance(1'000'000);
            if (audited && random.chance(30)) second.auditor->poll();
        }
        rig.stop();
        if (audited) {
            second.settle();
            CHECK(second.auditor->reason().empty());
            CHECK(second.auditor->sequence() == rig.engine->core().sequence());
            CHECK(second.auditor->core().state_hash() == rig.engine->core().state_hash());
            CHECK(second.auditor->replay().hash().value() == rig.engine->event_hash());
        }
        state = rig.engine->core().state_hash();
        last = rig.engine->core().sequence();
    }
    [[nodiscard]] std::vector<std::string> snapshot_names() { return snapshots.names(); }
};

}  // namespace

TEST_CASE("auditor: follows an engine, compares every checkpoint, takes snapshots and keeps the last ones") {
    Story story;
    story.run(1, 2000);
    CHECK(story.snapshot_names().size() == 3);
    for (const std::string& name : story.snapshot_names()) CHECK(journal::parse_snapshot_name(name).has_value());
}

TEST_CASE("auditor: by the journal's watermarks alone it comes to the same state") {
    Story story;
    story.run(2, 500, false);
    Audited second(story.disk, story.snapshots, story.clock, nullptr);
    second.settle();
    CHECK(second.auditor->sequence() == story.last);
    CHECK(second.auditor->core().state_hash() == story.state);
    CHECK(second.auditor->health().invariants > 0);
}

TEST_CASE("start: from a snapshot and from the first command give the same venue, life after life") {
    Story story;
    for (std::uint64_t life = 1; life <= 6; ++life) {
        story.run(life, 300);
        HeapMemory memory;
        journal::MemoryStorage storage(story.disk);
        const auto whole = replay_past(storage, memory);
        REQUIRE_MESSAGE(whole.has_value(), whole.error());
        CHECK(whole->core->state_hash() == story.state);
        Rig rig(&story.disk, story.clock, small_options(), {.snapshots = &story.snapshots});
        REQUIRE(rig.engine != nullptr);
        const StartReport& report = rig.engine->start_report();
        CHECK(report.snapshot.value > 0);
        CHECK(report.skipped_snapshots.empty());
        CHECK(report.replayed == story.last);
        CHECK(rig.engine->core().state_hash() == story.state);
        CHECK(rig.engine->event_hash() == whole->event_hash);
        rig.settle();
        check_same_state(rig.seen, rig.engine->core());
    }
}

TEST_CASE("start: a damaged snapshot is passed over with its name, and the one before it, or none, does as well") {
    Story story;
    story.run(7, 1000);
    Random random(7);
    auto names = story.snapshot_names();
    REQUIRE(names.size() == 3);
    for (std::size_t damaged = 1; damaged <= 3; ++damaged) {
        const std::string& name = names[names.size() - damaged];
        auto bytes = story.snapshots.get(name);
        bytes[random.below(bytes.size())] ^= std::byte{4};
        story.snapshots.put(name, bytes);
        Rig rig(&story.disk, story.clock, small_options(), {.snapshots = &story.snapshots});
        REQUIRE_MESSAGE(rig.engine != nullptr, rig.refusal);
        const StartReport& report = rig.engine->start_report();
        REQUIRE(report.skipped_snapshots.size() == damaged);
        CHECK(contains(report.skipped_snapshots.back(), name));
        CHECK((report.snapshot.value > 0) == (damaged < 3));
        CHECK(rig.engine->core().state_hash() == story.state);
    }
}

TEST_CASE("start: a snapshot whose state is not the recorded one is not believed") {
    Story story;
    story.run(8, 400);
    const std::string name = story.snapshot_names().back();
    journal::MemoryStorage storage(story.snapshots);
    auto snapshot = journal::Snapshot::open(storage, name);
    REQUIRE(snapshot.has_value());
    std::vector<std::byte> image(snapshot->header().image_size);
    REQUIRE(snapshot->get(image));
    journal::SnapshotHeader header = snapshot->header();
    header.state_hash[0] ^= std::byte{1};
    REQUIRE(journal::write_snapshot(storage, header, [&](ByteSink& sink) { sink.put(image); }).has_value());
    HeapMemory memory;
    const auto loaded = load_snapshot(storage, memory);
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->skipped.size() == 1);
    CHECK(contains(loaded->skipped.front(), "wrong_state"));
    REQUIRE(loaded->loaded.has_value());
    CHECK(loaded->loaded->header.sequence < header.sequence);
    // Of another layout, of another program.
    header.layout ^= 1;
    REQUIRE(journal::write_snapshot(storage, header, [&](ByteSink& sink) { sink.put(image); }).has_value());
    CHECK(contains(load_snapshot(storage, memory)->skipped.front(), "other_layout"));
    header.engine_version += 1;
    REQUIRE(journal::write_snapshot(storage, header, [&](ByteSink& sink) { sink.put(image); }).has_value());
    CHECK(contains(load_snapshot(storage, memory)->skipped.front(), "other_engine"));
}

TEST_CASE("start: a journal that ends before what a snapshot knows as durable is refused") {
    Story story;
    story.run(9, 1000);
    const auto names = story.disk.names();
    REQUIRE(names.size() > 3);
    std::set<std::string> segments;
    for (const std::string& name : names)
        if (journal::parse_segment_name(name)) segments.insert(name);
    // A whole older end: an intact journal by itself.
    story.disk.erase(*segments.rbegin());
    const Rig rig(&story.disk, story.clock, small_options(), {.snapshots = &story.snapshots});
    CHECK(rig.engine == nullptr);
    CHECK(contains(rig.refusal, "snapshot"));
}

TEST_CASE("auditor: rot in the durable part stops it for good and names segment and offset") {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    Rig rig(&disk, clock);
    Audited second(disk, snapshots, clock, &rig.engine->durable_sequence());
    std::string told;
    second.auditor->on_difference([&](const std::string& what) {
        told = what;
        rig.engine->halt(what);
    });
    Traffic traffic(10);
    rig.settle();
    rig.submit(traffic.set_up());
    rig.settle();
    const auto names = disk.names();
    const std::string name =
        *std::ranges::find_if(names, [](const std::string& n) { return journal::parse_segment_name(n).has_value(); });
    auto bytes = disk.get(name);
    bytes[5000] ^= std::byte{16};
    disk.put(name, bytes);
    second.settle();
    CHECK(second.auditor->health().failed);
    CHECK(contains(told, name));
    CHECK(contains(told, "damaged_batch"));
    CHECK(rig.engine->status().failed());
    CHECK(contains(rig.engine->status().reason(), name));
    CHECK_FALSE(second.auditor->poll());
}

TEST_CASE("auditor: a checkpoint that says something else than the replay stops it with the sequence") {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    {
        journal::MemoryStorage storage(disk);
        const auto recovery = journal::recover(storage);
        auto writer = journal::Writer::open(
            storage, *recovery, {.venue_id = small_genesis().venue_id, .engine_version = 1, .background = false});
        const std::vector<Command> commands{
            engine_command(small_genesis(), Sequence{std::uint64_t{1}}, {}),
            engine_command(Checkpoint{.event_hash = 77}, Sequence{std::uint64_t{2}}, {})};
        REQUIRE((*writer)->append(commands) == 2);
        REQUIRE((*writer)->commit(Time{std::int64_t{1}}).has_value());
        REQUIRE((*writer)->write_watermark(Time{std::int64_t{2}}).has_value());
    }
    Audited second(disk, snapshots, clock, nullptr);
    second.settle();
    CHECK(second.auditor->health().failed);
    CHECK(contains(second.auditor->reason(), "sequence 2"));
}

TEST_CASE("auditor: a snapshot that cannot be written is told and costs nothing else") {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    Rig rig(&disk, clock);
    Audited second(disk, snapshots, clock, &rig.engine->durable_sequence());
    Traffic traffic(11);
    rig.settle();
    rig.submit(traffic.set_up());
    rig.settle();
    second.settle();
    snapshots.plant({.operation = journal::Operation::create, .after = 0, .code = ENOSPC});
    second.auditor->request_snapshot(rig.engine->durable());
    second.settle();
    CHECK(second.auditor->health().snapshot_failures == 1);
    CHECK(contains(second.auditor->reason(), "snapshot"));
    CHECK_FALSE(second.auditor->health().failed);
    second.auditor->request_snapshot(rig.engine->durable());
    second.settle();
    CHECK(second.auditor->reason().empty());
    CHECK(second.auditor->health().snapshot_sequence == rig.engine->durable().value);
}

TEST_CASE("past: any moment, by sequence or by time, from snapshots or from the beginning, is what it was then") {
    Story story;
    story.run(12, 700);
    std::vector<Digest> states;
    std::vector<Time> times;
    {
        journal::MemoryStorage storage(story.disk);
        HeapMemory memory;
        core::Core core(memory);
        LogReplay replay(core);
        auto reader = journal::Reader::open(storage);
        REQUIRE(reader.has_value());
        for (auto batch = reader->next(); batch && *batch; batch = reader->next())
            for (const Command& command : (*batch)->commands) {
                replay.forget_events();
                REQUIRE(replay.apply(command));
                states.push_back(core.state_hash());
                times.push_back(core.time());
            }
    }
    REQUIRE(states.size() == story.last.value);
    Random random(12);
    bool from_snapshot = false;
    for (int i = 0; i < 60; ++i) {
        const std::uint64_t sequence = 1 + random.below(states.size());
        journal::MemoryStorage storage(story.disk);
        journal::MemoryStorage snapshots(story.snapshots);
        HeapMemory memory;
        PastOptions options{.moment = {.sequence = Sequence{sequence}},
                            .snapshots = random.chance(50) ? &snapshots : nullptr,
                            .on_progress = {}};
        const auto past = replay_past(storage, memory, options);
        REQUIRE_MESSAGE(past.has_value(), past.error());
        CHECK(past->core->state_hash() == states[sequence - 1]);
        from_snapshot |= past->snapshot.value != 0;
        options.moment = {.time = times[sequence - 1]};
        HeapMemory other_memory;
        const auto by_time = replay_past(storage, other_memory, options);
        REQUIRE(by_time.has_value());
        CHECK(by_time->core->time() <= times[sequence - 1]);
        const auto last = std::ranges::upper_bound(times, times[sequence - 1]) - times.begin();
        CHECK(by_time->core->state_hash() == states[static_cast<std::size_t>(last) - 1]);
    }
    CHECK(from_snapshot);
}

TEST_CASE("auditor: a journal that cannot be read for now is no difference") {
    Story story;
    story.run(5, 300);
    Audited second(story.disk, story.snapshots, story.clock, nullptr);
    story.disk.plant({.operation = journal::Operation::read, .after = 0, .code = EIO, .short_bytes = 0});
    CHECK_FALSE(second.auditor->poll());
    CHECK_FALSE(second.auditor->begun());
    CHECK_FALSE(second.auditor->health().failed.load());
    CHECK(contains(second.auditor->reason(), "cannot read the journal"));
    // The disk answers again.
    CHECK(second.auditor->poll());
    second.settle();
    CHECK(second.auditor->reason().empty());
    CHECK(second.auditor->sequence() == story.last);
}

TEST_CASE("handover: a shadow that followed goes on as the engine, and nothing is canceled for it") {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    auto first = std::make_unique<Rig>(&disk, clock);
    Audited shadow(disk, snapshots, clock, nullptr);
    Traffic traffic(13);
    first->settle();
    first->submit(traffic.set_up());
    for (int i = 0; i < 300; ++i) {
        first->submit(traffic.next());
        first->step();
        clock.advance(1'000'000);
        shadow.auditor->poll();
    }
    first->settle();
    first->engine->request_checkpoint();
    first->settle();
    first->engine->request_handover(5'000);
    first->settle();
    CHECK(first->engine->handover_logged());
    first->stop();
    const Digest state = first->engine->core().state_hash();
    const std::uint64_t events = first->engine->event_hash();
    const std::uint32_t open = first->engine->core().open_orders();
    CHECK(open > 0);
    first.reset();

    // Some of the rest it has seen, the rest of the rest the start reads.
    for (int i = 0; i < 3; ++i) shadow.auditor->poll();
    auto warm = shadow.auditor->take_over();
    REQUIRE(warm.has_value());
    journal::MemoryStorage storage(disk);
    platform::Doorbell bell;
    auto engine = Engine::open(
        {.bell = bell, .clock = clock, .memory = shadow.memory, .storage = &storage, .warm = &*warm}, small_options());
    REQUIRE_MESSAGE(engine.has_value(), engine.error());
    CHECK((*engine)->core().state_hash() == state);
    CHECK((*engine)->event_hash() == events);
    CHECK((*engine)->start_report().epoch == 2);
    platform::Doorbell reader_bell;
    LiveSource& source = (*engine)->add_reader(reader_bell);
    NaiveReader seen;
    for (int i = 0; i < 1'000; ++i) {
        (*engine)->poll();
        (*engine)->journal()->poll();
        seen.drain(source);
    }
    CHECK((*engine)->core().open_orders() == open);
    CHECK((*engine)->core().epoch() == 2);
    check_same_state(seen, (*engine)->core());
}

}  // namespace dcx::engine::test
