// For tests: a read model that is told events by hand, and a ledger in its shortest form that makes the events of
// random trades, orders and transfers with the balances a core would put into them.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <utility>

#include "base/checked.h"
#include "base/random.h"
#include "gateway/audit.h"
#include "gateway/read_model.h"

namespace dcx::gateway::read_model_test {

inline constexpr AssetId kDec{1u};
inline constexpr AssetId kUsd{2u};
inline constexpr AssetId kBtc{3u};

inline Amount amount(std::int64_t value) { return Amount{value}; }

struct Told {
    ReadModel model;
    std::uint64_t sequence = 0;

    template <EventBody Body>
    void tell(const Body& body, std::uint16_t flags = 0, SessionId session = {}) {
        Event event;
        event.header.sequence = Sequence{++sequence};
        event.header.session = session;
        event.header.flags = static_cast<std::uint16_t>(flags | kLastOfCommand);
        event.set(body);
        model.apply(event);
    }
    // One minor unit of base a lot, and of quote a tick times lot.
    void list_market() {
        tell(AssetListed{.asset = kDec, .scale = 8});
        tell(AssetListed{.asset = kUsd, .scale = 8});
        list_instrument(1, kDec);
        tell(AssetListed{.asset = kBtc, .scale = 8});
        list_instrument(2, kBtc);
    }
    void list_instrument(std::uint32_t id, AssetId base) {
        tell(InstrumentListed{.instrument = InstrumentId{id},
                              .base = base,
                              .quote = kUsd,
                              .lot_scale = 8,
                              .phase = Phase::trading,
                              .tick_mantissa = 1,
                              .lot_mantissa = 1});
    }
    void open_accounts(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) tell(AccountOpened{.account = AccountId{6 + i}});
    }
    // Every invariant of the ledger holds.
    void check_audit() const {
        for (const AuditFigures& figures : audit(model)) {
            CHECK(figures.sum.value == 0);
            CHECK(figures.negative == 0);
            CHECK(figures.misheld == 0);
            CHECK(figures.unbalanced == 0);
            CHECK(figures.held == figures.held_by_orders + figures.held_by_pendings);
            CHECK(figures.minted[0] - figures.burned[0] == static_cast<std::uint64_t>(figures.issued.value));
        }
    }
};

// The ledger of a venue in its shortest form: it makes the events of random trades and transfers, with the balances
// that a core would put into them. The read model has to end with the same balances.
class SmallLedger {
  public:
    explicit SmallLedger(Told& told, std::uint64_t seed) : told_(told), random_(seed) {}

