#include "gateway/binary/query.h"

#include <doctest/doctest.h>

#include "gateway/binary/session_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::session_test;

namespace {

template <EventBody Body>
struct Listed {
    ReportHeader header{};
    Body body{};
};

Amount amount(std::int64_t value) { return Amount{value}; }

// A rig whose answers are all sent at once, with orders and money told by hand.
struct QueryRig : Rig {
    QueryRig() { establish(); }

    // The reason of the answer's end; what comes before it is expected by the caller.
    template <WireBlock Query>
    void ask(const Query& query) {
        REQUIRE(receive(query) == Taken::yes);
        answer_some(session, model, *this, now, 1000);
    }
    template <WireBlock Query>
    RejectReason refusal(const Query& query) {
        ask(query);
        return expect<QueryDone>().reason;
    }
    template <EventBody Body>
    void tell(const Body& body, SessionId to = {}) {
        engine.next_command({});
        engine.emit(body, to);
        follow();
    }
    void accept(std::uint64_t order, std::uint64_t cl_ord_id, AccountId account = AccountId{6u}) {
        tell(OrderAccepted{.order_id = OrderId{order},
                           .cl_ord_id = ClOrdId{cl_ord_id},
                           .price = Price{std::int64_t{5}},
                           .quantity = Quantity{std::int64_t{10}},
                           .account = account,
                           .instrument = InstrumentId{1u},
                           .slot = OrderSlot{7u},
                           .side = Side::buy,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtd,
                           .available = amount(50),
                           .held = amount(50),
                           .expire_at = Time{std::int64_t{77}}},
             session.id());
    }
    void cancel(std::uint64_t order, CancelReason reason) {
        tell(OrderCanceled{.order_id = OrderId{order},
                           .quantity = Quantity{std::int64_t{10}},
                           .account = AccountId{6u},
                           .instrument = InstrumentId{1u},
                           .side = Side::buy,
                           .reason = reason,
                           .rested = 1},
             session.id());
    }
};

OrderStatusQuery status_of(std::uint64_t order, std::uint64_t cl_ord_id = 0) {
    return {.order_id = OrderId{order}, .cl_ord_id = ClOrdId{cl_ord_id}, .account = AccountId{6u}};
}

}  // namespace

TEST_CASE("balance query: every asset of the own account, nobody else's") {
    Rig rig;
    rig.establish();
    rig.engine.next_command({});
    rig.engine.emit(Transferred{.amount = Amount{std::int64_t{900}},
                                .debit_after = Amount{std::int64_t{-900}},
                                .credit_after = Amount{std::int64_t{900}},
                                .debit_account = kIssuanceAccount,
                                .credit_account = AccountId{6u},
                                .asset = AssetId{2u}});
    rig.follow();
    SUBCASE("own") {
        REQUIRE(rig.receive(BalanceQuery{.reference = 5, .account = AccountId{6u}}) == Taken::yes);
        CHECK(rig.session.querying());
        // A second query waits for the first; commands do not.
        CHECK(rig.receive(ListQuery{}) == Taken::later);
        CHECK(rig.place(1) == Taken::yes);
        answer_some(rig.session, rig.model, rig, rig.now, 1);
        const auto first = rig.expect<Balance>();
        CHECK(first.reference == 5);
        CHECK(first.asset == AssetId{1u});
        CHECK(first.available.value == 0);
        CHECK(rig.silent());
        answer_some(rig.session, rig.model, rig, rig.now, 100);
        const auto second = rig.expect<Balance>();
        CHECK(second.asset == AssetId{2u});
        CHECK(second.available.value == 900);
        CHECK(second.account == AccountId{6u});
        CHECK(second.as_of == rig.model.as_of());
        const auto done = rig.expect<QueryDone>();
        CHECK(done.reference == 5);
        CHECK(done.reason == RejectReason::none);
        CHECK_FALSE(rig.session.querying());
    }
    SUBCASE("another's") {
        REQUIRE(rig.receive(BalanceQuery{.reference = 6, .account = kFeeAccount}) == Taken::yes);
        CHECK_FALSE(rig.session.querying());
        CHECK(rig.expect<QueryDone>().reason == RejectReason::not_your_account);
    }
    SUBCASE("with a key that was revoked since") {
        rig.engine.next_command({});
        rig.engine.emit(KeyRevoked{.key = rig.key});
        rig.follow();
        REQUIRE(rig.receive(BalanceQuery{.account = AccountId{6u}}) == Taken::yes);
        CHECK(rig.expect<QueryDone>().reason == RejectReason::key_revoked);
    }
}

