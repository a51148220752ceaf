#include "history/reading/random_history.h"

#include <algorithm>

namespace dcx::reading {
namespace {

using namespace history;

constexpr std::int64_t kStart = 20'000 * kDayNs + 79'200'000'000'000;

template <class Row>
std::vector<Row> behind(const std::vector<Row>& rows, Sequence from) {
    std::vector<Row> result;
    std::ranges::copy_if(rows, std::back_inserter(result), [&](const Row& row) { return row.sequence > from; });
    return result;
}

}  // namespace

RandomHistory::RandomHistory(std::uint64_t seed) : random_(seed), time_(kStart) {
    const std::array<std::uint8_t, kAssets> scales{8, 2, 0};
    const std::array<const char*, kAssets> symbols{"DEC", "USD", "JPY"};
    for (std::uint32_t i = 0; i < kAssets; ++i) {
        all_.assets.push_back({.asset_id = AssetId{i + 1},
                               .symbol = AssetSymbol{symbols[i]},
                               .scale = scales[i],
                               .sequence = Sequence{1ul},
                               .time = Time{kStart}});
        units_.set_asset(AssetId{i + 1}, scales[i]);
    }
    for (std::uint32_t i = 0; i < kMarkets; ++i) {
        const MarketRow row{.market_id = InstrumentId{i + 1},
                            .symbol = Symbol{i == 0 ? "DEC/USD" : "DEC/JPY"},
                            .base_asset = AssetId{1u},
                            .quote_asset = AssetId{i + 2},
                            .tick_mantissa = i == 0 ? 1 : 5,
                            .tick_scale = static_cast<std::uint8_t>(i == 0 ? 4 : 0),
                            .lot_mantissa = i == 0 ? 1 : 25,
                            .lot_scale = static_cast<std::uint8_t>(i == 0 ? 2 : 3),
                            .phase = Phase::trading,
                            .sequence = Sequence{1ul},
                            .time = Time{kStart}};
        all_.markets.push_back(row);
        units_.set_market(row.market_id, {.base = row.base_asset,
                                          .quote = row.quote_asset,
                                          .tick_mantissa = row.tick_mantissa,
                                          .lot_mantissa = row.lot_mantissa,
                                          .tick_scale = row.tick_scale,
                                          .lot_scale = row.lot_scale});
    }
    for (std::uint32_t i = 1; i <= kAccounts; ++i)
        all_.accounts.push_back({.account_id = AccountId{i},
                                 .kind = i < 6 ? AccountKind::venue : AccountKind::customer,
                                 .sequence = Sequence{1ul},
                                 .time = Time{kStart}});
    all_.to.venue_id.fill(std::byte{7});
}

void RandomHistory::touch_day(AccountId account, AssetId asset, Amount before, Amount change, std::uint64_t version,
                              bool fee) {
    const Day day = day_of(Time{time_});
    auto [at, fresh] = days_.try_emplace({account.value, asset.value, day.value});
    AccountDayRow& row = at->second;
    if (fresh)
        row = {.account_id = account, .asset_id = asset, .day = day, .opening = before, .first_version = version};
    if (change.value > 0) row.credits += change;
    if (change.value < 0) row.debits += -change;
    if (fee && change.value < 0) row.fees += -change;
    row.closing = before + change;
    row.last_version = version;
    row.last_sequence = Sequence{sequence_};
}

void RandomHistory::post(std::uint8_t leg, LedgerKind kind) {
    // 6 and 7 are busy; 9 never appears.
    const AccountId from{static_cast<std::uint32_t>(below(3) == 0 ? 6 : 1 + below(8))};
    const AccountId to{static_cast<std::uint32_t>(below(3) == 0 ? 7 : 1 + below(8))};
    const AssetId asset{static_cast<std::uint32_t>(below(20) == 0 ? 3 : 1 + below(2))};
    const Amount amount{static_cast<std::int64_t>(1 + below(1'000'000))};
    LedgerTransferRow row{.day = day_of(Time{time_}),
                          .sequence = Sequence{sequence_},
                          .event_index = index_,
                          .leg = leg,
                          .time = Time{time_},
                          .kind = kind,
                          .debit_account = from,
                          .credit_account = to,
                          .asset_id = asset,
                          .amount = amount};
    auto& debit = totals_[{from.value, asset.value}];
    row.debit_before = Amount{debit.first};
    debit = {debit.first - amount.value, debit.second + 1};
    row.debit_after = Amount{debit.first};
    row.debit_version = debit.second;
    const bool fee = kind == LedgerKind::trade_fee;
    touch_day(from, asset, row.debit_before, -amount, row.debit_version, fee);
    auto& credit = totals_[{to.value, asset.value}];
    row.credit_before = Amount{credit.first};
    credit = {credit.first + amount.value, credit.second + 1};
    row.credit_after = Amount{credit.first};
    row.credit_version = credit.second;
    touch_day(to, asset, row.credit_before, amount, row.credit_version, fee);
    all_.ledger_transfers.push_back(row);
}

void RandomHistory::command() {
    sequence_ += 1 + below(3);
    // Most commands come close together, some at the very same time, a few after hours.
    time_ += static_cast<std::int64_t>(below(4) == 0 ? 0 : below(300) == 0 ? below(30'000'000'000'000) : below(9'000));
    times_[sequence_] = time_;
    const Time time{time_};
    const Day day = day_of(time);
    const Sequence sequence{sequence_};
    index_ = 0;
    const auto account = [&] { return AccountId{static_cast<std::uint32_t>(6 + below(3))}; };
    const auto market = [&] { return InstrumentId{static_cast<std::uint32_t>(1 + below(kMarkets))}; };
    const auto side = [&] { return below(2) == 0 ? Side::buy : Side::sell; };
    if (below(3) == 0) {
        const InstrumentId on = market();
        all_.new_orders.push_back({.order_id = OrderId{orders_ += 1 + below(2)},
                                   .account_id = account(),
                                   .market_id = on,
                                   .cl_ord_id = ClOrdId{sequence_},
                                   .side = side(),
                                   .type = OrderType::limit,
                                   .time_in_force = TimeInForce::gtc,
                                   .status = static_cast<OrderStatus>(1 + below(4)),
                                   .price = Price{static_cast<std::int64_t>(1 + below(99'999))},
                                   .quantity = Quantity{10l},
                                   .quote_asset = AssetId{on.value + 1},
                                   .day = day,
                                   .sequence = sequence,
                                   .time = time,
                                   // Some days later at most.
                                   .changed_sequence = Sequence{sequence_ + below(400)},
                                   .changed_time = Time{time_ + 5 * kDayNs}});
        ++index_;
    }
    for (std::uint64_t fills = below(40) == 0 ? below(60) : below(3); fills > 0; --fills) {
        const InstrumentId on = market();
        const Price price{static_cast<std::int64_t>(1 + below(99'999))};
        all_.trades.push_back({.day = day,
                               .sequence = sequence,
                               .event_index = index_,
                               .time = time,
                               .trade_id = TradeId{++trades_},
                               .market_id = on,
                               .price = price,
                               .quantity = Quantity{static_cast<std::int64_t>(1 + below(50))},
                               .taker_side = side(),
                               .maker_account = account(),
                               .taker_account = account()});
        post(0, LedgerKind::trade_base);
        post(1, LedgerKind::trade_quote);
        ++index_;
        for (int i = 0; i < 2; ++i, ++index_) {
            all_.executions.push_back({.day = day,
                                       .sequence = sequence,
                                       .event_index = index_,
                                       .time = time,
                                       .exec_type = below(3) == 0 ? ExecType::canceled : ExecType::trade,
                                       .order_id = OrderId{1 + below(orders_ + 1)},
                                       .account_id = account(),
                                       .market_id = on,
                                       .side = side(),
                                       .detail = 1,
                                       .price = price,
                                       .quantity = Quantity{1l}});
            if (below(2) == 0) post(0, LedgerKind::trade_fee);
        }
    }
    const TransferId id = make_transfer_id(static_cast<std::uint64_t>(time_ / 1'000'000), random_(), random_());
    const auto state = static_cast<PendingState>(below(4));
    if (below(10) == 0) {
        post(0, LedgerKind::transfer);
        all_.ledger_transfers.back().id = id;
        all_.deposits.push_back({.day = day,
                                 .sequence = sequence,
                                 .event_index = index_++,
                                 .time = time,
                                 .id = id,
                                 .account_id = account(),
                                 .from_account = kDepositsAccount,
                                 .asset_id = AssetId{1u},
                                 .amount = Amount{5l}});
    }
    for (std::uint64_t pended = below(8) == 0 ? 1 + below(3) : 0; pended > 0; --pended) {
        const AccountId debit = account();
        all_.pending_transfers.push_back({.scope = account(),
                                          .id = {.low = id.low + pended, .high = id.high},
                                          .debit_account = debit,
                                          .credit_account = AccountId{debit.value == 8 ? 6 : debit.value + 1},
                                          .asset_id = AssetId{2u},
                                          .amount = Amount{7l},
                                          .state = state,
                                          .sequence = sequence,
                                          .time = time});
        all_.withdrawals.push_back({.scope = account(),
                                    .id = {.low = id.low + pended, .high = id.high},
                                    .account_id = account(),
                                    .asset_id = AssetId{1u},
                                    .amount = Amount{7l},
                                    .address = "DEC",
                                    .state = state,
                                    .sequence = sequence,
                                    .time = time});
    }
    if (below(6) == 0)
        for (std::uint64_t told = 1 + below(3); told > 0; --told)
            all_.audit_log.push_back({.day = day,
                                      .sequence = sequence,
                                      .event_index = index_++,
                                      .time = time,
                                      .kind = EventKind::fees_set,
                                      .detail = "{}"});
}

void RandomHistory::run(std::size_t commands) {
    for (; commands > 0; --commands) command();
    all_.to.sequence = Sequence{sequence_};
    all_.to.time = Time{time_};
    all_.to.event_hash = sequence_;
    all_.account_days.clear();
    for (const auto& [key, row] : days_) all_.account_days.push_back(row);
    all_.balances.clear();
    for (const auto& [key, total] : totals_)
        all_.balances.push_back({.account_id = AccountId{key.first},
                                 .asset_id = AssetId{key.second},
                                 .available = Amount{total.first},
                                 .version = total.second});
    // Some candles: of the minutes that had any command.
    all_.candles.clear();
    for (const auto& [sequence, time] : times_) {
        const Time start{time / 60'000'000'000 * 60'000'000'000};
        if (all_.candles.empty() || all_.candles.back().start < start)
            all_.candles.push_back({.market_id = InstrumentId{1u},
                                    .interval_s = 60,
                                    .start = start,
                                    .open = Price{1l},
                                    .high = Price{4l},
                                    .low = Price{1l},
                                    .close = Price{2l},
                                    .volume = Quantity{9l},
                                    .trades = 1,
                                    .first_sequence = Sequence{sequence},
                                    .last_sequence = Sequence{sequence}});
    }
}

RowBatch RandomHistory::next() {
    const Sequence from = sent_.to.sequence;
    RowBatch batch = all_;
    batch.from = sent_.to;
    batch.trades = behind(all_.trades, from);
    batch.executions = behind(all_.executions, from);
    batch.ledger_transfers = behind(all_.ledger_transfers, from);
    batch.deposits = behind(all_.deposits, from);
    batch.audit_log = behind(all_.audit_log, from);
    batch.new_orders = behind(all_.new_orders, from);
    const auto by_key = [](const auto& a, const auto& b) {
        return std::tuple(a.scope, a.id) < std::tuple(b.scope, b.id);
    };
    std::ranges::sort(batch.pending_transfers, by_key);
    std::ranges::sort(batch.withdrawals, by_key);
    sent_.to = all_.to;
    return batch;
}

Amount RandomHistory::total_at(AccountId account, AssetId asset, Sequence at) const {
    Amount total{};
    for (const LedgerTransferRow& row : all_.ledger_transfers) {
        if (row.sequence > at || row.asset_id != asset) continue;
        if (row.debit_account == account) total -= row.amount;
        if (row.credit_account == account) total += row.amount;
    }
    return total;
}

Time RandomHistory::time_of(Sequence sequence) const {
    const auto at = times_.upper_bound(sequence.value);
    return at == times_.begin() ? Time{} : Time{std::prev(at)->second};
}

}  // namespace dcx::reading
