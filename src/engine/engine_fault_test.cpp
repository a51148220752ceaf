// What an engine refuses, and what it does when the disk fails or the power goes.
#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "engine/engine.h"
#include "engine/past.h"
#include "engine/replayer.h"
#include "engine/test_rig.h"
#include "journal/disk_storage.h"
#include "journal/writer.h"

namespace dcx::engine::test {
namespace {

// Writes a log of these commands as an engine would.
void write_log(journal::MemoryDisk& disk, std::vector<Command> commands) {
    journal::MemoryStorage storage(disk);
    const auto recovery = journal::recover(storage);
    REQUIRE(recovery.has_value());
    auto writer = journal::Writer::open(
        storage, *recovery, {.venue_id = small_genesis().venue_id, .engine_version = 1, .background = false});
    REQUIRE(writer.has_value());
    std::uint64_t sequence = 0;
    for (Command& command : commands) command.header.sequence = Sequence{++sequence};
    REQUIRE((*writer)->append(commands) == commands.size());
    REQUIRE((*writer)->commit(Time{std::int64_t{1}}).has_value());
}

Command epoch_command(std::uint32_t version) {
    return engine_command(StartEpoch{.epoch = 1, .engine_version = version, .newest_rules = version}, {}, {});
}
Command genesis_command() { return engine_command(small_genesis(), {}, {}); }

TEST_CASE("engine start: a checkpoint that the replay does not reach is refused with its sequence") {
    journal::MemoryDisk disk;
    write_log(disk,
              {genesis_command(), epoch_command(kNewestRules), engine_command(Checkpoint{.event_hash = 12345}, {}, {}),
               engine_command(Checkpoint{.event_hash = 0}, {}, {})});
    ManualClock clock;
    const Rig rig(&disk, clock);
    CHECK(rig.engine == nullptr);
    CHECK(contains(rig.refusal, "sequence 3"));
    CHECK(contains(rig.refusal, "12345"));

    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    const auto state = replay_past(storage, memory);
    REQUIRE_FALSE(state.has_value());
    CHECK(contains(state.error(), "sequence 3"));
}

TEST_CASE("engine start: unknown rules, a log without genesis and a bad genesis are refused") {
    ManualClock clock;
    const auto refusal_of = [&](std::vector<Command> commands) {
        journal::MemoryDisk disk;
        write_log(disk, std::move(commands));
        const Rig rig(&disk, clock);
        CHECK(rig.engine == nullptr);
        return rig.refusal;
    };
    const std::string newer = refusal_of({genesis_command(), epoch_command(kNewestRules + 1)});
    CHECK(contains(newer, "sequence 2: it begins an epoch under rules " + std::to_string(kNewestRules + 1)));
    CHECK(contains(newer, "it takes a newer program"));
    const std::string older = refusal_of({genesis_command(), epoch_command(kOldestRules - 1)});
    CHECK(contains(older, "rules 2; this program knows rules 3 to 6: it takes an older program"));
    const std::string other = refusal_of({genesis_command(), epoch_command(kNewestRules), epoch_command(kOldestRules)});
    CHECK(contains(other, "under rules 3, but rules 6 are in force"));
    {
        journal::MemoryDisk disk;
        write_log(disk, {epoch_command(kNewestRules)});
        const Rig rig(&disk, clock);
        CHECK(rig.engine == nullptr);
        CHECK(contains(rig.refusal, "does not begin with a genesis"));
    }
    {
        journal::MemoryDisk disk;
        EngineOptions options = small_options();
        options.genesis.max_accounts = 0;
        {
            const Rig rig(&disk, clock, options);
            CHECK(rig.engine == nullptr);
            CHECK(contains(rig.refusal, "limit_out_of_range"));
        }
        // Refused before anything was written: a good one can follow.
        const Rig again(&disk, clock);
        CHECK_MESSAGE(again.engine != nullptr, again.refusal);
    }
}

TEST_CASE("engine start: a second engine on the same log is refused") {
    ManualClock clock;
    {
        journal::MemoryDisk disk;
        const Rig first(&disk, clock);
        REQUIRE(first.engine);
        const Rig second(&disk, clock);
        CHECK(second.engine == nullptr);
        CHECK_FALSE(second.refusal.empty());
    }
    std::string folder = (std::filesystem::temp_directory_path() / "dcx-engine-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const auto disk = [&] {
        auto storage = journal::DiskStorage::open(folder);
        REQUIRE(storage.has_value());
        return std::move(*storage);
    };
    {
        Rig first(disk(), clock);
        REQUIRE_MESSAGE(first.engine, first.refusal);
        const Rig second(disk(), clock);
        CHECK(second.engine == nullptr);
        CHECK_FALSE(second.refusal.empty());
        first.stop();
    }
    {
        const Rig third(disk(), clock);
        CHECK_MESSAGE(third.engine != nullptr, third.refusal);
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("engine: after a failed write or sync nothing is taken, nothing more is seen, and the reason stands") {
    for (const auto operation : {journal::Operation::write, journal::Operation::sync}) {
        journal::MemoryDisk disk;
        ManualClock clock;
        Sequence seen_last{};
        {
            Rig rig(&disk, clock);
            Traffic traffic(21);
            rig.settle();
            rig.submit(traffic.set_up());
            rig.settle();
            disk.plant({.operation = operation, .after = 2, .code = EIO, .short_bytes = 0});
            for (int i = 0; i < 200 && !rig.engine->status().failed(); ++i) {
                rig.submit(traffic.next());
                rig.step();
            }
            REQUIRE(rig.engine->status().failed());
            CHECK_FALSE(rig.engine->status().accepting());
            CHECK(contains(rig.engine->status().reason(), "journal"));
            const Sequence durable = rig.engine->durable();
            CHECK(rig.engine->applied() > durable);
            for (int i = 0; i < 50; ++i) rig.submit(traffic.next());
            rig.settle();
            CHECK(rig.engine->durable() == durable);
            CHECK(rig.seen.last == durable);
            seen_last = rig.seen.last;
        }
        Rig next(&disk, clock);
        REQUIRE_MESSAGE(next.engine, next.refusal);
        CHECK(next.engine->start_report().replayed >= seen_last);
    }
}

// A file whose sync tells a test first.
class WatchedFile final : public journal::File {
  public:
    WatchedFile(std::unique_ptr<journal::File> file, const std::function<void()>& before_sync)
        : file_(std::move(file)), before_sync_(before_sync) {}
    journal::Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        return file_->write(offset, bytes);
    }
    void start_sync(std::uint64_t offset, std::size_t size) override { file_->start_sync(offset, size); }
    journal::Result<void> sync() override {
        if (before_sync_) before_sync_();
        return file_->sync();
    }

  private:
    std::unique_ptr<journal::File> file_;
    const std::function<void()>& before_sync_;
};

class WatchedStorage final : public journal::Storage {
  public:
    explicit WatchedStorage(journal::MemoryDisk& disk) : storage_(disk) {}
    std::function<void()> before_sync;

    [[nodiscard]] std::string where() const override { return storage_.where(); }
    journal::Result<void> lock() override { return storage_.lock(); }
    journal::Result<std::vector<std::string>> list() override { return storage_.list(); }
    journal::Result<std::unique_ptr<journal::File>> create(std::string_view name, std::uint64_t size) override {
        return watched(storage_.create(name, size));
    }
    journal::Result<std::unique_ptr<journal::File>> open(std::string_view name) override {
        return watched(storage_.open(name));
    }
    journal::Result<std::size_t> read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) override {
        return storage_.read(name, offset, out);
    }
    journal::Result<std::unique_ptr<journal::Mapping>> map(std::string_view name) override {
        return storage_.map(name);
    }
    journal::Result<std::uint64_t> size(std::string_view name) override { return storage_.size(name); }
    journal::Result<void> rename(std::string_view from, std::string_view to) override {
        return storage_.rename(from, to);
    }
    journal::Result<void> remove(std::string_view name) override { return storage_.remove(name); }
    journal::Result<void> sync_folder() override { return storage_.sync_folder(); }

  private:
    journal::Result<std::unique_ptr<journal::File>> watched(journal::Result<std::unique_ptr<journal::File>> file) {
        if (!file) return file;
        return std::make_unique<WatchedFile>(std::move(*file), before_sync);
    }
    journal::MemoryStorage storage_;
};

TEST_CASE("engine: written is not durable: while a sync runs its commands' events stay hidden") {
    journal::MemoryDisk disk;
    ManualClock clock;
    auto storage = std::make_unique<WatchedStorage>(disk);
    WatchedStorage& watched = *storage;
    Rig rig(std::move(storage), clock);
    Traffic traffic(22);
    rig.settle();
    rig.submit(traffic.set_up());
    rig.settle();
    int syncs = 0;
    watched.before_sync = [&] {
        ++syncs;
        rig.engine->poll();  // the core goes on meanwhile
        CHECK_FALSE(rig.seen.drain(*rig.source));
    };
    for (int i = 0; i < 300; ++i) {
        rig.submit(traffic.next());
        const Sequence before = rig.seen.last;
        rig.engine->poll();
        CHECK(rig.seen.last == before);
        rig.poll_journal();
        rig.seen.drain(*rig.source);
        CHECK(rig.seen.last == rig.engine->durable());
    }
    CHECK(syncs >= 100);
}

// One life under load with every thread at its own random pace, ended by a loss of power.
struct Life {
    std::vector<Event> live;
    Sequence seen{};
    Sequence durable{};
};
Life live_and_crash(journal::MemoryDisk& disk, ManualClock& clock, Traffic& traffic, Random& random) {
    Life life;
    {
        Rig rig(&disk, clock);
        REQUIRE_MESSAGE(rig.engine, rig.refusal);
        rig.settle();
        CHECK(rig.seen.completed);
        check_same_state(rig.seen, rig.engine->core());
        rig.submit(traffic.log_on(rig.seen));
        const std::uint64_t steps = 50 + random.below(400);
        for (std::uint64_t i = 0; i < steps; ++i) {
            if (random.chance(70)) rig.submit(traffic.next());
            if (random.chance(50)) rig.engine->poll();
            if (random.chance(30)) rig.poll_journal();
            if (random.chance(30)) rig.seen.drain(*rig.source);
            if (random.chance(10)) clock.advance(random.between(0, 20'000'000));
            traffic.set_time(clock.wall_ns());
        }
        life = {.live = std::move(rig.seen.live), .seen = rig.seen.last, .durable = rig.engine->durable()};
    }
    disk.crash(random.next());
    return life;
}

// Everything that was seen is in the log, and the log says the same of it.
void check_nothing_seen_is_lost(journal::MemoryDisk& disk, const Life& life) {
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    auto replayer = Replayer::open(storage, memory);
    REQUIRE_MESSAGE(replayer.has_value(), replayer.error());
    std::size_t matched = 0;
    for (auto events = (*replayer)->peek(256); !events.empty(); events = (*replayer)->peek(256)) {
        for (const Event& event : events) {
            if (matched == life.live.size()) break;
            Event told = life.live[matched];
            if (event.header.sequence < told.header.sequence) continue;
            told.header.applied_time = {};
            REQUIRE(std::memcmp(&event, &told, sizeof(Event)) == 0);
            ++matched;
        }
        (*replayer)->release(events.size());
    }
    CHECK_MESSAGE(!(*replayer)->failed(), (*replayer)->error());
    CHECK(matched == life.live.size());
    CHECK((*replayer)->core().sequence() >= life.seen);
    CHECK((*replayer)->core().sequence() >= life.durable);
}

TEST_CASE("engine: power lost under load, over and over: what was seen is there, and the log replays to the state") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        journal::MemoryDisk disk;
        ManualClock clock;
        Traffic traffic(seed);
        {
            Rig rig(&disk, clock);
            rig.settle();
            rig.submit(traffic.set_up());
            rig.settle();
        }
        for (int i = 0; i < 3; ++i) {
            const Life life = live_and_crash(disk, clock, traffic, random);
            {
                // The engine first: its recovery cuts the torn tail that the replayer would stop at as well.
                Rig rig(&disk, clock);
                REQUIRE_MESSAGE(rig.engine, rig.refusal);
                CHECK(rig.engine->start_report().replayed >= life.seen);
                rig.settle();
                check_same_state(rig.seen, rig.engine->core());
                CHECK(rig.engine->core().check_invariants() == "");
                rig.stop();
                const Digest state = rig.engine->core().state_hash();
                const std::uint64_t events = rig.engine->event_hash();
                rig.engine.reset();
                HeapMemory memory;
                const auto log = replay_past(*rig.storage, memory);
                REQUIRE_MESSAGE(log.has_value(), log.error());
                CHECK(log->core->state_hash() == state);
                CHECK(log->event_hash == events);
            }
            check_nothing_seen_is_lost(disk, life);
        }
    }
}

TEST_CASE("engine: power lost during the very first start") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        journal::MemoryDisk disk;
        ManualClock clock;
        bool seen = false;
        {
            Rig rig(&disk, clock);
            Random random(seed);
            for (std::uint64_t i = random.below(8); i > 0; --i) {
                if (random.chance(50)) rig.engine->poll();
                if (random.chance(50)) rig.poll_journal();
                if (random.chance(50)) seen |= rig.seen.drain(*rig.source);
            }
        }
        disk.crash(seed);
        Rig rig(&disk, clock);
        REQUIRE_MESSAGE(rig.engine, rig.refusal);
        if (seen) CHECK_FALSE(rig.engine->start_report().fresh);
        rig.settle();
        CHECK(rig.seen.restored.back().as<RestoreCompleted>().venue_id == small_genesis().venue_id);
    }
}

}  // namespace
}  // namespace dcx::engine::test