TEST_CASE("balance query with other keys: an operator sees every account, a trading key alone none") {
    Rig rig;
    SUBCASE("operator") {
        rig.key = rig.engine.add_key(kSeed, AccountId{}, kPermitAll);
        rig.follow();
        rig.establish();
        REQUIRE(rig.receive(BalanceQuery{.account = kFeeAccount}) == Taken::yes);
        CHECK(rig.session.querying());
        answer_some(rig.session, rig.model, rig, rig.now, 100);
        CHECK(rig.expect<Balance>().account == kFeeAccount);
        CHECK(rig.expect<Balance>().account == kFeeAccount);
        CHECK(rig.expect<QueryDone>().reason == RejectReason::none);
        REQUIRE(rig.receive(BalanceQuery{.account = AccountId{44u}}) == Taken::yes);
        CHECK(rig.expect<QueryDone>().reason == RejectReason::unknown_account);
    }
    SUBCASE("no permission to read") {
        rig.key = rig.engine.add_key(kSeed, AccountId{6u}, kPermitTrade);
        rig.follow();
        rig.establish();
        REQUIRE(rig.receive(BalanceQuery{.account = AccountId{6u}}) == Taken::yes);
        CHECK(rig.expect<QueryDone>().reason == RejectReason::not_permitted);
    }
}

TEST_CASE("list query: assets, instruments and their limits, as their events") {
    Rig rig;
    rig.establish();
    REQUIRE(rig.receive(ListQuery{.reference = 8}) == Taken::yes);
    answer_some(rig.session, rig.model, rig, rig.now, 100);
    const auto asset = [&] { return rig.expect<Listed<AssetListed>>(kReportTemplate + 13).body; };
    CHECK(asset().symbol.view() == "DEC");
    CHECK(asset().symbol.view() == "USD");
    const auto instrument = rig.expect<Listed<InstrumentListed>>(kReportTemplate + 14);
    CHECK(instrument.body.symbol.view() == "DEC/USD");
    CHECK(instrument.header.event_sequence == rig.model.as_of());
    rig.expect<Listed<AssetLimitsSet>>(kReportTemplate + 19);
    CHECK(rig.expect<Listed<AssetLimitsSet>>(kReportTemplate + 19).body.asset == AssetId{2u});
    CHECK(rig.expect<Listed<MarketLimitsSet>>(kReportTemplate + 61).body.min_quantity.value == 1);
    const auto done = rig.expect<QueryDone>();
    CHECK(done.reference == 8);
    CHECK(done.as_of == rig.model.as_of());
}

