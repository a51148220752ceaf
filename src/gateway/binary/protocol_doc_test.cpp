// docs/protocols/order-entry.md is what others write their clients from: every table in it is compared with the layout
// of the program, and its examples with the bytes that the program makes.
#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "gateway/binary/reports.h"
#include "model/frame.h"

using namespace dcx;

namespace {

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
Message report_of(EventKind kind, std::size_t body, std::vector<Field> fields) {
    for (Field& field : fields) field.offset += sizeof(ReportHeader);
    fields.insert(fields.begin(), Field{"header", 0, sizeof(ReportHeader)});
    return {kReportTemplate + static_cast<int>(kind), sizeof(ReportHeader) + body, std::move(fields)};
}

void add_session_messages(Messages& all) {
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
        100,
        sizeof(Challenge),
        {FIELD(Challenge, nonce), FIELD(Challenge, venue_id), FIELD(Challenge, epoch), FIELD(Challenge, time)}};
    all["Negotiate"] = {
        101,
        sizeof(Negotiate),
        {FIELD(Negotiate, client_session), FIELD(Negotiate, key), FIELD(Negotiate, zero), FIELD(Negotiate, signature)}};
    all["Negotiated"] = {
        102,
        sizeof(Negotiated),
        {FIELD(Negotiated, client_session), FIELD(Negotiated, next_incoming), FIELD(Negotiated, next_outgoing),
         FIELD(Negotiated, last_cl_ord_id), FIELD(Negotiated, session), FIELD(Negotiated, key),
         FIELD(Negotiated, account), FIELD(Negotiated, permissions)}};
    all["NegotiateRejected"] = {
        103,
        sizeof(NegotiateRejected),
        {FIELD(NegotiateRejected, client_session), FIELD(NegotiateRejected, reason), FIELD(NegotiateRejected, zero)}};
    all["Establish"] = {104, sizeof(Establish), {FIELD(Establish, heartbeat_ms), FIELD(Establish, zero)}};
    all["Established"] = {105,
                          sizeof(Established),
                          {FIELD(Established, heartbeat_ms), FIELD(Established, durability), FIELD(Established, zero)}};
    all["Heartbeat"] = {106, sizeof(Heartbeat), {FIELD(Heartbeat, next_sequence)}};
    all["Terminate"] = {107, sizeof(Terminate), {FIELD(Terminate, code), FIELD(Terminate, zero)}};
}

void add_traders_commands(Messages& all) {
    all["PlaceOrder"] = {
        30,
        sizeof(PlaceOrder),
        {FIELD(PlaceOrder, cl_ord_id), FIELD(PlaceOrder, price), FIELD(PlaceOrder, quantity),
         FIELD(PlaceOrder, account), FIELD(PlaceOrder, instrument), FIELD(PlaceOrder, side), FIELD(PlaceOrder, type),
         FIELD(PlaceOrder, time_in_force), FIELD(PlaceOrder, flags), FIELD(PlaceOrder, zero)}};
    all["CancelOrder"] = {31,
                          sizeof(CancelOrder),
                          {FIELD(CancelOrder, cl_ord_id), FIELD(CancelOrder, orig_cl_ord_id),
                           FIELD(CancelOrder, order_id), FIELD(CancelOrder, account), FIELD(CancelOrder, slot_hint)}};
    all["AmendOrder"] = {32,
                         sizeof(AmendOrder),
                         {FIELD(AmendOrder, cl_ord_id), FIELD(AmendOrder, orig_cl_ord_id), FIELD(AmendOrder, order_id),
                          FIELD(AmendOrder, price), FIELD(AmendOrder, quantity), FIELD(AmendOrder, account),
                          FIELD(AmendOrder, slot_hint), FIELD(AmendOrder, flags), FIELD(AmendOrder, zero)}};
    all["MassCancel"] = {33,
                         sizeof(MassCancel),
                         {FIELD(MassCancel, cl_ord_id), FIELD(MassCancel, account), FIELD(MassCancel, instrument),
                          FIELD(MassCancel, side), FIELD(MassCancel, zero)}};
    all["SetSelfTradeRule"] = {34,
                               sizeof(SetSelfTradeRule),
                               {FIELD(SetSelfTradeRule, reference), FIELD(SetSelfTradeRule, account),
                                FIELD(SetSelfTradeRule, rule), FIELD(SetSelfTradeRule, zero)}};
    all["Transfer"] = {40,
                       sizeof(Transfer),
                       {FIELD(Transfer, id), FIELD(Transfer, amount), FIELD(Transfer, debit_account),
                        FIELD(Transfer, credit_account), FIELD(Transfer, asset), FIELD(Transfer, zero)}};
}

