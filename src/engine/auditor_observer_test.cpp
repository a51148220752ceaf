// The auditor and who is shown what it audited: everything once and in order, life after life, whatever cannot be put
// down for a while.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "engine/auditor.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {
namespace {

// What an observer keeps over its lives: `flushed` survives, the rest does not.
struct Seen {
    std::map<std::uint64_t, std::size_t> events;  // of each command
    std::uint64_t flushed = 0;
    std::vector<std::uint64_t> batches;
};

class Witness final : public AuditObserver {
  public:
    explicit Witness(Seen& seen) : seen_(seen), last_(seen.flushed) {
        seen_.events.erase(seen_.events.upper_bound(last_), seen_.events.end());
    }

    std::expected<void, ObserverError> open() override {
        if (refuse_opens > 0) return --refuse_opens, refuse();
        return {};
    }
    Sequence seen() const override { return Sequence{last_}; }
    void audited(const Command& command, std::span<const Event> events) override {
        const std::uint64_t sequence = command.header.sequence.value;
        ++shown;
        if (sequence <= last_) return;
        REQUIRE(sequence == last_ + 1);
        REQUIRE(!events.empty());
        for (const Event& event : events) REQUIRE(event.header.sequence.value == sequence);
        seen_.events[sequence] = events.size();
        last_ = sequence;
    }
    std::expected<void, ObserverError> batch_audited(std::uint64_t number, const Digest& hash, const core::Core& core,
                                                     std::uint64_t) override {
        if (refuse_batches > 0) return --refuse_batches, refuse();
        if (difference) return std::unexpected(ObserverError{.difference = true, .text = "it says something else"});
        REQUIRE(core.sequence().value >= last_);
        REQUIRE(hash != Digest{});
        seen_.batches.push_back(number);
        return {};
    }
    std::expected<void, ObserverError> flush() override {
        if (refuse_flushes > 0) return --refuse_flushes, refuse();
        seen_.flushed = last_;
        return {};
    }
    void left_behind(const std::string& why) override { left = why; }

    int refuse_opens = 0;
    int refuse_batches = 0;
    int refuse_flushes = 0;
    bool difference = false;
    std::string left;
    std::uint64_t shown = 0;

  private:
    static std::unexpected<ObserverError> refuse() {
        return std::unexpected(ObserverError{.difference = false, .text = "no space"});
    }
    Seen& seen_;
    std::uint64_t last_;
};

struct Watched {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshot_disk;
    ManualClock clock;
    Seen seen;
    std::unique_ptr<Rig> rig;
    Traffic traffic{77};

