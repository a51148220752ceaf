// Simulated traders against the core itself, without gateway and sockets: one run is a pure function of the seed, so
// whole markets can be looked at after thousands of decisions.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/bootstrap.h"
#include "base/memory.h"
#include "core/core.h"
#include "gateway/binary/reports.h"
#include "market/funding.h"
#include "market/market_maker.h"
#include "market/random_trader.h"
#include "market/reference_prices.h"
#include "model/frame.h"

using namespace dcx;
using namespace dcx::app;

namespace {

constexpr std::size_t kTradersAMarket = 5;

// A venue with the default markets and, in each, a maker and some traders, each with a session of its own.
class TinyVenue {
  public:
    explicit TinyVenue(std::uint64_t seed) : random_(seed) {
        Config config = Config::defaults();
        config.venue.sim = true;
        config.capacity.orders = 10'000;
        config.capacity.transfer_ids = 1'000;
        config.capacity.price_levels = 20'000;
        apply(genesis_of(config, {}, {}), 0);
        log_in(KeyId{1u});
        const auto listings = listings_of(config);
        REQUIRE(listings);
        for (const auto& asset : listings->assets) send(asset, 1);
        for (const auto& instrument : listings->instruments) send(instrument, 1);
        std::vector<market::StartPrice> starts;
        starts.reserve(config.markets.size());
        for (const MarketConfig& m : config.markets)
            starts.push_back({Symbol(m.symbol), ticks_of(m, m.start_price).value()});
        markets_ = market::market_starts(listed_, starts);
        REQUIRE(markets_.size() == 4);
        prices_ = std::make_unique<market::ReferencePrices>(markets_, market::ReferencePrices::Options{.seed = seed});
        for (std::size_t m = 0; m < markets_.size(); ++m)
            for (std::size_t n = 0; n <= kTradersAMarket; ++n) add_trader(m, n == 0, seed * 100 + m * 10 + n);
    }

    void run(int acts) {
        for (int i = 0; i < acts; ++i) {
            if (i % 40 == 0) prices_->step();
            // As in the simulation, makers act more often than each trader does.
            const bool maker = random_.chance(40);
            const std::size_t m = random_.below(markets_.size());
            const std::size_t n = maker ? 0 : 1 + random_.below(kTradersAMarket);
            Seat& seat = seats_[m * (kTradersAMarket + 1) + n];
            if (const auto request = seat.trader->act(prices_->ticks(m)))
                std::visit([&](const auto& body) { send(body, seat.session); }, *request);
        }
    }

    struct Seat {
        std::unique_ptr<market::Trader> trader;
        std::uint32_t session = 0;
        AccountId account{};
        KeyId key{};
    };
    std::vector<Seat>& seats() { return seats_; }
    core::Core& core() { return core_; }
    const std::vector<market::MarketStart>& markets() const { return markets_; }

    // The traders' side dies: all sessions end, what comes back knows nothing but its numbers.
    void lose_everything() {
        apply(StartEpoch{.epoch = ++epoch_, .engine_version = kNewestRules, .newest_rules = kNewestRules}, 0);
        for (Seat& seat : seats_) {
            const SessionNegotiated session = log_in(seat.key);
            CHECK(session.session.value == seat.session);
            market::TraderAccount& account = seat.trader->account();
            account.restart(seat.account, session.last_cl_ord_id);
            const std::uint64_t last = session.last_cl_ord_id.value;
            for (std::uint64_t id = last - std::min(last, market::kOpenIdWindow) + 1; id <= last; ++id)
                send(account.cancel_unknown(ClOrdId{id}), seat.session);
        }
    }

    std::map<RejectReason, std::uint64_t> rejects;
    std::map<InstrumentId, std::uint64_t> trades;
    std::uint64_t sent = 0;

  private:
    template <class Body>
    void send(const Body& body, std::uint32_t session) {
        ++sent;
        apply(body, session);
    }

    template <class Body>
    void apply(const Body& body, std::uint32_t session) {
        CommandHeader header{};
        header.sequence = Sequence{++sequence_};
        header.session = SessionId{session};
        constexpr CommandKind kind = Body::kind;
        if (session != 0 && kind != CommandKind::establish_session) header.session_sequence = next_incoming_[session]++;
        events_.clear();
        core_.apply(Command::make(body, header), events_.writer());
        const TradeExecuted* last_trade = nullptr;
        TradeExecuted trade;
        for (const Event& event : events_.events()) {
            hear(event);
            if (event.header.kind == EventKind::trade_executed) {
                trade = event.as<TradeExecuted>();
                last_trade = &trade;
                ++trades[trade.instrument];
                CHECK(trade.maker_account != trade.taker_account);
            }
            if (event.header.session.value != 0) tell(event, last_trade);
        }
    }

    // What the venue's operator learns.
    void hear(const Event& event) {
        if (event.header.kind == EventKind::asset_listed) listed_.assets.push_back(event.as<AssetListed>());
        if (event.header.kind == EventKind::instrument_listed)
            listed_.instruments.push_back(event.as<InstrumentListed>());
        if (event.header.kind == EventKind::account_opened) opened_ = event.as<AccountOpened>().account;
        if (event.header.kind == EventKind::key_added) key_ = event.as<KeyAdded>().key;
        if (event.header.kind == EventKind::session_negotiated) negotiated_ = event.as<SessionNegotiated>();
        if (event.header.kind == EventKind::command_rejected) ++rejects[event.as<CommandRejected>().reason];
    }

