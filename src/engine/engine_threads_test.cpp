// The engine on real threads, clocks and files, in both layouts. Every wait is bounded.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "engine/engine.h"
#include "engine/past.h"
#include "engine/test_venue.h"
#include "journal/disk_storage.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::engine::test {
namespace {

class Folder {
  public:
    Folder() : path_((std::filesystem::temp_directory_path() / "dcx-engine-XXXXXX").string()) {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// A gateway in small: submits all of its traffic and takes every event; both on its worker's thread.
class Client final : public platform::Pollable {
  public:
    Client(ring::Channel<Submission>& out, LiveSource& in) : out_(out), in_(in) {}

    bool poll() override {
        const bool worked = seen_.drain(in_);
        if (!ready_ && seen_.completed) {
            ready_ = true;
            traffic_.set_time(platform::SystemClock().wall_ns());
            waiting_ = traffic_.set_up();
        }
        if (!ready_) return worked;
        bool wrote = false;
        while (next_submission() && out_.try_write(waiting_[at_])) {
            ++at_;
            ++submitted_;
            wrote = true;
        }
        out_.flush();
        if (at_ == waiting_.size() && left_ == 0) finished_.store(true, std::memory_order_release);
        return worked || wrote;
    }
    int max_sleep_ms() override { return left_ > 0 || at_ < waiting_.size() ? 1 : platform::any_sleep_ms; }

    // Everything is submitted. Any thread.
    [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }
    // When its thread has ended.
    [[nodiscard]] const NaiveReader& seen() const { return seen_; }
    [[nodiscard]] std::uint64_t submitted() const { return submitted_; }

  private:
    bool next_submission() {
        if (at_ < waiting_.size()) return true;
        waiting_.clear();
        at_ = 0;
        for (; waiting_.size() < 64 && left_ > 0; --left_) waiting_.push_back(traffic_.next());
        return !waiting_.empty();
    }

    ring::Channel<Submission>& out_;
    LiveSource& in_;
    Traffic traffic_{77};
    NaiveReader seen_;
    bool ready_ = false;
    std::uint64_t left_ = 5'000;
    std::uint64_t submitted_ = 0;
    std::vector<Submission> waiting_;
    std::size_t at_ = 0;
    std::atomic<bool> finished_{false};
};

EngineOptions options() {
    EngineOptions options;
    options.genesis = small_genesis();
    options.genesis.max_orders = 65'536;
    options.checkpoint_every = 1'000;
    options.segment_size = 1 << 20;
    return options;
}

template <class Done>
bool wait_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

void run_venue(bool single) {
    const Folder folder;
    platform::SystemClock clock;
    HeapMemory memory;
    auto storage = journal::DiskStorage::open(folder.path());
    REQUIRE(storage.has_value());
    platform::Doorbell engine_bell;
    platform::Doorbell client_bell;
    auto opened =
        Engine::open({.bell = engine_bell, .clock = clock, .memory = memory, .storage = storage->get()}, options());
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    Engine& engine = **opened;
    platform::Doorbell& bell_of_client = single ? engine_bell : client_bell;
    Client client(engine.add_producer(256), engine.add_reader(bell_of_client));

    std::vector<platform::Pollable*> first{&engine};
    if (single) first.push_back(&client);
    platform::Worker journal_worker({.thread = {.name = "journal", .core = {}}}, engine.journal()->bell(),
                                    {engine.journal()});
    platform::Worker engine_worker({.thread = {.name = "engine", .core = {}}}, engine_bell, first);
    platform::Worker client_worker({.thread = {.name = "client", .core = {}}}, client_bell, {&client});
    REQUIRE(journal_worker.start().has_value());
    REQUIRE(engine_worker.start().has_value());
    if (!single) REQUIRE(client_worker.start().has_value());

    CHECK(wait_until([&] { return client.finished(); }));
    engine.request_stop();
    CHECK(engine.status().wait_for_end(std::chrono::seconds(60)));
    CHECK(engine.status().state() == EngineState::stopped);
    client_worker.stop();
    engine_worker.stop();
    journal_worker.stop();

    // What its last look came too early for.
    client.poll();
    const NaiveReader& seen = client.seen();
    std::uint64_t answered = 0;
    for (const Event& event : seen.live) {
        const bool answer = event.header.kind != EventKind::checkpoint_logged && event.header.kind != EventKind::ticked;
        if (answer && (event.header.flags & kLastOfCommand) != 0) ++answered;
    }
    CHECK(answered == client.submitted() + 1);  // and the epoch
    CHECK(seen.last == engine.applied());
    CHECK(seen.orders.size() == engine.core().open_orders());
    const Digest state = engine.core().state_hash();
    const std::uint64_t events = engine.event_hash();
    opened->reset();
    HeapMemory replay_memory;
    const auto log = replay_past(**storage, replay_memory);
    REQUIRE_MESSAGE(log.has_value(), log.error());
    CHECK(log->core->state_hash() == state);
    CHECK(log->event_hash == events);
}

TEST_CASE("engine threads: split layout") { run_venue(false); }
TEST_CASE("engine threads: single layout, journal apart") { run_venue(true); }

}  // namespace
}  // namespace dcx::engine::test
