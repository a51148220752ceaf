// The projector beside a real engine, each on threads of its own: an event ring in memory, a journal on the disk, and a
// store that is slow, fails or does not answer at all. Every wait is bounded.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/event_ring_work.h"
#include "app/history_source.h"
#include "engine/auditor.h"
#include "engine/engine.h"
#include "engine/test_venue.h"
#include "history/projector.h"
#include "history/table_differences.h"
#include "history/troubled_store.h"
#include "journal/disk_storage.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::naive {
namespace {

using engine::test::NaiveReader;
using engine::test::Traffic;
using history::ErrorCode;
using history::HistoryError;
using Call = TroubledStore::Call;

class DiskFolder {
  public:
    DiskFolder() : path_((std::filesystem::temp_directory_path() / "dcx-projector-XXXXXX").string()) {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        std::filesystem::create_directory(path_ + "/journal");
        std::filesystem::create_directory(path_ + "/snapshots");
    }
    ~DiskFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::unique_ptr<journal::DiskStorage> open(const char* name) const {
        auto storage = journal::DiskStorage::open(path_ + "/" + name);
        REQUIRE(storage.has_value());
        return std::move(*storage);
    }

  private:
    std::string path_;
};

// Submits its traffic as fast as it is taken.
class BusyClient final : public platform::Pollable {
  public:
    BusyClient(ring::Channel<Submission>& out, engine::LiveSource& in, std::uint64_t seed, std::uint64_t commands,
               bool first)
        : out_(out), in_(in), traffic_(seed), left_(commands), first_(first) {}

    bool poll() override {
        const bool worked = seen_.drain(in_);
        if (!ready_ && seen_.completed) {
            ready_ = true;
            traffic_.set_time(platform::SystemClock().wall_ns());
            waiting_ = first_ ? traffic_.set_up() : traffic_.log_on(seen_);
        }
        bool wrote = false;
        while (ready_ && next() && out_.try_write(waiting_[at_])) {
            ++at_;
            wrote = true;
        }
        out_.flush();
        if (ready_ && at_ == waiting_.size() && left_ == 0) finished_.store(true, std::memory_order_release);
        return worked || wrote;
    }
    int max_sleep_ms() override { return 1; }
    [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }

  private:
    bool next() {
        if (at_ < waiting_.size()) return true;
        waiting_.clear();
        at_ = 0;
        for (; waiting_.size() < 64 && left_ > 0; --left_) waiting_.push_back(traffic_.next());
        return !waiting_.empty();
    }

