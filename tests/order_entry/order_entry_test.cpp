// Clients against a gateway and a real engine: what docs/rules.md and docs/protocols/order-entry.md promise together.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "gateway/audit.h"
#include "order_entry/live_venue.h"

using namespace dcx;
using namespace dcx::client;
using namespace dcx::order_entry_test;

namespace {

constexpr std::int64_t kMoney = 1'000'000'000'000;

Amount amount(std::int64_t value) { return Amount{value}; }
Price ticks(std::int64_t value) { return Price{value}; }
Quantity lots(std::int64_t value) { return Quantity{value}; }

TransferId transfer_id(Random& random) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    return make_transfer_id(static_cast<std::uint64_t>(now.count()), random.next(), random.next());
}

template <class T>
T expect(const Result<T>& result) {
    REQUIRE_MESSAGE(result.has_value(), result.error().text);
    return *result;
}
template <class T>
RejectReason refusal(const Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    REQUIRE(result.error().kind == ClientError::Kind::refused);
    return result.error().reason;
}

// One market (assets 1 = DEC and 2 = USD; tick x lot = 1 minor unit of USD, a lot = 10'000 of DEC) and funded traders,
// made through the wire.
struct Market {
    LiveVenue venue;
    std::unique_ptr<BlockingClient> op = venue.connect(kOperatorKey);
    std::vector<ClientKey> traders;
    Random random{7};

    explicit Market(std::size_t count) {
        expect(op->list_asset({.symbol = AssetSymbol{"DEC"}, .issue_cap = amount(kMaxIssue), .scale = 8}));
        expect(op->list_asset({.symbol = AssetSymbol{"USD"}, .issue_cap = amount(kMaxIssue), .scale = 8}));
        const auto listed = expect(op->list_instrument({.symbol = Symbol{"DEC/USD"},
                                                        .base = AssetId{1u},
                                                        .quote = AssetId{2u},
                                                        .tick_mantissa = 1,
                                                        .lot_mantissa = 1,
                                                        .max_quantity = lots(1'000'000'000),
                                                        .maker_fee = FeeRate{100},
                                                        .taker_fee = FeeRate{1000},
                                                        .tick_scale = 4,
                                                        .lot_scale = 4}));
        REQUIRE(listed.instrument == InstrumentId{1u});
        for (std::size_t i = 0; i < count; ++i) add_trader();
    }
    void add_trader() {
        const auto account = expect(op->open_account({.reference = 5, .account_kind = AccountKind::customer}));
        CHECK(account.reference == 5);
        const Ed25519Seed seed{std::byte{0xAA}, std::byte{static_cast<std::uint8_t>(traders.size())}};
        const auto key = expect(op->add_key({.public_key = ed25519_public_key(seed),
                                             .account = account.account,
                                             .permissions = kPermitRead | kPermitTrade | kPermitTransfer}));
        for (const std::uint32_t asset : {1u, 2u})
            expect(op->mint({.id = transfer_id(random),
                             .amount = amount(kMoney),
                             .account = account.account,
                             .asset = AssetId{asset}}));
        traders.push_back({.key = key.key, .account = account.account, .seed = seed});
    }
    std::map<std::uint32_t, Balance> balances(AccountId account) {
        std::map<std::uint32_t, Balance> by_asset;
        for (const Balance& balance : expect(op->balances(account))) by_asset[balance.asset.value] = balance;
        return by_asset;
    }
};

PlaceOrder order(Side side, std::int64_t price, std::int64_t quantity, TimeInForce tif = TimeInForce::gtc) {
    return {.price = ticks(price),
            .quantity = lots(quantity),
            .instrument = InstrumentId{1u},
            .side = side,
            .type = OrderType::limit,
            .time_in_force = tif};
}

}  // namespace

