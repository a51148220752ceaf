// The twin's money requests by cases worked out by hand from docs/rules.md.
#include <doctest/doctest.h>

#include "reference/ledger_venue.h"

namespace dcx::reference {
namespace {

using V = LedgerVenue;
using Kinds = std::vector<EventKind>;
constexpr auto kTransferred = EventKind::transferred;
constexpr auto kPosted = EventKind::posted;
constexpr auto kResolved = EventKind::pending_resolved;

PendTransfer pend_of(V& v, std::int64_t amount, std::int64_t timeout_ns = 0) {
    return {.id = v.id(),
            .amount = Amount{amount},
            .timeout_ns = timeout_ns,
            .debit_account = V::alice_account,
            .credit_account = V::bob_account,
            .asset = V::usd};
}

Transfer transfer_of(V& v, AccountId from, AccountId to, std::int64_t amount) {
    return {.id = v.id(), .amount = Amount{amount}, .debit_account = from, .credit_account = to, .asset = V::usd};
}

TEST_CASE("founding: five accounts of the venue, keys of persons until the first epoch") {
    V v;
    CHECK(v.twin.accounts() == 9);
    v.send(GenesisKey{.public_key = ed25519_public_key(operator_seed(8)), .person = PersonId{3u}});
    CHECK(v.reason() == RejectReason::founding_over);
    v.send(OpenAccount{.owner = kErrorAccount, .account_kind = AccountKind::customer}, V::one);
    CHECK(v.reason() == RejectReason::unknown_account);
    v.send(OpenAccount{.owner = V::sub_account, .account_kind = AccountKind::customer}, V::one);
    CHECK(v.reason() == RejectReason::unknown_account);
    v.send(OpenAccount{.reference = 5, .owner = V::bob_account, .account_kind = AccountKind::customer}, V::one);
    CHECK(v.event<AccountOpened>(0).account == AccountId{10u});
    CHECK(v.event<AccountOpened>(0).owner == V::bob_account);
    AddKey key{.permissions = kPermitOperator};
    key.public_key[0] = std::byte{99};
    CHECK((v.send(key, V::one), v.reason()) == RejectReason::malformed_field);
    key.person = PersonId{4u};
    CHECK(v.send(key, V::one)[0].header.kind == EventKind::key_added);
    key.account = V::bob_account, key.permissions = kPermitRead;
    CHECK((v.send(key, V::one), v.reason()) == RejectReason::malformed_field);
}

TEST_CASE("own accounts: an owner's key acts for the sub-account, its key not for the owner's") {
    V v;
    v.pay(V::sub_account, 100), v.pay(V::alice_account, 100);
    v.send(transfer_of(v, V::sub_account, V::alice_account, 30), V::alice);
    const auto moved = v.event<Transferred>(0);
    CHECK(moved.debit_before.value == 100);
    CHECK(moved.debit_after.value == 70);
    CHECK(moved.credit_before.value == 100);
    CHECK(moved.credit_after.value == 130);
    v.send(transfer_of(v, V::alice_account, V::sub_account, 30), V::alices_sub);
    CHECK(v.reason() == RejectReason::not_your_account);
    v.send(transfer_of(v, V::sub_account, V::bob_account, 70), V::alices_sub);
    CHECK(v.available(V::bob_account) == 70);
    v.send(transfer_of(v, V::alice_account, kDepositsAccount, 1), V::alice);
    CHECK(v.reason() == RejectReason::venue_account);
    v.send(transfer_of(v, V::alice_account, kDepositsAccount, 1), V::one);
    CHECK(v.available(kDepositsAccount) == 1);
    v.send(transfer_of(v, kIssuanceAccount, V::bob_account, 1), V::one);
    CHECK(v.reason() == RejectReason::venue_account);
}

TEST_CASE("a post in part: all is released, the amount moves, a fee follows") {
    V v;
    v.pay(V::alice_account, 1000);
    v.send(SetAssetLimits{.asset = V::usd, .transfer_fee = FeeRate{2500}}, V::one);
    const PendTransfer pend = pend_of(v, 400, 5 * V::second);
    v.send(pend, V::alice);
    REQUIRE(v.kinds() == Kinds{EventKind::transfer_pended});
    CHECK(v.event<TransferPended>(0).available.value == 600);
    CHECK(v.event<TransferPended>(0).held.value == 400);
    CHECK(v.event<TransferPended>(0).expires.value == v.now + 5 * V::second);
    CHECK(v.event<TransferPended>(0).scope == V::alice_account);
    PostTransfer post{
        .id = v.id(), .pending_id = pend.id, .amount = Amount{std::int64_t{401}}, .scope = V::alice_account};
    CHECK((v.send(post, V::bob), v.reason()) == RejectReason::not_your_account);
    CHECK((v.send(post, V::one), v.reason()) == RejectReason::exceeds_pending_amount);
    CHECK((v.send(post, V::one), v.reason()) == RejectReason::id_already_failed);
    CHECK(v.detail() == RejectReason::exceeds_pending_amount);
    post.id = v.id(), post.amount = Amount{std::int64_t{60}};
    v.send(post, V::one);
    REQUIRE(v.kinds() == Kinds{kResolved, kTransferred, kPosted});
    const auto resolved = v.event<PendingResolved>(0);
    CHECK(resolved.amount.value == 60);
    CHECK(resolved.released.value == 340);
    CHECK(resolved.available.value == 1000);
    CHECK(resolved.held.value == 0);
    CHECK(resolved.id == post.id);
    CHECK(resolved.pending_id == pend.id);
    CHECK(v.events[0].header.session == SessionId{V::one});
    CHECK(v.event<Transferred>(1).debit_before.value == 1000);
    CHECK(v.event<Transferred>(1).debit_after.value == 940);
    CHECK(v.event<Transferred>(1).transfer_kind == TransferKind::post);
    // ceil(2500 x 60 / 1'000'000) = 1
    CHECK(v.event<Posted>(2).amount.value == 1);
    CHECK(v.event<Posted>(2).debit_account == V::bob_account);
    CHECK(v.event<Posted>(2).credit_account == kFeeAccount);
    CHECK(v.available(V::bob_account) == 59);
    CHECK(v.twin.turnover(V::bob_account, V::usd) == Twin::Turnover{.debits = 1, .credits = 60});
    CHECK(v.twin.turnover(V::alice_account, V::usd) == Twin::Turnover{.debits = 60, .credits = 1000});
    CHECK((v.send(post, V::one), v.reason()) == RejectReason::exists);
    post.id = v.id();
    CHECK((v.send(post, V::one), v.reason()) == RejectReason::already_posted);
    v.send(VoidTransfer{.id = v.id(), .pending_id = pend.id, .scope = V::alice_account}, V::alice);
    CHECK(v.reason() == RejectReason::already_posted);
}

TEST_CASE("pending transfers end by void and by the tick that is due") {
    V v;
    v.pay(V::alice_account, 1000);
    const PendTransfer first = pend_of(v, 10, V::second);
    const PendTransfer second = pend_of(v, 20);
    const PendTransfer third = pend_of(v, 30, V::second);
    for (const PendTransfer& pend : {first, second, third}) v.send(pend, V::alice);
    CHECK(v.held(V::alice_account) == 60);
    const VoidTransfer voided{.id = v.id(), .pending_id = second.id, .scope = V::alice_account};
    v.send(voided, V::alice);
    REQUIRE(v.kinds() == Kinds{kResolved});
    CHECK(v.event<PendingResolved>(0).state == PendingState::voided);
    CHECK(v.event<PendingResolved>(0).released.value == 20);
    v.now += V::second - 1;
    v.send(Tick{});
    CHECK(v.kinds() == Kinds{EventKind::ticked});
    CHECK(v.event<Ticked>(0).done == 0);
    v.now += 1;
    v.send(Tick{});
    REQUIRE(v.kinds() == Kinds{kResolved, kResolved, EventKind::ticked});
    CHECK(v.event<PendingResolved>(0).pending_id == first.id);
    CHECK(v.event<PendingResolved>(0).id == TransferId{});
    CHECK(v.event<PendingResolved>(1).pending_id == third.id);
    CHECK(v.events[0].header.session == SessionId{V::alice});
    CHECK(v.events[2].header.session == SessionId{});
    CHECK(v.event<Ticked>(2).done == 2);
    CHECK(v.event<Ticked>(2).complete == 1);
    CHECK(v.available(V::alice_account) == 1000);
    v.send(VoidTransfer{.id = v.id(), .pending_id = first.id, .scope = V::alice_account}, V::alice);
    CHECK(v.reason() == RejectReason::already_expired);
    v.send(VoidTransfer{.id = v.id(), .pending_id = first.id}, V::one);
    CHECK(v.reason() == RejectReason::unknown_pending);
    v.send(VoidTransfer{.id = v.id(), .pending_id = voided.id, .scope = V::alice_account}, V::alice);
    CHECK(v.reason() == RejectReason::unknown_pending);
}

TEST_CASE("what is late is not over before its tick") {
    V v;
    v.pay(V::alice_account, 1000);
    const PendTransfer pend = pend_of(v, 10, V::second);
    v.send(pend, V::alice);
    v.now += 2 * V::second;
    v.send(PostTransfer{.id = v.id(), .pending_id = pend.id, .amount = pend.amount, .scope = V::alice_account},
           V::alice);
    CHECK(v.kinds() == Kinds{kResolved, kTransferred});
    v.send(Tick{});
    CHECK(v.event<Ticked>(0).done == 0);
}

TEST_CASE("an id that is known: the first difference in order") {
    V v;
    v.pay(V::alice_account, 1000);
    const PendTransfer pend = pend_of(v, 10, V::second);
    v.send(pend, V::alice);
    CHECK((v.send(pend, V::alice), v.reason()) == RejectReason::exists);
    PendTransfer other = pend;
    other.timeout_ns = 7;  // step 5 is not reached
    CHECK((v.send(other, V::alice), v.reason()) == RejectReason::exists_with_different_timeout);
    other.amount = Amount{};
    CHECK((v.send(other, V::alice), v.reason()) == RejectReason::exists_with_different_amount);
    other.asset = AssetId{77u};
    CHECK((v.send(other, V::alice), v.reason()) == RejectReason::exists_with_different_asset);
    other.credit_account = V::carol_account;
    CHECK((v.send(other, V::alice), v.reason()) == RejectReason::exists_with_different_credit_account);
    other.debit_account = V::sub_account;
    CHECK((v.send(other, V::alice), v.reason()) == RejectReason::exists_with_different_debit_account);
    v.send(VoidTransfer{.id = pend.id, .pending_id = pend.id, .scope = V::alice_account}, V::alice);
    CHECK(v.reason() == RejectReason::exists_with_different_kind);
    // Another scope knows nothing of it.
    v.pay(V::bob_account, 10);
    Transfer bobs = transfer_of(v, V::bob_account, V::alice_account, 1);
    bobs.id = pend.id;
    CHECK(v.send(bobs, V::bob)[0].header.kind == kTransferred);
    const VoidTransfer gone{.id = v.id(), .pending_id = pend.id, .scope = V::alice_account};
    v.send(gone, V::alice);
    VoidTransfer different = gone;
    different.pending_id = v.id();
    CHECK((v.send(different, V::alice), v.reason()) == RejectReason::exists_with_different_pending_id);
    const Withdraw withdraw{.id = v.id(),
                            .amount = Amount{std::int64_t{1}},
                            .account = V::alice_account,
                            .asset = V::usd,
                            .address = {.kind = AddressKind::dec}};
    v.send(withdraw, V::alice);
    Withdraw elsewhere = withdraw;
    elsewhere.address.kind = AddressKind::decms;
    CHECK((v.send(elsewhere, V::alice), v.reason()) == RejectReason::exists_with_different_address);
}

TEST_CASE("withdrawals: by customers for real venues, posted by operators without a fee") {
    V v;
    v.pay(V::alice_account, 1000);
    v.send(SetAssetLimits{.asset = V::usd, .transfer_fee = FeeRate{kFeeRateOne}}, V::one);
    Withdraw withdraw{.id = v.id(),
                      .amount = Amount{std::int64_t{100}},
                      .account = V::alice_account,
                      .asset = V::usd,
                      .address = {.kind = AddressKind::decms}};
    CHECK((v.send(withdraw, V::one), v.reason()) == RejectReason::not_your_account);
    v.send(withdraw, V::alice);
    REQUIRE(v.kinds() == Kinds{EventKind::withdrawal_requested});
    CHECK(v.event<WithdrawalRequested>(0).held.value == 100);
    PostTransfer post{
        .id = v.id(), .pending_id = withdraw.id, .amount = Amount{std::int64_t{100}}, .scope = V::alice_account};
    CHECK((v.send(post, V::alice), v.reason()) == RejectReason::not_permitted);
    CHECK(v.send(post, V::one).size() == 2);
    CHECK(v.available(kWithdrawalsAccount) == 100);
    withdraw.id = v.id(), withdraw.address.kind = AddressKind::none;
    CHECK((v.send(withdraw, V::alice), v.reason()) == RejectReason::malformed_field);
    Genesis simulated = V::usual_genesis();
    simulated.simulated = 1;
    V s(simulated);
    withdraw.id = s.id(), withdraw.address.kind = AddressKind::dec;
    CHECK((s.send(withdraw, V::alice), s.reason()) == RejectReason::withdrawal_refused_simulated);
}

TEST_CASE("limits of an asset: the ceiling of a UTC day, what needs two persons, the fee") {
    V v;
    const std::int64_t day = 86'400 * V::second;
    v.now = (v.now / day + 1) * day - 1;  // the last moment of a day
    v.pay(V::alice_account, 600);
    v.send(SetAssetLimits{.mint_ceiling = Amount{std::int64_t{1000}},
                          .dual_control_above = Amount{std::int64_t{700}},
                          .asset = V::usd,
                          .transfer_fee = FeeRate{1}},
           V::one);
    const auto mint = [&](std::int64_t amount) {
        v.send(Mint{.id = v.id(), .amount = Amount{amount}, .account = V::alice_account, .asset = V::usd}, V::one);
        return v.reason();
    };
    CHECK(mint(401) == RejectReason::mint_ceiling_exceeded);
    CHECK(mint(400) == RejectReason::none);
    v.now += 1;
    CHECK(mint(701) == RejectReason::dual_control_required);
    CHECK(mint(700) == RejectReason::none);
    CHECK(mint(301) == RejectReason::mint_ceiling_exceeded);
    // Refused at step 5, so the same id is free for the two persons.
    Transfer large = transfer_of(v, V::alice_account, V::bob_account, 701);
    CHECK((v.send(large, V::one), v.reason()) == RejectReason::dual_control_required);
    v.by_two(large);
    REQUIRE(v.kinds() == Kinds{EventKind::proposal_approved, kTransferred});
    CHECK(v.available(V::bob_account) == 701);
    // A customer's needs one, and pays.
    v.send(transfer_of(v, V::alice_account, V::bob_account, 701), V::alice);
    CHECK(v.kinds() == Kinds{kTransferred, kPosted});
    CHECK(v.available(kFeeAccount) == 1);
    v.send(SetAssetLimits{.asset = AssetId{9u}}, V::one);
    CHECK(v.reason() == RejectReason::unknown_asset);
}

TEST_CASE("a frozen account receives and does not pay") {
    V v;
    v.pay(V::alice_account, 100), v.pay(V::bob_account, 100);
    const PendTransfer pend = pend_of(v, 10);
    v.send(pend, V::alice);
    v.send(FreezeAccount{.reference = 4, .account = V::alice_account, .frozen = 1}, V::one);
    CHECK(v.event<AccountFrozen>(0).frozen == 1);
    v.send(transfer_of(v, V::bob_account, V::alice_account, 5), V::bob);
    CHECK(v.available(V::alice_account) == 95);
    const Transfer refused = transfer_of(v, V::alice_account, V::bob_account, 5);
    CHECK((v.send(refused, V::alice), v.reason()) == RejectReason::account_frozen);
    v.send(PostTransfer{.id = v.id(), .pending_id = pend.id, .amount = pend.amount, .scope = V::alice_account}, V::one);
    CHECK(v.reason() == RejectReason::account_frozen);
    v.send(VoidTransfer{.id = v.id(), .pending_id = pend.id, .scope = V::alice_account}, V::one);
    CHECK(v.kinds() == Kinds{kResolved});
    v.send(FreezeAccount{.account = V::alice_account}, V::one);
    CHECK((v.send(refused, V::alice), v.reason()) == RejectReason::id_already_failed);
    CHECK(v.detail() == RejectReason::account_frozen);
    v.send(FreezeAccount{.account = kFeeAccount}, V::one);
    CHECK(v.reason() == RejectReason::unknown_account);
}

TEST_CASE("an id that is forgotten: its transfer can still be posted, and is then unknown") {
    Genesis genesis = V::usual_genesis();
    genesis.max_transfer_ids = 2;
    V v(genesis);
    v.pay(V::alice_account, 1000);
    const PendTransfer pend = pend_of(v, 10);
    v.send(pend, V::alice);
    v.pay(V::alice_account, 1), v.pay(V::alice_account, 1);
    CHECK((v.send(pend, V::alice), v.reason()) == RejectReason::id_too_old);
    const auto post = [&] {
        v.send(PostTransfer{.id = v.id(), .pending_id = pend.id, .amount = pend.amount, .scope = V::alice_account},
               V::alice);
    };
    post();
    CHECK(v.kinds() == Kinds{kResolved, kTransferred});
    post();
    CHECK(v.reason() == RejectReason::unknown_pending);
    // Four can be pending (max_orders).
    for (int i = 0; i < 4; ++i) CHECK(v.send(pend_of(v, 1), V::alice)[0].header.kind == EventKind::transfer_pended);
    CHECK((v.send(pend_of(v, 1), V::alice), v.reason()) == RejectReason::capacity_exhausted);
}

TEST_CASE("addresses: in order of the account's index, each once") {
    V v;
    RegisterAddress body{.account = V::alice_account, .index = 2, .address = {.kind = AddressKind::dec}};
    CHECK((v.send(body, V::one), v.reason()) == RejectReason::address_index_not_next);
    body.index = 1;
    CHECK(v.send(body, V::one)[0].header.kind == EventKind::address_registered);
    body.account = V::bob_account;
    CHECK((v.send(body, V::one), v.reason()) == RejectReason::address_taken);
    body.address.kind = AddressKind::decms;
    CHECK(v.send(body, V::one)[0].header.kind == EventKind::address_registered);
    body.account = kErrorAccount;
    CHECK((v.send(body, V::one), v.reason()) == RejectReason::unknown_account);
    body.address.kind = AddressKind::none;
    CHECK((v.send(body, V::one), v.reason()) == RejectReason::malformed_field);
}

TEST_CASE("turnover counts beyond 64 bits, and is told when nothing is left") {
    V v;
    v.pay(V::alice_account, kMaxIssue);
    for (int i = 0; i < 5; ++i) {
        v.send(transfer_of(v, V::alice_account, V::bob_account, kMaxIssue), V::one);
        v.send(transfer_of(v, V::bob_account, V::alice_account, kMaxIssue), V::one);
    }
    std::size_t told = 0;
    for (const Event& event : v.twin.told_state()) {
        if (event.header.kind != EventKind::balance_restored) continue;
        const auto b = event.as<BalanceRestored>();
        if (b.account != V::bob_account) continue;
        ++told;
        // 5 x 2^62 = 2^64 + 2^62
        CHECK(b.available.value == 0);
        CHECK(b.debits_high == 1);
        CHECK(b.debits_low == std::uint64_t{1} << 62);
        CHECK(b.credits_high == 1);
        CHECK(b.credits_low == std::uint64_t{1} << 62);
    }
    CHECK(told == 1);
}

}  // namespace
}  // namespace dcx::reference
