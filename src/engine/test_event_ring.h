// For tests of who reads the log beside a venue: a venue with an event ring in a file, every thread of it stepped by
// hand, and the disks that outlive it.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/auditor.h"
#include "engine/event_ring_writer.h"
#include "engine/public_log.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {

// A file as the venue makes it: locked while it is written.
class RingFile {
  public:
    RingFile(const std::string& path, std::size_t bytes) : path_(path) {
        ::unlink(path.c_str());
        file_ = Descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        REQUIRE(file_.get() >= 0);
        REQUIRE(::ftruncate(file_.get(), static_cast<off_t>(bytes)) == 0);
        REQUIRE(::flock(file_.get(), LOCK_EX | LOCK_NB) == 0);
        void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
        REQUIRE(memory != MAP_FAILED);
        words_ = {static_cast<std::atomic<std::uint64_t>*>(memory), bytes / 8};
    }
    ~RingFile() { ::munmap(words_.data(), words_.size_bytes()); }
    RingFile(const RingFile&) = delete;
    RingFile& operator=(const RingFile&) = delete;

    [[nodiscard]] std::span<std::atomic<std::uint64_t>> words() { return words_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] int descriptor() const { return file_.get(); }

  private:
    std::string path_;
    Descriptor file_;
    std::span<std::atomic<std::uint64_t>> words_;
};

class RingFolder {
  public:
    RingFolder() {
        std::string name = std::filesystem::temp_directory_path() / "dcx-ring-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~RingFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string ring() const { return path_ + "/ring"; }

  private:
    std::string path_;
};

// One life of a venue with an event ring, every thread of it stepped by hand.
struct RingLife {
    EventRingWriter::Options options;
    Rig rig;
    platform::Doorbell bell;
    RingFile file;
    EventRingWriter writer;
    HeapMemory audited;
    std::optional<journal::MemoryStorage> journal;
    std::optional<journal::MemoryStorage> folder;
    std::unique_ptr<Auditor> auditor;

    RingLife(journal::MemoryDisk& disk, journal::MemoryDisk& snapshots, ManualClock& clock, const RingFolder& where,
             const EngineOptions& engine = small_options())
        : options{.capacity = EventRingWriter::kCapacityMin, .venue_id = engine.genesis.venue_id},
          rig(&disk, clock, engine, {.snapshots = &snapshots}),
          file(where.ring(), EventRingWriter::bytes(options)),
          writer(file.words(), options) {
        REQUIRE_MESSAGE(rig.refusal.empty(), rig.refusal);
        LiveSource* const followed[] = {rig.source};
        writer.follow(rig.engine->add_public_reader(bell, followed), rig.engine->durable_sequence());
        journal.emplace(disk);
        folder.emplace(snapshots);
        auditor = std::make_unique<Auditor>(AuditorGround{.clock = clock,
                                                          .memory = audited,
                                                          .journal = *journal,
                                                          .archived = nullptr,
                                                          .snapshots = &*folder,
                                                          .durable = &rig.engine->durable_sequence()},
                                            AuditorOptions{.snapshot_every = 150, .snapshot_every_ns = 0});
    }
    void settle() {
        bool worked = true;
        while (worked) {
            worked = rig.step();
            worked |= writer.poll();
            auditor->poll();
        }
    }
};

struct RingGround {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    RingFolder where;
    journal::MemoryStorage journal{disk};
    journal::MemoryStorage folder{snapshots};

    [[nodiscard]] PastEvents::Ground past() { return {.journal = journal, .archived = nullptr, .snapshots = &folder}; }
    PublicLog log(const std::optional<LogMark>& from = {}, std::int64_t keep_core_ns = 60'000'000'000) {
        PublicLog::Options options;
        options.ring = where.ring();
        options.owner = ::geteuid();
        options.from = from;
        options.keep_core_ns = keep_core_ns;
        return PublicLog(past(), clock, options);
    }
};

}  // namespace dcx::engine::test