TEST_CASE("order status: by the venue's number or the session's own, open or done") {
    QueryRig rig;
    rig.accept(1, 11);
    rig.tell(TradeExecuted{.taker_order_id = OrderId{std::uint64_t{1}},
                           .price = Price{std::int64_t{4}},
                           .quantity = Quantity{std::int64_t{3}},
                           .taker_cum = Quantity{std::int64_t{3}},
                           .instrument = InstrumentId{1u}});
    rig.tell(OrderFilled{.order_id = OrderId{std::uint64_t{1}},
                         .leaves = Quantity{std::int64_t{7}},
                         .account = AccountId{6u},
                         .instrument = InstrumentId{1u},
                         .side = Side::buy,
                         .liquidity = Liquidity::taker});
    rig.ask(status_of(1));
    const auto open = rig.expect<ExecutionReport>();
    CHECK(open.exec_type == ExecType::status);
    CHECK(open.ord_status == OrdStatus::partially_filled);
    CHECK(open.cl_ord_id.value == 11);
    CHECK(open.price.value == 5);
    CHECK(open.order_qty.value == 10);
    CHECK(open.leaves_qty.value == 7);
    CHECK(open.cum_qty.value == 3);
    CHECK(open.cum_notional.value == 12);
    CHECK(open.slot.value == 7);
    CHECK(open.time_in_force == TimeInForce::gtd);
    CHECK(open.expire_at.value == 77);
    CHECK(open.session == rig.session.id());
    CHECK(open.header.event_sequence == rig.model.as_of());
    CHECK(rig.expect<QueryDone>().reason == RejectReason::none);

    rig.cancel(1, CancelReason::expired);
    rig.ask(status_of(0, 11));
    const auto done = rig.expect<ExecutionReport>();
    CHECK(done.ord_status == OrdStatus::expired);
    CHECK(done.cancel_reason == CancelReason::expired);
    CHECK(done.leaves_qty.value == 0);
    CHECK(done.cum_notional.value == 12);
    rig.expect<QueryDone>();
    CHECK(rig.refusal(status_of(2)) == RejectReason::unknown_order);
    CHECK(rig.refusal(status_of(0, 12)) == RejectReason::unknown_order);
    CHECK(rig.refusal(status_of(0, 0)) == RejectReason::unknown_order);
}

TEST_CASE("open orders rise by their ids, one that is done while the answer is sent is left out") {
    QueryRig rig;
    for (std::uint64_t order = 1; order <= 3; ++order) rig.accept(order, order);
    REQUIRE(rig.receive(OpenOrdersQuery{.reference = 4, .account = AccountId{6u}}) == Taken::yes);
    answer_some(rig.session, rig.model, rig, rig.now, 1);
    CHECK(rig.expect<ExecutionReport>().order_id.value == 1);
    CHECK(rig.silent());
    rig.cancel(2, CancelReason::requested);
    answer_some(rig.session, rig.model, rig, rig.now, 10);
    CHECK(rig.expect<ExecutionReport>().order_id.value == 3);
    CHECK(rig.expect<QueryDone>().reference == 4);
    rig.ask(OpenOrdersQuery{.account = AccountId{6u}, .instrument = InstrumentId{9u}});
    CHECK(rig.expect<QueryDone>().reason == RejectReason::none);
}

TEST_CASE("order history: the last ones, and since when they are complete") {
    QueryRig rig;
    const Sequence begun = rig.model.begun_at();
    for (std::uint64_t order = 1; order <= 3; ++order) {
        rig.accept(order, order);
        rig.cancel(order, CancelReason::requested);
    }
    rig.ask(OrderHistoryQuery{.account = AccountId{6u}});
    for (std::uint64_t order = 1; order <= 3; ++order) CHECK(rig.expect<ExecutionReport>().order_id.value == order);
    CHECK(rig.expect<QueryDone>().since == begun);
    rig.ask(OrderHistoryQuery{.account = AccountId{6u}, .count = 1});
    CHECK(rig.expect<ExecutionReport>().order_id.value == 3);
    // Order 2 was done two commands before order 3.
    CHECK(rig.expect<QueryDone>().since.value == rig.model.as_of().value - 2);
}