void add_operators_commands(Messages& all) {
    all["OpenAccount"] = {10,
                          sizeof(OpenAccount),
                          {FIELD(OpenAccount, reference), FIELD(OpenAccount, account_kind), FIELD(OpenAccount, zero)}};
    all["AddKey"] = {
        11, sizeof(AddKey), {FIELD(AddKey, public_key), FIELD(AddKey, account), FIELD(AddKey, permissions)}};
    all["RevokeKey"] = {12, sizeof(RevokeKey), {FIELD(RevokeKey, key), FIELD(RevokeKey, zero)}};
    all["ListAsset"] = {
        13,
        sizeof(ListAsset),
        {FIELD(ListAsset, symbol), FIELD(ListAsset, issue_cap), FIELD(ListAsset, scale), FIELD(ListAsset, zero)}};
    all["ListInstrument"] = {
        14,
        sizeof(ListInstrument),
        {FIELD(ListInstrument, symbol), FIELD(ListInstrument, base), FIELD(ListInstrument, quote),
         FIELD(ListInstrument, tick_mantissa), FIELD(ListInstrument, lot_mantissa), FIELD(ListInstrument, max_quantity),
         FIELD(ListInstrument, min_notional), FIELD(ListInstrument, maker_fee), FIELD(ListInstrument, taker_fee),
         FIELD(ListInstrument, tick_scale), FIELD(ListInstrument, lot_scale), FIELD(ListInstrument, zero)}};
    all["SetPhase"] = {
        15, sizeof(SetPhase), {FIELD(SetPhase, instrument), FIELD(SetPhase, phase), FIELD(SetPhase, zero)}};
    all["Mint"] = {41,
                   sizeof(Mint),
                   {FIELD(Mint, id), FIELD(Mint, amount), FIELD(Mint, account), FIELD(Mint, asset), FIELD(Mint, source),
                    FIELD(Mint, zero)}};
    all["Burn"] = {42, sizeof(Burn), {FIELD(Burn, id), FIELD(Burn, amount), FIELD(Burn, account), FIELD(Burn, asset)}};
}

void add_queries(Messages& all) {
    all["BalanceQuery"] = {110,
                           sizeof(BalanceQuery),
                           {FIELD(BalanceQuery, reference), FIELD(BalanceQuery, account), FIELD(BalanceQuery, zero)}};
    all["Balance"] = {111,
                      sizeof(Balance),
                      {FIELD(Balance, reference), FIELD(Balance, as_of), FIELD(Balance, available),
                       FIELD(Balance, held), FIELD(Balance, account), FIELD(Balance, asset)}};
    all["ListQuery"] = {112, sizeof(ListQuery), {FIELD(ListQuery, reference)}};
    all["QueryDone"] = {
        113, sizeof(QueryDone), {FIELD(QueryDone, reference), FIELD(QueryDone, reason), FIELD(QueryDone, zero)}};
}

void add_registry_reports(Messages& all) {
    all["AccountOpened"] =
        report_of(EventKind::account_opened, sizeof(AccountOpened),
                  {FIELD(AccountOpened, reference), FIELD(AccountOpened, account), FIELD(AccountOpened, account_kind),
                   FIELD(AccountOpened, self_trade_rule), FIELD(AccountOpened, zero)});
    all["KeyAdded"] = report_of(EventKind::key_added, sizeof(KeyAdded),
                                {FIELD(KeyAdded, public_key), FIELD(KeyAdded, key), FIELD(KeyAdded, account),
                                 FIELD(KeyAdded, permissions), FIELD(KeyAdded, revoked)});
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
}

