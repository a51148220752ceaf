#include "history/queries.h"

#include <array>

#include "history/query_scan.h"

namespace dcx::history {
namespace {

PageKey order_key(const OrderRow& row) { return {{static_cast<std::int64_t>(row.order_id.value), 0, 0, 0}}; }

template <class Id>
Id named(StoreReader& reader, std::string_view symbol, bool market) {
    const Names names = read_names(reader);
    const auto& symbols = market ? names.markets : names.assets;
    for (std::size_t i = 0; i < symbols.size() && !symbol.empty(); ++i)
        if (symbols[i] == symbol) return Id{static_cast<std::uint32_t>(i)};
    throw HistoryError(ErrorCode::not_found,
                       "the history knows no " + std::string(market ? "market " : "asset ") + std::string(symbol));
}

// No open order has a smaller id.
std::int64_t oldest_open(StoreReader& reader) {
    std::int64_t id = 0;
    reader.select("SELECT oldest_open FROM history_cursor", {}, [&](Cells& cells) { id = cells.integer(0); });
    return id;
}

}  // namespace

AssetId Queries::asset(std::string_view symbol) { return named<AssetId>(reader_, symbol, false); }

InstrumentId Queries::market(std::string_view symbol) { return named<InstrumentId>(reader_, symbol, true); }

Page<OrderRow> Queries::orders(const OrderFilter& filter, const PageRequest& request) {
    constexpr char kQuery = 'o';
    check_page(request);
    const auto after = after_of(request, kQuery);
    const Snapshot snapshot(reader_);
    require_account(filter.account);
    auto page = new_page<OrderRow>(reader_);
    Range range = owner_range(
        reader_,
        {.table = OrderRow::table, .column = "account_id", .value = filter.account.value, .key_column = "order_id"},
        request);
    const bool oldest_first = request.direction == Direction::oldest_first;
    if (filter.status == OrderStatus::open) range.low = std::max(range.low, oldest_open(reader_));
    if (after && oldest_first) range.low = std::max(range.low, after->parts[0] + 1);
    if (after && !oldest_first) range.high = std::min(range.high, after->parts[0] - 1);
    if (range.empty()) return page;
    const std::size_t count = rows_to_read(request.limit, filter.market || filter.status || filter.side);
    const Selection selection{.rest = "WHERE account_id = $1 AND order_id >= $2 AND order_id <= $3 ORDER BY order_id" +
                                      std::string(oldest_first ? "" : " DESC") + " LIMIT " + std::to_string(count),
                              .parameters = {std::int64_t{filter.account.value}, range.low, range.high}};
    Candidates<OrderRow> all(request.direction);
    all.add(read_candidates<OrderRow>(reader_, page.names.units, selection, order_key), count);
    all.fill(page, request.limit, kQuery, [&](const OrderRow& row) {
        return (!filter.market || row.market_id == *filter.market) &&
               (!filter.status || row.status == *filter.status) && (!filter.side || row.side == *filter.side);
    });
    return page;
}

OrderPage Queries::order(OrderId order, const PageRequest& request) {
    check_page({.limit = request.limit});
    const Snapshot snapshot(reader_);
    const auto rows = reader_.rows<OrderRow>(reader_.units(), "WHERE order_id = $1",
                                             std::array<Parameter, 1>{static_cast<std::int64_t>(order.value)});
    if (rows.empty())
        throw HistoryError(ErrorCode::not_found,
                           "the history has no order " + std::to_string(order.value) + " (it may have been pruned)");
    const OrderRow& row = rows.front();
    // All that became of it lies between its acceptance and its last change.
    Range life;
    life.first_day = row.day;
    life.last_day = day_of(row.changed_time);
    life.low = static_cast<std::int64_t>(row.sequence.value);
    life.high = static_cast<std::int64_t>(row.changed_sequence.value);
    return {.order = row,
            .executions = log_page<ExecutionRow>(reader_, 'e', {.column = "account_id", .value = row.account_id.value},
                                                 life, {.limit = request.limit, .after = request.after}, true,
                                                 [&](const ExecutionRow& e) { return e.order_id == order; })};
}

Page<ExecutionRow> Queries::my_trades(AccountId account, std::optional<InstrumentId> market,
                                      const PageRequest& request) {
    check_page(request);
    const Snapshot snapshot(reader_);
    require_account(account);
    return log_page<ExecutionRow>(reader_, 'm', {.column = "account_id", .value = account.value}, request, true,
                                  [&](const ExecutionRow& row) {
                                      return row.exec_type == ExecType::trade && (!market || row.market_id == *market);
                                  });
}

Page<TradeRow> Queries::trades(InstrumentId market, const PageRequest& request) {
    check_page(request);
    const Snapshot snapshot(reader_);
    return log_page<TradeRow>(reader_, 't', {.column = "market_id", .value = market.value}, request, false, kAll);
}

Page<CandleRow> Queries::candles(InstrumentId market, std::uint32_t interval_s, const PageRequest& request) {
    constexpr char kQuery = 'c';
    check_page(request);
    const auto after = after_of(request, kQuery);
    if (std::holds_alternative<Sequence>(request.from) || std::holds_alternative<Sequence>(request.to))
        throw HistoryError(ErrorCode::bad_request, "candles go by times, not by sequences");
    if (std::ranges::find(kCandleIntervals, interval_s) == kCandleIntervals.end())
        throw HistoryError(ErrorCode::bad_request, "there are no candles of " + std::to_string(interval_s) + " s");
    const Snapshot snapshot(reader_);
    auto page = new_page<CandleRow>(reader_);
    const bool oldest_first = request.direction == Direction::oldest_first;
    Range range;
    if (const auto* const from = std::get_if<Time>(&request.from)) range.low = from->value;
    if (const auto* const to = std::get_if<Time>(&request.to)) range.high = to->value - 1;
    if (after && oldest_first) range.low = std::max(range.low, after->parts[0] + 1);
    if (after && !oldest_first) range.high = std::min(range.high, after->parts[0] - 1);
    if (range.empty()) return page;
    const std::size_t count = rows_to_read(request.limit, false);
    const Selection selection{
        .rest = "WHERE market_id = $1 AND interval_s = $2 AND start >= $3 AND start <= $4 ORDER BY start" +
                std::string(oldest_first ? "" : " DESC") + " LIMIT " + std::to_string(count),
        .parameters = {std::int64_t{market.value}, std::int64_t{interval_s}, range.low, range.high}};
    Candidates<CandleRow> all(request.direction);
    all.add(read_candidates<CandleRow>(reader_, page.names.units, selection,
                                       [](const CandleRow& row) { return PageKey{{row.start.value, 0, 0, 0}}; }),
            count);
    all.fill(page, request.limit, kQuery, kAll);
    return page;
}

Page<AuditRow> Queries::audit(const PageRequest& request) {
    check_page(request);
    const Snapshot snapshot(reader_);
    return log_page<AuditRow>(reader_, 'a', {}, request, false, kAll);
}

}  // namespace dcx::history
