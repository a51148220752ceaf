// The twin's groups of transfers and its proposals, by cases worked out by hand from docs/rules.md.
#include <doctest/doctest.h>

#include <algorithm>

#include "reference/ledger_venue.h"

namespace dcx::reference {
namespace {

using V = LedgerVenue;
using Kinds = std::vector<EventKind>;
constexpr auto kRejected = EventKind::command_rejected;
constexpr auto kTransferred = EventKind::transferred;

Transfer member_of(V& v, std::int64_t amount, std::uint8_t linked) {
    return {.id = v.id(),
            .amount = Amount{amount},
            .debit_account = V::alice_account,
            .credit_account = V::bob_account,
            .asset = V::usd,
            .linked = linked};
}

// Whether the last command became a member that waits, the so-manieth of its group.
bool waits(const V& v, std::uint32_t members) {
    if (v.events.size() != 1 || v.events[0].header.kind != EventKind::transfer_linked) return false;
    const auto linked = v.event<TransferLinked>(0);
    return linked.members == members && linked.zero == 0 && v.events[0].header.session.value != 0;
}

TEST_CASE("a group that passes: its members wait, then the events of each") {
    V v;
    v.pay(V::alice_account, 100);
    const Transfer first = member_of(v, 10, 1);
    CHECK((v.send(first, V::alice), waits(v, 1)));
    CHECK(v.event<TransferLinked>(0).id == first.id);
    CHECK(v.twin.next_incoming(SessionId{V::alice}) == 2);
    // Others go on in between, and the same session with other requests.
    v.pay(V::carol_account, 5);
    v.send(VoidTransfer{.id = v.id(), .pending_id = v.id(), .scope = V::alice_account}, V::alice);
    CHECK(v.reason() == RejectReason::unknown_pending);
    const PendTransfer pend{.id = v.id(),
                            .amount = Amount{std::int64_t{90}},
                            .debit_account = V::alice_account,
                            .credit_account = V::bob_account,
                            .asset = V::usd,
                            .linked = 1};
    CHECK((v.send(pend, V::alice), waits(v, 2)));
    CHECK(v.event<TransferLinked>(0).id == pend.id);
    CHECK(v.available(V::alice_account) == 100);
    // What a member receives, the next one can pay.
    Transfer last = member_of(v, 10, 0);
    last.debit_account = V::sub_account;
    Transfer to_sub = member_of(v, 10, 1);
    to_sub.credit_account = V::sub_account;
    v.send(SetAssetLimits{.asset = V::usd}, V::one);
    CHECK((v.send(to_sub, V::alice), waits(v, 3)));
    v.send(last, V::alice);
    // 10 + 90 + 10 is more than alice has: the third fails, and with it all.
    REQUIRE(v.kinds() == Kinds{kRejected, kRejected, kRejected, kRejected});
    CHECK(v.reason(2) == RejectReason::insufficient_funds);
    CHECK(v.detail(2) == RejectReason::none);
    for (const std::size_t other : {0u, 1u, 3u}) {
        CHECK(v.reason(other) == RejectReason::linked_failed);
        CHECK(v.detail(other) == RejectReason::insufficient_funds);
    }
    CHECK(v.event<CommandRejected>(0).session_sequence == 1);
    CHECK(v.event<CommandRejected>(1).session_sequence == 3);
    CHECK(v.event<CommandRejected>(1).command == CommandKind::pend_transfer);
    CHECK(v.event<CommandRejected>(1).id == pend.id);
    CHECK(v.events[0].header.sequence == v.events[3].header.sequence);
    CHECK(v.available(V::alice_account) == 100);
    // The ids of all are burned.
    PendTransfer again = pend;
    again.linked = 0;
    CHECK((v.send(again, V::alice), v.reason()) == RejectReason::id_already_failed);
    CHECK(v.detail() == RejectReason::linked_failed);
    to_sub.linked = 0;
    CHECK((v.send(to_sub, V::alice), v.reason()) == RejectReason::id_already_failed);
    CHECK(v.detail() == RejectReason::insufficient_funds);

    v.send(member_of(v, 40, 1), V::alice);
    to_sub.id = v.id(), to_sub.linked = 1;
    v.send(to_sub, V::alice);
    last.id = v.id();
    v.send(last, V::alice);
    CHECK(v.kinds() == Kinds{kTransferred, kTransferred, kTransferred});
    CHECK(v.available(V::bob_account) == 50);
}

TEST_CASE("a group that fails before step 6 leaves its ids free") {
    V v;
    v.pay(V::alice_account, 100);
    Transfer good = member_of(v, 10, 1);
    Transfer twice = good;
    twice.linked = 0;
    v.send(good, V::alice);
    v.send(twice, V::alice);
    REQUIRE(v.kinds() == Kinds{kRejected, kRejected});
    CHECK(v.detail(0) == RejectReason::exists);
    CHECK(v.reason(1) == RejectReason::exists);
    CHECK(v.send(twice, V::alice)[0].header.kind == kTransferred);
    // A member that is known does not burn, one that has no meaning neither.
    const Transfer known = twice;
    Transfer broken = member_of(v, 1, 1);
    broken.zero[0] = 1;
    Transfer poor = member_of(v, 1000, 1);
    Transfer last = member_of(v, 1, 0);
    v.send(poor, V::alice), v.send(broken, V::alice);
    Transfer known_member = known;
    known_member.linked = 1;
    v.send(known_member, V::alice);
    v.send(last, V::alice);
    REQUIRE(v.events.size() == 4);
    CHECK(v.reason(0) == RejectReason::insufficient_funds);
    CHECK((v.send(known, V::alice), v.reason()) == RejectReason::exists);
    broken.zero[0] = 0, broken.linked = 0;
    CHECK(v.send(broken, V::alice)[0].header.kind == kTransferred);
    CHECK((v.send(last, V::alice), v.reason()) == RejectReason::id_already_failed);
    CHECK(v.detail() == RejectReason::linked_failed);
}

TEST_CASE("a group has room for 16 members") {
    V v;
    v.pay(V::alice_account, 100);
    for (std::uint32_t i = 1; i <= 15; ++i) CHECK((v.send(member_of(v, 1, 1), V::alice), waits(v, i)));
    CHECK(v.send(member_of(v, 1, 0), V::alice).size() == 16);
    CHECK(v.available(V::bob_account) == 16);
    for (std::uint32_t i = 1; i <= 16; ++i) CHECK((v.send(member_of(v, 1, 1), V::alice), waits(v, i)));
    v.send(member_of(v, 1, 1), V::alice);
    REQUIRE(v.events.size() == 17);
    CHECK(v.reason(0) == RejectReason::linked_failed);
    CHECK(v.detail(0) == RejectReason::group_too_long);
    CHECK(v.reason(16) == RejectReason::group_too_long);
    for (const std::uint8_t linked : {std::uint8_t{1}, std::uint8_t{0}}) {
        v.send(member_of(v, 1, linked), V::alice);
        CHECK(v.reason() == RejectReason::linked_failed);
        CHECK(v.detail() == RejectReason::group_too_long);
    }
    CHECK(v.send(member_of(v, 1, 0), V::alice)[0].header.kind == kTransferred);
    // When the 17th closes it, it is over at once.
    for (int i = 0; i < 16; ++i) v.send(member_of(v, 1, 1), V::alice);
    v.send(member_of(v, 1, 0), V::alice);
    CHECK(v.reason(16) == RejectReason::group_too_long);
    CHECK(v.send(member_of(v, 1, 0), V::alice)[0].header.kind == kTransferred);
}

TEST_CASE("256 groups can be open, and a disconnect drops one") {
    V v;
    v.pay(V::alice_account, 100);
    std::vector<std::uint32_t> sessions;
    for (std::uint64_t name = 2; name <= 258; ++name) sessions.push_back(v.open_session(4, name));
    for (std::size_t i = 0; i < 256; ++i) CHECK((v.send(member_of(v, 1, 1), sessions[i]), waits(v, 1)));
    v.send(member_of(v, 1, 1), sessions[256]);
    CHECK(v.reason() == RejectReason::capacity_exhausted);
    v.send(DisconnectSession{}, sessions[0]);
    v.send(EstablishSession{}, sessions[0]);
    // The refused one is refused to its end.
    v.send(member_of(v, 1, 1), sessions[256]);
    CHECK(v.reason() == RejectReason::linked_failed);
    CHECK(v.detail() == RejectReason::capacity_exhausted);
    v.send(member_of(v, 1, 0), sessions[256]);
    CHECK(v.detail() == RejectReason::capacity_exhausted);
    CHECK((v.send(member_of(v, 1, 1), sessions[256]), waits(v, 1)));
    CHECK(v.send(member_of(v, 1, 0), sessions[0])[0].header.kind == kTransferred);
    CHECK(v.available(V::bob_account) == 1);
}

TEST_CASE("dual control: two persons, each with a signature of their own") {
    Genesis genesis = V::usual_genesis();
    genesis.dual_control = 1;
    V v(genesis);
    AddKey key{.account = V::carol_account, .permissions = 1u << 30};
    CHECK((v.send(key, V::one), v.reason()) == RejectReason::dual_control_required);
    key.permissions = kPermitRead;
    const ProposalId id = v.propose(key, V::two);
    CHECK(v.kinds() == Kinds{EventKind::command_proposed, EventKind::proposal_body});
    CHECK(v.event<CommandProposed>(0).proposer == KeyId{2u});
    CHECK(v.event<CommandProposed>(0).expires.value == v.now + 60 * V::second);
    v.send(sign_approval(*v.book.message(id), 2), V::one);
    CHECK(v.reason() == RejectReason::bad_signature);
    CHECK(v.event<CommandRejected>(0).reference == id.value);
    v.approve(id, V::one);
    REQUIRE(v.kinds() == Kinds{EventKind::proposal_approved});
    CHECK(v.event<ProposalApproved>(0).complete == 0);
    CHECK((v.approve(id, V::one_again), v.reason()) == RejectReason::same_person);
    // With its key revoked the first approval no longer counts.
    v.send(RevokeKey{.key = KeyId{1u}}, V::two);
    v.approve(id, V::one_again);
    CHECK(v.event<ProposalApproved>(0).complete == 0);
    CHECK(v.event<ProposalApproved>(0).person == PersonId{1u});
    v.approve(id, V::two);
    REQUIRE(v.kinds() == Kinds{EventKind::proposal_approved, EventKind::key_added});
    CHECK(v.event<ProposalApproved>(0).complete == 1);
    CHECK(v.events[1].header.session == SessionId{V::two});
    CHECK((v.approve(id, V::two), v.reason()) == RejectReason::unknown_proposal);
}

TEST_CASE("a proposed command is looked at when it is carried out") {
    V v;
    v.pay(V::alice_account, 100);
    Transfer linked = member_of(v, 10, 1);
    v.by_two(linked);
    REQUIRE(v.kinds() == Kinds{EventKind::proposal_approved, kRejected});
    CHECK(v.reason(1) == RejectReason::malformed_field);
    CHECK(v.event<CommandRejected>(1).command == CommandKind::transfer);
    CHECK(v.event<CommandRejected>(1).id == linked.id);
    v.by_two(OpenAccount{.reference = 77, .account_kind = AccountKind::venue});
    CHECK(v.reason(1) == RejectReason::malformed_field);
    CHECK(v.event<CommandRejected>(1).reference == 77);
    const auto proposed = [&](CommandKind kind) {
        v.send(Propose{.proposed = kind, .lifetime_s = 60}, V::one);
        return v.reason();
    };
    for (const CommandKind kind : {CommandKind::propose, CommandKind::approve, CommandKind::place_order,
                                   CommandKind::pend_transfer, CommandKind::tick, CommandKind{}, CommandKind{999}})
        CHECK(proposed(kind) == RejectReason::malformed_field);
    for (const CommandKind kind : {CommandKind::bust_trade, CommandKind::set_kill_switch, CommandKind::set_fees})
        CHECK(proposed(kind) == RejectReason::none);
    Propose tail{.proposed = CommandKind::revoke_key, .lifetime_s = 60};
    tail.body[8] = std::byte{1};
    CHECK((v.send(tail, V::one), v.reason()) == RejectReason::malformed_field);
    tail.body[8] = std::byte{}, tail.lifetime_s = 59;
    CHECK((v.send(tail, V::one), v.reason()) == RejectReason::limit_out_of_range);
    CHECK((v.send(BustTrade{}, V::one), v.reason()) == RejectReason::dual_control_required);
}

TEST_CASE("256 proposals can be open, and each expires in its tick") {
    V v;
    for (std::uint32_t i = 0; i < 256; ++i) v.propose(RevokeKey{.key = KeyId{9u}}, V::one, 60 + i / 2);
    v.send(Propose{.proposed = CommandKind::revoke_key, .lifetime_s = 60}, V::one);
    CHECK(v.reason() == RejectReason::capacity_exhausted);
    v.now += 61 * V::second;
    v.send(Tick{});
    // Three units a command (max_fills_per_command), four are due.
    REQUIRE(v.kinds() == Kinds{EventKind::proposal_expired, EventKind::proposal_expired, EventKind::proposal_expired,
                               EventKind::ticked});
    CHECK(v.event<ProposalExpired>(2).proposal == ProposalId{std::uint64_t{3}});
    CHECK(v.events[0].header.session == SessionId{});
    CHECK(v.event<Ticked>(3).complete == 0);
    v.send(Tick{});
    CHECK(v.event<Ticked>(1).complete == 1);
    CHECK(v.twin.open_proposals() == 252);
}

TEST_CASE("what is told after a start: owners, persons, limits, addresses, promises") {
    V v;
    v.pay(V::alice_account, 100);
    v.send(SetAssetLimits{.asset = V::usd, .transfer_fee = FeeRate{5}}, V::one);
    v.send(SetAssetLimits{.asset = V::dec, .transfer_fee = FeeRate{5}}, V::one);
    v.send(SetAssetLimits{.asset = V::dec}, V::one);
    v.send(FreezeAccount{.account = V::bob_account, .frozen = 1}, V::one);
    v.send(RegisterAddress{.account = V::alice_account, .index = 1, .address = {.kind = AddressKind::dec}}, V::one);
    v.send(PendTransfer{.id = v.id(),
                        .amount = Amount{std::int64_t{7}},
                        .debit_account = V::alice_account,
                        .credit_account = V::bob_account,
                        .asset = V::usd},
           V::alice);
    const ProposalId id = v.propose(RevokeKey{.key = KeyId{9u}}, V::two);
    v.approve(id, V::one);
    const std::vector<Event> told = v.twin.told_state();
    const auto of_kind = [&](EventKind kind) {
        std::vector<Event> result;
        std::copy_if(told.begin(), told.end(), std::back_inserter(result),
                     [kind](const Event& e) { return e.header.kind == kind; });
        return result;
    };
    const auto accounts = of_kind(EventKind::account_opened);
    REQUIRE(accounts.size() == 4);
    CHECK(accounts[1].as<AccountOpened>().flags == kAccountFrozen);
    CHECK(accounts[3].as<AccountOpened>().owner == V::alice_account);
    CHECK(of_kind(EventKind::key_added)[1].as<KeyAdded>().person == PersonId{2u});
    REQUIRE(of_kind(EventKind::asset_limits_set).size() == 1);
    CHECK(of_kind(EventKind::asset_limits_set)[0].as<AssetLimitsSet>().asset == V::usd);
    CHECK(of_kind(EventKind::address_registered).size() == 1);
    REQUIRE(of_kind(EventKind::transfer_pended).size() == 1);
    CHECK(of_kind(EventKind::transfer_pended)[0].as<TransferPended>().held.value == 7);
    REQUIRE(of_kind(EventKind::command_proposed).size() == 1);
    CHECK(of_kind(EventKind::command_proposed)[0].as<CommandProposed>().approved_by == KeyId{1u});
    CHECK(of_kind(EventKind::proposal_body).size() == 1);
}

}  // namespace
}  // namespace dcx::reference
