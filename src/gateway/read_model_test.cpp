#include "gateway/read_model.h"

#include <doctest/doctest.h>

#include <map>

#include "gateway/audit.h"
#include "gateway/small_ledger.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::read_model_test;

TEST_CASE("balances follow random trades, orders, transfers and mints, and every invariant holds in the figures") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        Told told;
        told.list_market();
        told.open_accounts(4);
        SmallLedger ledger{told, seed};
        for (std::uint32_t id = 6; id <= 9; ++id)
            for (const AssetId asset : {kDec, kUsd, kBtc}) ledger.mint(AccountId{id}, asset, 1'000'000);
        for (int i = 0; i < 500; ++i) {
            switch (ledger.random().below(7)) {
                case 0: ledger.amend_decrement_and_cancel(); break;
                case 1: ledger.mint(AccountId{7u}, kUsd, 17); break;
                case 2: ledger.burn(AccountId{7u}, kUsd, 3); break;
                case 3: ledger.pend_and_resolve(); break;
                case 4: ledger.deposit_and_burn(); break;
                default: ledger.trade(); break;
            }
            told.check_audit();
        }
        for (const auto& [key, holding] : ledger.holdings()) {
            CAPTURE(key.first.value);
            CAPTURE(key.second.value);
            CHECK(told.model.balance(key.first, key.second) == holding);
        }
        CHECK(told.model.as_of().value == told.sequence);
    }
}

TEST_CASE("an audit shows what is wrong: money from nowhere, a hold of nothing, a negative balance") {
    Told told;
    told.list_market();
    told.open_accounts(2);
    told.tell(Transferred{.amount = amount(100),
                          .debit_after = amount(-100),
                          .credit_after = amount(101),
                          .debit_account = kIssuanceAccount,
                          .credit_account = AccountId{6u},
                          .asset = kUsd});
    AuditFigures usd = audit(told.model)[1];
    CHECK(usd.sum.value == 1);
    CHECK(usd.unbalanced == 1);
    CHECK(usd.issued.value == 100);
    CHECK(usd.minted[0] == 100);
    told.tell(TransferPended{.amount = amount(70),
                             .available = amount(-1),
                             .held = amount(71),
                             .debit_account = AccountId{7u},
                             .credit_account = AccountId{6u},
                             .asset = kUsd});
    usd = audit(told.model)[1];
    CHECK(usd.negative == 1);
    CHECK(usd.misheld == 1);
    CHECK(usd.held.value == 71);
    CHECK(usd.held_by_pendings.value == 70);
    CHECK(usd.held_by_orders.value == 0);
}

