#include "order_entry/live_venue.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "app/report_past.h"
#include "engine/auditor.h"

namespace dcx::order_entry_test {
namespace {

Genesis small_genesis() {
    return {.venue_id = {std::byte{0xDE}, std::byte{0xC0}},
            .operator_key = ed25519_public_key(kOperatorSeed),
            .max_accounts = 64,
            .max_assets = 4,
            .max_instruments = 4,
            .max_orders = 20'000,
            .max_sessions = 2048,
            .max_keys = 64,
            .max_price_levels = 100'000,
            .max_fills_per_command = 100,
            .max_transfer_ids = 1000};
}

}  // namespace

class LiveVenue::PastReports final : public gateway::ReportArchive {
  public:
    explicit PastReports(const LiveVenue& venue) : venue_(venue) {}
    bool ask(const Request& request) override {
        const auto frames =
            app::report_past({.journal = *venue_.storage_, .archived = nullptr, .snapshots = venue_.snapshots_.get()},
                             venue_.engine_->durable(), request, [] { return false; });
        CHECK_MESSAGE(frames.has_value(), (frames ? "" : frames.error()));
        answer_ = frames ? Answer{.reason = RejectReason::none, .frames = *frames}
                         : Answer{.reason = RejectReason::retransmit_unavailable, .frames = {}};
        return true;
    }
    std::optional<Answer> poll() override { return std::exchange(answer_, std::nullopt); }
    void cancel() override { answer_.reset(); }

  private:
    const LiveVenue& venue_;
    std::optional<Answer> answer_;
};

LiveVenue::LiveVenue(const gateway::GatewayOptions& options, std::uint32_t rules) : options_(options), rules_(rules) {
    start();
}

LiveVenue::~LiveVenue() { stop(); }

void LiveVenue::take_snapshot() {
    HeapMemory memory;
    engine::Auditor auditor({.clock = clock_,
                             .memory = memory,
                             .journal = *storage_,
                             .archived = nullptr,
                             .snapshots = snapshots_.get(),
                             .durable = &engine_->durable_sequence()},
                            {});
    auditor.request_snapshot(engine_->durable());
    for (int i = 0; i < 100'000 && auditor.health().snapshots == 0; ++i) auditor.poll();
    REQUIRE(auditor.health().snapshots == 1);
}

bool over_memory() {
    const char* const link = std::getenv("DCX_LINK");
    return link != nullptr && std::string(link) == "memory";
}

void LiveVenue::start() {
    static int count = 0;
    options_.shm.socket = "/tmp/dcx-live-venue-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".sock";
    options_.shm.max_clients = 4096;
    options_.shm.request_bytes = options_.shm.report_bytes = gateway::kMinShmRing;
    // What was there goes in the order in which it depends on each other.
    gateway_.reset();
    engine_.reset();
    storage_ = std::make_unique<journal::MemoryStorage>(disk_);
    snapshots_ = std::make_unique<journal::MemoryStorage>(snapshot_disk_);
    memory_ = std::make_unique<HeapMemory>();
    bell_ = std::make_unique<platform::Doorbell>();
    reactor_ = std::make_unique<net::Reactor>();
    engine::EngineOptions options;
    options.genesis = small_genesis();
    options.rules = rules_;
    options.event_ring_capacity = 4096;
    options.command_ring_capacity = 1024;
    options.segment_size = 8 * 1024 * 1024;
    options.prepare_segments = false;
    auto opened = engine::Engine::open(
        {.bell = *bell_, .clock = clock_, .memory = *memory_, .storage = storage_.get(), .snapshots = snapshots_.get()},
        options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    engine_ = std::move(*opened);
    auto& commands = engine_->add_producer(1024);
    auto& events = engine_->add_reader(*bell_);
    past_ = std::make_unique<PastReports>(*this);
    gateway_ = std::make_unique<gateway::Gateway>(
        gateway::Gateway::Wiring{
            .reactor = *reactor_, .clock = clock_, .commands = commands, .events = events, .archive = past_.get()},
        options_);
    REQUIRE(gateway_->start().has_value());
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

bool LiveVenue::round() {
    bool worked = reactor_->poll(0);
    worked |= gateway_->poll();
    worked |= engine_->poll();
    worked |= engine_->journal()->poll();
    return worked;
}

void LiveVenue::run() {
    while (!stopping_.load(std::memory_order_acquire))
        if (!round() && gateway_->max_sleep_ms() > 0) reactor_->poll(1);
    // In order, and bounded: a test that stops a venue must come back.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    gateway_->request_stop(TerminateCode::shutdown);
    while (!gateway_->stopped() && std::chrono::steady_clock::now() < end) round();
    engine_->request_stop();
    while (!engine_->status().ended() && std::chrono::steady_clock::now() < end) round();
    round();
}

void LiveVenue::stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true, std::memory_order_release);
    thread_.join();
    CHECK(gateway_->stopped());
    CHECK(engine_->status().state() == engine::EngineState::stopped);
    CHECK(gateway_->metrics().lost_commands.get() == 0);
}

std::unique_ptr<client::BlockingClient> LiveVenue::connect(const client::ClientKey& key,
                                                           std::uint64_t client_session) const {
    auto connected = client::BlockingClient::connect(login(key, client_session));
    REQUIRE_MESSAGE(connected.has_value(), connected.error().text);
    return std::move(*connected);
}

}  // namespace dcx::order_entry_test