    Watched() : rig(std::make_unique<Rig>(&disk, clock)) {
        rig->settle();
        rig->submit(traffic.set_up());
        rig->settle();
    }
    void trade(int commands) {
        for (int i = 0; i < commands; ++i) {
            rig->submit(traffic.next());
            rig->step();
            clock.advance(1'000'000);
        }
        rig->settle();
    }
    // One life of an auditor and its observer; `play` polls it.
    template <class Play>
    void life(Play&& play) {
        journal::MemoryStorage journal(disk);
        journal::MemoryStorage snapshots(snapshot_disk);
        HeapMemory memory;
        Witness witness(seen);
        Auditor auditor({.clock = clock,
                         .memory = memory,
                         .journal = journal,
                         .snapshots = &snapshots,
                         .durable = &rig->engine->durable_sequence(),
                         .observer = &witness},
                        {.snapshot_every = 100, .snapshot_every_ns = 0, .keep_snapshots = 3, .invariants_every_ns = 0});
        play(auditor, witness);
    }
    static void rest(Auditor& auditor) {
        for (int i = 0; i < 100'000; ++i)
            if (!auditor.poll()) return;
        FAIL("the auditor does not come to rest");
    }
};

}  // namespace

TEST_CASE("observer: sees each command with its events once, and each batch's end, whenever the auditor dies") {
    Watched venue;
    Random random(5);
    for (int life = 0; life < 12; ++life) {
        venue.trade(60);
        venue.life([&](Auditor& auditor, Witness&) {
            // Anywhere, or to the end.
            const std::uint64_t polls = life % 3 == 2 ? 100'000 : random.below(60);
            for (std::uint64_t i = 0; i < polls && auditor.poll(); ++i) {
            }
        });
    }
    venue.life([&](Auditor& auditor, Witness&) {
        Watched::rest(auditor);
        CHECK(auditor.reason().empty());
        CHECK(auditor.sequence() == venue.rig->engine->durable());
    });
    CHECK(venue.seen.events.size() == venue.rig->engine->durable().value);
    CHECK(venue.snapshot_disk.names().size() == 3);
}

TEST_CASE("observer: begins at a snapshot that holds nothing it has not seen, and with the first command otherwise") {
    Watched venue;
    venue.trade(400);
    venue.life([&](Auditor& auditor, Witness&) { Watched::rest(auditor); });
    const std::uint64_t end = venue.rig->engine->durable().value;
    venue.life([&](Auditor& auditor, Witness& witness) {
        Watched::rest(auditor);
        CHECK(witness.shown < end);
    });
    const std::uint64_t newest = venue.seen.flushed;
    venue.seen = {};
    venue.life([&](Auditor& auditor, Witness& witness) {
        auditor.poll();
        CHECK(auditor.core().sequence().value == 0);
        Watched::rest(auditor);
        CHECK(witness.shown == end);
        // No snapshot was taken below the one that was there.
        CHECK(auditor.health().snapshots == 0);
        CHECK(auditor.health().snapshot_sequence == newest);
    });
    CHECK(venue.seen.events.size() == end);
}

TEST_CASE("observer: what it cannot put down is asked for again, and the audit waits for it") {
    Watched venue;
    venue.life([&](Auditor& auditor, Witness& witness) {
        witness.refuse_opens = 1;
        Watched::rest(auditor);
        CHECK_FALSE(auditor.begun());
        CHECK(contains(auditor.reason(), "no space"));
        Watched::rest(auditor);
        const Sequence before = auditor.sequence();
        witness.refuse_batches = 3;
        venue.trade(10);
        for (int i = 0; i < 2; ++i) Watched::rest(auditor);
        CHECK(auditor.sequence() <= before);
        CHECK(contains(auditor.reason(), "no space"));
        CHECK_FALSE(auditor.health().failed);
        for (int i = 0; i < 3; ++i) Watched::rest(auditor);
        CHECK(auditor.reason().empty());
        CHECK(auditor.sequence() == venue.rig->engine->durable());
        CHECK(auditor.health().observer_failures == 4);

        // No snapshot of what it has not flushed.
        const std::uint64_t snapshot = auditor.health().snapshot_sequence;
        witness.refuse_flushes = 2;
        auditor.request_snapshot(venue.rig->engine->durable());
        Watched::rest(auditor);
        CHECK(auditor.health().snapshot_sequence == snapshot);
        for (int i = 0; i < 3; ++i) Watched::rest(auditor);
        CHECK(auditor.health().snapshot_sequence == venue.rig->engine->durable().value);
        CHECK(venue.seen.flushed == venue.rig->engine->durable().value);
        CHECK(auditor.reason().empty());
    });
}

TEST_CASE("observer: a difference that it finds stops the audit for good") {
    Watched venue;
    venue.life([&](Auditor& auditor, Witness& witness) {
        std::string told;
        auditor.on_difference([&](const std::string& what) { told = what; });
        witness.difference = true;
        Watched::rest(auditor);
        CHECK(auditor.health().failed);
        CHECK(contains(told, "it says something else"));
    });
}

TEST_CASE("observer: is left behind where the journal has no way to what it saw last, and the audit goes on") {
    Watched venue;
    venue.trade(3000);
    venue.life([&](Auditor& auditor, Witness&) { Watched::rest(auditor); });
    std::set<std::string> segments;
    for (const std::string& name : venue.disk.names())
        if (journal::parse_segment_name(name)) segments.insert(name);
    REQUIRE(segments.size() > 2);
    venue.disk.erase(*segments.begin());
    venue.seen = {};
    venue.life([&](Auditor& auditor, Witness& witness) {
        Watched::rest(auditor);
        CHECK_FALSE(witness.left.empty());
        CHECK(witness.shown == 0);
        CHECK_FALSE(auditor.health().failed);
        CHECK(auditor.sequence() == venue.rig->engine->durable());
    });
}

}  // namespace dcx::engine::test
