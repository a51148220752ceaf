// Every message of order entry with its layout in the program, by name: what docs/protocols/order-entry.md is compared
// with. Made field by field, because a program can't read its own structs.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/frame.h"

namespace dcx::gateway {

struct Field {
    std::string name;
    std::size_t offset = 0;
    std::size_t size = 0;
    friend bool operator==(const Field&, const Field&) = default;
};
struct Message {
    int template_id = 0;  // 0: it has none
    std::size_t size = 0;
    std::vector<Field> fields;
};
using Messages = std::map<std::string, Message>;

// offsetof and sizeof by name cannot be had from a function.
#define FIELD(Type, field) \
    Field { #field, offsetof(Type, field), sizeof(Type::field) }

// The body of an event as its report's block: behind the header.
inline Message report_of(EventKind kind, std::size_t body, std::vector<Field> fields) {
    for (Field& field : fields) field.offset += sizeof(ReportHeader);
    fields.insert(fields.begin(), Field{"header", 0, sizeof(ReportHeader)});
    return {kReportTemplate + static_cast<int>(kind), sizeof(ReportHeader) + body, std::move(fields)};
}
template <MessageBody Body>
Message command_of(std::vector<Field> fields) {
    return {static_cast<int>(Body::kind), sizeof(Body), std::move(fields)};
}

inline void add_session_messages(Messages& all) {
    all["FrameHeader"] = {
        0,
        sizeof(FrameHeader),
        {FIELD(FrameHeader, length), FIELD(FrameHeader, magic), FIELD(FrameHeader, zero), FIELD(FrameHeader, sequence),
         FIELD(FrameHeader, sending_time), FIELD(FrameHeader, block_length), FIELD(FrameHeader, template_id),
         FIELD(FrameHeader, schema_id), FIELD(FrameHeader, version)}};
    all["NegotiateMessage"] = {
        0,
        sizeof(NegotiateMessage),
        {FIELD(NegotiateMessage, label), FIELD(NegotiateMessage, nonce), FIELD(NegotiateMessage, venue_id),
         FIELD(NegotiateMessage, client_session), FIELD(NegotiateMessage, key), FIELD(NegotiateMessage, zero)}};
    all["Challenge"] = {
        Challenge::template_id,
        sizeof(Challenge),
        {FIELD(Challenge, nonce), FIELD(Challenge, venue_id), FIELD(Challenge, epoch), FIELD(Challenge, time)}};
    all["Negotiate"] = {
        Negotiate::template_id,
        sizeof(Negotiate),
        {FIELD(Negotiate, client_session), FIELD(Negotiate, key), FIELD(Negotiate, zero), FIELD(Negotiate, signature)}};
    all["Negotiated"] = {
        Negotiated::template_id,
        sizeof(Negotiated),
        {FIELD(Negotiated, client_session), FIELD(Negotiated, next_incoming), FIELD(Negotiated, next_outgoing),
         FIELD(Negotiated, last_cl_ord_id), FIELD(Negotiated, session), FIELD(Negotiated, key),
         FIELD(Negotiated, account), FIELD(Negotiated, permissions)}};
    all["NegotiateRejected"] = {
        NegotiateRejected::template_id,
        sizeof(NegotiateRejected),
        {FIELD(NegotiateRejected, client_session), FIELD(NegotiateRejected, reason), FIELD(NegotiateRejected, zero)}};
    all["Establish"] = {Establish::template_id,
                        sizeof(Establish),
                        {FIELD(Establish, heartbeat_ms), FIELD(Establish, grace_ms), FIELD(Establish, cancel_orders),
                         FIELD(Establish, zero)}};
    all["Established"] = {Established::template_id,
                          sizeof(Established),
                          {FIELD(Established, heartbeat_ms), FIELD(Established, durability), FIELD(Established, zero)}};
    all["Heartbeat"] = {Heartbeat::template_id, sizeof(Heartbeat), {FIELD(Heartbeat, next_sequence)}};
    all["Terminate"] = {Terminate::template_id, sizeof(Terminate), {FIELD(Terminate, code), FIELD(Terminate, zero)}};
}

inline void add_traders_commands(Messages& all) {
    all["PlaceOrder"] =
        command_of<PlaceOrder>({FIELD(PlaceOrder, cl_ord_id), FIELD(PlaceOrder, price), FIELD(PlaceOrder, quantity),
                                FIELD(PlaceOrder, account), FIELD(PlaceOrder, instrument), FIELD(PlaceOrder, side),
                                FIELD(PlaceOrder, type), FIELD(PlaceOrder, time_in_force), FIELD(PlaceOrder, flags),
                                FIELD(PlaceOrder, zero), FIELD(PlaceOrder, expire_at), FIELD(PlaceOrder, budget)});
    all["CancelOrder"] = command_of<CancelOrder>({FIELD(CancelOrder, cl_ord_id), FIELD(CancelOrder, orig_cl_ord_id),
                                                  FIELD(CancelOrder, order_id), FIELD(CancelOrder, account),
                                                  FIELD(CancelOrder, slot_hint)});
    all["AmendOrder"] = command_of<AmendOrder>(
        {FIELD(AmendOrder, cl_ord_id), FIELD(AmendOrder, orig_cl_ord_id), FIELD(AmendOrder, order_id),
         FIELD(AmendOrder, price), FIELD(AmendOrder, quantity), FIELD(AmendOrder, account),
         FIELD(AmendOrder, slot_hint), FIELD(AmendOrder, flags), FIELD(AmendOrder, zero)});
    all["MassCancel"] =
        command_of<MassCancel>({FIELD(MassCancel, cl_ord_id), FIELD(MassCancel, account), FIELD(MassCancel, instrument),
                                FIELD(MassCancel, side), FIELD(MassCancel, zero)});
    all["SetSelfTradeRule"] =
        command_of<SetSelfTradeRule>({FIELD(SetSelfTradeRule, reference), FIELD(SetSelfTradeRule, account),
                                      FIELD(SetSelfTradeRule, rule), FIELD(SetSelfTradeRule, zero)});
    all["SetDeadMan"] = command_of<SetDeadMan>({FIELD(SetDeadMan, reference), FIELD(SetDeadMan, timeout_ms),
                                                FIELD(SetDeadMan, cancel_orders), FIELD(SetDeadMan, zero)});
    all["Transfer"] = command_of<Transfer>({FIELD(Transfer, id), FIELD(Transfer, amount),
                                            FIELD(Transfer, debit_account), FIELD(Transfer, credit_account),
                                            FIELD(Transfer, asset), FIELD(Transfer, linked), FIELD(Transfer, zero)});
    all["PendTransfer"] =
        command_of<PendTransfer>({FIELD(PendTransfer, id), FIELD(PendTransfer, amount), FIELD(PendTransfer, timeout_ns),
                                  FIELD(PendTransfer, debit_account), FIELD(PendTransfer, credit_account),
                                  FIELD(PendTransfer, asset), FIELD(PendTransfer, linked), FIELD(PendTransfer, zero)});
    all["PostTransfer"] =
        command_of<PostTransfer>({FIELD(PostTransfer, id), FIELD(PostTransfer, pending_id), FIELD(PostTransfer, amount),
                                  FIELD(PostTransfer, scope), FIELD(PostTransfer, zero)});
    all["VoidTransfer"] = command_of<VoidTransfer>({FIELD(VoidTransfer, id), FIELD(VoidTransfer, pending_id),
                                                    FIELD(VoidTransfer, scope), FIELD(VoidTransfer, zero)});
    all["Withdraw"] = command_of<Withdraw>({FIELD(Withdraw, id), FIELD(Withdraw, amount), FIELD(Withdraw, account),
                                            FIELD(Withdraw, asset), FIELD(Withdraw, address), FIELD(Withdraw, zero)});
}

inline void add_operators_commands(Messages& all) {
    all["OpenAccount"] = command_of<OpenAccount>({FIELD(OpenAccount, reference), FIELD(OpenAccount, owner),
                                                  FIELD(OpenAccount, account_kind), FIELD(OpenAccount, zero)});
    all["AddKey"] = command_of<AddKey>({FIELD(AddKey, public_key), FIELD(AddKey, account), FIELD(AddKey, permissions),
                                        FIELD(AddKey, person), FIELD(AddKey, zero)});
    all["RevokeKey"] = command_of<RevokeKey>({FIELD(RevokeKey, key), FIELD(RevokeKey, zero)});
    all["ListAsset"] = command_of<ListAsset>(
        {FIELD(ListAsset, symbol), FIELD(ListAsset, issue_cap), FIELD(ListAsset, scale), FIELD(ListAsset, zero)});
    all["ListInstrument"] = command_of<ListInstrument>(
        {FIELD(ListInstrument, symbol), FIELD(ListInstrument, base), FIELD(ListInstrument, quote),
         FIELD(ListInstrument, tick_mantissa), FIELD(ListInstrument, lot_mantissa), FIELD(ListInstrument, max_quantity),
         FIELD(ListInstrument, min_notional), FIELD(ListInstrument, maker_fee), FIELD(ListInstrument, taker_fee),
         FIELD(ListInstrument, tick_scale), FIELD(ListInstrument, lot_scale), FIELD(ListInstrument, zero)});
    all["SetPhase"] =
        command_of<SetPhase>({FIELD(SetPhase, instrument), FIELD(SetPhase, phase), FIELD(SetPhase, zero)});
    all["FreezeAccount"] = command_of<FreezeAccount>({FIELD(FreezeAccount, reference), FIELD(FreezeAccount, account),
                                                      FIELD(FreezeAccount, frozen), FIELD(FreezeAccount, zero)});
    all["RegisterAddress"] =
        command_of<RegisterAddress>({FIELD(RegisterAddress, account), FIELD(RegisterAddress, index),
                                     FIELD(RegisterAddress, address), FIELD(RegisterAddress, zero)});
    all["SetAssetLimits"] =
        command_of<SetAssetLimits>({FIELD(SetAssetLimits, mint_ceiling), FIELD(SetAssetLimits, dual_control_above),
                                    FIELD(SetAssetLimits, asset), FIELD(SetAssetLimits, transfer_fee)});
    all["SetFees"] = command_of<SetFees>({FIELD(SetFees, instrument), FIELD(SetFees, maker_fee),
                                          FIELD(SetFees, taker_fee), FIELD(SetFees, tier), FIELD(SetFees, zero)});
    all["SetMarketLimits"] = command_of<SetMarketLimits>(
        {FIELD(SetMarketLimits, min_quantity), FIELD(SetMarketLimits, max_quantity),
         FIELD(SetMarketLimits, min_notional), FIELD(SetMarketLimits, max_notional),
         FIELD(SetMarketLimits, reference_price), FIELD(SetMarketLimits, instrument), FIELD(SetMarketLimits, collar_bp),
         FIELD(SetMarketLimits, max_orders), FIELD(SetMarketLimits, day_end_s)});
    all["SetAccountLimits"] =
        command_of<SetAccountLimits>({FIELD(SetAccountLimits, account), FIELD(SetAccountLimits, max_open_orders),
                                      FIELD(SetAccountLimits, orders_per_second), FIELD(SetAccountLimits, burst),
                                      FIELD(SetAccountLimits, fee_tier), FIELD(SetAccountLimits, zero)});
    all["SetPositionLimits"] =
        command_of<SetPositionLimits>({FIELD(SetPositionLimits, max_position), FIELD(SetPositionLimits, max_daily_loss),
                                       FIELD(SetPositionLimits, account), FIELD(SetPositionLimits, instrument)});
    all["SetKillSwitch"] = command_of<SetKillSwitch>({FIELD(SetKillSwitch, reference), FIELD(SetKillSwitch, account),
                                                      FIELD(SetKillSwitch, instrument), FIELD(SetKillSwitch, on),
                                                      FIELD(SetKillSwitch, zero)});
    all["BustTrade"] = command_of<BustTrade>({FIELD(BustTrade, trade_id)});
    all["ActivateRules"] = command_of<ActivateRules>({FIELD(ActivateRules, version), FIELD(ActivateRules, zero)});
    all["Propose"] = command_of<Propose>(
        {FIELD(Propose, proposed), FIELD(Propose, zero), FIELD(Propose, lifetime_s), FIELD(Propose, body)});
    all["Approve"] = command_of<Approve>({FIELD(Approve, proposal), FIELD(Approve, signature)});
    all["ApprovalMessage"] = {
        0,
        sizeof(ApprovalMessage),
        {FIELD(ApprovalMessage, label), FIELD(ApprovalMessage, venue_id), FIELD(ApprovalMessage, proposal),
         FIELD(ApprovalMessage, expires), FIELD(ApprovalMessage, proposed), FIELD(ApprovalMessage, zero),
         FIELD(ApprovalMessage, proposer), FIELD(ApprovalMessage, body)}};
    all["Mint"] = command_of<Mint>({FIELD(Mint, id), FIELD(Mint, amount), FIELD(Mint, account), FIELD(Mint, asset),
                                    FIELD(Mint, source), FIELD(Mint, zero)});
    all["Burn"] = command_of<Burn>({FIELD(Burn, id), FIELD(Burn, amount), FIELD(Burn, account), FIELD(Burn, asset)});
}

}  // namespace dcx::gateway