    void mint(AccountId account, AssetId asset, std::int64_t value) {
        move(TransferKind::mint, kIssuanceAccount, account, asset, value);
    }
    void burn(AccountId account, AssetId asset, std::int64_t value) {
        move(TransferKind::burn, account, kIssuanceAccount, asset, value);
    }
    void trade() {
        const AccountId buyer = somebody();
        const AccountId seller = somebody();
        const InstrumentId instrument{1u + static_cast<std::uint32_t>(random_.below(2))};
        const AssetId base = instrument.value == 1 ? kDec : kBtc;
        const std::int64_t quantity = random_.between(1, 50);
        const std::int64_t price = random_.between(1, 9);
        const std::int64_t notional = price * quantity;
        const OrderId sell = hold(seller, instrument, Side::sell, price, quantity);
        const OrderId buy = hold(buyer, instrument, Side::buy, price + 1, quantity);

        const std::int64_t buyer_fee = random_.between(0, quantity / 10);
        // The maker's, which may be a rebate: of what the taker pays as a fee.
        const std::int64_t seller_fee = random_.chance(30) ? -buyer_fee : random_.between(0, notional / 10);
        at(buyer, kUsd).held += amount(-(notional + quantity));
        at(buyer, kUsd).available += amount(quantity);  // bought cheaper than the hold
        at(buyer, base).available += amount(quantity - buyer_fee);
        at(seller, base).held += amount(-quantity);
        at(seller, kUsd).available += amount(notional - std::max<std::int64_t>(seller_fee, 0));
        at(kFeeAccount, base).available += amount(buyer_fee);
        if (seller_fee > 0) at(kFeeAccount, kUsd).available += amount(seller_fee);
        if (seller_fee < 0) {
            at(kFeeAccount, base).available += amount(seller_fee);
            at(seller, base).available += amount(-seller_fee);
        }
        told_.tell(TradeExecuted{.maker_order_id = sell,
                                 .taker_order_id = buy,
                                 .price = Price{price},
                                 .quantity = Quantity{quantity},
                                 .maker_cum = Quantity{quantity},
                                 .taker_cum = Quantity{quantity},
                                 .instrument = instrument});
        fill(seller, sell, instrument, Side::sell, base, seller_fee);
        fill(buyer, buy, instrument, Side::buy, base, buyer_fee);
        CHECK(told_.model.orders().told().cum_notional == amount(notional));
        CHECK(told_.model.orders().told().status == OrdStatus::filled);
    }
    void amend_decrement_and_cancel() {
        const AccountId account = somebody();
        const std::int64_t quantity = random_.between(3, 50);
        const OrderId id = hold(account, InstrumentId{1u}, Side::sell, 5, quantity);
        Holding& holding = at(account, kDec);
        holding.held += amount(-1);
        holding.available += amount(1);
        told_.tell(OrderAmended{.order_id = id,
                                .price = Price{std::int64_t{5}},
                                .leaves = Quantity{quantity - 1},
                                .account = account,
                                .instrument = InstrumentId{1u},
                                .available = holding.available,
                                .held = holding.held,
                                .side = Side::sell});
        told_.check_audit();
        holding.held += amount(-1);
        holding.available += amount(1);
        told_.tell(OrderDecremented{.order_id = id,
                                    .leaves = Quantity{quantity - 2},
                                    .account = account,
                                    .instrument = InstrumentId{1u},
                                    .available = holding.available,
                                    .held = holding.held,
                                    .side = Side::sell});
        CHECK(told_.model.balance(account, kDec) == holding);
        holding.held += amount(2 - quantity);
        holding.available += amount(quantity - 2);
        told_.tell(OrderCanceled{.order_id = id,
                                 .quantity = Quantity{quantity - 2},
                                 .account = account,
                                 .instrument = InstrumentId{1u},
                                 .available = holding.available,
                                 .held = holding.held,
                                 .side = Side::sell});
    }
    // A pending transfer, posted in part with a fee, or voided.
    void pend_and_resolve() {
        const AccountId from = somebody();
        const AccountId to = somebody();
        const std::int64_t value = random_.between(2, 100);
        const TransferId id{.low = ++transfers_, .high = 1};
        at(from, kUsd).available += amount(-value);
        at(from, kUsd).held += amount(value);
        told_.tell(TransferPended{.id = id,
                                  .amount = amount(value),
                                  .available = at(from, kUsd).available,
                                  .held = at(from, kUsd).held,
                                  .debit_account = from,
                                  .credit_account = to,
                                  .asset = kUsd,
                                  .scope = from});
        told_.check_audit();
        CHECK(told_.model.ledger().next_pending(to, 0)->id == id);
        at(from, kUsd).available += amount(value);
        at(from, kUsd).held += amount(-value);
        const bool posted = random_.chance(50);
        const std::int64_t part = posted ? value / 2 : 0;
        told_.tell(PendingResolved{.pending_id = id,
                                   .amount = amount(part),
                                   .released = amount(value - part),
                                   .available = at(from, kUsd).available,
                                   .held = at(from, kUsd).held,
                                   .account = from,
                                   .asset = kUsd,
                                   .scope = from,
                                   .state = posted ? PendingState::posted : PendingState::voided});
        if (posted) move(TransferKind::post, from, to, kUsd, part);
        if (posted) charge(to, kUsd, 1);
        CHECK(told_.model.ledger().next_pending(from, 0) == nullptr);
    }
    // A deposit of the chain, taken back from who has it and from the error account, or paid out again.
    void deposit_and_burn() {
        const AccountId account = somebody();
        const std::int64_t value = random_.between(2, 100);
        post(PostingCause::deposit, kIssuanceAccount, account, value);
        if (random_.chance(50)) return post(PostingCause::payout, account, kIssuanceAccount, value);
        post(PostingCause::deposit_reversal, account, kIssuanceAccount, value - 1);
        move(TransferKind::mint, kIssuanceAccount, kErrorAccount, kUsd, 2);
        post(PostingCause::deposit_reversal, kErrorAccount, kIssuanceAccount, 1);
        post(PostingCause::loss_cover, kErrorAccount, kIssuanceAccount, 1);
    }
    Holding& at(AccountId account, AssetId asset) { return holdings_[{account, asset}]; }
    Random& random() { return random_; }
    [[nodiscard]] const auto& holdings() const { return holdings_; }