    // As the gateway would, through the bytes on the wire.
    void tell(const Event& event, const TradeExecuted* trade) {
        for (Seat& seat : seats_) {
            if (seat.session != event.header.session.value) continue;
            gateway::ReportBytes bytes;
            const std::size_t size = gateway::encode_report(event, {.trade = trade}, bytes);
            const auto frame = decode_frame(std::span{bytes}.first(size), response_block_size);
            REQUIRE(frame);
            if (frame->header.template_id == kTemplateExecutionReport) {
                const auto report = frame->as<ExecutionReport>();
                if (report.exec_type == ExecType::rejected) ++rejects[report.reject_reason];
                seat.trader->on_execution(report);
            } else if (event.header.kind == EventKind::cancel_rejected) {
                ++rejects[event.as<CancelRejected>().reason];
                seat.trader->on_cancel_rejected(event.as<CancelRejected>());
            }
        }
    }

    SessionNegotiated log_in(KeyId key) {
        apply(NegotiateSession{.client_session = 1, .key = key}, 0);
        next_incoming_[negotiated_.session.value] = negotiated_.next_incoming;
        const SessionNegotiated session = negotiated_;
        apply(EstablishSession{}, session.session.value);
        return session;
    }

    void add_trader(std::size_t m, bool maker, std::uint64_t seed) {
        const Instrument& instrument = markets_[m].instrument;
        Seat seat;
        send(OpenAccount{.account_kind = AccountKind::customer, .zero = {}}, 1);
        seat.account = opened_;
        AddKey key{.account = opened_, .permissions = kPermitTrade | kPermitRead};
        key.public_key[0] = std::byte(seats_.size() + 1);
        send(key, 1);
        seat.key = key_;
        seat.session = log_in(key_).session.value;
        if (maker)
            seat.trader = std::make_unique<market::MarketMaker>(instrument, market::MarketMaker::Options{.seed = seed});
        else
            seat.trader =
                std::make_unique<market::RandomTrader>(instrument, market::RandomTrader::Options{.seed = seed});
        seat.trader->account().restart(seat.account, ClOrdId{});
        // Small purses for two traders of each market, so that money is short somewhere.
        const double worth = (maker ? 5e6 : seats_.size() % 3 == 0 ? 2e3 : 2e6) * 1e8;
        for (const AssetId asset : {instrument.base, instrument.quote}) {
            const Amount amount{static_cast<std::int64_t>(worth / prices_->value_in(asset, AssetId{2u}))};
            send(Mint{.id = make_transfer_id(1, 0, ++mints_ << 2),
                      .amount = amount,
                      .account = seat.account,
                      .asset = asset,
                      .zero = {}},
                 1);
            seat.trader->account().set_balance(asset, amount);
        }
        seats_.push_back(std::move(seat));
    }

    HeapMemory memory_;
    core::Core core_{memory_};
    EventBuffer events_{1u << 16};
    Random random_;
    client::Listings listed_;
    std::vector<market::MarketStart> markets_;
    std::unique_ptr<market::ReferencePrices> prices_;
    std::vector<Seat> seats_;
    std::map<std::uint32_t, std::uint64_t> next_incoming_;
    SessionNegotiated negotiated_;
    AccountId opened_{};
    KeyId key_{};
    std::uint64_t sequence_ = 0;
    std::uint64_t mints_ = 0;
    std::uint64_t epoch_ = 0;
};

}  // namespace

TEST_CASE("simulated market: it lives, hardly anything is refused, and traders know what they own") {
    TinyVenue venue(1);
    CHECK(venue.rejects.empty());
    const std::uint64_t before = venue.sent;
    venue.run(30'000);
    const std::uint64_t requests = venue.sent - before;
    CHECK(requests > 20'000);
    std::uint64_t rejected = 0;
    for (const auto& [reason, count] : venue.rejects) {
        CAPTURE(to_string(reason));
        // Only what a trader cannot know: somebody else's order was there first.
        CHECK((reason == RejectReason::post_only_would_cross));
        rejected += count;
    }
    CHECK(rejected < requests / 20);
    CHECK(rejected > 0);
    for (const auto& start : venue.markets()) {
        CAPTURE(start.instrument.symbol.view());
        CHECK(venue.trades[start.instrument.id] > requests / 100);
        CHECK(venue.core().depth(start.instrument.id, Side::buy, 20).size() >= 5);
        CHECK(venue.core().depth(start.instrument.id, Side::sell, 20).size() >= 5);
    }
    for (const TinyVenue::Seat& seat : venue.seats()) {
        const market::TraderAccount& account = seat.trader->account();
        CHECK(account.under_way() == 0);
        for (const Side side : {Side::buy, Side::sell}) {
            const AssetId asset = market::paid_asset(account.instrument(), side);
            const auto balance = venue.core().balance(seat.account, asset);
            CHECK(account.total(asset) == balance.available + balance.held);
            CHECK(account.free(side) == balance.available);
        }
    }
    CHECK(venue.core().open_orders() < venue.seats().size() * 21);
    CHECK(venue.core().check_invariants().empty());
}

TEST_CASE("simulated market: one seed is one history, another seed another") {
    const auto history = [](std::uint64_t seed) {
        TinyVenue venue(seed);
        venue.run(3'000);
        return venue.core().state_hash();
    };
    CHECK(history(7) == history(7));
    CHECK(history(7) != history(8));
}

TEST_CASE("simulated market: a start that knows nothing leaves no order of before") {
    TinyVenue venue(3);
    for (int round = 0; round < 3; ++round) {
        venue.run(4'000);
        CHECK(venue.core().open_orders() > 50);
        venue.lose_everything();
        CHECK(venue.core().open_orders() == 0);
        for (TinyVenue::Seat& seat : venue.seats())
            for (const Side side : {Side::buy, Side::sell}) {
                const AssetId asset = market::paid_asset(seat.trader->account().instrument(), side);
                const auto balance = venue.core().balance(seat.account, asset);
                CHECK(balance.held == Amount{});
                seat.trader->account().set_balance(asset, balance.available);
            }
    }
}
