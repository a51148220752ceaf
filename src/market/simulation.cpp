#include "market/simulation.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "market/market_maker.h"
#include "market/random_trader.h"

namespace dcx::market {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
// What was missed by more is not made up for: a venue that was away is not met by a flood.
constexpr std::int64_t kMaxLagNs = 250 * kNsPerMs;
constexpr std::size_t kMaxActsPerRound = 256;

std::unique_ptr<Trader> make_trader(const Seat& seat, const Instrument& instrument, std::uint64_t seed) {
    if (seat.maker) return std::make_unique<MarketMaker>(instrument, MarketMaker::Options{.seed = seed});
    return std::make_unique<RandomTrader>(instrument, RandomTrader::Options{.seed = seed});
}

}  // namespace

Simulation::Simulation(const SimulationOptions& options)
    : prices_(options.markets, {.seed = options.seed}),
      random_(options.seed),
      mean_gap_ns_(1e9 / options.orders_per_second),
      maker_percent_(options.maker_percent) {
    DCX_CHECK(options.orders_per_second > 0);
    for (const Seat& seat : options.seats) {
        DCX_CHECK(seat.market < options.markets.size());
        // By the seat's place, not by its account: another venue's numbers must not change the decisions.
        const std::uint64_t seed = options.seed * 1'000'003 + 7919 * (sessions_.size() + 1);
        client::ClientOptions session;
        session.endpoint = options.endpoint;
        session.key = seat.key;
        session.client_session = options.client_session;
        (seat.maker ? makers_ : takers_).push_back(sessions_.size());
        market_of_.push_back(seat.market);
        sessions_.push_back(std::make_unique<TraderSession>(
            reactor_, session, make_trader(seat, options.markets[seat.market].instrument, seed), statistics_));
    }
}

Simulation::~Simulation() = default;

void Simulation::poll(int timeout_ms) {
    reactor_.poll(wait_ms(timeout_ms));
    const std::int64_t now = reactor_.now_ns();
    for (const auto& session : sessions_) session->tick(now);
    prices_.advance(now);
    act_when_due(now);
    // What was sent outside of the reactor's round leaves now.
    reactor_.finish_round();
}

int Simulation::wait_ms(int timeout_ms) const {
    const std::int64_t now = reactor_.now_ns();
    std::int64_t until = std::min(now + std::int64_t{timeout_ms} * kNsPerMs, next_act_ns_);
    for (const auto& session : sessions_)
        if (const auto due = session->due_ns()) until = std::min(until, *due);
    return static_cast<int>(
        std::clamp((until - now + kNsPerMs - 1) / kNsPerMs, std::int64_t{0}, std::int64_t{std::max(timeout_ms, 0)}));
}

void Simulation::act_when_due(std::int64_t now_ns) {
    next_act_ns_ = std::max(next_act_ns_, now_ns - kMaxLagNs);
    for (std::size_t acts = 0; next_act_ns_ <= now_ns && acts < kMaxActsPerRound; ++acts) {
        act_once();
        next_act_ns_ += gap_ns();
    }
}

void Simulation::act_once() {
    if (random_.chance(maker_percent_) && act_one_of(makers_)) return;
    // A maker whose quotes stand where they should leaves its turn to a taker.
    if (!act_one_of(takers_)) act_one_of(makers_);
}

bool Simulation::act_one_of(const std::vector<std::size_t>& places) {
    if (places.empty()) return false;
    const std::size_t place = places[random_.below(places.size())];
    return sessions_[place]->act(prices_.ticks(market_of_[place]));
}

std::int64_t Simulation::gap_ns() {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(-std::log(1 - random_.unit()) * mean_gap_ns_));
}

bool Simulation::stop(std::int64_t timeout_ns) {
    for (const auto& session : sessions_) session->finish();
    const std::int64_t deadline = reactor_.now_ns() + timeout_ns;
    const auto all_closed = [&] {
        return std::all_of(sessions_.begin(), sessions_.end(), [](const auto& session) { return session->closed(); });
    };
    while (!all_closed() && reactor_.now_ns() < deadline) reactor_.poll(10);
    return all_closed();
}

std::size_t Simulation::trading() const {
    return static_cast<std::size_t>(
        std::count_if(sessions_.begin(), sessions_.end(), [](const auto& session) { return session->trading(); }));
}

std::string Simulation::last_error() const {
    for (const auto& session : sessions_)
        if (!session->last_error().empty()) return session->last_error();
    return {};
}

}  // namespace dcx::market
