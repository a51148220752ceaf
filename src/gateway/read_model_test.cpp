#include "gateway/read_model.h"

#include <doctest/doctest.h>

#include <map>
#include <utility>

#include "base/checked.h"
#include "base/random.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

constexpr AssetId kDec{1u};
constexpr AssetId kUsd{2u};
constexpr AssetId kBtc{3u};

Amount amount(std::int64_t value) { return Amount{value}; }

struct Told {
    ReadModel model;
    std::uint64_t sequence = 0;

    template <EventBody Body>
    void tell(const Body& body, std::uint16_t flags = 0) {
        Event event;
        event.header.sequence = Sequence{++sequence};
        event.header.flags = flags;
        event.set(body);
        model.apply(event);
    }
    void list_market() {
        tell(AssetListed{.asset = kDec, .scale = 8});
        tell(AssetListed{.asset = kUsd, .scale = 8});
        tell(InstrumentListed{.instrument = InstrumentId{1u}, .base = kDec, .quote = kUsd, .phase = Phase::trading});
        tell(AssetListed{.asset = kBtc, .scale = 8});
        tell(InstrumentListed{.instrument = InstrumentId{2u}, .base = kBtc, .quote = kUsd, .phase = Phase::trading});
    }
};

// The ledger of a venue in its shortest form: it makes the events of random trades and transfers, with the balances
// that a core would put into them. The read model has to end with the same balances.
class SmallLedger {
  public:
    explicit SmallLedger(Told& told, std::uint64_t seed) : told_(told), random_(seed) {}

    void mint(AccountId account, AssetId asset, std::int64_t value) {
        Holding& issuance = at(kIssuanceAccount, asset);
        Holding& holding = at(account, asset);
        issuance.available += amount(-value);
        holding.available += amount(value);
        told_.tell(Transferred{.amount = amount(value),
                               .debit_available = issuance.available,
                               .credit_available = holding.available,
                               .debit_account = kIssuanceAccount,
                               .credit_account = account,
                               .asset = asset,
                               .transfer_kind = TransferKind::mint});
    }
    void trade() {
        const AccountId buyer{3u + static_cast<std::uint32_t>(random_.below(4))};
        const AccountId seller{3u + static_cast<std::uint32_t>(random_.below(4))};
        const InstrumentId instrument{1u + static_cast<std::uint32_t>(random_.below(2))};
        const AssetId base = instrument.value == 1 ? kDec : kBtc;
        const std::int64_t quantity = random_.between(1, 50);
        const std::int64_t price = random_.between(1, 9);
        const std::int64_t notional = price * quantity;
        hold(seller, instrument, Side::sell, base, quantity);
        hold(buyer, instrument, Side::buy, kUsd, notional + quantity);

        const std::int64_t buyer_fee = random_.between(0, quantity / 10);
        const std::int64_t seller_fee = random_.between(0, notional / 10);
        at(buyer, kUsd).held += amount(-(notional + quantity));
        at(buyer, kUsd).available += amount(quantity);  // bought cheaper than the hold
        at(buyer, base).available += amount(quantity - buyer_fee);
        at(seller, base).held += amount(-quantity);
        at(seller, kUsd).available += amount(notional - seller_fee);
        at(kFeeAccount, base).available += amount(buyer_fee);
        at(kFeeAccount, kUsd).available += amount(seller_fee);
        told_.tell(TradeExecuted{.price = Price{price}, .quantity = Quantity{quantity}, .instrument = instrument});
        fill(seller, instrument, Side::sell, base, seller_fee);
        fill(buyer, instrument, Side::buy, base, buyer_fee);
    }
    void amend_decrement_and_cancel() {
        const AccountId account{3u + static_cast<std::uint32_t>(random_.below(4))};
        const std::int64_t quantity = random_.between(3, 50);
        hold(account, InstrumentId{1u}, Side::sell, kDec, quantity);
        Holding& holding = at(account, kDec);
        holding.held += amount(-1);
        holding.available += amount(1);
        told_.tell(OrderAmended{.account = account,
                                .instrument = InstrumentId{1u},
                                .available = holding.available,
                                .held = holding.held,
                                .side = Side::sell});
        holding.held += amount(-1);
        holding.available += amount(1);
        told_.tell(OrderDecremented{.account = account,
                                    .instrument = InstrumentId{1u},
                                    .available = holding.available,
                                    .held = holding.held,
                                    .side = Side::sell});
        CHECK(told_.model.balance(account, kDec) == holding);
        holding.held += amount(2 - quantity);
        holding.available += amount(quantity - 2);
        told_.tell(OrderCanceled{.account = account,
                                 .instrument = InstrumentId{1u},
                                 .available = holding.available,
                                 .held = holding.held,
                                 .side = Side::sell});
    }
    Holding& at(AccountId account, AssetId asset) { return holdings_[{account, asset}]; }
    Random& random() { return random_; }
    [[nodiscard]] const auto& holdings() const { return holdings_; }