TEST_CASE("a restored state is the same as a lived one") {
    Told told;
    told.list_market();
    told.tell(AccountOpened{.account = AccountId{6u}, .owner = {}, .flags = kAccountFrozen}, kRestored);
    told.tell(AccountOpened{.account = AccountId{7u}, .owner = AccountId{6u}}, kRestored);
    told.tell(BalanceRestored{
        .available = amount(-70), .debits_low = 1000, .credits_low = 930, .account = kIssuanceAccount, .asset = kUsd});
    told.tell(BalanceRestored{
        .available = amount(40), .held = amount(30), .credits_low = 70, .account = AccountId{6u}, .asset = kUsd});
    told.tell(TransferPended{.id = {.low = 5},
                             .amount = amount(10),
                             .debit_account = AccountId{6u},
                             .credit_account = AccountId{7u},
                             .asset = kUsd,
                             .scope = AccountId{6u}},
              kRestored);
    told.tell(OrderRestored{.order_id = OrderId{std::uint64_t{9}},
                            .cl_ord_id = ClOrdId{std::uint64_t{4}},
                            .price = Price{std::int64_t{2}},
                            .quantity = Quantity{std::int64_t{16}},
                            .leaves = Quantity{std::int64_t{10}},
                            .account = AccountId{6u},
                            .instrument = InstrumentId{1u},
                            .owner = SessionId{3u},
                            .side = Side::buy,
                            .time_in_force = TimeInForce::gtd,
                            .expire_at = Time{std::int64_t{99}},
                            .cum_notional = amount(11)},
              kRestored);
    CHECK(told.model.balance(AccountId{6u}, kUsd) == Holding{amount(40), amount(30)});
    CHECK(told.model.balance(AccountId{6u}, kDec) == Holding{});
    CHECK(told.model.balance(AccountId{9u}, kDec) == Holding{});
    CHECK_FALSE(told.model.has_account(AccountId{0u}));
    CHECK(told.model.has_account(kErrorAccount));
    CHECK(told.model.has_account(AccountId{7u}));
    CHECK_FALSE(told.model.has_account(AccountId{8u}));
    CHECK(told.model.registry().owns(AccountId{6u}, AccountId{7u}));
    CHECK_FALSE(told.model.registry().owns(AccountId{7u}, AccountId{6u}));
    CHECK(told.model.registry().account(AccountId{6u})->flags == kAccountFrozen);
    told.check_audit();
    CHECK(audit(told.model)[1].minted[0] == 1000);

    const KnownOrder* order = told.model.orders().find(AccountId{6u}, SessionId{3u}, ClOrdId{std::uint64_t{4}});
    REQUIRE(order != nullptr);
    CHECK(order->status == OrdStatus::partially_filled);
    CHECK(order->cum.value == 6);
    // What it trades now is added to what it had traded before the start.
    told.tell(TradeExecuted{.maker_order_id = order->order_id,
                            .price = Price{std::int64_t{2}},
                            .quantity = Quantity{std::int64_t{4}},
                            .maker_cum = Quantity{std::int64_t{10}},
                            .instrument = InstrumentId{1u}});
    CHECK(order->cum_notional.value == 19);
}

TEST_CASE("orders: present number, open ones by account, done ones kept with how they ended") {
    Told told;
    told.list_market();
    told.open_accounts(2);
    const auto place = [&](std::uint64_t id, std::uint32_t account, std::uint32_t instrument) {
        told.tell(OrderAccepted{.order_id = OrderId{id},
                                .cl_ord_id = ClOrdId{id + 100},
                                .price = Price{std::int64_t{5}},
                                .quantity = Quantity{std::int64_t{3}},
                                .account = AccountId{account},
                                .instrument = InstrumentId{instrument},
                                .side = Side::buy},
                  0, SessionId{1u});
    };
    const auto cancel = [&](std::uint64_t id, CancelReason reason) {
        told.tell(OrderCanceled{.order_id = OrderId{id},
                                .quantity = Quantity{std::int64_t{3}},
                                .account = AccountId{6u},
                                .instrument = InstrumentId{1u},
                                .side = Side::buy,
                                .reason = reason});
    };
    place(1, 6, 1);
    place(2, 6, 2);
    place(3, 7, 1);
    const OrderView& orders = told.model.orders();
    CHECK(orders.open_orders(AccountId{6u}, {}).size() == 2);
    CHECK(orders.open_orders(AccountId{6u}, InstrumentId{2u}).front().value == 2);
    CHECK(orders.find(AccountId{7u}, OrderId{std::uint64_t{1}}) == nullptr);

    const auto amend = [&](std::uint32_t session, std::uint64_t cl_ord_id) {
        told.tell(OrderAmended{.order_id = OrderId{std::uint64_t{1}},
                               .cl_ord_id = ClOrdId{cl_ord_id},
                               .account = AccountId{6u},
                               .instrument = InstrumentId{1u},
                               .side = Side::buy},
                  0, SessionId{session});
    };
    amend(2, 500);
    CHECK(orders.find(AccountId{6u}, SessionId{1u}, ClOrdId{std::uint64_t{101}}) != nullptr);
    amend(1, 501);
    CHECK(orders.find(AccountId{6u}, SessionId{1u}, ClOrdId{std::uint64_t{101}}) == nullptr);
    cancel(1, CancelReason::expired);
    CHECK(orders.find(AccountId{6u}, SessionId{1u}, ClOrdId{std::uint64_t{501}})->status == OrdStatus::expired);
    CHECK(orders.open_count(AccountId{6u}) == 1);
    CHECK(orders.open_count(AccountId{9u}) == 0);

    for (std::uint64_t id = 10; id < 310; ++id) {
        place(id, 6, 1);
        cancel(id, CancelReason::requested);
    }
    const auto& done = orders.done(AccountId{6u});
    CHECK(done.size() == kRecentKept);
    CHECK(done.added() == 301);
    CHECK(done[0].order_id.value == 310 - kRecentKept);
    CHECK(done[kRecentKept - 1].order_id.value == 309);
    CHECK(done[kRecentKept - 1].status == OrdStatus::canceled);
    CHECK(done.dropped().value + 2 == done[0].sequence.value);
    CHECK(orders.done(AccountId{7u}).size() == 0);
}