void add_reports(Messages& all) {
    all["ReportHeader"] = {
        0,
        sizeof(ReportHeader),
        {FIELD(ReportHeader, received), FIELD(ReportHeader, sequenced), FIELD(ReportHeader, matched),
         FIELD(ReportHeader, durable), FIELD(ReportHeader, sent), FIELD(ReportHeader, event_sequence),
         FIELD(ReportHeader, event_index), FIELD(ReportHeader, durability), FIELD(ReportHeader, zero)}};
    all["ExecutionReport"] = {
        200, sizeof(ExecutionReport), {FIELD(ExecutionReport, header),        FIELD(ExecutionReport, order_id),
                                       FIELD(ExecutionReport, cl_ord_id),     FIELD(ExecutionReport, orig_cl_ord_id),
                                       FIELD(ExecutionReport, price),         FIELD(ExecutionReport, order_qty),
                                       FIELD(ExecutionReport, leaves_qty),    FIELD(ExecutionReport, cum_qty),
                                       FIELD(ExecutionReport, last_px),       FIELD(ExecutionReport, last_qty),
                                       FIELD(ExecutionReport, trade_id),      FIELD(ExecutionReport, fee),
                                       FIELD(ExecutionReport, account),       FIELD(ExecutionReport, instrument),
                                       FIELD(ExecutionReport, slot),          FIELD(ExecutionReport, side),
                                       FIELD(ExecutionReport, exec_type),     FIELD(ExecutionReport, ord_status),
                                       FIELD(ExecutionReport, liquidity),     FIELD(ExecutionReport, reject_reason),
                                       FIELD(ExecutionReport, cancel_reason), FIELD(ExecutionReport, zero)}};
    all["CommandRejected"] =
        report_of(EventKind::command_rejected, sizeof(CommandRejected),
                  {FIELD(CommandRejected, id), FIELD(CommandRejected, reference),
                   FIELD(CommandRejected, session_sequence), FIELD(CommandRejected, command),
                   FIELD(CommandRejected, reason), FIELD(CommandRejected, detail), FIELD(CommandRejected, zero)});
    all["CancelRejected"] = report_of(
        EventKind::cancel_rejected, sizeof(CancelRejected),
        {FIELD(CancelRejected, cl_ord_id), FIELD(CancelRejected, orig_cl_ord_id), FIELD(CancelRejected, order_id),
         FIELD(CancelRejected, account), FIELD(CancelRejected, command), FIELD(CancelRejected, reason)});
    all["MassCanceled"] =
        report_of(EventKind::mass_canceled, sizeof(MassCanceled),
                  {FIELD(MassCanceled, cl_ord_id), FIELD(MassCanceled, account), FIELD(MassCanceled, instrument),
                   FIELD(MassCanceled, canceled), FIELD(MassCanceled, side), FIELD(MassCanceled, complete),
                   FIELD(MassCanceled, zero)});
    all["Transferred"] = report_of(
        EventKind::transferred, sizeof(Transferred),
        {FIELD(Transferred, id), FIELD(Transferred, amount), FIELD(Transferred, debit_available),
         FIELD(Transferred, credit_available), FIELD(Transferred, debit_account), FIELD(Transferred, credit_account),
         FIELD(Transferred, asset), FIELD(Transferred, transfer_kind), FIELD(Transferred, zero)});
}

Messages program_layout() {
    Messages all;
    add_session_messages(all);
    add_traders_commands(all);
    add_operators_commands(all);
    add_queries(all);
    add_registry_reports(all);
    add_reports(all);
    return all;
}

// ---- the document

struct Document {
    Messages messages;
    std::map<std::string, std::string> examples;  // name: hexadecimal digits
    std::map<int, std::string> terminate_codes;
};

std::vector<std::string> split(const std::string& line, const std::string& separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != line.npos; begin = end + separator.size()) {
        end = line.find(separator, begin);
        parts.push_back(line.substr(begin, end == line.npos ? end : end - begin));
    }
    return parts;
}

std::size_t size_of_type(std::string type) {
    std::size_t count = 1;
    if (const std::size_t bracket = type.find('['); bracket != type.npos) {
        count = std::stoul(type.substr(bracket + 1));
        type = type.substr(0, bracket);
    }
    static const std::map<std::string, std::size_t> sizes{{"u8", 1},   {"u16", 2},   {"u32", 4},
                                                          {"u64", 8},  {"i32", 4},   {"i64", 8},
                                                          {"char", 1}, {"bytes", 1}, {"ReportHeader", 56}};
    const auto found = sizes.find(type);
    REQUIRE_MESSAGE(found != sizes.end(), type);
    return count * found->second;
}

void read_heading(const std::string& line, Document& document, std::string& message) {
    const auto parts = split(line.substr(4), " · ");
    message = parts[0];
    if (parts.size() == 1) return;
    Message& entry = document.messages[message];
    if (parts[1].starts_with("template ")) entry.template_id = std::stoi(parts[1].substr(9));
    entry.size = std::stoul(parts.back());
}

