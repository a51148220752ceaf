// EngineVenue: an engine as the product runs it, without a network: commands go in through a gateway's ring, every
// event comes out through a reader, both on the caller's thread, which polls the engine too (layout `single`). Where
// there is a storage, the journal has a thread of its own, and the auditor, when asked for, another one. What is
// applied leaves its trail in a breadcrumb on a page of a file, as in every venue with a folder.
//
// One in a process at a time. Throws std::runtime_error when a command of a flow is refused, or the engine or the
// auditor fails.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/auditor.h"
#include "engine/breadcrumb.h"
#include "engine/engine.h"
#include "journal/disk_storage.h"
#include "market/command_flow.h"
#include "platform/cpu.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::bench {

// A new folder in $DCX_BENCH_FOLDER, else in the system's temporary folder, that goes with its owner.
class Folder {
  public:
    Folder() {
        const char* chosen = std::getenv("DCX_BENCH_FOLDER");
        path_ = (chosen != nullptr ? std::filesystem::path(chosen) : std::filesystem::temp_directory_path()) /
                "dcx-engine-bench-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder " + path_);
        if (!std::filesystem::create_directory(journal())) throw std::runtime_error("no folder " + journal());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
    [[nodiscard]] std::string breadcrumb() const { return path_ + "/breadcrumb"; }
    [[nodiscard]] std::unique_ptr<journal::DiskStorage> storage() const {
        auto storage = journal::DiskStorage::open(journal());
        if (!storage) throw std::runtime_error(storage.error().message);
        return std::move(*storage);
    }

  private:
    std::string path_;
};

// The defaults of dcx.toml, where they cost something.
inline constexpr std::size_t kEventRing = 262'144;
inline constexpr std::size_t kGatewayRing = 4'096;
inline constexpr std::size_t kJournalRing = 65'536;

class EngineVenue {
  public:
    enum class Kind { memory, durable, audited };

    // Sets the venue up with `set_up`, whose first command is the genesis. Untimed.
    EngineVenue(Kind kind, std::span<const Command> set_up) {
        open(kind, set_up.front().as<Genesis>());
        run(set_up.subspan(1));
    }
    ~EngineVenue() {
        // What polls ends before what it polls.
        auditor_thread_.reset();
        journal_thread_.reset();
    }
    EngineVenue(const EngineVenue&) = delete;
    EngineVenue& operator=(const EngineVenue&) = delete;

    // Submits as many of these as there is room for, at most 256.
    std::size_t submit(std::span<const Command> commands) {
        const auto room = gateway_->claim(std::min<std::size_t>(commands.size(), 256));
        for (std::size_t i = 0; i < room.size(); ++i) room[i] = {.command = commands[i], .received = {}};
        if (!room.empty()) gateway_->publish(room.size());
        return room.size();
    }
    // A turn of the engine, then what there is of events: how many submitted commands they complete.
    std::size_t poll() {
        engine_->poll();
        const auto events = events_->peek(4'096);
        std::size_t answered = 0;
        for (const Event& event : events) {
            if ((event.header.flags & (kLastOfCommand | kRestored)) != kLastOfCommand) continue;
            const EventKind kind = event.header.kind;
            if (kind == EventKind::command_rejected || kind == EventKind::order_rejected)
                throw std::runtime_error("a command of the flow was refused");
            answered += kind != EventKind::checkpoint_logged && kind != EventKind::epoch_started;
        }
        events_->release(events.size());
        if (engine_->status().failed()) throw std::runtime_error(engine_->status().reason());
        return answered;
    }
    // Submits these as fast as they go and takes the events of all of them.
    void run(std::span<const Command> commands) {
        for (std::size_t answered = 0, wanted = commands.size(); answered < wanted;) {
            commands = commands.subspan(submit(commands));
            answered += poll();
        }
    }
    // Logs the last checkpoint and, with an auditor, waits until all of the log has been audited and found right.
    void stop() {
        engine_->request_stop();
        while (!engine_->status().ended()) {
            engine_->poll();
            events_->release(events_->peek(4'096).size());
        }
        if (!auditor_) {
            if (const auto broken = engine_->core().check_invariants(); !broken.empty())
                throw std::runtime_error(broken);
            return;
        }
        while (auditor_->sequence() < engine_->durable() && !auditor_->health().failed) platform::relax_cpu();
        if (auditor_->health().failed) throw std::runtime_error(auditor_->reason());
    }
    // After stop(), of a venue with a journal.
    [[nodiscard]] double commands_per_sync() {
        journal_thread_->stop();
        return static_cast<double>(engine_->durable().value) /
               static_cast<double>(engine_->journal()->counters().batches);
    }
    // After stop().
    [[nodiscard]] std::uint64_t event_hash() const { return engine_->event_hash(); }

    // The journal's; of a venue that has one.
    [[nodiscard]] const Folder& folder() const { return *folder_; }

  private:
    void open(Kind kind, const Genesis& genesis) {
        folder_.emplace();
        auto breadcrumb = engine::Breadcrumb::open(folder_->breadcrumb());
        if (!breadcrumb) throw std::runtime_error(breadcrumb.error());
        breadcrumb_ = std::move(*breadcrumb);
        breadcrumb_->catch_faults();
        if (kind != Kind::memory) storage_ = folder_->storage();
        engine::EngineOptions options;
        options.genesis = genesis;
        options.event_ring_capacity = kEventRing;
        options.command_ring_capacity = kJournalRing;
        auto opened = engine::Engine::open({.bell = bell_,
                                            .clock = clock_,
                                            .memory = memory_,
                                            .storage = storage_.get(),
                                            .breadcrumb = breadcrumb_.get()},
                                           options);
        if (!opened) throw std::runtime_error(opened.error());
        engine_ = std::move(*opened);
        gateway_ = &engine_->add_producer(kGatewayRing);
        events_ = &engine_->add_reader(bell_);
        if (engine_->journal() != nullptr)
            start(journal_thread_, "journal", engine_->journal()->bell(), engine_->journal());
        if (kind != Kind::audited) return;
        auditor_ = std::make_unique<engine::Auditor>(engine::AuditorGround{.clock = clock_,
                                                                           .memory = auditor_memory_,
                                                                           .journal = *storage_,
                                                                           .durable = &engine_->durable_sequence()},
                                                     engine::AuditorOptions{});
        auditor_->on_difference([this](const std::string& what) { engine_->halt(what); });
        start(auditor_thread_, "auditor", auditor_bell_, auditor_.get());
    }
    static void start(std::unique_ptr<platform::Worker>& worker, const char* name, platform::Doorbell& bell,
                      platform::Pollable* work) {
        worker = std::make_unique<platform::Worker>(platform::WorkerOptions{.thread = {.name = name, .core = {}}}, bell,
                                                    std::vector<platform::Pollable*>{work});
        if (auto started = worker->start(); !started) throw std::runtime_error(started.error());
    }

    std::optional<Folder> folder_;
    platform::SystemClock clock_;
    platform::HugePageMemory memory_;
    platform::HugePageMemory auditor_memory_;
    platform::Doorbell bell_;
    platform::Doorbell auditor_bell_;
    std::unique_ptr<engine::Breadcrumb> breadcrumb_;
    std::unique_ptr<journal::DiskStorage> storage_;
    std::unique_ptr<engine::Engine> engine_;
    ring::Channel<Submission>* gateway_ = nullptr;
    engine::LiveSource* events_ = nullptr;
    std::unique_ptr<platform::Worker> journal_thread_;
    std::unique_ptr<engine::Auditor> auditor_;
    std::unique_ptr<platform::Worker> auditor_thread_;
};

}  // namespace dcx::bench
