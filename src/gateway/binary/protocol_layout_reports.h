// The second half of protocol_layout.h: queries and reports, and the whole.
#pragma once

#include "gateway/binary/protocol_layout.h"

namespace dcx::gateway {

inline void add_queries(Messages& all) {
    all["BalanceQuery"] = {BalanceQuery::template_id,
                           sizeof(BalanceQuery),
                           {FIELD(BalanceQuery, reference), FIELD(BalanceQuery, account), FIELD(BalanceQuery, zero)}};
    all["Balance"] = {Balance::template_id,
                      sizeof(Balance),
                      {FIELD(Balance, reference), FIELD(Balance, as_of), FIELD(Balance, available),
                       FIELD(Balance, held), FIELD(Balance, account), FIELD(Balance, asset)}};
    all["ListQuery"] = {ListQuery::template_id, sizeof(ListQuery), {FIELD(ListQuery, reference)}};
    all["QueryDone"] = {QueryDone::template_id,
                        sizeof(QueryDone),
                        {FIELD(QueryDone, reference), FIELD(QueryDone, as_of), FIELD(QueryDone, since),
                         FIELD(QueryDone, reason), FIELD(QueryDone, zero)}};
    all["OrderStatusQuery"] = {
        OrderStatusQuery::template_id,
        sizeof(OrderStatusQuery),
        {FIELD(OrderStatusQuery, reference), FIELD(OrderStatusQuery, order_id), FIELD(OrderStatusQuery, cl_ord_id),
         FIELD(OrderStatusQuery, account), FIELD(OrderStatusQuery, zero)}};
    all["OpenOrdersQuery"] = {
        OpenOrdersQuery::template_id,
        sizeof(OpenOrdersQuery),
        {FIELD(OpenOrdersQuery, reference), FIELD(OpenOrdersQuery, account), FIELD(OpenOrdersQuery, instrument)}};
    all["OrderHistoryQuery"] = {
        OrderHistoryQuery::template_id,
        sizeof(OrderHistoryQuery),
        {FIELD(OrderHistoryQuery, reference), FIELD(OrderHistoryQuery, account), FIELD(OrderHistoryQuery, count)}};
    all["PendingsQuery"] = {
        PendingsQuery::template_id,
        sizeof(PendingsQuery),
        {FIELD(PendingsQuery, reference), FIELD(PendingsQuery, account), FIELD(PendingsQuery, zero)}};
    all["PendingTransfer"] = {
        PendingTransfer::template_id,
        sizeof(PendingTransfer),
        {FIELD(PendingTransfer, reference), FIELD(PendingTransfer, as_of), FIELD(PendingTransfer, id),
         FIELD(PendingTransfer, amount), FIELD(PendingTransfer, expires), FIELD(PendingTransfer, debit_account),
         FIELD(PendingTransfer, credit_account), FIELD(PendingTransfer, asset), FIELD(PendingTransfer, scope),
         FIELD(PendingTransfer, address), FIELD(PendingTransfer, zero)}};
    all["StatementQuery"] = {StatementQuery::template_id,
                             sizeof(StatementQuery),
                             {FIELD(StatementQuery, reference), FIELD(StatementQuery, account),
                              FIELD(StatementQuery, asset), FIELD(StatementQuery, count), FIELD(StatementQuery, zero)}};
    all["StatementEntry"] = {
        StatementEntry::template_id,
        sizeof(StatementEntry),
        {FIELD(StatementEntry, reference), FIELD(StatementEntry, number), FIELD(StatementEntry, event_sequence),
         FIELD(StatementEntry, time), FIELD(StatementEntry, id), FIELD(StatementEntry, trade_id),
         FIELD(StatementEntry, amount), FIELD(StatementEntry, before), FIELD(StatementEntry, after),
         FIELD(StatementEntry, account), FIELD(StatementEntry, counterparty), FIELD(StatementEntry, asset),
         FIELD(StatementEntry, event_index), FIELD(StatementEntry, kind), FIELD(StatementEntry, zero)}};
    all["AddressesQuery"] = {
        AddressesQuery::template_id,
        sizeof(AddressesQuery),
        {FIELD(AddressesQuery, reference), FIELD(AddressesQuery, account), FIELD(AddressesQuery, zero)}};
    all["DepositAddress"] = {
        DepositAddress::template_id,
        sizeof(DepositAddress),
        {FIELD(DepositAddress, reference), FIELD(DepositAddress, as_of), FIELD(DepositAddress, account),
         FIELD(DepositAddress, index), FIELD(DepositAddress, address), FIELD(DepositAddress, zero)}};
    all["AccountQuery"] = {AccountQuery::template_id,
                           sizeof(AccountQuery),
                           {FIELD(AccountQuery, reference), FIELD(AccountQuery, account), FIELD(AccountQuery, zero)}};
    all["AccountState"] = {
        AccountState::template_id,
        sizeof(AccountState),
        {FIELD(AccountState, reference), FIELD(AccountState, as_of), FIELD(AccountState, account),
         FIELD(AccountState, owner), FIELD(AccountState, open_orders), FIELD(AccountState, max_open_orders),
         FIELD(AccountState, orders_per_second), FIELD(AccountState, burst), FIELD(AccountState, account_kind),
         FIELD(AccountState, self_trade_rule), FIELD(AccountState, flags), FIELD(AccountState, fee_tier),
         FIELD(AccountState, zero)}};
    all["ProposalsQuery"] = {ProposalsQuery::template_id, sizeof(ProposalsQuery), {FIELD(ProposalsQuery, reference)}};
    all["Proposal"] = {Proposal::template_id,
                       sizeof(Proposal),
                       {FIELD(Proposal, reference), FIELD(Proposal, as_of), FIELD(Proposal, proposal),
                        FIELD(Proposal, expires), FIELD(Proposal, proposer), FIELD(Proposal, approved_by),
                        FIELD(Proposal, proposed), FIELD(Proposal, zero), FIELD(Proposal, body)}};
    all["AuditQuery"] = {AuditQuery::template_id, sizeof(AuditQuery), {FIELD(AuditQuery, reference)}};
    all["AuditFigures"] = {AuditFigures::template_id,
                           sizeof(AuditFigures),
                           {FIELD(AuditFigures, reference), FIELD(AuditFigures, as_of), FIELD(AuditFigures, sum),
                            FIELD(AuditFigures, issued), FIELD(AuditFigures, minted), FIELD(AuditFigures, burned),
                            FIELD(AuditFigures, held), FIELD(AuditFigures, held_by_orders),
                            FIELD(AuditFigures, held_by_pendings), FIELD(AuditFigures, negative),
                            FIELD(AuditFigures, misheld), FIELD(AuditFigures, unbalanced), FIELD(AuditFigures, asset)}};
    all["DropCopyRequest"] = {
        DropCopyRequest::template_id,
        sizeof(DropCopyRequest),
        {FIELD(DropCopyRequest, reference), FIELD(DropCopyRequest, account), FIELD(DropCopyRequest, zero)}};
}

inline void add_order_reports(Messages& all) {
    all["ReportHeader"] = {
        0,
        sizeof(ReportHeader),
        {FIELD(ReportHeader, received), FIELD(ReportHeader, sequenced), FIELD(ReportHeader, matched),
         FIELD(ReportHeader, durable), FIELD(ReportHeader, sent), FIELD(ReportHeader, event_sequence),
         FIELD(ReportHeader, event_index), FIELD(ReportHeader, durability), FIELD(ReportHeader, zero)}};
    all["ExecutionReport"] = {ExecutionReport::template_id,
                              sizeof(ExecutionReport),
                              {FIELD(ExecutionReport, header),        FIELD(ExecutionReport, order_id),
                               FIELD(ExecutionReport, cl_ord_id),     FIELD(ExecutionReport, orig_cl_ord_id),
                               FIELD(ExecutionReport, price),         FIELD(ExecutionReport, order_qty),
                               FIELD(ExecutionReport, leaves_qty),    FIELD(ExecutionReport, cum_qty),
                               FIELD(ExecutionReport, last_px),       FIELD(ExecutionReport, last_qty),
                               FIELD(ExecutionReport, trade_id),      FIELD(ExecutionReport, fee),
                               FIELD(ExecutionReport, account),       FIELD(ExecutionReport, instrument),
                               FIELD(ExecutionReport, slot),          FIELD(ExecutionReport, side),
                               FIELD(ExecutionReport, exec_type),     FIELD(ExecutionReport, ord_status),
                               FIELD(ExecutionReport, liquidity),     FIELD(ExecutionReport, reject_reason),
                               FIELD(ExecutionReport, cancel_reason), FIELD(ExecutionReport, time_in_force),
                               FIELD(ExecutionReport, type),          FIELD(ExecutionReport, flags),
                               FIELD(ExecutionReport, zero),          FIELD(ExecutionReport, cum_notional),
                               FIELD(ExecutionReport, expire_at),     FIELD(ExecutionReport, wait_ns),
                               FIELD(ExecutionReport, session),       FIELD(ExecutionReport, zero_too)}};
    all["CommandRejected"] =
        report_of(EventKind::command_rejected, sizeof(CommandRejected),
                  {FIELD(CommandRejected, id), FIELD(CommandRejected, reference),
                   FIELD(CommandRejected, session_sequence), FIELD(CommandRejected, command),
                   FIELD(CommandRejected, reason), FIELD(CommandRejected, detail), FIELD(CommandRejected, zero)});
    all["AccountOpened"] =
        report_of(EventKind::account_opened, sizeof(AccountOpened),
                  {FIELD(AccountOpened, reference), FIELD(AccountOpened, account), FIELD(AccountOpened, owner),
                   FIELD(AccountOpened, account_kind), FIELD(AccountOpened, self_trade_rule),
                   FIELD(AccountOpened, flags), FIELD(AccountOpened, zero)});
    all["KeyAdded"] = report_of(
        EventKind::key_added, sizeof(KeyAdded),
        {FIELD(KeyAdded, public_key), FIELD(KeyAdded, key), FIELD(KeyAdded, account), FIELD(KeyAdded, permissions),
         FIELD(KeyAdded, revoked), FIELD(KeyAdded, person), FIELD(KeyAdded, zero)});
    all["KeyRevoked"] =
        report_of(EventKind::key_revoked, sizeof(KeyRevoked), {FIELD(KeyRevoked, key), FIELD(KeyRevoked, zero)});
    all["AssetListed"] = report_of(EventKind::asset_listed, sizeof(AssetListed),
                                   {FIELD(AssetListed, symbol), FIELD(AssetListed, issue_cap),
                                    FIELD(AssetListed, asset), FIELD(AssetListed, scale), FIELD(AssetListed, zero)});
    all["InstrumentListed"] = report_of(
        EventKind::instrument_listed, sizeof(InstrumentListed),
        {FIELD(InstrumentListed, symbol), FIELD(InstrumentListed, instrument), FIELD(InstrumentListed, base),
         FIELD(InstrumentListed, quote), FIELD(InstrumentListed, maker_fee), FIELD(InstrumentListed, taker_fee),
         FIELD(InstrumentListed, tick_scale), FIELD(InstrumentListed, lot_scale), FIELD(InstrumentListed, phase),
         FIELD(InstrumentListed, zero), FIELD(InstrumentListed, tick_mantissa), FIELD(InstrumentListed, lot_mantissa),
         FIELD(InstrumentListed, max_quantity), FIELD(InstrumentListed, min_notional),
         FIELD(InstrumentListed, last_price)});
    all["PhaseChanged"] =
        report_of(EventKind::phase_changed, sizeof(PhaseChanged),
                  {FIELD(PhaseChanged, instrument), FIELD(PhaseChanged, phase), FIELD(PhaseChanged, zero)});
    all["SelfTradeRuleSet"] = report_of(EventKind::self_trade_rule_set, sizeof(SelfTradeRuleSet),
                                        {FIELD(SelfTradeRuleSet, reference), FIELD(SelfTradeRuleSet, account),
                                         FIELD(SelfTradeRuleSet, rule), FIELD(SelfTradeRuleSet, zero)});
    all["AccountFrozen"] = report_of(EventKind::account_frozen, sizeof(AccountFrozen),
                                     {FIELD(AccountFrozen, reference), FIELD(AccountFrozen, account),
                                      FIELD(AccountFrozen, frozen), FIELD(AccountFrozen, zero)});
    all["AddressRegistered"] = report_of(EventKind::address_registered, sizeof(AddressRegistered),
                                         {FIELD(AddressRegistered, account), FIELD(AddressRegistered, index),
                                          FIELD(AddressRegistered, address), FIELD(AddressRegistered, zero)});
    all["AssetLimitsSet"] = report_of(EventKind::asset_limits_set, sizeof(AssetLimitsSet),
                                      {FIELD(AssetLimitsSet, mint_ceiling), FIELD(AssetLimitsSet, dual_control_above),
                                       FIELD(AssetLimitsSet, asset), FIELD(AssetLimitsSet, transfer_fee)});
    all["CancelRejected"] =
        report_of(EventKind::cancel_rejected, sizeof(CancelRejected),
                  {FIELD(CancelRejected, cl_ord_id), FIELD(CancelRejected, orig_cl_ord_id),
                   FIELD(CancelRejected, order_id), FIELD(CancelRejected, account), FIELD(CancelRejected, command),
                   FIELD(CancelRejected, reason), FIELD(CancelRejected, wait_ns)});
    all["DeadManSet"] = report_of(EventKind::dead_man_set, sizeof(DeadManSet),
                                  {FIELD(DeadManSet, reference), FIELD(DeadManSet, deadline),
                                   FIELD(DeadManSet, cancel_orders), FIELD(DeadManSet, zero)});
}

inline void add_other_reports(Messages& all) {
    all["MassCanceled"] =
        report_of(EventKind::mass_canceled, sizeof(MassCanceled),
                  {FIELD(MassCanceled, cl_ord_id), FIELD(MassCanceled, account), FIELD(MassCanceled, instrument),
                   FIELD(MassCanceled, canceled), FIELD(MassCanceled, side), FIELD(MassCanceled, complete),
                   FIELD(MassCanceled, zero)});
    all["Transferred"] =
        report_of(EventKind::transferred, sizeof(Transferred),
                  {FIELD(Transferred, id), FIELD(Transferred, amount), FIELD(Transferred, debit_before),
                   FIELD(Transferred, debit_after), FIELD(Transferred, credit_before), FIELD(Transferred, credit_after),
                   FIELD(Transferred, debit_account), FIELD(Transferred, credit_account), FIELD(Transferred, asset),
                   FIELD(Transferred, transfer_kind), FIELD(Transferred, zero)});
    all["Posted"] =
        report_of(EventKind::posted, sizeof(Posted),
                  {FIELD(Posted, id), FIELD(Posted, amount), FIELD(Posted, debit_before), FIELD(Posted, debit_after),
                   FIELD(Posted, credit_before), FIELD(Posted, credit_after), FIELD(Posted, debit_account),
                   FIELD(Posted, credit_account), FIELD(Posted, asset), FIELD(Posted, cause), FIELD(Posted, zero)});
    all["TransferPended"] =
        report_of(EventKind::transfer_pended, sizeof(TransferPended),
                  {FIELD(TransferPended, id), FIELD(TransferPended, amount), FIELD(TransferPended, available),
                   FIELD(TransferPended, held), FIELD(TransferPended, expires), FIELD(TransferPended, debit_account),
                   FIELD(TransferPended, credit_account), FIELD(TransferPended, asset), FIELD(TransferPended, scope)});
    all["PendingResolved"] =
        report_of(EventKind::pending_resolved, sizeof(PendingResolved),
                  {FIELD(PendingResolved, id), FIELD(PendingResolved, pending_id), FIELD(PendingResolved, amount),
                   FIELD(PendingResolved, released), FIELD(PendingResolved, available), FIELD(PendingResolved, held),
                   FIELD(PendingResolved, account), FIELD(PendingResolved, asset), FIELD(PendingResolved, scope),
                   FIELD(PendingResolved, state), FIELD(PendingResolved, zero)});
    all["WithdrawalRequested"] = report_of(
        EventKind::withdrawal_requested, sizeof(WithdrawalRequested),
        {FIELD(WithdrawalRequested, id), FIELD(WithdrawalRequested, amount), FIELD(WithdrawalRequested, available),
         FIELD(WithdrawalRequested, held), FIELD(WithdrawalRequested, account), FIELD(WithdrawalRequested, asset),
         FIELD(WithdrawalRequested, scope), FIELD(WithdrawalRequested, address), FIELD(WithdrawalRequested, zero)});
    all["TransferLinked"] =
        report_of(EventKind::transfer_linked, sizeof(TransferLinked),
                  {FIELD(TransferLinked, id), FIELD(TransferLinked, members), FIELD(TransferLinked, zero)});
    all["FeesSet"] = report_of(EventKind::fees_set, sizeof(FeesSet),
                               {FIELD(FeesSet, instrument), FIELD(FeesSet, maker_fee), FIELD(FeesSet, taker_fee),
                                FIELD(FeesSet, tier), FIELD(FeesSet, zero)});
    all["MarketLimitsSet"] = report_of(
        EventKind::market_limits_set, sizeof(MarketLimitsSet),
        {FIELD(MarketLimitsSet, min_quantity), FIELD(MarketLimitsSet, max_quantity),
         FIELD(MarketLimitsSet, min_notional), FIELD(MarketLimitsSet, max_notional),
         FIELD(MarketLimitsSet, reference_price), FIELD(MarketLimitsSet, instrument), FIELD(MarketLimitsSet, collar_bp),
         FIELD(MarketLimitsSet, max_orders), FIELD(MarketLimitsSet, day_end_s)});
    all["AccountLimitsSet"] = report_of(EventKind::account_limits_set, sizeof(AccountLimitsSet),
                                        {FIELD(AccountLimitsSet, account), FIELD(AccountLimitsSet, max_open_orders),
                                         FIELD(AccountLimitsSet, orders_per_second), FIELD(AccountLimitsSet, burst),
                                         FIELD(AccountLimitsSet, fee_tier), FIELD(AccountLimitsSet, zero)});
    all["PositionLimitsSet"] =
        report_of(EventKind::position_limits_set, sizeof(PositionLimitsSet),
                  {FIELD(PositionLimitsSet, max_position), FIELD(PositionLimitsSet, max_daily_loss),
                   FIELD(PositionLimitsSet, account), FIELD(PositionLimitsSet, instrument)});
    all["KillSwitchSet"] =
        report_of(EventKind::kill_switch_set, sizeof(KillSwitchSet),
                  {FIELD(KillSwitchSet, reference), FIELD(KillSwitchSet, account), FIELD(KillSwitchSet, instrument),
                   FIELD(KillSwitchSet, canceled), FIELD(KillSwitchSet, on), FIELD(KillSwitchSet, complete),
                   FIELD(KillSwitchSet, zero)});
    all["TradeBusted"] =
        report_of(EventKind::trade_busted, sizeof(TradeBusted),
                  {FIELD(TradeBusted, trade_id), FIELD(TradeBusted, traded), FIELD(TradeBusted, price),
                   FIELD(TradeBusted, quantity), FIELD(TradeBusted, buyer), FIELD(TradeBusted, seller),
                   FIELD(TradeBusted, instrument), FIELD(TradeBusted, taker_side), FIELD(TradeBusted, zero)});
    all["RulesActivated"] = report_of(EventKind::rules_activated, sizeof(RulesActivated),
                                      {FIELD(RulesActivated, version), FIELD(RulesActivated, before)});
    all["CommandProposed"] =
        report_of(EventKind::command_proposed, sizeof(CommandProposed),
                  {FIELD(CommandProposed, proposal), FIELD(CommandProposed, expires), FIELD(CommandProposed, proposer),
                   FIELD(CommandProposed, proposed), FIELD(CommandProposed, zero), FIELD(CommandProposed, approved_by),
                   FIELD(CommandProposed, zero_too)});
    all["ProposalBody"] = report_of(EventKind::proposal_body, sizeof(ProposalBody), {FIELD(ProposalBody, body)});
    all["ProposalApproved"] =
        report_of(EventKind::proposal_approved, sizeof(ProposalApproved),
                  {FIELD(ProposalApproved, proposal), FIELD(ProposalApproved, key), FIELD(ProposalApproved, person),
                   FIELD(ProposalApproved, complete), FIELD(ProposalApproved, zero)});
}

inline Messages program_layout() {
    Messages all;
    add_session_messages(all);
    add_traders_commands(all);
    add_operators_commands(all);
    add_queries(all);
    add_order_reports(all);
    add_other_reports(all);
    return all;
}

}  // namespace dcx::gateway
