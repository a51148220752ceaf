// For tests: one engine with one gateway ring and one reader, every thread of it stepped by hand.
#pragma once

#include <doctest/doctest.h>

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "engine/test_venue.h"
#include "journal/memory_storage.h"
#include "platform/doorbell.h"

namespace dcx::engine::test {

inline EngineOptions small_options() {
    EngineOptions options;
    options.genesis = small_genesis();
    options.event_ring_capacity = 1024;
    options.command_ring_capacity = 256;
    options.checkpoint_every = 50;
    options.segment_size = 64 * 1024;
    options.prepare_segments = false;  // a run is its seed's
    options.read_ahead = false;
    return options;
}

// What else an engine stands on; none of it is needed.
struct RigExtras {
    journal::MemoryDisk* snapshots = nullptr;
    Breadcrumb* breadcrumb = nullptr;
};

// `disk` null: durability is memory.
struct Rig {
    ManualClock& clock;
    HeapMemory memory;
    platform::Doorbell bell;
    platform::Doorbell reader_bell;
    std::unique_ptr<journal::Storage> storage;
    std::unique_ptr<journal::Storage> snapshots;
    std::unique_ptr<Engine> engine;
    std::string refusal;  // of open()
    ring::Channel<Submission>* gateway = nullptr;
    LiveSource* source = nullptr;
    NaiveReader seen;

    Rig(journal::MemoryDisk* disk, ManualClock& manual, const EngineOptions& options = small_options(),
        const RigExtras& extras = {})
        : Rig(disk == nullptr ? nullptr : std::make_unique<journal::MemoryStorage>(*disk), manual, options, extras) {}
    Rig(std::unique_ptr<journal::Storage> on, ManualClock& manual, const EngineOptions& options = small_options(),
        const RigExtras& extras = {})
        : clock(manual), storage(std::move(on)) {
        if (extras.snapshots != nullptr) snapshots = std::make_unique<journal::MemoryStorage>(*extras.snapshots);
        auto opened = Engine::open({.bell = bell,
                                    .clock = clock,
                                    .memory = memory,
                                    .storage = storage.get(),
                                    .snapshots = snapshots.get(),
                                    .breadcrumb = extras.breadcrumb},
                                   options);
        if (!opened) {
            refusal = opened.error();
            return;
        }
        engine = std::move(*opened);
        gateway = &engine->add_producer(4096);
        source = &engine->add_reader(reader_bell);
    }

    void submit(const Submission& submission) {
        REQUIRE(gateway->try_write(submission));
        gateway->flush();
    }
    void submit(const std::vector<Submission>& submissions) {
        for (const Submission& submission : submissions) submit(submission);
    }
    bool poll_journal() { return engine->journal() != nullptr && engine->journal()->poll(); }
    // Everybody once.
    bool step() {
        bool worked = engine->poll();
        worked |= poll_journal();
        worked |= seen.drain(*source);
        return worked;
    }
    // Until nobody finds anything to do.
    void settle() {
        for (int i = 0; i < 100'000; ++i)
            if (!step()) return;
        FAIL("the engine does not come to rest");
    }
    void stop() {
        engine->request_stop();
        settle();
        REQUIRE(engine->status().state() == EngineState::stopped);
    }
};

// The state of what a reader saw is the state of the core.
inline void check_same_state(const NaiveReader& seen, const core::Core& core) {
    for (std::uint32_t account = 1; account < kFirstCustomer.value + Traffic::kTraders; ++account) {
        for (std::uint32_t asset = 1; asset <= 2; ++asset) {
            const auto balance = core.balance(AccountId{account}, AssetId{asset});
            const auto known = seen.balances.find({AccountId{account}, AssetId{asset}});
            const auto told = known == seen.balances.end() ? NaiveReader::Balance{} : known->second;
            CHECK(told.first == balance.available.value);
            CHECK(told.second == balance.held.value);
        }
    }
    CHECK(seen.orders.size() == core.open_orders());
    for (const Side side : {Side::buy, Side::sell}) {
        std::map<Price, std::pair<std::int64_t, std::uint32_t>> levels;
        for (const auto& [id, order] : seen.orders) {
            if (order.side != side) continue;
            levels[order.price].first += order.leaves;
            ++levels[order.price].second;
        }
        const auto depth = core.depth(Traffic::kInstrument, side, 1000);
        REQUIRE(levels.size() == depth.size());
        for (const auto& level : depth) {
            CHECK(levels[level.price].first == level.quantity.value);
            CHECK(levels[level.price].second == level.orders);
        }
    }
}

}  // namespace dcx::engine::test
