// What operators set for trading, sometimes so that it bites, and lift again; switches and orders that end by time.
#include <algorithm>
#include <array>
#include <cstring>

#include "reference/command_generator.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::int64_t fitting(int128 value) {
    return static_cast<std::int64_t>(std::clamp<int128>(value, 0, int128{kMaxIssue} + 1));
}

}  // namespace

InstrumentId CommandGenerator::some_instrument() {
    const std::uint64_t known = markets_.size();
    if (random_.chance(60) && focus_ < known) return markets_[focus_].id;
    return InstrumentId{static_cast<std::uint32_t>(random_.chance(95) && known > 0 ? 1 + random_.below(known)
                                                                                   : random_.below(known + 2))};
}

// The session's own account or a sub-account of it.
AccountId CommandGenerator::account_for(const Session& session) {
    for (const auto& [account, owner] : owners_)
        if (owner == session.account && random_.chance(25)) return account;
    return session.account;
}

SetMarketLimits CommandGenerator::no_limits(const Market& market) const {
    return {.min_quantity = Quantity{std::int64_t{1}},
            .max_quantity = market.max_quantity,
            .min_notional = market.min_notional,
            .max_notional = Amount{kMaxIssue},
            .instrument = market.id};
}

Command CommandGenerator::set_fees() {
    constexpr std::array<std::int32_t, 10> makers = {0, 5, 300, 2500, -1, -40, -700, -2500, -60'000, -1'000'000};
    constexpr std::array<std::int32_t, 8> takers = {0, 1, 40, 500, 1000, 7500, 120'000, 1'000'000};
    SetFees b{.instrument = some_instrument(),
              .maker_fee = FeeRate{makers[random_.below(makers.size())]},
              .taker_fee = FeeRate{takers[random_.below(random_.chance(90) ? 6 : takers.size())]},
              .tier = static_cast<std::uint8_t>(random_.below(random_.chance(90) ? 3 : 10))};
    if (random_.below(25) == 0) b.taker_fee = FeeRate{static_cast<std::int32_t>(random_.between(-2, 1'000'002))};
    if (random_.below(25) == 0) b.maker_fee = FeeRate{static_cast<std::int32_t>(random_.between(-1'000'002, -999'998))};
    return by_operator(Command::make(b));
}

// One limit, or a few at a time, around what the market's orders are.
Command CommandGenerator::set_market_limits() {
    if (markets_.empty()) return nonsense();
    const InstrumentId instrument = some_instrument();
    const std::size_t which = instrument.value - 1;
    const Market& market = markets_[which < markets_.size() ? which : 0];
    SetMarketLimits b = no_limits(market);
    b.instrument = instrument;
    b.reference_price = Price{random_.chance(60) ? market.center : std::int64_t{0}};
    const int128 usual = int128{std::max<std::int64_t>(market.unit, 1)} * std::max<std::int64_t>(market.center, 1);
    for (int i = 0; i < 2; ++i) switch (random_.below(9)) {
            case 0: b.min_quantity = Quantity{random_.between(1, 12)}; break;
            case 1: b.max_quantity = Quantity{random_.between(10, 60)}; break;
            case 2: b.min_notional = Amount{fitting(usual * random_.between(1, 10))}; break;
            case 3: b.max_notional = Amount{fitting(usual * random_.between(5, 50))}; break;
            case 4: b.max_orders = static_cast<std::uint32_t>(random_.between(1, 8)); break;
            default:
                b.collar_bp = static_cast<std::uint32_t>(random_.between(1, std::int64_t{1} << random_.between(3, 14)));
        }
    // The day's end is near.
    const std::int64_t second = now_ns_ % kDay / kSecond + random_.between(0, 3);
    if (random_.chance(70)) b.day_end_s = static_cast<std::uint32_t>(second % 86'400);
    switch (random_.below(60)) {
        case 0: b.min_quantity = Quantity{interesting()}; break;
        case 1: b.max_quantity = Quantity{interesting()}; break;
        case 2: b.min_notional = Amount{interesting()}; break;
        case 3: b.max_notional = Amount{interesting()}; break;
        case 4: b.reference_price = Price{interesting()}; break;
        case 5: b.collar_bp = static_cast<std::uint32_t>(interesting()); break;
        case 6: b.day_end_s = static_cast<std::uint32_t>(random_.between(86'399, 86'401)); break;
        default: break;
    }
    return by_operator(Command::make(b));
}

Command CommandGenerator::set_account_limits() {
    SetAccountLimits b{.account = some_account(), .fee_tier = static_cast<std::uint8_t>(random_.below(4))};
    if (random_.chance(30)) b.max_open_orders = static_cast<std::uint32_t>(random_.between(1, calm_ ? 30 : 8));
    if (random_.chance(35)) {
        b.orders_per_second = static_cast<std::uint32_t>(random_.between(1, random_.chance(80) ? 60 : 2'000));
        b.burst = static_cast<std::uint32_t>(random_.between(1, 4));
    }
    switch (random_.below(40)) {
        case 0: b.orders_per_second = static_cast<std::uint32_t>(interesting()); break;
        case 1: b.burst = static_cast<std::uint32_t>(interesting()); break;
        case 2: b.fee_tier = static_cast<std::uint8_t>(random_.between(6, 9)); break;
        case 3: b.orders_per_second = 1'000'000'000, b.burst = 1'000'000; break;
        default: break;
    }
    return by_operator(Command::make(b));
}

Command CommandGenerator::set_position_limits() {
    SetPositionLimits b{.account = some_account(), .instrument = some_instrument()};
    const std::size_t which = b.instrument.value - 1;
    const bool huge = which < markets_.size() && markets_[which].huge;
    const std::int64_t size = huge ? random_.between(20, 61) : random_.between(3, 10);
    if (random_.chance(65)) b.max_position = Quantity{random_.between(1, std::int64_t{1} << size)};
    if (random_.chance(65)) b.max_daily_loss = Amount{random_.between(1, std::int64_t{1} << random_.between(1, 40))};
    if (random_.below(25) == 0) b.max_position = Quantity{interesting()};
    if (random_.below(25) == 0) b.max_daily_loss = Amount{interesting()};
    return by_operator(Command::make(b));
}

Command CommandGenerator::set_kill_switch() {
    SetKillSwitch b{.reference = random_.next(), .on = 1};
    const std::uint64_t what = random_.below(100);
    if (what < 72)
        b.account = some_account();
    else if (what < 94)
        b.instrument = some_instrument();
    if (random_.below(20) == 0) b.on = static_cast<std::uint8_t>(random_.below(3));
    if (random_.below(40) == 0) b.instrument = some_instrument();
    return by_operator(Command::make(b));
}

Command CommandGenerator::freeze_account() {
    FreezeAccount b{.reference = random_.next(), .account = some_account(), .frozen = 1};
    if (random_.below(10) == 0) b.frozen = static_cast<std::uint8_t>(random_.below(3));
    return by_operator(Command::make(b));
}

Command CommandGenerator::activate_rules() {
    ActivateRules b{.version = static_cast<std::uint32_t>(random_.between(kOldestRules, kNewestRules + 2))};
    if (random_.chance(80)) b.version = static_cast<std::uint32_t>(random_.between(kOldestRules + 1, kNewestRules));
    return by_operator(Command::make(b));
}

// A late one mostly. Sent directly it is refused; it is meant for proposals.
Command CommandGenerator::bust_trade() {
    const std::uint64_t back = random_.below(random_.chance(80) ? 8 : 500);
    std::uint64_t trade = last_trade_ > back ? last_trade_ - back : random_.below(last_trade_ + 2);
    if (!busted_.empty() && random_.chance(15))
        trade = busted_[busted_.size() - 1 - random_.below(std::min<std::size_t>(busted_.size(), 3))].value;
    return by_operator(Command::make(BustTrade{.trade_id = TradeId{trade}}));
}

// The last trade, after one side's money went elsewhere: account 5 pays, if it can.
Command CommandGenerator::bust_of_the_poor() {
    const OrderFilled& poor = last_fills_[random_.below(2)];
    const std::size_t which = poor.instrument.value - 1;
    if (which >= markets_.size()) return random_command();
    const bool bought = poor.side == Side::buy;
    const std::int64_t all = bought ? poor.base_available.value : poor.quote_available.value;
    const AccountId other{static_cast<std::uint32_t>(random_.between(kFirstCustomer.value, accounts_))};
    plan(Command::make(Transfer{.id = some_transfer_id(),
                                .amount = Amount{std::max<std::int64_t>(all - random_.between(0, 40), 1)},
                                .debit_account = poor.account,
                                .credit_account = other,
                                .asset = bought ? markets_[which].base : markets_[which].quote},
                       {.session = SessionId{1u}}));
    const BustTrade bust{.trade_id = TradeId{last_trade_}};
    Propose b{.proposed = CommandKind::bust_trade, .lifetime_s = 600};
    std::memcpy(b.body.data(), &bust, sizeof bust);
    plan(Command::make(b, {.session = SessionId{1u}}));
    Command first = planned_.front();
    planned_.pop_front();
    return first;
}

Command CommandGenerator::set_dead_man() {
    SetDeadMan b{.reference = random_.next()};
    if (random_.chance(85)) {
        b.timeout_ms = static_cast<std::uint32_t>(random_.between(100, random_.chance(50) ? 400 : 5'000));
        b.cancel_orders = random_.chance(50) ? CancelScope::session : CancelScope::account;
    }
    switch (random_.below(25)) {
        case 0: b.timeout_ms = static_cast<std::uint32_t>(random_.between(98, 101)); break;
        case 1: b.timeout_ms = static_cast<std::uint32_t>(random_.between(3'599'999, 3'600'001)); break;
        case 2: b.cancel_orders = CancelScope{static_cast<std::uint8_t>(random_.below(5))}; break;
        default: break;
    }
    return from_session(Command::make(b), random_.chance(95) ? trader() : session_with(kPermitOperator));
}

Command CommandGenerator::tick() {
    return Command::make(Tick{.zero = random_.chance(5) ? random_.next() : 0},
                         {.session = SessionId{random_.chance(98) ? 0u : 1u}});
}

Command CommandGenerator::establish(SessionId id) {
    EstablishSession b{.connection = random_.below(9)};
    if (random_.chance(60)) {
        b.cancel_orders = random_.chance(60) ? CancelScope::session : CancelScope::account;
        b.grace_ms = static_cast<std::uint32_t>(random_.between(0, 400));
    }
    // Not at the beginning, which needs all of its sessions.
    if (!markets_.empty()) switch (random_.below(30)) {
            case 0: b.cancel_orders = CancelScope{static_cast<std::uint8_t>(random_.below(5))}; break;
            case 1: b.grace_ms = static_cast<std::uint32_t>(random_.between(3'599'999, 3'600'001)); break;
            default: break;
        }
    return Command::make(b, {.session = id});
}

// Freedom again for one of those that have none; what was lifted is forgotten when the event tells it.
Command CommandGenerator::lift_something() {
    if (!switched_on_.empty() && random_.chance(60)) {
        SetKillSwitch b = switched_on_[random_.below(switched_on_.size())];
        b.on = 0;
        return by_operator(Command::make(b));
    }
    if (!frozen_.empty() && random_.chance(40))
        return by_operator(Command::make(FreezeAccount{.account = frozen_[random_.below(frozen_.size())]}));
    if (!limited_accounts_.empty() && random_.chance(30)) {
        const AccountId account = limited_accounts_[random_.below(limited_accounts_.size())];
        return by_operator(Command::make(
            SetAccountLimits{.account = account, .fee_tier = static_cast<std::uint8_t>(random_.below(4))}));
    }
    if (!position_limits_.empty() && random_.chance(40)) {
        const SetPositionLimits& b = position_limits_[random_.below(position_limits_.size())];
        return by_operator(Command::make(SetPositionLimits{.account = b.account, .instrument = b.instrument}));
    }
    for (const Market& market : markets_)
        if (market.limited && random_.chance(60)) return by_operator(Command::make(no_limits(market)));
    return random_command();
}

// Two accounts trade more and more of the same money and give it back each time, until a net reaches its end.
Command CommandGenerator::trade_in_circles() {
    constexpr std::int64_t much = std::int64_t{1} << 60;
    constexpr std::size_t huge_market = 2;
    const AccountId giver = kFirstCustomer;
    const AccountId taker{giver.value + 2};
    const AssetId base{1u};
    const AssetId quote{3u};
    const Session* of_giver = session_of(giver);
    const Session* of_taker = session_of(taker);
    if (markets_.size() <= huge_market || of_giver == nullptr || of_taker == nullptr) return random_command();
    const auto mint = [&](AccountId account, AssetId asset) {
        plan(by_operator(
            Command::make(Mint{.id = some_transfer_id(), .amount = Amount{much}, .account = account, .asset = asset})));
    };
    const auto place = [&](const Session* session, AccountId account, Side side) {
        plan(from_session(Command::make(PlaceOrder{.cl_ord_id = some_number(),
                                                   .price = Price{std::int64_t{1}},
                                                   .quantity = Quantity{much},
                                                   .account = account,
                                                   .instrument = markets_[huge_market].id,
                                                   .side = side,
                                                   .type = OrderType::limit,
                                                   .time_in_force = TimeInForce::gtc}),
                          session));
    };
    const auto give = [&](const Session* session, AccountId from, AccountId to, AssetId asset) {
        plan(from_session(Command::make(Transfer{.id = some_transfer_id(),
                                                 .amount = Amount{much},
                                                 .debit_account = from,
                                                 .credit_account = to,
                                                 .asset = asset}),
                          session));
    };
    mint(giver, base);
    mint(taker, quote);
    for (int round = 0; round < 6; ++round) {
        place(of_giver, giver, Side::sell);
        place(of_taker, taker, Side::buy);
        give(of_taker, taker, giver, base);
        give(of_giver, giver, taker, quote);
    }
    Command first = planned_.front();
    planned_.pop_front();
    return first;
}

// One that a kill switch has still to cancel.
const CommandGenerator::OpenOrder* CommandGenerator::unswept_order() const {
    for (const SetKillSwitch& b : switched_on_)
        for (const auto& [id, order] : orders_) {
            const bool venue = b.account == AccountId{} && b.instrument == InstrumentId{};
            if (venue || b.account == order.account || b.instrument == order.instrument) return &order;
        }
    return nullptr;
}

void CommandGenerator::learn_limits(const Event& event) {
    switch (event.header.kind) {
        case EventKind::ticked:
            tick_left_work_ = event.as<Ticked>().complete == 0;
            if (tick_left_work_) break;
            // All that was due is done.
            for (Session& s : sessions_)
                for (Time* time : {&s.dead_man, &s.disconnect})
                    if (*time <= event.header.time) *time = Time{};
            break;
        case EventKind::trade_busted: busted_.push_back(event.as<TradeBusted>().trade_id); break;
        case EventKind::trade_executed: last_trade_ = event.as<TradeExecuted>().trade_id.value; break;
        case EventKind::order_filled: {
            const auto e = event.as<OrderFilled>();
            last_fills_[e.liquidity == Liquidity::taker] = e;
            break;
        }
        case EventKind::dead_man_set:
            for (Session& s : sessions_)
                if (s.id == event.header.session) s.dead_man = event.as<DeadManSet>().deadline;
            break;
        case EventKind::kill_switch_set: {
            const auto e = event.as<KillSwitchSet>();
            if (e.complete == 0) tick_left_work_ = true;
            std::erase_if(switched_on_, [&](const SetKillSwitch& b) {
                return b.account == e.account && b.instrument == e.instrument;
            });
            if (e.on != 0) switched_on_.push_back({.account = e.account, .instrument = e.instrument, .on = 1});
            break;
        }
        case EventKind::account_frozen: {
            const auto e = event.as<AccountFrozen>();
            std::erase(frozen_, e.account);
            if (e.frozen != 0) frozen_.push_back(e.account);
            break;
        }
        case EventKind::account_limits_set: {
            const auto e = event.as<AccountLimitsSet>();
            std::erase(limited_accounts_, e.account);
            if (e.max_open_orders != 0 || e.orders_per_second != 0) limited_accounts_.push_back(e.account);
            break;
        }
        case EventKind::position_limits_set: {
            const auto e = event.as<PositionLimitsSet>();
            std::erase_if(position_limits_, [&](const SetPositionLimits& b) {
                return b.account == e.account && b.instrument == e.instrument;
            });
            if (e.max_position.value != 0 || e.max_daily_loss.value != 0)
                position_limits_.push_back({.account = e.account, .instrument = e.instrument});
            break;
        }
        case EventKind::market_limits_set: {
            const auto e = event.as<MarketLimitsSet>();
            Market& market = markets_[e.instrument.value - 1];
            market.limited = e.collar_bp != 0 || e.max_orders != 0 || e.max_quantity != market.max_quantity ||
                             e.min_quantity.value != 1 || e.min_notional != market.min_notional ||
                             e.max_notional.value != kMaxIssue;
            break;
        }
        default: break;
    }
}

// An order that would rest for good ends one day, or at a time of its own, near enough to be met.
void CommandGenerator::choose_end(PlaceOrder& b) {
    if (random_.chance(10)) b.time_in_force = TimeInForce::day;
    if (random_.chance(18)) {
        b.time_in_force = TimeInForce::gtd;
        b.expire_at = Time{after(20'000'001 + random_.between(0, std::int64_t{1} << random_.between(20, 34)))};
        if (random_.below(25) == 0) b.expire_at = Time{after(random_.between(-20'000'000, 30'000'000))};
    }
    if (random_.below(150) == 0) b.expire_at = Time{interesting()};
}

// From not enough for one lot to more than it needs.
void CommandGenerator::choose_budget(PlaceOrder& b) {
    const bool market_buy_ioc =
        b.type == OrderType::market && b.side == Side::buy && b.time_in_force == TimeInForce::ioc;
    if (!market_buy_ioc) {
        if (random_.below(300) == 0) b.budget = Amount{interesting()};
        return;
    }
    if (random_.chance(25)) return;
    if (random_.chance(60)) b.price = Price{worst_price(b)};
    if (random_.chance(60) && b.quantity.value >= 1 && b.quantity.value < (std::int64_t{1} << 40))
        b.quantity.value *= random_.between(1, 6);
    const std::size_t which = b.instrument.value - 1;
    const int128 unit = which < markets_.size() ? std::max<std::int64_t>(markets_[which].unit, 1) : 1;
    int128 notional = 0;
    if (__builtin_mul_overflow(int128{b.price.value} * b.quantity.value, unit, &notional)) notional = kMaxIssue;
    notional = std::clamp<int128>(notional, 1, kMaxIssue);
    b.budget = Amount{fitting(notional * random_.between(5, 115) / 100)};
    if (random_.chance(15)) b.budget = Amount{fitting(unit * b.price.value + random_.between(-3, 3))};
    if (random_.below(30) == 0) b.budget = Amount{interesting()};
    if (random_.below(60) == 0) b.budget = Amount{kMaxIssue + 1};
}

}  // namespace dcx::reference
