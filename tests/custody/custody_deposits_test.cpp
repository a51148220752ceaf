// Deposits: what is credited, when, and once.
#include <doctest/doctest.h>

#include "custody/custody_rig.h"

namespace dcx::chain {
namespace {

TEST_CASE("custody: a deposit is credited once it is confirmed, and once") {
    CustodyRig rig;
    rig.stranger.earn(5000);
    rig.chain.mine();
    rig.stranger.pay(rig.venue.deposit_address(0), 700);
    rig.mine(2);
    CHECK(rig.available(0) == 0);
    rig.mine(1);
    CHECK(rig.available(0) == 700);
    rig.mine(3);
    rig.begin();
    rig.mine(3);
    CHECK(rig.available(0) == 700);
    CHECK(rig.venue.issued() == 700);
    CHECK(rig.custody->alarms().empty());
}

TEST_CASE("custody: minters, other types and senders of ours make no deposit") {
    CustodyRig rig;
    rig.stranger.earn(5000);
    for (const std::string_view minter : kMinters) rig.chain.mint(rig.venue.deposit_address(0), 100, minter);
    rig.chain.mine();
    rig.stranger.pay(rig.venue.deposit_address(0), 10, "data_storage");
    rig.stranger.pay(rig.venue.hot_address(), 20);
    rig.mine(6);
    CHECK(rig.venue.issued() == 0);
    CHECK(rig.alarmed(CustodyAlarm::deposit_refused));
    CHECK(rig.custody->counts().deposits_refused == 5);
}

TEST_CASE("custody: a wrong genesis stops everything") {
    CustodyRig rig;
    rig.deposit(0, 500);
    rig.chain.change_genesis();
    rig.mine(3);
    CHECK(rig.alarmed(CustodyAlarm::wrong_chain));
    CHECK(rig.view.chain_set());
    CHECK(rig.custody->counts().rewinds == 0);
    CHECK(rig.available(0) == 500);
}

TEST_CASE("custody: a fork that loses a deposit freezes the account and then takes it back") {
    CustodyRig rig;
    rig.deposit(0, 500);
    const auto before = rig.view.tip();
    rig.chain.fork(5);
    rig.step();
    CHECK(rig.alarmed(CustodyAlarm::chain_rewound));
    CHECK(rig.alarmed(CustodyAlarm::orphaned_deposits));
    CHECK(rig.view.frozen(CustodyVenue::account(0)));
    CHECK(rig.available(0) == 500);
    rig.step();
    REQUIRE(rig.view.tip() == before + 1);
    rig.mine(1);
    CHECK(rig.available(0) == 500);
    rig.mine(1);
    CHECK(rig.available(0) == 0);
    CHECK(rig.venue.issued() == 0);
    CHECK_FALSE(rig.alarmed(CustodyAlarm::orphaned_deposits));
}

TEST_CASE("custody: a fork that keeps a deposit credits it again without money") {
    CustodyRig rig;
    const Digest hash = rig.deposit(0, 500);
    rig.chain.fork(4, {hash});
    rig.mine(8);
    CHECK(rig.available(0) == 500);
    CHECK(rig.venue.issued() == 500);
    CHECK_FALSE(rig.view.deposits().at(hash).orphaned);
}

TEST_CASE("custody: a chain that begins again at its genesis is rewound to it") {
    CustodyRig rig;
    rig.deposit(0, 500);
    rig.chain.restart();
    rig.step();
    CHECK(rig.alarmed(CustodyAlarm::chain_rewound));
    CHECK(rig.view.tip() == 0);
    CHECK(rig.view.frozen(CustodyVenue::account(0)));
    rig.mine(12);
    CHECK(rig.available(0) == 0);
    CHECK(rig.view.unbacked().at(kDec.value).value == 0);
}

TEST_CASE("custody: a chain of which nothing is remembered is lost, and waits for an operator") {
    CustodyRig rig;
    rig.chain.mine_more(300);
    rig.step();
    REQUIRE(rig.view.oldest() > 0);
    rig.chain.restart();
    rig.step();
    CHECK(rig.alarmed(CustodyAlarm::chain_rewound));
    CHECK_FALSE(rig.view.chain_set());
    rig.mine(3);
    CHECK(rig.alarmed(CustodyAlarm::chain_not_set));
    rig.venue.begin_chain(rig.chain.genesis(), 0, kConfirmations);
    rig.mine(3);
    CHECK(rig.view.tip() == 6);
}

TEST_CASE("custody: what the mint ceiling refuses waits, and is credited the next day") {
    CustodyRig rig;
    rig.venue.send(SetAssetLimits{
        .mint_ceiling = Amount{std::int64_t{600}}, .dual_control_above = {}, .asset = kDec, .transfer_fee = {}});
    rig.deposit(0, 500);
    rig.deposit(1, 300);
    CHECK(rig.available(1) == 0);
    CHECK(rig.alarmed(CustodyAlarm::deposit_held));
    rig.begin();
    rig.mine(400);
    // Before the deposit's block is forgotten the tip waits.
    CHECK(rig.view.tip() < rig.chain.height());
    rig.venue.pass(86'400ll * 1'000'000'000);
    rig.step();
    CHECK(rig.available(1) == 300);
    rig.step();
    CHECK_FALSE(rig.alarmed(CustodyAlarm::deposit_held));
    CHECK(rig.view.tip() == rig.chain.height());
}

}  // namespace
}  // namespace dcx::chain
