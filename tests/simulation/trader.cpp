#include "simulation/trader.h"

#include <algorithm>
#include <cstring>

namespace dcx::simulation {

// ---- Trader

std::int64_t Trader::pause_ns() { return random_.between(0, 2 * scenario_.pause_ns) + kUs; }

void Trader::work() {
    const std::uint64_t count = 1 + random_.below(scenario_.burst);
    for (std::uint64_t i = 0; i < count && workload_.left > 0 && established(); ++i) {
        --workload_.left;
        if (random_.below(1000) < scenario_.queries) ask_something();
        if (random_.below(1000) < scenario_.bad_frames && !sent().empty())
            misbehave();
        else
            request();
    }
}

void Trader::request() {
    const std::uint64_t what = random_.below(100);
    if (group_left_ > 0 || what >= 88) return move_money();
    if (what < 60 || account_.orders.empty()) return place();
    if (what < 85) return change_order();
    if (what < 86)
        submit(SetDeadMan{.reference = 3,
                          .timeout_ms = static_cast<std::uint32_t>(random_.between(100, 20'000)),
                          .cancel_orders = CancelScope::session,
                          .zero = {}});
    else if (what < 87)
        submit(MassCancel{.cl_ord_id = ClOrdId{next_cl_ord_id()},
                          .account = account_.account,
                          .instrument = InstrumentId{static_cast<std::uint32_t>(random_.below(kInstruments + 1))},
                          .side = Side{static_cast<std::uint8_t>(random_.below(3))},
                          .zero = {}});
    else
        submit(SetSelfTradeRule{.reference = 4,
                                .account = account_.account,
                                .rule = SelfTradeRule{static_cast<std::uint8_t>(random_.below(5))},
                                .zero = {}});
}

// A client that sends a frame once more, or one before the one that is next: it must be ended, and nothing done twice.
void Trader::misbehave() {
    if (random_.chance(50)) {
        send_command(1 + random_.below(sent().size()));
        return;
    }
    submit(CancelOrder{.cl_ord_id = ClOrdId{next_cl_ord_id()},
                       .orig_cl_ord_id = {},
                       .order_id = some_order(),
                       .account = account_.account,
                       .slot_hint = {}});
    if (established()) send_command(sent().size());
}

void Trader::place() {
    PlaceOrder order{};
    order.cl_ord_id = ClOrdId{next_cl_ord_id()};
    order.account = account_.account;
    order.instrument = InstrumentId{static_cast<std::uint32_t>(1 + random_.below(kInstruments))};
    const auto range = static_cast<std::int64_t>(scenario_.price_range);
    order.price = Price{random_.between(1000 - range, 1000 + range)};
    order.quantity = Quantity{random_.between(1, 60)};
    order.side = random_.chance(50) ? Side::buy : Side::sell;
    order.type = OrderType::limit;
    order.time_in_force = TimeInForce::gtc;
    const std::uint64_t kind = random_.below(100);
    if (kind < 15) order.time_in_force = TimeInForce::ioc;
    if (kind >= 15 && kind < 22) order.time_in_force = TimeInForce::fok;
    if (kind >= 22 && kind < 26) order.time_in_force = TimeInForce::day;
    if (kind >= 26 && kind < 34) {
        order.time_in_force = TimeInForce::gtd;
        order.expire_at = Time{wall_ns() + random_.between(1, 20'000) * kMs};
    }
    if (kind >= 34 && kind < 40) order.flags = kOrderPostOnly;
    if (kind >= 40 && kind < 46) {
        order.type = OrderType::market;
        order.time_in_force = TimeInForce::ioc;
        if (order.side == Side::buy && random_.chance(50)) order.budget = Amount{random_.between(1, 60'000)};
    }
    submit(order);
}

OrderId Trader::some_order() {
    // Now and then somebody else's, or one that is not there.
    if (account_.orders.empty() || random_.chance(5)) return OrderId{1 + random_.below(workload_.recent_orders + 2)};
    const std::size_t recent = std::min<std::size_t>(account_.orders.size(), 20);
    return account_.orders[account_.orders.size() - 1 - random_.below(recent)];
}

void Trader::change_order() {
    if (random_.chance(60)) {
        submit(CancelOrder{.cl_ord_id = ClOrdId{next_cl_ord_id()},
                           .orig_cl_ord_id = {},
                           .order_id = some_order(),
                           .account = account_.account,
                           .slot_hint = {}});
        return;
    }
    const auto range = static_cast<std::int64_t>(scenario_.price_range);
    submit(AmendOrder{.cl_ord_id = ClOrdId{next_cl_ord_id()},
                      .orig_cl_ord_id = {},
                      .order_id = some_order(),
                      .price = Price{random_.between(1000 - range, 1000 + range)},
                      .quantity = Quantity{random_.between(1, 80)},
                      .account = account_.account,
                      .slot_hint = {},
                      .flags = random_.chance(20) ? kAmendReplace : std::uint8_t{0},
                      .zero = {}});
}

AccountId Trader::another_account() {
    return AccountId{static_cast<std::uint32_t>(kFirstCustomer.value + random_.below(scenario_.traders))};
}

template <class Body>
void Trader::submit_money(const Body& body) {
    submit(body);
    account_.money.push_back(sent().back());
    if (account_.money.size() > 64) account_.money.erase(account_.money.begin());
}

void Trader::move_money() {
    // The same request once more, of this session or of another one of the account: it has one outcome.
    if (group_left_ == 0 && !account_.money.empty() && random_.below(1000) < scenario_.twice) {
        const Sent again = account_.money[random_.below(account_.money.size())];
        if (again.kind == CommandKind::transfer) {
            Transfer body;
            std::memcpy(static_cast<void*>(&body), again.body.data(), sizeof body);
            body.linked = 0;
            return submit(body);
        }
        PostTransfer body;
        std::memcpy(static_cast<void*>(&body), again.body.data(), sizeof body);
        return submit(body);
    }
    const std::uint64_t what = random_.below(100);
    const AssetId asset{static_cast<std::uint32_t>(1 + random_.below(kAssets))};
    const Amount amount{random_.between(1, 200'000)};
    if (group_left_ == 0 && what < 15) group_left_ = static_cast<std::uint32_t>(2 + random_.below(4));
    const std::uint8_t linked = group_left_ > 1 ? 1 : 0;
    if (group_left_ > 0) --group_left_;
    if (what < 55 || linked != 0)
        return submit_money(Transfer{.id = new_transfer_id(),
                                     .amount = amount,
                                     .debit_account = account_.account,
                                     .credit_account = another_account(),
                                     .asset = asset,
                                     .linked = linked,
                                     .zero = {}});
    if (what < 75 || account_.pended.empty()) {
        const TransferId id = new_transfer_id();
        account_.pended.push_back(id);
        return submit(PendTransfer{.id = id,
                                   .amount = amount,
                                   .timeout_ns = random_.chance(60) ? random_.between(1, 10'000) * kMs : 0,
                                   .debit_account = account_.account,
                                   .credit_account = another_account(),
                                   .asset = asset,
                                   .linked = 0,
                                   .zero = {}});
    }
    const TransferId pending = account_.pended[random_.below(account_.pended.size())];
    if (what < 90)
        return submit_money(PostTransfer{.id = new_transfer_id(),
                                         .pending_id = pending,
                                         .amount = Amount{random_.between(1, 200'000)},
                                         .scope = account_.account,
                                         .zero = 0});
    submit(VoidTransfer{.id = new_transfer_id(), .pending_id = pending, .scope = account_.account, .zero = 0});
}

void Trader::ask_something() {
    if (asking()) return;
    switch (random_.below(3)) {
        case 0: return query_orders(account_.account);
        case 1: return query_balances(account_.account);
        // Any number: what is not its own, or never was, is asked for too.
        default: return query_order(some_order(), account_.account);
    }
}

void Trader::on_report(const Event& event) {
    if (event.header.kind != EventKind::order_accepted) return;
    const OrderId id = event.as<OrderAccepted>().order_id;
    account_.orders.push_back(id);
    workload_.recent_orders = std::max(workload_.recent_orders, id.value);
}

// ---- Operator

Ed25519Seed Operator::seed_of(std::uint32_t key) {
    Ed25519Seed seed{};
    seed.fill(std::byte(key));
    return seed;
}

Operator::Operator(const Outside& outside, const Identity& identity, std::uint32_t accounts, Workload& workload)
    : SessionClient(outside, identity), accounts_(accounts), workload_(workload) {
    for (const char* symbol : {"DEC", "USD", "BTC"})
        submit(ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}, .scale = 8, .zero = {}});
    for (std::uint32_t i = 1; i <= kInstruments; ++i)
        submit(ListInstrument{.symbol = Symbol{i == 1 ? "DEC/USD" : "BTC/USD"},
                              .base = AssetId{i == 1 ? 1u : 3u},
                              .quote = AssetId{2u},
                              .tick_mantissa = 1,
                              .lot_mantissa = 1,
                              .max_quantity = Quantity{std::int64_t{1'000'000}},
                              .min_notional = {},
                              .maker_fee = FeeRate{i == 1 ? 500 : -300},
                              .taker_fee = FeeRate{1000},
                              .tick_scale = 4,
                              .lot_scale = 4,
                              .zero = {}});
    for (std::uint32_t i = 0; i < accounts; ++i) {
        submit(OpenAccount{.reference = i, .owner = {}, .account_kind = AccountKind::customer, .zero = {}});
        submit(AddKey{.public_key = ed25519_public_key(seed_of(2 + i)),
                      .account = account_of(i),
                      .permissions = kPermitRead | kPermitTrade | kPermitTransfer,
                      .person = {},
                      .zero = 0});
        for (std::uint32_t asset = 1; asset <= kAssets; ++asset)
            submit(Mint{.id = new_transfer_id(),
                        // Enough to trade with, little enough to run out of.
                        .amount = Amount{std::int64_t{asset == 2 ? 2'000'000 : 20'000'000}},
                        .account = account_of(i),
                        .asset = AssetId{asset},
                        .source = {},
                        .zero = {}});
    }
}

bool Operator::set_up() {
    if (!set_up_)
        set_up_ = witness_.balance_at(account_of(accounts_ - 1), AssetId{kAssets}, witness_.last()).available > 0;
    return set_up_;
}

std::int64_t Operator::pause_ns() { return random_.between(1, 4) * (scenario_.pause_ns + 50 * kMs); }

void Operator::work() {
    if (workload_.left == 0) return;
    if (!asking() && random_.chance(30)) query_audit();
    if (random_.below(1000) >= scenario_.operator_actions) return;
    const AccountId account = account_of(static_cast<std::uint32_t>(random_.below(accounts_)));
    switch (random_.below(8)) {
        case 7:
            // The next one, now and then, when the venue began with older ones; else it is refused.
            return submit(ActivateRules{
                .version = static_cast<std::uint32_t>(random_.between(kOldestRules, kNewestRules + 1)), .zero = 0});
        case 0:
            frozen_ = !frozen_;
            return submit(FreezeAccount{
                .reference = 1, .account = account, .frozen = static_cast<std::uint8_t>(frozen_), .zero = {}});
        case 1:
            halted_ = !halted_;
            return submit(SetPhase{.instrument = {}, .phase = halted_ ? Phase::halted : Phase::trading, .zero = {}});
        case 2:
            killed_ = !killed_;
            return submit(SetKillSwitch{.reference = 2,
                                        .account = {},
                                        .instrument = InstrumentId{static_cast<std::uint32_t>(random_.below(3))},
                                        .on = static_cast<std::uint8_t>(killed_),
                                        .zero = {}});
        case 3:
            return submit(SetAccountLimits{.account = account,
                                           .max_open_orders = static_cast<std::uint32_t>(random_.below(30)),
                                           .orders_per_second = 0,
                                           .burst = 0,
                                           .fee_tier = static_cast<std::uint8_t>(random_.below(8)),
                                           .zero = {}});
        case 4:
            return submit(Mint{.id = new_transfer_id(),
                               .amount = Amount{random_.between(1, 1'000'000)},
                               .account = account,
                               .asset = AssetId{static_cast<std::uint32_t>(1 + random_.below(kAssets))},
                               .source = {},
                               .zero = {}});
        case 5:
            return submit(Burn{.id = new_transfer_id(),
                               .amount = Amount{random_.between(1, 100'000)},
                               .account = account,
                               .asset = AssetId{static_cast<std::uint32_t>(1 + random_.below(kAssets))}});
        default:
            return submit(SetAssetLimits{.mint_ceiling = {},
                                         .dual_control_above = {},
                                         .asset = AssetId{static_cast<std::uint32_t>(1 + random_.below(kAssets))},
                                         .transfer_fee = FeeRate{static_cast<std::int32_t>(random_.below(5000))}});
    }
}

}  // namespace dcx::simulation