void read_row(const std::string& line, Document& document, const std::string& message) {
    const auto cells = split(line, " | ");
    const std::string first = cells[0].substr(2);
    if (first.empty() || first.find_first_not_of("0123456789") != first.npos) return;
    if (message == "TerminateCode") {
        document.terminate_codes[std::stoi(first)] = cells[1];
    } else {
        document.messages[message].fields.push_back({cells[2], std::stoul(first), size_of_type(cells[1])});
    }
}

Document read_document(const std::string& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), path);
    Document document;
    std::string message;
    std::string example;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("```")) {
            example = line.starts_with("```hex ") ? line.substr(7) : "";
        } else if (!example.empty()) {
            std::erase(line, ' ');
            document.examples[example] += line;
        } else if (line.starts_with("## ")) {
            message.clear();
        } else if (line.starts_with("### ")) {
            read_heading(line, document, message);
        } else if (line.starts_with("| ") && !message.empty()) {
            read_row(line, document, message);
        }
    }
    return document;
}

Document the_document() {
    const std::string repository = repository_root();
    if (repository.empty()) return {};
    return read_document(repository + "/docs/protocols/order-entry.md");
}

}  // namespace

TEST_CASE("the document of order entry has the layouts of the program, all of them and no other") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    const Messages program = program_layout();
    for (const auto& [name, message] : document.messages) CHECK_MESSAGE(program.contains(name), name);
    std::set<int> templates;
    for (const auto& [name, message] : program) {
        CAPTURE(name);
        REQUIRE(document.messages.contains(name));
        const Message& told = document.messages.at(name);
        CHECK(told.template_id == message.template_id);
        CHECK(told.size == message.size);
        REQUIRE(told.fields.size() == message.fields.size());
        for (std::size_t i = 0; i < message.fields.size(); ++i) {
            CHECK(told.fields[i].name == message.fields[i].name);
            CHECK(told.fields[i].offset == message.fields[i].offset);
            CHECK(told.fields[i].size == message.fields[i].size);
        }
        templates.insert(message.template_id);
    }
    // Every message that a client may send is there, with the size that the decoder asks for.
    for (int id = 0; id < 1000; ++id)
        if (request_block_size(static_cast<std::uint16_t>(id)) > 0) CHECK(templates.contains(id));
    for (const auto& [name, message] : program) {
        if (message.template_id == 0) continue;
        const auto id = static_cast<std::uint16_t>(message.template_id);
        CHECK(std::max(request_block_size(id), response_block_size(id)) == message.size);
    }
}

TEST_CASE("the document of order entry names every TerminateCode") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    CHECK(document.terminate_codes.size() == 14);
    for (const auto& [code, name] : document.terminate_codes)
        CHECK(to_string(TerminateCode{static_cast<std::uint16_t>(code)}) == name);
    CHECK(to_string(TerminateCode{15}) == "unknown");
}

TEST_CASE("the document of order entry shows the bytes that the program makes") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    constexpr std::int64_t now = 1'700'000'000'000'000'000;
    const PlaceOrder order{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                           .price = Price{std::int64_t{12'500}},
                           .quantity = Quantity{std::int64_t{40'000}},
                           .account = AccountId{3u},
                           .instrument = InstrumentId{1u},
                           .side = Side::buy,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtc};
    CHECK(document.examples.at("PlaceOrder") == to_hex(make_command_frame(order, Time{now}, 1).bytes()));
    CHECK(document.examples.at("Heartbeat") == to_hex(make_frame(Heartbeat{.next_sequence = 2}, Time{now}).bytes()));

    Event accepted;
    accepted.header = {.sequence = Sequence{std::uint64_t{42}},
                       .time = Time{now + 110'000},
                       .applied_time = Time{now + 120'000},
                       .session = SessionId{1u},
                       .wait_ns = 10'000};
    accepted.set(OrderAccepted{.order_id = OrderId{std::uint64_t{9}},
                               .cl_ord_id = order.cl_ord_id,
                               .price = order.price,
                               .quantity = order.quantity,
                               .account = order.account,
                               .instrument = order.instrument,
                               .slot = OrderSlot{5u},
                               .side = order.side,
                               .type = order.type,
                               .time_in_force = order.time_in_force});
    gateway::ReportBytes bytes;
    const std::size_t size = gateway::encode_report(
        accepted, {.sequence = 1, .durable = Time{now + 900'000}, .durability = Durability::disk}, bytes);
    gateway::stamp_sent(bytes.data(), Time{now + 1'000'000});
    CHECK(document.examples.at("ExecutionReport") == to_hex({bytes.data(), size}));
}