    ring::Channel<Submission>& out_;
    engine::LiveSource& in_;
    Traffic traffic_;
    std::uint64_t left_;
    bool first_;
    NaiveReader seen_;
    bool ready_ = false;
    std::vector<Submission> waiting_;
    std::size_t at_ = 0;
    std::atomic<bool> finished_{false};
};

template <class Done>
bool wait_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

// One life of a venue with a history.
class VenueLife {
  public:
    VenueLife(const DiskFolder& folder, history::Store& store, std::uint64_t seed, std::uint64_t commands, bool first)
        : storage_(folder.open("journal")),
          snapshots_(folder.open("snapshots")),
          journal_view_(folder.open("journal")),
          snapshots_view_(folder.open("snapshots")),
          projector_view_(folder.open("journal")),
          store_(store) {
        engine::EngineOptions options;
        options.genesis = engine::test::small_genesis();
        options.genesis.max_orders = 65'536;
        options.checkpoint_every = 1'000;
        options.segment_size = 1 << 20;
        auto opened = engine::Engine::open({.bell = engine_bell_,
                                            .clock = clock_,
                                            .memory = memory_,
                                            .storage = storage_.get(),
                                            .snapshots = snapshots_.get()},
                                           options);
        REQUIRE_MESSAGE(opened.has_value(), opened.error());
        engine_ = std::move(*opened);
        engine::LiveSource& owners = engine_->add_reader(client_bell_);
        client_ = std::make_unique<BusyClient>(engine_->add_producer(256), owners, seed, commands, first);
        engine::EventRingWriter::Options ring;
        ring.capacity = engine::EventRingWriter::kCapacityMin;
        ring.venue_id = options.genesis.venue_id;
        auto made = app::EventRingWork::make_private(ring);
        REQUIRE_MESSAGE(made.has_value(), made.error());
        ring_ = std::move(*made);
        engine::LiveSource* const followed[] = {&owners};
        ring_->writer().follow(engine_->add_public_reader(ring_bell_, followed), engine_->durable_sequence());
        auditor_ = std::make_unique<engine::Auditor>(
            engine::AuditorGround{.clock = clock_,
                                  .memory = audited_,
                                  .journal = *journal_view_,
                                  .archived = nullptr,
                                  .snapshots = snapshots_.get(),
                                  .durable = &engine_->durable_sequence()},
            engine::AuditorOptions{.snapshot_every = 3'000, .snapshot_every_ns = 0, .poll_every_ns = 1'000'000});
        make_projector();
        start();
    }
    ~VenueLife() {
        for (auto& worker : workers_) worker->stop();
    }

    [[nodiscard]] const BusyClient& client() const { return *client_; }
    [[nodiscard]] const engine::PublicLog& log() const { return source_->log(); }
    [[nodiscard]] engine::Engine& engine() { return *engine_; }
    [[nodiscard]] const history::Projector& projector() const { return *projector_; }
    [[nodiscard]] std::string reason() const { return projector_->reason(); }

    void end() {
        engine_->request_stop();
        CHECK(engine_->status().wait_for_end(std::chrono::seconds(60)));
        CHECK(engine_->status().state() == engine::EngineState::stopped);
    }
    void stop_projector() {
        workers_.back()->stop();
        projector_->flush();
    }

  private:
    void make_projector() {
        history::ProjectorOptions pace;
        pace.max_rows = 2'000;
        pace.retry_ns = 2'000'000;
        const engine::PastEvents::Ground ground{
            .journal = *projector_view_, .archived = nullptr, .snapshots = snapshots_view_.get()};
        projector_ = std::make_unique<history::Projector>(
            store_,
            [this, ground](const history::Cursor& cursor) {
                engine::PublicLog::Options options;
                options.descriptor = ring_->descriptor();
                options.from = app::mark_of(cursor);
                auto source = std::make_unique<app::PublicSource>(ground, clock_, options);
                source_ = source.get();
                return source;
            },
            clock_, pace);
    }
    void start() {
        const auto work = [&](const char* name, platform::Doorbell& bell, platform::Pollable& pollable) {
            workers_.push_back(
                std::make_unique<platform::Worker>(platform::WorkerOptions{.thread = {.name = name, .core = {}}}, bell,
                                                   std::vector<platform::Pollable*>{&pollable}));
            REQUIRE(workers_.back()->start().has_value());
        };
        projected_work_ = std::make_unique<platform::PollableOf<history::Projector>>(*projector_);
        work("journal", engine_->journal()->bell(), *engine_->journal());
        work("engine", engine_bell_, *engine_);
        work("client", client_bell_, *client_);
        work("ring", ring_bell_, *ring_);
        work("auditor", auditor_bell_, *auditor_);
        work("history", history_bell_, *projected_work_);
    }

    platform::SystemClock clock_;
    HeapMemory memory_;
    HeapMemory audited_;
    std::unique_ptr<journal::DiskStorage> storage_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<journal::DiskStorage> journal_view_;
    std::unique_ptr<journal::DiskStorage> snapshots_view_;
    std::unique_ptr<journal::DiskStorage> projector_view_;
    history::Store& store_;
    platform::Doorbell engine_bell_;
    platform::Doorbell client_bell_;
    platform::Doorbell ring_bell_;
    platform::Doorbell auditor_bell_;
    platform::Doorbell history_bell_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<BusyClient> client_;
    std::unique_ptr<app::EventRingWork> ring_;
    std::unique_ptr<engine::Auditor> auditor_;
    app::PublicSource* source_ = nullptr;
    std::unique_ptr<history::Projector> projector_;
    std::unique_ptr<platform::Pollable> projected_work_;
    std::vector<std::unique_ptr<platform::Worker>> workers_;
};

// What is stored is what the naive history makes of the whole journal.
void check_rows(const DiskFolder& folder, MemoryStore& store) {
    const auto journal = folder.open("journal");
    app::JournalSource source({.journal = *journal}, {.at_rest = true});
    NaiveHistory naive;
    while (source.busy()) {
        const auto events = source.peek(1000);
        for (const Event& event : events) naive.apply(event);
        source.release(events.size());
    }
    CHECK(store.cursor() == naive.cursor());
    std::string text;
    const std::uint64_t differences =
        compare_tables(naive.tables(), store.tables(), 3, [&](const std::string& line) { text += "\n  " + line; });
    if (differences != 0) FAIL(differences << " rows differ" << text);
}

TEST_CASE("projector and engine: the engine does not wait for a store that does not answer, and nothing is lost") {
    const DiskFolder folder;
    std::atomic<bool> answers{false};
    TroubledStore store([&](Call call, bool) {
        while (call == Call::commit && !answers) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    VenueLife life(folder, store, 77, 20'000, true);
    // All of the traffic goes through meanwhile, many rings full of it.
    REQUIRE(wait_until([&] { return life.client().finished(); }));
    life.end();
    CHECK(life.projector().health().sequence == 0);
    CHECK(life.engine().durable().value > 4 * engine::EventRingWriter::kCapacityMin);
    answers = true;
    const std::uint64_t last = life.engine().durable().value;
    CHECK_MESSAGE(wait_until([&] { return life.projector().health().sequence >= last; }), life.reason());
    life.stop_projector();
    CHECK(life.log().replays() > 0);
    check_rows(folder, store.plain());
}

TEST_CASE("projector and engine: life after life with a store that is slow and fails, each row once") {
    const DiskFolder folder;
    std::mutex mutex;
    Random random(5);
    TroubledStore store([&](Call, bool) {
        const std::lock_guard guard(mutex);
        if (random.chance(30)) std::this_thread::sleep_for(std::chrono::milliseconds(1 + random.below(8)));
        if (random.chance(10)) throw HistoryError(ErrorCode::unreachable, "so the test wants it");
    });
    for (std::uint64_t number = 0; number < 4; ++number) {
        VenueLife life(folder, store, 100 + number, 6'000, number == 0);
        REQUIRE(wait_until([&] { return life.client().finished(); }));
        // Some lives end before their history is whole: the next one goes on.
        life.end();
        const std::uint64_t last = life.engine().durable().value;
        if (number % 2 == 1)
            CHECK_MESSAGE(wait_until([&] { return life.projector().health().sequence >= last; }), life.reason());
        life.stop_projector();
        CHECK_MESSAGE(life.projector().health().stage != history::ProjectorHealth::Stage::stopped, life.reason());
    }
    check_rows(folder, store.plain());
}

}  // namespace
}  // namespace dcx::naive
