// Trades taken back.
#include <algorithm>

#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kDay = 86'400ll * 1'000'000'000;

// What one account owes back to another.
struct Item {
    AccountId payer;
    AccountId receiver;
    AssetId asset;
    int128 amount;
    int128 covered;  // by the payer; account 5 pays the rest
};

}  // namespace

RejectReason Twin::bust_trade(const BustTrade& body, SessionId to) {
    const std::uint64_t id = body.trade_id.value;
    if (id == 0 || id > trades_.size() || trades_.size() - id >= genesis_->max_orders)
        return RejectReason::unknown_trade;
    Trade& t = trades_[id - 1];
    if (time_.value - t.time.value > kBustWindowNs) return RejectReason::bust_window_over;
    if (t.busted) return RejectReason::already_busted;

    const AssetId base = market(t.instrument).listing.base;
    const AssetId quote = market(t.instrument).listing.quote;
    std::array<Item, 4> items{{{t.buyer, t.seller, base, t.base - t.buyer_fee, 0},
                               {kFeeAccount, t.seller, base, t.buyer_fee - t.base_rebate, 0},
                               {t.seller, t.buyer, quote, t.notional - t.seller_fee, 0},
                               {kFeeAccount, t.buyer, quote, t.seller_fee - t.quote_rebate, 0}}};
    for (const AssetId asset : {base, quote}) {
        int128 lacking = 0;
        for (Item& item : items) {
            if (item.asset != asset) continue;
            const int128 available = owned(item.payer, asset) - held(item.payer, asset);
            item.covered = std::clamp<int128>(available, 0, item.amount);
            lacking += item.amount - item.covered;
        }
        if (lacking > owned(kErrorAccount, asset) - held(kErrorAccount, asset)) return RejectReason::bust_not_covered;
    }

    t.busted = true;
    emit(TradeBusted{.trade_id = t.id,
                     .traded = t.time,
                     .price = t.price,
                     .quantity = Quantity{t.quantity},
                     .buyer = t.buyer,
                     .seller = t.seller,
                     .instrument = t.instrument,
                     .taker_side = t.taker_side},
         to);
    const auto pay = [&](AccountId from, const Item& item, int128 amount) {
        if (amount == 0) return;
        const Balance debit_before = balance(from, item.asset);
        const Balance credit_before = balance(item.receiver, item.asset);
        post(from, item.receiver, item.asset, amount);
        emit(Posted{.amount = Amount{*narrow(amount)},
                    .debit_before = debit_before.available,
                    .debit_after = balance(from, item.asset).available,
                    .credit_before = credit_before.available,
                    .credit_after = balance(item.receiver, item.asset).available,
                    .debit_account = from,
                    .credit_account = item.receiver,
                    .asset = item.asset,
                    .cause = PostingCause::trade_bust},
             to);
    };
    for (const Item& item : items) {
        pay(item.payer, item, item.covered);
        pay(kErrorAccount, item, item.amount - item.covered);
    }
    if (t.time.value / kDay == time_.value / kDay) {
        change_position(t.buyer, t.instrument, -t.quantity, t.notional);
        change_position(t.seller, t.instrument, t.quantity, -t.notional);
    }
    return RejectReason::none;
}

}  // namespace dcx::reference