TEST_CASE("pending transfers, to both of their accounts, and statements") {
    QueryRig rig;
    const AccountId other = rig.engine.open_account();
    rig.follow();
    rig.tell(Transferred{.id = {.low = 1},
                         .amount = amount(900),
                         .debit_after = amount(-900),
                         .credit_after = amount(900),
                         .debit_account = kIssuanceAccount,
                         .credit_account = AccountId{6u},
                         .asset = AssetId{2u},
                         .transfer_kind = TransferKind::mint});
    rig.tell(TransferPended{.id = {.low = 2},
                            .amount = amount(100),
                            .available = amount(800),
                            .held = amount(100),
                            .expires = Time{std::int64_t{9}},
                            .debit_account = AccountId{6u},
                            .credit_account = other,
                            .asset = AssetId{2u},
                            .scope = AccountId{6u}});
    rig.tell(WithdrawalRequested{.id = {.low = 3},
                                 .amount = amount(50),
                                 .available = amount(750),
                                 .held = amount(150),
                                 .account = AccountId{6u},
                                 .asset = AssetId{2u},
                                 .scope = AccountId{6u},
                                 .address = {.kind = AddressKind::dec}});
    rig.ask(PendingsQuery{.reference = 3, .account = AccountId{6u}});
    const auto first = rig.expect<PendingTransfer>();
    CHECK(first.id.low == 2);
    CHECK(first.credit_account == other);
    CHECK(first.expires.value == 9);
    CHECK(first.reference == 3);
    const auto second = rig.expect<PendingTransfer>();
    CHECK(second.credit_account == kWithdrawalsAccount);
    CHECK(second.address.kind == AddressKind::dec);
    rig.expect<QueryDone>();

    rig.tell(PendingResolved{.id = {.low = 4},
                             .pending_id = {.low = 2},
                             .amount = amount(60),
                             .released = amount(40),
                             .available = amount(850),
                             .held = amount(50),
                             .account = AccountId{6u},
                             .asset = AssetId{2u},
                             .scope = AccountId{6u},
                             .state = PendingState::posted});
    rig.tell(Transferred{.id = {.low = 4},
                         .amount = amount(60),
                         .debit_after = amount(790),
                         .credit_after = amount(60),
                         .debit_account = AccountId{6u},
                         .credit_account = other,
                         .asset = AssetId{2u},
                         .transfer_kind = TransferKind::post});
    rig.ask(StatementQuery{.account = AccountId{6u}});
    const auto minted = rig.expect<StatementEntry>();
    CHECK(minted.kind == EntryKind::mint);
    CHECK(minted.number == 1);
    CHECK(minted.counterparty == kIssuanceAccount);
    const auto posted = rig.expect<StatementEntry>();
    CHECK(posted.kind == EntryKind::post);
    CHECK(posted.before.value == 900);
    CHECK(posted.amount.value == -60);
    CHECK(posted.after.value == 840);
    CHECK(rig.expect<QueryDone>().since == rig.model.begun_at());
    rig.ask(StatementQuery{.account = AccountId{6u}, .asset = AssetId{2u}, .count = 1});
    CHECK(rig.expect<StatementEntry>().number == 2);
    CHECK(rig.expect<QueryDone>().since == minted.event_sequence);
    rig.ask(StatementQuery{.account = AccountId{6u}, .asset = AssetId{1u}});
    CHECK(rig.expect<QueryDone>().reason == RejectReason::none);
}

TEST_CASE("accounts and addresses: the account and its sub-accounts, with what limits them") {
    QueryRig rig;
    const AccountId sub = rig.engine.open_account(AccountId{6u});
    rig.follow();
    rig.accept(1, 1, sub);
    rig.tell(SelfTradeRuleSet{.account = AccountId{6u}, .rule = SelfTradeRule::cancel_both});
    rig.tell(AccountFrozen{.account = AccountId{6u}, .frozen = 1});
    rig.tell(
        AccountLimitsSet{.account = sub, .max_open_orders = 5, .orders_per_second = 10, .burst = 2, .fee_tier = 3});
    rig.tell(PositionLimitsSet{
        .max_position = Quantity{std::int64_t{8}}, .account = AccountId{6u}, .instrument = InstrumentId{1u}});
    for (std::uint32_t index = 1; index <= 2; ++index)
        rig.tell(AddressRegistered{.account = sub, .index = index, .address = {.kind = AddressKind::decms}});
    rig.ask(AccountQuery{.account = AccountId{6u}});
    const auto own = rig.expect<AccountState>();
    CHECK(own.self_trade_rule == SelfTradeRule::cancel_both);
    CHECK(own.flags == kAccountFrozen);
    CHECK(own.open_orders == 0);
    CHECK(rig.expect<Listed<PositionLimitsSet>>(kReportTemplate + 63).body.max_position.value == 8);
    const auto second = rig.expect<AccountState>();
    CHECK(second.owner == AccountId{6u});
    CHECK(second.open_orders == 1);
    CHECK(second.max_open_orders == 5);
    CHECK(second.fee_tier == 3);
    rig.expect<QueryDone>();
    rig.ask(AddressesQuery{.account = sub});
    CHECK(rig.expect<DepositAddress>().index == 1);
    CHECK(rig.expect<DepositAddress>().address.kind == AddressKind::decms);
    rig.expect<QueryDone>();
}