TEST_CASE("limits, switches, addresses and proposals stand as they were set last") {
    Told told;
    told.list_market();
    told.open_accounts(1);
    const RegistryView& registry = told.model.registry();
    CHECK(registry.instrument(InstrumentId{1u}).limits.min_quantity.value == 1);
    told.tell(MarketLimitsSet{.min_quantity = Quantity{std::int64_t{5}}, .instrument = InstrumentId{1u}});
    CHECK(registry.instrument(InstrumentId{1u}).limits.min_quantity.value == 5);
    for (const std::int32_t rate : {30, 20})
        told.tell(FeesSet{.instrument = InstrumentId{1u}, .maker_fee = FeeRate{rate}, .tier = 3});
    REQUIRE(registry.instrument(InstrumentId{1u}).fees.size() == 1);
    CHECK(registry.instrument(InstrumentId{1u}).fees[0].maker_fee.value == 20);
    told.tell(PositionLimitsSet{.max_daily_loss = amount(5), .account = AccountId{6u}, .instrument = InstrumentId{2u}});
    CHECK(registry.account(AccountId{6u})->position_limits.size() == 1);
    told.tell(PositionLimitsSet{.account = AccountId{6u}, .instrument = InstrumentId{2u}});
    CHECK(registry.account(AccountId{6u})->position_limits.empty());
    told.tell(AccountLimitsSet{.account = AccountId{6u}, .burst = 4, .fee_tier = 2});
    CHECK(registry.account(AccountId{6u})->limits.fee_tier == 2);
    told.tell(AddressRegistered{.account = AccountId{6u}, .index = 1, .address = {.kind = AddressKind::dec}});
    CHECK(registry.account(AccountId{6u})->addresses.size() == 1);

    told.tell(AccountFrozen{.account = AccountId{6u}, .frozen = 1});
    told.tell(KillSwitchSet{.account = AccountId{6u}, .on = 1});
    CHECK(registry.account(AccountId{6u})->flags == (kAccountFrozen | kAccountKilled));
    told.tell(AccountFrozen{.account = AccountId{6u}, .frozen = 0});
    CHECK(registry.account(AccountId{6u})->flags == kAccountKilled);
    told.tell(KillSwitchSet{.instrument = InstrumentId{2u}, .on = 1});
    told.tell(KillSwitchSet{.on = 1});
    CHECK(registry.instrument(InstrumentId{2u}).killed.has_value());
    CHECK(registry.venue_killed().has_value());
    told.tell(KillSwitchSet{.on = 0});
    CHECK_FALSE(registry.venue_killed().has_value());

    const auto proposal = [](std::uint64_t id) { return ProposalId{id}; };
    for (const std::uint64_t id : {1u, 2u}) {
        told.tell(CommandProposed{.proposal = proposal(id), .proposer = KeyId{1u}, .proposed = CommandKind::add_key});
        told.tell(ProposalBody{.body = {std::byte(id)}});
    }
    told.tell(ProposalApproved{.proposal = proposal(2), .key = KeyId{5u}});
    REQUIRE(registry.proposals().size() == 2);
    CHECK(registry.proposals().at(proposal(2)).approved_by == KeyId{5u});
    CHECK(registry.proposals().at(proposal(1)).body.body[0] == std::byte{1});
    told.tell(ProposalApproved{.proposal = proposal(2), .key = KeyId{6u}, .complete = 1});
    told.tell(ProposalExpired{.proposal = proposal(1)});
    CHECK(registry.proposals().empty());
}