TEST_CASE("order entry: a trade from two logins to settled balances") {
    Market market{2};
    auto maker = market.venue.connect(market.traders[0]);
    auto taker = market.venue.connect(market.traders[1]);

    const auto resting = expect(maker->place(order(Side::sell, 12'500, 1'000)));
    CHECK(resting.exec_type == ExecType::accepted);
    CHECK(resting.leaves_qty == lots(1'000));
    CHECK(resting.header.durability == Durability::disk);
    CHECK(resting.header.received <= resting.header.sequenced);
    CHECK(resting.header.durable <= resting.header.sent);

    const auto taken = expect(taker->place(order(Side::buy, 13'000, 600, TimeInForce::ioc)));
    CHECK(taken.exec_type == ExecType::accepted);
    const auto bought = expect(taker->next_execution());
    CHECK(bought.exec_type == ExecType::trade);
    CHECK(bought.ord_status == OrdStatus::filled);
    CHECK(bought.last_px == ticks(12'500));
    CHECK(bought.last_qty == lots(600));
    CHECK(bought.liquidity == Liquidity::taker);
    CHECK(bought.fee == amount(6'000));  // 600 lots of 10'000 minor units, 0.1 %
    const auto sold = expect(maker->next_execution());
    CHECK(sold.exec_type == ExecType::trade);
    CHECK(sold.ord_status == OrdStatus::partially_filled);
    CHECK(sold.trade_id == bought.trade_id);
    CHECK(sold.cum_qty == lots(600));
    CHECK(sold.leaves_qty == lots(400));
    CHECK(sold.fee == amount(750));  // 7'500'000 x 0.01 %

    const auto amended =
        expect(maker->amend({.order_id = resting.order_id, .price = ticks(12'400), .quantity = lots(900)}));
    CHECK(amended.exec_type == ExecType::replaced);
    CHECK(amended.leaves_qty == lots(300));
    const auto canceled = expect(maker->cancel({.orig_cl_ord_id = amended.cl_ord_id}));
    CHECK(canceled.ord_status == OrdStatus::canceled);
    CHECK(canceled.cum_qty == lots(600));
    CHECK(canceled.order_qty == lots(900));

    const auto of_maker = market.balances(market.traders[0].account);
    CHECK(of_maker.at(1).available == amount(kMoney - 6'000'000));
    CHECK(of_maker.at(1).held == amount(0));
    CHECK(of_maker.at(2).available == amount(kMoney + 7'500'000 - 750));
    const auto of_taker = market.balances(market.traders[1].account);
    CHECK(of_taker.at(1).available == amount(kMoney + 6'000'000 - 6'000));
    CHECK(of_taker.at(2).available == amount(kMoney - 7'500'000));
    CHECK(market.balances(kFeeAccount).at(1).available == amount(6'000));
    CHECK(market.balances(kFeeAccount).at(2).available == amount(750));
    CHECK(market.balances(kIssuanceAccount).at(1).available == amount(-2 * kMoney));
}

TEST_CASE("order entry: fill or kill, self-trade rules and mass cancels, to the last balance") {
    Market market{1};
    const AccountId account = market.traders[0].account;
    auto trader = market.venue.connect(market.traders[0]);
    auto other = market.venue.connect(market.traders[0], 2);
    const auto set = expect(
        trader->set_self_trade_rule({.reference = 9, .account = account, .rule = SelfTradeRule::decrement_and_cancel}));
    CHECK(set.reference == 9);
    CHECK(set.rule == SelfTradeRule::decrement_and_cancel);

    const auto unfilled = expect(trader->place(order(Side::buy, 12'500, 10, TimeInForce::fok)));
    const auto killed = expect(trader->next_execution());
    CHECK(killed.order_id == unfilled.order_id);
    CHECK(killed.exec_type == ExecType::canceled);
    CHECK(killed.cancel_reason == CancelReason::fok_unfilled);
    CHECK(killed.order_qty == lots(10));

    // The maker is another session's, and its report goes there.
    const auto maker = expect(other->place(order(Side::sell, 12'500, 100)));
    const auto taker = expect(trader->place(order(Side::buy, 12'500, 40)));
    const auto canceled = expect(trader->next_execution());
    CHECK(canceled.order_id == taker.order_id);
    CHECK(canceled.cancel_reason == CancelReason::self_trade);
    CHECK(canceled.cum_qty == lots(0));
    const auto restated = expect(other->next_execution());
    CHECK(restated.order_id == maker.order_id);
    CHECK(restated.exec_type == ExecType::restated);
    CHECK(restated.order_qty == lots(60));
    CHECK(restated.leaves_qty == lots(60));
    CHECK(market.balances(account).at(1).held == amount(600'000));

    // One command cancels at most 100; what it did is told to the session that asked.
    for (int i = 0; i < 120; ++i) expect(other->place(order(Side::buy, 100 + i, 1)));
    const auto many = expect(trader->mass_cancel({.instrument = InstrumentId{1u}}));
    CHECK(many.canceled == 100);
    CHECK(many.complete == 0);
    const auto rest = expect(trader->mass_cancel({.side = Side::buy}));
    CHECK(rest.canceled == 21);
    CHECK(rest.complete == 1);
    for (int i = 0; i < 121; ++i) {
        const auto report = expect(trader->next_execution());
        CHECK(report.cancel_reason == CancelReason::mass_cancel);
        CHECK(report.cl_ord_id == (i < 100 ? many.cl_ord_id : rest.cl_ord_id));
        if (i == 0) CHECK(report.order_id == maker.order_id);
    }
    CHECK(refusal(trader->mass_cancel({.instrument = InstrumentId{9u}})) == RejectReason::unknown_instrument);
    CHECK(refusal(trader->mass_cancel({.account = kFeeAccount})) == RejectReason::not_your_account);
    CHECK(refusal(trader->set_self_trade_rule({.account = account, .rule = SelfTradeRule{9}})) ==
          RejectReason::malformed_field);
    for (const auto& [asset, balance] : market.balances(account)) {
        CHECK(balance.available == amount(kMoney));
        CHECK(balance.held == amount(0));
    }
}

TEST_CASE("order entry: refusals arrive with their numbers") {
    Market market{2};
    auto trader = market.venue.connect(market.traders[0]);
    CHECK(refusal(trader->place(order(Side::buy, kMoney, 1'000))) == RejectReason::insufficient_funds);
    CHECK(refusal(trader->place(order(Side::buy, 0, 1))) == RejectReason::price_out_of_range);
    CHECK(refusal(trader->cancel({.order_id = OrderId{std::uint64_t{999}}})) == RejectReason::unknown_order);
    CHECK(refusal(trader->amend({.order_id = OrderId{std::uint64_t{999}}, .price = ticks(1), .quantity = lots(1)})) ==
          RejectReason::unknown_order);
    PlaceOrder foreign = order(Side::buy, 1, 1);
    foreign.account = market.traders[1].account;
    CHECK(refusal(trader->place(foreign)) == RejectReason::not_your_account);
    PlaceOrder repeated = order(Side::buy, 1, 1);
    repeated.cl_ord_id = ClOrdId{std::uint64_t{1}};
    CHECK(refusal(trader->place(repeated)) == RejectReason::duplicate_cl_ord_id);
    CHECK(refusal(trader->open_account({.account_kind = AccountKind::customer})) == RejectReason::not_permitted);
    CHECK(refusal(trader->balances(market.traders[1].account)) == RejectReason::not_your_account);

    Transfer transfer{.id = transfer_id(market.random),
                      .amount = amount(10),
                      .debit_account = market.traders[0].account,
                      .credit_account = market.traders[1].account,
                      .asset = AssetId{2u}};
    CHECK(expect(trader->transfer(transfer)).credit_after == amount(kMoney + 10));
    CHECK(refusal(trader->transfer(transfer)) == RejectReason::exists);

    expect(market.op->set_phase({.phase = Phase::halted}));
    CHECK(refusal(trader->place(order(Side::buy, 1, 1))) == RejectReason::instrument_halted);
    expect(market.op->revoke_key({.key = market.traders[0].key}));
    CHECK(refusal(trader->place(order(Side::buy, 1, 1))) == RejectReason::key_revoked);
    CHECK(trader->finish());
    const auto again = BlockingClient::connect(market.venue.login(market.traders[0]));
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == TerminateCode::refused);
    CHECK(again.error().reason == RejectReason::key_revoked);

    const auto listings = expect(market.op->listings());
    REQUIRE(listings.instruments.size() == 1);
    CHECK(listings.instruments[0].phase == Phase::halted);
    CHECK(listings.assets.size() == 2);
}

namespace {

// A trader by callbacks: keeps `depth` requests under way until it has sent `count`, at random prices around 1'000.
class RandomTrader final : public OrderEntryClient::Owner {
  public:
    RandomTrader(net::Reactor& reactor, const ClientOptions& options, std::uint64_t seed, int count)
        : random_(seed), left_(count), client_(reactor, options, *this) {}

    [[nodiscard]] bool done() const { return closed_ || (left_ == 0 && under_way_ == 0); }
    [[nodiscard]] OrderEntryClient& client() { return client_; }
    [[nodiscard]] bool closed() const { return closed_; }
    std::uint64_t reports = 0;

  private:
    void on_ready(OrderEntryClient&) override { send(); }
    void on_execution(OrderEntryClient&, const ExecutionReport& report, std::uint64_t) override {
        ++reports;
        if (report.exec_type == ExecType::accepted && report.leaves_qty) last_order_ = report.order_id;
        if (answers(report)) answered();
    }
    void on_report(OrderEntryClient&, const Report& report) override {
        ++reports;
        CHECK((report.kind == EventKind::cancel_rejected || report.kind == EventKind::mass_canceled ||
               report.kind == EventKind::self_trade_rule_set));
        answered();
    }
    void on_closed(OrderEntryClient&, const ClientClosed&) override { closed_ = true; }
    // Fills, what the rules take away and the single orders of a mass cancel are not answers to a request.
    static bool answers(const ExecutionReport& report) {
        if (report.exec_type == ExecType::canceled) return report.cancel_reason == CancelReason::requested;
        return report.exec_type != ExecType::trade && report.exec_type != ExecType::restated;
    }
    void answered() {
        --under_way_;
        send();
    }
    void send() {
        for (; left_ > 0 && under_way_ < 16; --left_, ++under_way_) {
            const Side side = random_.chance(50) ? Side::buy : Side::sell;
            const std::int64_t price = random_.between(950, 1'050);
            if (random_.chance(1)) {
                CHECK(client_.mass_cancel({.side = random_.chance(50) ? side : Side{}}));
            } else if (random_.chance(3)) {
                CHECK(
                    client_.send(SetSelfTradeRule{.account = client_.session().account,
                                                  .rule = SelfTradeRule{static_cast<std::uint8_t>(random_.below(5))}}));
            } else if (last_order_ && random_.chance(20)) {
                CHECK(client_.cancel({.order_id = last_order_}));
            } else if (last_order_ && random_.chance(20)) {
                CHECK(client_.amend({.order_id = last_order_,
                                     .price = ticks(price),
                                     .quantity = lots(random_.between(1, 500)),
                                     .flags = random_.chance(50) ? kAmendReplace : std::uint8_t{0}}));
            } else {
                const auto tif = random_.chance(30)   ? TimeInForce::ioc
                                 : random_.chance(20) ? TimeInForce::fok
                                                      : TimeInForce::gtc;
                CHECK(client_.place(order(side, price, random_.between(1, 500), tif)));
            }
        }
    }

    Random random_;
    int left_;
    int under_way_ = 0;
    OrderId last_order_{};
    bool closed_ = false;
    OrderEntryClient client_;
};

template <class Condition>
void until(net::Reactor& reactor, const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        reactor.poll(10);
    }
}

}  // namespace

TEST_CASE("order entry: random traders on one thread, the gateway's balances are the core's") {
    Market market{8};
    {
        net::Reactor reactor;
        std::vector<std::unique_ptr<RandomTrader>> traders;
        traders.reserve(market.traders.size());
        for (std::size_t i = 0; i < market.traders.size(); ++i)
            traders.push_back(std::make_unique<RandomTrader>(reactor, market.venue.login(market.traders[i]), i, 1000));
        until(reactor, [&] { return std::ranges::all_of(traders, [](const auto& t) { return t->done(); }); });
        for (const auto& trader : traders) {
            CHECK_FALSE(trader->closed());
            CHECK(trader->client().skipped_reports() == 0);
            CHECK(trader->reports >= 1000);
        }
    }
    market.op->finish();
    market.venue.stop();
    const core::Core& core = market.venue.core();
    const gateway::ReadModel& model = market.venue.model();
    CHECK(core.check_invariants().empty());
    CHECK(core.open_orders() > 0);
    for (std::uint32_t id = 1; id < kFirstCustomer.value + market.traders.size(); ++id) {
        const AccountId account{id};
        for (const gateway::AssetBook& book : model.ledger().books(account)) {
            const core::Core::BalanceView balance = core.balance(account, book.asset);
            CHECK(book.holding == gateway::Holding{balance.available, balance.held});
            // Added up from what was posted, and so the same only if every posting was told.
            CHECK(static_cast<uint128>(book.debits) == balance.debits);
            CHECK(static_cast<uint128>(book.credits) == balance.credits);
        }
    }
    for (const AuditFigures& figures : gateway::audit(model)) {
        CHECK(figures.sum.value == 0);
        CHECK(figures.held == figures.held_by_orders + figures.held_by_pendings);
        CHECK(figures.misheld + figures.negative + figures.unbalanced == 0);
    }
    CHECK(model.instruments()[0].last_price.value > 0);
}

TEST_CASE("order entry: sessions go on after a broken connection and after a new start of the venue") {
    Market market{2};
    auto trader = market.venue.connect(market.traders[0], 33);
    const auto first = expect(trader->place(order(Side::sell, 2'000, 10)));
    const std::uint64_t sequence = trader->client().last_sequence();
    trader->client().close();
    // The venue hears of it by itself; until then the session is in use.
    std::unique_ptr<BlockingClient> again;
    for (int i = 0; i < 1000 && again == nullptr; ++i) {
        auto connected = BlockingClient::connect(market.venue.login(market.traders[0], 33));
        if (connected) {
            again = std::move(*connected);
        } else {
            REQUIRE(connected.error().reason == RejectReason::session_in_use);
        }
    }
    REQUIRE(again != nullptr);
    CHECK(again->session().next_incoming == sequence + 1);
    CHECK(again->session().next_outgoing == 2);
    CHECK(again->session().last_cl_ord_id == first.cl_ord_id);
    expect(again->place(order(Side::sell, 2'001, 10)));

    // A fill while it is away is counted, and the venue's stop and start lose nothing.
    again->finish();
    auto other = market.venue.connect(market.traders[1]);
    CHECK(expect(other->place(order(Side::buy, 2'000, 4, TimeInForce::ioc))).exec_type == ExecType::accepted);
    CHECK(expect(other->next_execution()).exec_type == ExecType::trade);
    const auto before = market.balances(market.traders[0].account);
    market.venue.stop();
    CHECK_FALSE(other->finish());
    market.venue.start();
    again = market.venue.connect(market.traders[0], 33);
    CHECK(again->session().next_incoming == 3);
    CHECK(again->session().next_outgoing == 4);
    const auto after = expect(again->balances(AccountId{market.traders[0].account}));
    REQUIRE(after.size() == 2);
    for (const Balance& balance : after) {
        CHECK(balance.available == before.at(balance.asset.value).available);
        CHECK(balance.held == before.at(balance.asset.value).held);
    }
    const auto canceled = expect(again->cancel({.orig_cl_ord_id = first.cl_ord_id}));
    CHECK(canceled.cum_qty == lots(4));
}

TEST_CASE("order entry: newer rules are activated once, by an operator, and stay") {
    LiveVenue venue({}, kOldestRules);
    auto op = venue.connect(kOperatorKey);
    const auto activate = [&](std::uint32_t version) {
        return op->request<RulesActivated>(ActivateRules{.version = version, .zero = 0});
    };
    CHECK(refusal(activate(kNewestRules + 1)) == RejectReason::unknown_rules);
    for (std::uint32_t version = kOldestRules + 1; version <= kNewestRules; ++version) {
        const RulesActivated activated = expect(activate(version));
        CHECK(activated.version == version);
        CHECK(activated.before == version - 1);
    }
    CHECK(refusal(activate(kNewestRules)) == RejectReason::unknown_rules);
    op->finish();
    venue.stop();
    venue.start();
    op = venue.connect(kOperatorKey);
    CHECK(refusal(activate(kNewestRules)) == RejectReason::unknown_rules);
    op->finish();
    venue.stop();
    CHECK(venue.core().rules() == kNewestRules);
}

TEST_CASE("order entry: a venue that stops says so to everybody") {
    LiveVenue venue;
    auto op = venue.connect(kOperatorKey);
    venue.stop();
    const auto asked = op->listings();
    REQUIRE_FALSE(asked.has_value());
    CHECK(asked.error().kind == ClientError::Kind::closed);
    CHECK(asked.error().code == TerminateCode::shutdown);
    CHECK_FALSE(op->open());
    CHECK(op->place({}).error().kind == ClientError::Kind::closed);
}

TEST_CASE("order entry: hundreds of sessions of one key, each with its own numbers") {
    Market market{1};
    net::Reactor reactor;
    std::vector<std::unique_ptr<RandomTrader>> traders;
    traders.reserve(300);
    for (std::uint64_t i = 0; i < 300; ++i)
        traders.push_back(
            std::make_unique<RandomTrader>(reactor, market.venue.login(market.traders[0], 1000 + i), i, 5));
    until(reactor, [&] { return std::ranges::all_of(traders, [](const auto& t) { return t->done(); }); });
    for (const auto& trader : traders) {
        CHECK_FALSE(trader->closed());
        CHECK(trader->client().skipped_reports() == 0);
        CHECK(trader->client().last_sequence() == 5);
    }
    CHECK(market.venue.metrics().sessions_open.get() == 301);
}
