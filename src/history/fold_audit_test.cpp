// The audit log: which events it tells, whose they were, and their fields as JSON.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "history/event_json.h"
#include "history/fold_test_tables.h"
#include "history/fold_test_venue.h"

namespace dcx::history {
namespace {

std::vector<AuditRow> audit_of(const TestVenue& venue) {
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : venue.events) fold.apply(event);
    tables.put(fold.seal());
    return tables.rows<AuditRow>();
}

template <EventBody Body>
std::string detail_of(const Body& body) {
    Event event;
    event.set(body);
    return audit_detail(event);
}

TEST_CASE("founding a venue, with whose session and key it was") {
    TestVenue venue;
    venue.found();
    const auto rows = audit_of(venue);
    REQUIRE(rows.size() == 10);
    CHECK(rows[0].kind == EventKind::genesis_applied);
    CHECK(rows[0].key_id == KeyId{});
    CHECK(rows[0].detail == R"({"venue_id":"07070707070707070707070707070707","simulated":0,"dual_control":0})");
    CHECK(rows[1].kind == EventKind::key_added);
    CHECK(rows[2].kind == EventKind::epoch_started);
    CHECK(rows[3].kind == EventKind::asset_listed);
    CHECK(rows[3].session_id == kOperator);
    CHECK(rows[3].key_id == KeyId{1u});
    CHECK(rows[3].person_id == PersonId{1u});
    CHECK(rows[3].detail == R"({"symbol":"DEC","issue_cap":4611686018427387904,"asset":1,"scale":0})");
    CHECK(rows[6].kind == EventKind::account_opened);
    CHECK(rows[9].kind == EventKind::key_added);
}

TEST_CASE("of operators' sessions: money, refusals and self-trade rules, of customers' none of these") {
    TestVenue venue;
    venue.open();
    const std::size_t before = audit_of(venue).size();
    venue.mint(kAlice, kUsd, 5);
    venue.transfer(TransferKind::transfer, kAlice, kBob, kUsd, 5, kAliceSession, venue.next_id());
    venue.end();
    venue.command(CommandRejected{.command = CommandKind::mint, .reason = RejectReason::issue_cap_exceeded}, kOperator);
    venue.command(CommandRejected{.command = CommandKind::transfer, .reason = RejectReason::insufficient_funds},
                  kAliceSession);
    venue.command(CommandRejected{.command = CommandKind::transfer, .reason = RejectReason::out_of_sequence});
    venue.command(SelfTradeRuleSet{.account = kBob, .rule = SelfTradeRule::cancel_both}, kBobSession);
    venue.command(SelfTradeRuleSet{.account = kBob, .rule = SelfTradeRule::none}, kOperator);
    const TransferId pending = venue.withdraw(kUsd, 3);
    venue.end();
    venue.resolve(pending, venue.next_id(), kUsd, 3, 0, PendingState::voided, kOperator);
    venue.end();
    auto rows = audit_of(venue);
    REQUIRE(rows.size() == before + 4);
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(before));
    CHECK(rows[0].kind == EventKind::transferred);
    CHECK(rows[1].kind == EventKind::command_rejected);
    CHECK(rows[2].kind == EventKind::self_trade_rule_set);
    CHECK(rows[3].kind == EventKind::pending_resolved);
    for (const auto& row : rows) CHECK(row.session_id == kOperator);
}

TEST_CASE("what the rules and two persons did, and nothing of trading and sessions") {
    TestVenue venue;
    venue.open();
    const std::size_t before = audit_of(venue).size();
    venue.tell(CommandProposed{.proposal = ProposalId{1ul}, .proposer = KeyId{1u}, .proposed = CommandKind::set_fees},
               kOperator);
    venue.tell(ProposalBody{}, kOperator);
    venue.end();
    venue.command(ProposalApproved{.proposal = ProposalId{1ul}, .key = KeyId{1u}, .person = PersonId{1u}}, kOperator);
    venue.command(ProposalExpired{.proposal = ProposalId{1ul}});
    venue.command(RulesActivated{.version = 5, .before = 4}, kOperator);
    venue.command(HandoverLogged{.grace_ms = 9});
    venue.command(PositionLimitsSet{.account = kBob, .instrument = kDecUsd}, kOperator);
    venue.command(AddressRegistered{.account = kBob, .index = 1, .address = {.kind = AddressKind::decms}}, kOperator);
    CHECK(audit_of(venue).size() == before + 8);
    CHECK(audit_of(venue).back().detail ==
          R"({"account":7,"index":1,"address":"DECMS0000000000000000000000000000000000000000"})");
    const OrderId order = venue.rested(kAlice, Side::sell, 100, 1);
    venue.trade(order, kBob, 1);
    venue.command(OrderRejected{}, kBobSession);
    venue.command(CancelRejected{}, kBobSession);
    venue.command(MassCanceled{}, kBobSession);
    venue.command(DeadManSet{}, kBobSession);
    venue.command(TransferLinked{}, kBobSession);
    venue.command(CheckpointLogged{});
    venue.command(Ticked{});
    venue.command(SessionDisconnected{.session = kBobSession});
    CHECK(audit_of(venue).size() == before + 8);
}

TEST_CASE("numbers whole, ids as text, and nothing in a symbol ends the text") {
    CHECK(detail_of(AssetListed{.symbol = AssetSymbol("\"\\\n\x7F\xE4"), .issue_cap = Amount{-1l}}) ==
          R"({"symbol":"\"\\\u000a\u007f\u00e4","issue_cap":-1,"asset":0,"scale":0})");
    CHECK(detail_of(Transferred{.id = {.low = 0x8123456789ABCDEF, .high = 0x0189ABCDEF017FFF}}).substr(0, 44) ==
          R"({"id":"0189abcd-ef01-7fff-8123-456789abcdef")");
    CHECK(detail_of(CommandRejected{.reference = UINT64_MAX}).find(R"("reference":18446744073709551615)") !=
          std::string::npos);
    CHECK(detail_of(Ticked{}) == "");
    ProposalBody body;
    body.body[0] = std::byte{0xF1};
    CHECK(detail_of(body).size() == 2 + 6 + 3 + 160);
    CHECK(detail_of(body).substr(0, 12) == R"({"body":"f10)");
    // Every kind that can be told is an object.
    for (unsigned kind = 0; kind < 100; ++kind) {
        Event event;
        event.header.kind = static_cast<EventKind>(kind);
        const std::string text = audit_detail(event);
        if (!text.empty()) CHECK((text.front() == '{' && text.back() == '}'));
    }
}

}  // namespace
}  // namespace dcx::history
