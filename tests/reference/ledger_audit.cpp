#include "reference/ledger_audit.h"

#include "reference/text.h"

namespace dcx::reference {

void LedgerAudit::expect(bool holds, const char* what) {
    if (!holds && broken_.empty()) broken_ = what;
}

std::string LedgerAudit::observe(std::span<const Event> events) {
    for (const Event& event : events) {
        observe(event);
        if (!broken_.empty()) return broken_ + "\n" + describe(event);
    }
    return {};
}

void LedgerAudit::move(AccountId from, AccountId to, AssetId asset, int128 amount) {
    expect(amount >= 0, "a posting of less than nothing");
    line(from, asset).available -= amount;
    line(from, asset).turnover.debits += static_cast<uint128>(amount);
    line(to, asset).available += amount;
    line(to, asset).turnover.credits += static_cast<uint128>(amount);
}

template <class Posting>
void LedgerAudit::posting(const Posting& p) {
    const Line& debit = line(p.debit_account, p.asset);
    const Line& credit = line(p.credit_account, p.asset);
    expect(debit.available == p.debit_before.value && credit.available == p.credit_before.value,
           "a balance before a posting is not what it was");
    move(p.debit_account, p.credit_account, p.asset, p.amount.value);
    expect(debit.available == p.debit_after.value && credit.available == p.credit_after.value,
           "a balance after a posting is not what it gives");
}

void LedgerAudit::hold(AccountId account, AssetId asset, int128 amount, Amount available, Amount held) {
    Line& l = line(account, asset);
    l.available -= amount;
    l.held += amount;
    expect(l.available == available.value && l.held == held.value, "a hold is not what the event says");
}

void LedgerAudit::rehold(AccountId account, InstrumentId instrument, Side side, Amount available, Amount held) {
    const Instrument& i = instruments_.at(instrument.value - 1);
    const AssetId asset = side == Side::buy ? i.quote : i.base;
    hold(account, asset, held.value - line(account, asset).held, available, held);
}

// Both sides: what was exchanged and the fees; how it is divided into available and held is taken from the events.
void LedgerAudit::fill(const OrderFilled& maker, const OrderFilled& taker) {
    const TradeExecuted& trade = *trade_;
    const Instrument& i = instruments_.at(trade.instrument.value - 1);
    const int128 base = base_of(i, trade.quantity);
    const int128 quote = notional_of(i, trade.price, trade.quantity);
    const bool taker_buys = trade.taker_side == Side::buy;
    const OrderFilled& buyer = taker_buys ? taker : maker;
    const OrderFilled& seller = taker_buys ? maker : taker;
    const auto paid = [](const OrderFilled& filled) { return filled.fee.value > 0 ? int128{filled.fee.value} : 0; };
    move(buyer.account, seller.account, i.quote, quote);
    move(seller.account, buyer.account, i.base, base);
    move(buyer.account, kFeeAccount, i.base, paid(buyer));
    move(seller.account, kFeeAccount, i.quote, paid(seller));
    // A rebate is in what the taker received.
    if (maker.fee.value < 0) move(kFeeAccount, maker.account, taker_buys ? i.base : i.quote, -int128{maker.fee.value});
    told(maker);
    told(taker);
}

void LedgerAudit::told(const OrderFilled& filled) {
    const Instrument& i = instruments_.at(filled.instrument.value - 1);
    const auto divide = [&](AssetId asset, Amount available, Amount held) {
        Line& l = line(filled.account, asset);
        expect(l.available + l.held == int128{available.value} + held.value, "a fill gives another sum");
        l.available = available.value;
        l.held = held.value;
    };
    divide(i.base, filled.base_available, filled.base_held);
    divide(i.quote, filled.quote_available, filled.quote_held);
}

void LedgerAudit::observe(const Event& event) {
    switch (event.header.kind) {
        case EventKind::asset_listed: {
            const auto e = event.as<AssetListed>();
            assets_.push_back({.id = e.asset, .symbol = e.symbol, .issue_cap = e.issue_cap, .scale = e.scale});
            break;
        }
        case EventKind::instrument_listed: {
            const auto e = event.as<InstrumentListed>();
            const auto made = derive_instrument(e, assets_.at(e.base.value - 1), assets_.at(e.quote.value - 1));
            expect(made.has_value(), "an instrument that can't be");
            if (made) instruments_.push_back(*made);
            break;
        }
        case EventKind::transferred: return posting(event.as<Transferred>());
        case EventKind::posted: return posting(event.as<Posted>());
        case EventKind::transfer_pended: {
            const auto e = event.as<TransferPended>();
            return hold(e.debit_account, e.asset, e.amount.value, e.available, e.held);
        }
        case EventKind::withdrawal_requested: {
            const auto e = event.as<WithdrawalRequested>();
            return hold(e.account, e.asset, e.amount.value, e.available, e.held);
        }
        case EventKind::pending_resolved: {
            const auto e = event.as<PendingResolved>();
            return hold(e.account, e.asset, -int128{e.amount.value} - e.released.value, e.available, e.held);
        }
        case EventKind::order_accepted: {
            const auto e = event.as<OrderAccepted>();
            const Instrument& i = instruments_.at(e.instrument.value - 1);
            return hold(e.account, e.side == Side::buy ? i.quote : i.base, e.hold.value, e.available, e.held);
        }
        case EventKind::order_canceled: {
            const auto e = event.as<OrderCanceled>();
            return rehold(e.account, e.instrument, e.side, e.available, e.held);
        }
        case EventKind::order_amended: {
            const auto e = event.as<OrderAmended>();
            return rehold(e.account, e.instrument, e.side, e.available, e.held);
        }
        case EventKind::order_decremented: {
            const auto e = event.as<OrderDecremented>();
            return rehold(e.account, e.instrument, e.side, e.available, e.held);
        }
        case EventKind::trade_executed: trade_ = event.as<TradeExecuted>(); break;
        case EventKind::order_filled: {
            const auto e = event.as<OrderFilled>();
            if (e.liquidity == Liquidity::maker) {
                first_ = e;
            } else {
                fill(*first_, e);
            }
            break;
        }
        default: break;
    }
}

std::string LedgerAudit::compare(const Twin& twin) const {
    for (std::uint32_t account = 1; account <= twin.accounts(); ++account)
        for (std::uint32_t asset = 1; asset <= twin.assets(); ++asset) {
            const auto found = lines_.find({account, asset});
            const Line expected = found == lines_.end() ? Line{} : found->second;
            const Twin::Balance balance = twin.balance(AccountId{account}, AssetId{asset});
            if (balance.available.value != expected.available || balance.held.value != expected.held ||
                twin.turnover(AccountId{account}, AssetId{asset}) != expected.turnover)
                return "account " + std::to_string(account) + " asset " + std::to_string(asset) +
                       " is not what the events give";
        }
    return {};
}

}  // namespace dcx::reference