  private:
    void hold(AccountId account, InstrumentId instrument, Side side, AssetId asset, std::int64_t value) {
        Holding& holding = at(account, asset);
        holding.available += amount(-value);
        holding.held += amount(value);
        told_.tell(OrderAccepted{.account = account,
                                 .instrument = instrument,
                                 .side = side,
                                 .hold = amount(value),
                                 .available = holding.available,
                                 .held = holding.held});
    }
    void fill(AccountId account, InstrumentId instrument, Side side, AssetId base, std::int64_t fee) {
        told_.tell(OrderFilled{.fee = amount(fee),
                               .base_available = at(account, base).available,
                               .base_held = at(account, base).held,
                               .quote_available = at(account, kUsd).available,
                               .quote_held = at(account, kUsd).held,
                               .account = account,
                               .instrument = instrument,
                               .side = side});
    }

    Told& told_;
    Random random_;
    std::map<std::pair<AccountId, AssetId>, Holding> holdings_;
};

}  // namespace

TEST_CASE("balances follow random trades, amends, decrements, cancels and mints, and each asset sums to nothing") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        Told told;
        told.list_market();
        for (std::uint32_t id = 3; id <= 6; ++id) told.tell(AccountOpened{.account = AccountId{id}});
        SmallLedger ledger{told, seed};
        for (std::uint32_t id = 3; id <= 6; ++id)
            for (const AssetId asset : {kDec, kUsd, kBtc}) ledger.mint(AccountId{id}, asset, 1'000'000);
        for (int i = 0; i < 500; ++i) {
            switch (ledger.random().below(4)) {
                case 0: ledger.amend_decrement_and_cancel(); break;
                case 1: ledger.mint(AccountId{4u}, kUsd, 17); break;
                default: ledger.trade(); break;
            }
        }
        for (const auto& [key, holding] : ledger.holdings()) {
            CAPTURE(key.first.value);
            CAPTURE(key.second.value);
            CHECK(told.model.balance(key.first, key.second) == holding);
        }
        for (const AssetId asset : {kDec, kUsd, kBtc}) {
            int128 sum = 0;
            for (std::uint32_t id = 1; id <= told.model.accounts(); ++id) {
                const Holding holding = told.model.balance(AccountId{id}, asset);
                sum += int128{holding.available.value} + holding.held.value;
            }
            CHECK(sum == 0);
        }
        CHECK(told.model.as_of().value == told.sequence);
    }
}

TEST_CASE("a restored state is the same as a lived one") {
    Told told;
    told.list_market();
    told.tell(AccountOpened{.account = AccountId{3u}}, kRestored);
    told.tell(BalanceRestored{.available = amount(-70), .held = {}, .account = kIssuanceAccount, .asset = kUsd});
    told.tell(BalanceRestored{.available = amount(50), .held = amount(20), .account = AccountId{3u}, .asset = kUsd});
    CHECK(told.model.balance(AccountId{3u}, kUsd) == Holding{amount(50), amount(20)});
    CHECK(told.model.balance(AccountId{3u}, kDec) == Holding{});
    CHECK(told.model.balance(AccountId{9u}, kDec) == Holding{});
    CHECK_FALSE(told.model.has_account(AccountId{0u}));
    CHECK(told.model.has_account(kFeeAccount));
    CHECK(told.model.has_account(AccountId{3u}));
    CHECK_FALSE(told.model.has_account(AccountId{4u}));
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
    told.tell(KeyAdded{.key = KeyId{3u}, .account = AccountId{3u}, .permissions = kPermitRead, .revoked = 1},
              kRestored);
    told.tell(KeyAdded{.key = KeyId{2u}, .account = AccountId{4u}, .permissions = kPermitTrade});
    CHECK(told.model.key(KeyId{3u})->revoked);
    CHECK(told.model.key(KeyId{2u})->account == AccountId{4u});
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
