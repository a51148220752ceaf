// Taking a trade back: the postings of its fill in reverse, paid by who received, and by the error account where that
// is not enough. The book, the last price and what the orders filled stay.
#include <algorithm>

#include "core/apply.h"

namespace dcx::core {
namespace {

struct Item {
    AccountId from{};
    AccountId to{};
    AssetId asset{};
    Amount amount{};
};

}  // namespace

void Apply::bust_trade() {
    const TradeId id = command_.as<BustTrade>().trade_id;
    if (!s_.trades.remembers(id.value, s_.last_trade_id)) return reject(RejectReason::unknown_trade);
    RecentTrade& trade = s_.trades.of(id.value);
    if (s_.time.value - trade.time.value > kBustWindowNs) return reject(RejectReason::bust_window_over);
    if (trade.busted != 0) return reject(RejectReason::already_busted);

    const Instrument& instrument = s_.markets[trade.instrument.value].instrument;
    const Amount base = State::hold_of(instrument, Side::sell, trade.price, trade.quantity);
    const Amount quote = State::hold_of(instrument, Side::buy, trade.price, trade.quantity);
    // The rebate came out of the fee of the taker, who received base when he bought.
    const bool taker_bought = trade.taker_side == Side::buy;
    const Amount base_fee_left = trade.buyer_fee - (taker_bought ? trade.rebate : Amount{});
    const Amount quote_fee_left = trade.seller_fee - (taker_bought ? Amount{} : trade.rebate);
    const std::array<Item, 4> items{Item{trade.buyer, trade.seller, instrument.base, base - trade.buyer_fee},
                                    Item{kFeeAccount, trade.seller, instrument.base, base_fee_left},
                                    Item{trade.seller, trade.buyer, instrument.quote, quote - trade.seller_fee},
                                    Item{kFeeAccount, trade.buyer, instrument.quote, quote_fee_left}};
    std::array<Amount, 4> lacking{};
    for (std::size_t i = 0; i < items.size(); ++i)
        lacking[i] = std::max(Amount{}, items[i].amount - s_.ledger.balance(items[i].from, items[i].asset).available);
    if (lacking[0] + lacking[1] > s_.ledger.balance(kErrorAccount, instrument.base).available ||
        lacking[2] + lacking[3] > s_.ledger.balance(kErrorAccount, instrument.quote).available)
        return reject(RejectReason::bust_not_covered);

    trade.busted = 1;
    emit(TradeBusted{.trade_id = id,
                     .traded = trade.time,
                     .price = trade.price,
                     .quantity = trade.quantity,
                     .buyer = trade.buyer,
                     .seller = trade.seller,
                     .instrument = trade.instrument,
                     .taker_side = trade.taker_side,
                     .zero = {}},
         sender());
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        const Amount own = item.amount - lacking[i];
        if (own) post({}, item.from, item.to, item.asset, own, PostingCause::trade_bust, sender());
        if (lacking[i]) post({}, kErrorAccount, item.to, item.asset, lacking[i], PostingCause::trade_bust, sender());
    }
    if (day_of(trade.time) != day_of(s_.time)) return;
    s_.exposures(trade.buyer, trade.instrument).trade(Side::sell, day_of(s_.time), trade.quantity, quote);
    s_.exposures(trade.seller, trade.instrument).trade(Side::buy, day_of(s_.time), trade.quantity, quote);
}

}  // namespace dcx::core
