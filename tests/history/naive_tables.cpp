// What NaiveHistory makes of all that it has kept, each table by going through it from the start.
#include <algorithm>
#include <limits>

#include "history/naive_history.h"

namespace dcx::naive {

using namespace history;

namespace {

template <class Map>
auto values_of(const Map& map) {
    std::vector<typename Map::mapped_type> rows;
    for (const auto& [key, row] : map) rows.push_back(row);
    return rows;
}

Amount saturated(int128 value) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    return Amount{value > kMost ? kMost : static_cast<std::int64_t>(value)};
}

}  // namespace

Tables NaiveHistory::tables() const {
    Tables tables;
    tables.trades = trades_;
    tables.trade_busts = busts_;
    tables.executions = executions_;
    tables.deposits = deposits_;
    tables.audit_log = audits_;
    tables.orders = values_of(orders_);
    tables.assets = values_of(assets_);
    tables.markets = values_of(markets_);
    tables.market_fees = values_of(fees_);
    tables.accounts = values_of(accounts_);
    tables.keys = values_of(keys_);
    tables.sessions = values_of(sessions_);
    tables.pending_transfers = values_of(pendings_);
    tables.withdrawals = values_of(withdrawals_);
    tables.ledger_transfers = ledger_rows();
    tables.account_days = days_of(tables.ledger_transfers);
    tables.candles = candles();
    chain_tables(tables);

    std::map<Holder, std::uint64_t> versions;
    for (const Posting& posting : postings_) {
        ++versions[{posting.debit, posting.asset}];
        ++versions[{posting.credit, posting.asset}];
    }
    for (const auto& [holder, told] : told_)
        tables.balances.push_back({.account_id = holder.first,
                                   .asset_id = holder.second,
                                   .available = told.available,
                                   .held = told.held,
                                   .version = versions[holder],
                                   .sequence = told.sequence,
                                   .time = told.time});
    return tables;
}

std::vector<LedgerTransferRow> NaiveHistory::ledger_rows() const {
    std::vector<LedgerTransferRow> rows;
    std::map<Holder, std::int64_t> balances;
    std::map<Holder, std::uint64_t> versions;
    for (const Posting& posting : postings_) {
        LedgerTransferRow row;
        row.day = day_of(posting.header.time);
        row.sequence = posting.header.sequence;
        row.event_index = posting.header.index;
        row.leg = posting.leg;
        row.time = posting.header.time;
        row.kind = posting.kind;
        row.id = posting.id;
        row.reference = posting.trade.value;
        row.debit_account = posting.debit;
        row.credit_account = posting.credit;
        row.asset_id = posting.asset;
        row.amount = posting.amount;
        std::int64_t& debit = balances[{posting.debit, posting.asset}];
        row.debit_before = Amount{debit};
        debit -= posting.amount.value;
        row.debit_after = Amount{debit};
        row.debit_version = ++versions[{posting.debit, posting.asset}];
        std::int64_t& credit = balances[{posting.credit, posting.asset}];
        row.credit_before = Amount{credit};
        credit += posting.amount.value;
        row.credit_after = Amount{credit};
        row.credit_version = ++versions[{posting.credit, posting.asset}];
        rows.push_back(row);
    }
    return rows;
}

// `postings` in the order in which they were made.
std::vector<AccountDayRow> NaiveHistory::days_of(const std::vector<LedgerTransferRow>& postings) {
    struct Day {
        AccountDayRow row;
        int128 credits = 0;
        int128 debits = 0;
        int128 fees = 0;
    };
    std::map<std::tuple<AccountId, AssetId, history::Day>, Day> days;
    const auto count = [&](AccountId account, const LedgerTransferRow& posting, bool debited) {
        auto [place, is_new] = days.try_emplace({account, posting.asset_id, posting.day});
        Day& day = place->second;
        const std::uint64_t version = debited ? posting.debit_version : posting.credit_version;
        if (is_new) {
            day.row.account_id = account;
            day.row.asset_id = posting.asset_id;
            day.row.day = posting.day;
            day.row.opening = debited ? posting.debit_before : posting.credit_before;
            day.row.first_version = version;
        }
        (debited ? day.debits : day.credits) += posting.amount.value;
        if (debited && (posting.kind == LedgerKind::trade_fee || posting.kind == LedgerKind::transfer_fee))
            day.fees += posting.amount.value;
        day.row.closing = debited ? posting.debit_after : posting.credit_after;
        day.row.last_version = version;
        day.row.last_sequence = posting.sequence;
    };
    for (const LedgerTransferRow& posting : postings) {
        count(posting.debit_account, posting, true);
        count(posting.credit_account, posting, false);
    }
    std::vector<AccountDayRow> rows;
    for (auto& [key, day] : days) {
        day.row.credits = saturated(day.credits);
        day.row.debits = saturated(day.debits);
        day.row.fees = saturated(day.fees);
        rows.push_back(day.row);
    }
    return rows;
}

std::vector<CandleRow> NaiveHistory::candles() const {
    std::map<TradeId, bool> busted;
    for (const TradeBustRow& bust : busts_) busted[bust.trade_id] = true;
    std::map<std::tuple<InstrumentId, std::uint32_t, Time>, std::vector<const TradeRow*>> trades;
    for (const TradeRow& trade : trades_)
        for (const std::uint32_t interval : kCandleIntervals) {
            const std::int64_t length = std::int64_t{interval} * 1'000'000'000;
            trades[{trade.market_id, interval, Time{trade.time.value / length * length}}].push_back(&trade);
        }
    std::vector<CandleRow> rows;
    for (const auto& [key, all] : trades) {
        CandleRow row;
        std::tie(row.market_id, row.interval_s, row.start) = key;
        row.first_sequence = all.front()->sequence;
        row.last_sequence = all.back()->sequence;
        int128 volume = 0;
        for (const TradeRow* trade : all) {
            if (busted.contains(trade->trade_id)) continue;
            if (row.trades++ == 0) row.open = row.high = row.low = trade->price;
            row.high = std::max(row.high, trade->price);
            row.low = std::min(row.low, trade->price);
            row.close = trade->price;
            volume += trade->quantity.value;
        }
        row.volume = Quantity{saturated(volume).value};
        rows.push_back(row);
    }
    return rows;
}

}  // namespace dcx::naive
