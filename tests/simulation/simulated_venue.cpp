#include "simulation/simulated_venue.h"

#include "base/check.h"
#include "simulation/trader.h"

namespace dcx::simulation {
namespace {

// Not random at all, but other bytes each time: what is signed must never come again.
std::uint64_t nonces_given = 0;

void next_nonce(std::span<std::byte> out) {
    Random random{++nonces_given};
    for (std::byte& byte : out) byte = std::byte(random.next());
}

Genesis genesis_of(const Scenario& scenario) {
    Genesis genesis{};
    for (std::size_t i = 0; i < genesis.venue_id.size(); ++i)
        genesis.venue_id[i] = std::byte(scenario.seed >> (i % 8 * 8)) ^ std::byte(i);
    genesis.operator_key = ed25519_public_key(Operator::seed_of(1));
    genesis.max_accounts = 64;
    genesis.max_assets = 4;
    genesis.max_instruments = 4;
    genesis.max_orders = 2048;
    genesis.max_sessions = 64;
    genesis.max_keys = 64;
    genesis.max_price_levels = 1024;
    genesis.max_fills_per_command = scenario.max_fills;
    genesis.max_transfer_ids = scenario.max_transfer_ids;
    genesis.simulated = 1;
    return genesis;
}

engine::EngineOptions options_of(const Scenario& scenario) {
    engine::EngineOptions options;
    options.genesis = genesis_of(scenario);
    options.event_ring_capacity = scenario.event_ring;
    options.command_ring_capacity = scenario.command_ring;
    options.rules = scenario.old_rules ? kOldestRules : kNewestRules;
    options.checkpoint_every = scenario.checkpoint_every;
    options.segment_size = scenario.segment_size;
    options.prepare_segments = false;  // one thread
    options.read_ahead = false;
    return options;
}

}  // namespace

void reset_nonces() { nonces_given = 0; }

void WitnessedSource::release(std::size_t count) {
    DCX_CHECK(count <= peeked_.size());
    for (const Event& event : peeked_.first(count)) {
        if (restored_) {
            witness_.take(event);
        } else {
            witness_.take_restored(event);
            restored_ = event.header.kind == EventKind::restore_completed;
        }
    }
    peeked_ = {};
    source_.release(count);
}

SimulatedVenue::SimulatedVenue(const Ground& ground)
    : ground_(ground),
      storage_(ground.disk),
      snapshots_(ground.snapshots),
      gateway_reactor_(
          net::Reactor::Options{.read_buffer = 16 * 1024, .clock = &ground.world.clock, .kernel = &ground.network}) {
    if (!ground.scenario.single)
        feed_reactor_ = std::make_unique<net::Reactor>(
            net::Reactor::Options{.read_buffer = 16 * 1024, .clock = &ground.world.clock, .kernel = &ground.network});
}

SimulatedVenue::~SimulatedVenue() = default;

std::expected<std::unique_ptr<SimulatedVenue>, std::string> SimulatedVenue::open(const Ground& ground) {
    auto venue = std::unique_ptr<SimulatedVenue>(new SimulatedVenue(ground));
    auto opened = engine::Engine::open({.bell = venue->engine_bell_,
                                        .clock = ground.world.clock,
                                        .memory = venue->memory_,
                                        .storage = &venue->storage_,
                                        .snapshots = &venue->snapshots_},
                                       options_of(ground.scenario));
    if (!opened) return std::unexpected(std::move(opened.error()));
    venue->engine_ = std::move(*opened);
    return venue;
}

void SimulatedVenue::serve() {
    const Scenario& scenario = ground_.scenario;
    auto& commands = engine_->add_producer(scenario.command_ring);
    auto& reports = engine_->add_reader(gateway_bell_);
    auto& accounts = engine_->add_reader(feed_bell_);
    engine::LiveSource* const owners[] = {&reports, &accounts};
    auto& prints = engine_->add_public_reader(feed_bell_, owners);
    source_ = std::make_unique<WitnessedSource>(reports, ground_.witness);

    auditor_ = std::make_unique<engine::Auditor>(engine::AuditorGround{.clock = ground_.world.clock,
                                                                       .memory = memory_,
                                                                       .journal = storage_,
                                                                       .snapshots = &snapshots_,
                                                                       .durable = &engine_->durable_sequence()},
                                                 engine::AuditorOptions{.snapshot_every = scenario.snapshot_every,
                                                                        .snapshot_every_ns = 60 * kSecond,
                                                                        .keep_snapshots = scenario.keep_snapshots,
                                                                        .invariants_every_ns = 5 * kSecond,
                                                                        .poll_every_ns = 20 * kMs});
    auditor_->on_difference([this](const std::string& reason) { engine_->halt(reason); });

    gateway::GatewayOptions options;
    options.listen.port = kOrderEntryPort;
    options.max_connections = 64;
    options.output_limit = gateway::kMinOutputLimit;
    options.event_batch = 64;
    options.fill_nonce = next_nonce;
    gateway_ = std::make_unique<gateway::Gateway>(
        gateway::Gateway::Wiring{
            .reactor = gateway_reactor_, .clock = ground_.world.clock, .commands = commands, .events = *source_},
        options);
    DCX_CHECK(gateway_->start().has_value());

    net::Reactor& reactor = feed_reactor_ ? *feed_reactor_ : gateway_reactor_;
    net::HttpServer::Options http;
    http.listener.endpoint.port = kHttpPort;
    http.output_limit = 512 * 1024;
    http_ = std::make_unique<net::HttpServer>(reactor, http);
    feed::FeedServer::Options feed;
    feed.max_clients = 64;
    feed.limits.output_bytes = 64 * 1024;
    feed.publisher.replay_bytes = 64 * 1024;
    feed.accounts = &accounts;
    feed.login_thread = false;
    next_nonce(feed.login_secret);
    feed_ = std::make_unique<feed::FeedServer>(*http_, prints, ground_.world.clock, feed);
    DCX_CHECK(http_->start().has_value());
}

bool SimulatedVenue::poll(Part part) {
    switch (part) {
        case gateway_part: {
            const bool read = gateway_reactor_.poll(3'600'000);
            return gateway_->poll() || read;
        }
        case engine_part: return engine_->poll();
        case journal_part: return engine_->journal()->poll();
        case auditor_part: return auditor_->poll();
        default: {
            const bool read = feed_reactor_ != nullptr && feed_reactor_->poll(3'600'000);
            return feed_->poll() || read;
        }
    }
}

int SimulatedVenue::max_sleep_ms(Part part) {
    switch (part) {
        case gateway_part: return gateway_->max_sleep_ms();
        case engine_part: return engine_->max_sleep_ms();
        case journal_part: return engine_->journal()->max_sleep_ms();
        case auditor_part: return auditor_->max_sleep_ms();
        default: return feed_->max_sleep_ms();
    }
}

void SimulatedVenue::begin_stop(std::uint32_t handover_grace_ms) {
    stopping_ = 1;
    if (handover_grace_ms != 0) engine_->request_handover(handover_grace_ms);
    gateway_->request_stop(TerminateCode::shutdown);
}

bool SimulatedVenue::stopped() {
    if (stopping_ == 1 && (gateway_->stopped() || engine_->status().failed())) {
        stopping_ = 2;
        engine_->request_stop();
    }
    if (stopping_ == 2 && engine_->status().ended()) {
        stopping_ = 3;
        feed_->shut_down("the venue is shutting down");
        http_->stop();
    }
    if (stopping_ == 3 && feed_->clients() == 0) stopping_ = 4;
    return stopping_ == 4;
}

}  // namespace dcx::simulation
