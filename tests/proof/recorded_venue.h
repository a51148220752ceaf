// For tests: an engine on a simulated disk, and the life of an auditor with a recorder in folders of a real one.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "app/proof_work.h"
#include "engine/auditor.h"
#include "engine/test_rig.h"
#include "proof/recorder.h"

namespace dcx::proof::test {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        std::string name = "/tmp/dcx-recorder-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
// Every file below `folder` by its relative path.
inline std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) all[fs::relative(entry.path(), folder).string()] = content(entry.path().string());
    return all;
}

inline ProofKeys test_keys() {
    ProofKeys keys;
    keys.checkpoint.fill(std::byte{1});
    keys.salt.fill(std::byte{2});
    keys.liabilities.fill(std::byte{3});
    return keys;
}

struct RecordedVenue {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshot_disk;
    ManualClock clock;
    engine::test::Traffic traffic;
    std::unique_ptr<engine::test::Rig> rig;
    Folder folder;
    ProofKeys keys = test_keys();
    std::size_t unrecorded_bytes = std::size_t{1} << 16;

    explicit RecordedVenue(std::uint64_t seed = 1) : traffic(seed) {
        rig = std::make_unique<engine::test::Rig>(&disk, clock);
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
    // The engine once more, so that there is another epoch.
    void restart() {
        rig->stop();
        rig.reset();
        rig = std::make_unique<engine::test::Rig>(&disk, clock, engine::test::small_options(),
                                                  engine::test::RigExtras{.snapshots = &snapshot_disk});
        REQUIRE_MESSAGE(rig->engine != nullptr, rig->refusal);
        rig->settle();
        rig->submit(traffic.log_on(rig->seen));
        rig->settle();
    }
    [[nodiscard]] std::string proofs() const { return folder.path() + "/proofs"; }
    [[nodiscard]] Published published() const { return Published(folder.path() + "/public"); }

    template <class Play>
    void life(Play&& play) {
        journal::MemoryStorage journal(disk);
        journal::MemoryStorage snapshots(snapshot_disk);
        HeapMemory memory;
        app::ProofWork work({.recorder = {.folder = proofs(),
                                          .public_folder = published().folder(),
                                          .keys = keys,
                                          .unrecorded_bytes = unrecorded_bytes}},
                            clock);
        engine::Auditor auditor(
            {.clock = clock,
             .memory = memory,
             .journal = journal,
             .snapshots = &snapshots,
             .durable = &rig->engine->durable_sequence(),
             .observer = &work},
            {.snapshot_every = 300, .snapshot_every_ns = 0, .keep_snapshots = 3, .invariants_every_ns = 0});
        play(auditor, work);
    }
    static void rest(engine::Auditor& auditor) {
        for (int i = 0; i < 200'000; ++i)
            if (!auditor.poll()) return;
        FAIL("the auditor does not come to rest");
    }
    // A life in which everything is audited, with a checkpoint at its end, and nothing fails.
    void record() {
        life([&](engine::Auditor& auditor, app::ProofWork& work) {
            work.request(rig->engine->durable());
            rest(auditor);
            REQUIRE_MESSAGE(auditor.reason().empty(), auditor.reason());
            REQUIRE(work.flush().has_value());
        });
    }
};

}  // namespace dcx::proof::test