TEST_CASE("a statement's entries continue each other, also of an account that trades with itself") {
    Told told;
    told.list_market();
    told.open_accounts(4);
    SmallLedger ledger{told, 5};
    for (std::uint32_t id = 6; id <= 9; ++id)
        for (const AssetId asset : {kDec, kUsd, kBtc}) ledger.mint(AccountId{id}, asset, 1'000'000);
    for (int i = 0; i < 200; ++i) ledger.trade();
    for (std::uint32_t id = 1; id <= 9; ++id) {
        std::map<AssetId, Amount> after;
        const auto& entries = told.model.ledger().entries(AccountId{id});
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const LedgerEntry& entry = entries[i];
            if (after.contains(entry.asset)) CHECK(entry.before == after[entry.asset]);
            after[entry.asset] = entry.before + entry.amount;
        }
        for (const auto& [asset, total] : after) {
            const Holding holding = told.model.balance(AccountId{id}, asset);
            CHECK(holding.available + holding.held == total);
        }
    }
}

TEST_CASE("it is live after the restored state and this start's epoch") {
    Told told;
    told.tell(EpochStarted{.epoch = 3}, kRestored);
    CHECK_FALSE(told.model.live());
    told = Told{};
    told.tell(RestoreCompleted{.venue_id = {std::byte{7}}, .epoch = 4});
    CHECK_FALSE(told.model.live());
    told.tell(EpochStarted{.epoch = 5});
    CHECK(told.model.live());
    CHECK(told.model.identity().epoch == 5);
    CHECK(told.model.identity().venue_id[0] == std::byte{7});
}

TEST_CASE("keys: added, revoked, restored") {
    Told told;
    told.tell(KeyAdded{.key = KeyId{3u}, .account = AccountId{6u}, .permissions = kPermitRead, .revoked = 1},
              kRestored);
    told.tell(KeyAdded{.key = KeyId{2u}, .account = AccountId{7u}, .permissions = kPermitTrade});
    CHECK(told.model.key(KeyId{3u})->revoked);
    CHECK(told.model.key(KeyId{2u})->account == AccountId{7u});
    CHECK_FALSE(told.model.key(KeyId{2u})->revoked);
    told.tell(KeyRevoked{.key = KeyId{2u}});
    CHECK(told.model.key(KeyId{2u})->revoked);
    CHECK(told.model.key(KeyId{0u}) == nullptr);
    CHECK(told.model.key(KeyId{4u}) == nullptr);
}

TEST_CASE("instruments carry their present phase and last price") {
    Told told;
    told.list_market();
    told.tell(PhaseChanged{.instrument = InstrumentId{2u}, .phase = Phase::halted});
    CHECK(told.model.instruments()[0].phase == Phase::trading);
    CHECK(told.model.instruments()[1].phase == Phase::halted);
    told.tell(PhaseChanged{.instrument = InstrumentId{}, .phase = Phase::halted});
    CHECK(told.model.instruments()[0].phase == Phase::halted);
    told.tell(TradeExecuted{.price = Price{std::int64_t{42}}, .instrument = InstrumentId{2u}});
    CHECK(told.model.instruments()[1].last_price.value == 42);
    CHECK(told.model.instruments()[0].last_price.value == 0);
}