TEST_CASE("operators: proposals with what an approver signs, and the audit's figures") {
    Rig rig;
    rig.key = rig.engine.add_key(kSeed, AccountId{}, kPermitAll);
    rig.follow();
    rig.establish();
    rig.engine.next_command({});
    rig.engine.emit(CommandProposed{.proposal = ProposalId{std::uint64_t{3}},
                                    .expires = Time{std::int64_t{5}},
                                    .proposer = rig.key,
                                    .proposed = CommandKind::add_key});
    rig.engine.emit(ProposalBody{.body = {std::byte{9}}});
    rig.follow();
    REQUIRE(rig.receive(ProposalsQuery{.reference = 2}) == Taken::yes);
    answer_some(rig.session, rig.model, rig, rig.now, 10);
    const auto proposal = rig.expect<Proposal>();
    CHECK(proposal.proposal.value == 3);
    CHECK(proposal.proposed == CommandKind::add_key);
    CHECK(proposal.proposer == rig.key);
    CHECK(proposal.body[0] == std::byte{9});
    rig.expect<QueryDone>();
    REQUIRE(rig.receive(AuditQuery{.reference = 7}) == Taken::yes);
    answer_some(rig.session, rig.model, rig, rig.now, 10);
    CHECK(rig.expect<AuditFigures>().asset == AssetId{1u});
    const auto figures = rig.expect<AuditFigures>();
    CHECK(figures.reference == 7);
    CHECK(figures.as_of == rig.model.as_of());
    CHECK(figures.sum.value == 0);
    CHECK(rig.expect<QueryDone>().reference == 7);
}

TEST_CASE("who may ask what") {
    QueryRig rig;
    const AccountId other = rig.engine.open_account();
    rig.follow();
    CHECK(rig.refusal(OpenOrdersQuery{.account = other}) == RejectReason::not_your_account);
    CHECK(rig.refusal(OpenOrdersQuery{.account = AccountId{99u}}) == RejectReason::not_your_account);
    CHECK(rig.refusal(StatementQuery{.account = {}}) == RejectReason::not_your_account);
    CHECK(rig.refusal(DropCopyRequest{.account = {}}) == RejectReason::not_your_account);
    CHECK_FALSE(rig.session.drop_copy().on);
    CHECK(rig.refusal(AuditQuery{}) == RejectReason::not_permitted);
    CHECK(rig.refusal(ProposalsQuery{}) == RejectReason::not_permitted);
    CHECK(rig.refusal(DropCopyRequest{.account = AccountId{6u}}) == RejectReason::none);
    CHECK(rig.session.drop_copy().on);
    CHECK(rig.receive(PendingsQuery{.account = AccountId{6u}, .zero = 1}).error() == TerminateCode::malformed_frame);
}

TEST_CASE("no answer is made in the middle of a command") {
    QueryRig rig;
    REQUIRE(rig.receive(BalanceQuery{.account = AccountId{6u}}) == Taken::yes);
    Event event;
    event.header.sequence = Sequence{std::uint64_t{1000}};
    event.set(AccountFrozen{.account = AccountId{6u}});
    rig.model.apply(event);
    answer_some(rig.session, rig.model, rig, rig.now, 100);
    CHECK(rig.silent());
    event.header.flags = kLastOfCommand;
    rig.model.apply(event);
    answer_some(rig.session, rig.model, rig, rig.now, 100);
    CHECK(rig.expect<Balance>().as_of.value == 1000);
}