  private:
    AccountId somebody() { return AccountId{6u + static_cast<std::uint32_t>(random_.below(4))}; }
    void move(TransferKind kind, AccountId from, AccountId to, AssetId asset, std::int64_t value) {
        Transferred moved{.amount = amount(value),
                          .debit_account = from,
                          .credit_account = to,
                          .asset = asset,
                          .transfer_kind = kind};
        pay(moved);
        told_.tell(moved);
    }
    void charge(AccountId from, AssetId asset, std::int64_t value) {
        Posted fee{.amount = amount(value),
                   .debit_account = from,
                   .credit_account = kFeeAccount,
                   .asset = asset,
                   .cause = PostingCause::transfer_fee};
        pay(fee);
        told_.tell(fee);
    }
    void post(PostingCause cause, AccountId from, AccountId to, std::int64_t value) {
        Posted posted{
            .amount = amount(value), .debit_account = from, .credit_account = to, .asset = kUsd, .cause = cause};
        pay(posted);
        told_.tell(posted);
        const auto& entries = told_.model.ledger().entries(to);
        const LedgerEntry& entry = entries[entries.size() - 1];
        CHECK(to_string(entry.kind) == to_string(cause));
        CHECK(entry.amount == amount(value));
        told_.check_audit();
    }
    template <class Posting>
    void pay(Posting& posting) {
        Amount& debit = at(posting.debit_account, posting.asset).available;
        posting.debit_before = debit;
        posting.debit_after = debit -= posting.amount;
        Amount& credit = at(posting.credit_account, posting.asset).available;
        posting.credit_before = credit;
        posting.credit_after = credit += posting.amount;
        // As a core would: of an account that pays itself both are told as they are in the end.
        if (posting.debit_account == posting.credit_account) posting.debit_after = posting.credit_after;
    }
    OrderId hold(AccountId account, InstrumentId instrument, Side side, std::int64_t price, std::int64_t quantity) {
        const AssetId base = instrument.value == 1 ? kDec : kBtc;
        const std::int64_t value = side == Side::sell ? quantity : price * quantity;
        Holding& holding = at(account, side == Side::sell ? base : kUsd);
        holding.available += amount(-value);
        holding.held += amount(value);
        const OrderId id{++orders_};
        told_.tell(OrderAccepted{.order_id = id,
                                 .price = Price{price},
                                 .quantity = Quantity{quantity},
                                 .account = account,
                                 .instrument = instrument,
                                 .side = side,
                                 .hold = amount(value),
                                 .available = holding.available,
                                 .held = holding.held});
        told_.check_audit();
        return id;
    }
    void fill(AccountId account, OrderId order, InstrumentId instrument, Side side, AssetId base, std::int64_t fee) {
        told_.tell(OrderFilled{.order_id = order,
                               .fee = amount(fee),
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
    std::uint64_t orders_ = 0;
    std::uint64_t transfers_ = 0;
};

}  // namespace dcx::gateway::read_model_test
