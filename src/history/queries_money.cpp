#include <array>

#include "history/queries.h"
#include "history/query_scan.h"

namespace dcx::history {
namespace {

std::int64_t id(AccountId account) { return account.value; }
std::int64_t whole(Sequence sequence) { return static_cast<std::int64_t>(sequence.value); }

StatementEntry debited(LedgerTransferRow&& row) {
    StatementEntry entry{.posting = std::move(row)};
    entry.change = -entry.posting.amount;
    entry.balance = entry.posting.debit_after;
    entry.version = entry.posting.debit_version;
    entry.other = entry.posting.credit_account;
    return entry;
}
StatementEntry credited(LedgerTransferRow&& row) {
    StatementEntry entry{.posting = std::move(row), .credited = true};
    entry.change = entry.posting.amount;
    entry.balance = entry.posting.credit_after;
    entry.version = entry.posting.credit_version;
    entry.other = entry.posting.debit_account;
    return entry;
}

PageKey key_of(const StatementEntry& entry) {
    PageKey key = log_key(entry.posting);
    key.parts[3] = entry.posting.leg * 2 + (entry.credited ? 1 : 0);
    return key;
}

// Of two phases: of one command there can be several, told apart by scope and id.
template <class Row>
PageKey two_phase_key(const Row& row) {
    return {{whole(row.sequence), row.scope.value, static_cast<std::int64_t>(row.id.high),
             static_cast<std::int64_t>(row.id.low)}};
}

template <class Row>
std::vector<Candidate<Row>> two_phase_rows(StoreReader& reader, const Units& units, const Owner& owner,
                                           const PageRequest& page, const std::optional<PageKey>& after,
                                           std::size_t count) {
    Range range = owner_range(reader, owner, page);
    const bool oldest_first = page.direction == Direction::oldest_first;
    const std::string beyond = oldest_first ? " > " : " < ";
    Selection selection;
    if (after && oldest_first) range.low = std::max(range.low, after->parts[0]);
    if (after && !oldest_first) range.high = std::min(range.high, after->parts[0]);
    if (range.empty()) return {};
    selection.parameters = {owner.value, range.low, range.high};
    selection.rest = "WHERE " + std::string(owner.column) + " = $1 AND sequence >= $2 AND sequence <= $3";
    if (after) {
        const TransferId last{.low = static_cast<std::uint64_t>(after->parts[3]),
                              .high = static_cast<std::uint64_t>(after->parts[2])};
        selection.rest += " AND (sequence <> $4 OR scope" + beyond + "$5 OR (scope = $5 AND id" + beyond + "$6))";
        selection.parameters.insert(selection.parameters.end(), {after->parts[0], after->parts[1], last});
    }
    selection.rest += oldest_first ? " ORDER BY sequence, scope, id" : " ORDER BY sequence DESC, scope DESC, id DESC";
    selection.rest += " LIMIT " + std::to_string(count);
    return read_candidates<Row>(reader, units, selection, two_phase_key<Row>);
}

}  // namespace

Fields fields_of(const StatementEntry& entry, const Names& names) {
    const LedgerTransferRow& row = entry.posting;
    FieldsVisitor visitor(names);
    visitor.day("day", row.day);
    visitor.number("sequence", row.sequence);
    visitor.integer("event_index", row.event_index);
    visitor.small("leg", row.leg);
    visitor.time("time", row.time);
    visitor.small("kind", row.kind);
    visitor.uuid("id", row.id);
    visitor.number("reference", row.reference);
    visitor.integer("other_account", entry.other);
    visitor.integer("asset_id", row.asset_id);
    visitor.amount("change", entry.change, row.asset_id);
    visitor.amount("balance", entry.balance, row.asset_id);
    visitor.number("version", entry.version);
    return std::move(visitor.fields);
}

void Queries::require_account(AccountId account) {
    bool known = false;
    reader_.select("SELECT account_id FROM accounts WHERE account_id = $1", std::array<Parameter, 1>{id(account)},
                   [&](Cells&) { known = true; });
    if (!known)
        throw HistoryError(ErrorCode::not_found, "the history knows no account " + std::to_string(account.value));
}

Page<StatementEntry> Queries::statement(AccountId account, std::optional<AssetId> asset, const PageRequest& request) {
    constexpr char kQuery = 's';
    check_page(request);
    const auto after = after_in_log(request, kQuery);
    const Snapshot snapshot(reader_);
    require_account(account);
    auto page = new_page<StatementEntry>(reader_);
    const Range range = narrowed(log_range(reader_, LedgerTransferRow::table, request), request.direction, after);
    const std::size_t count = rows_to_read(request.limit, asset.has_value());
    Candidates<StatementEntry> all(request.direction);
    const auto read = [&](std::string_view column, std::string_view leg, auto make) {
        const LogScan scan{.column = column, .value = id(account), .rest = {"event_index", leg}};
        const auto piece = [&](const Range& part, std::size_t rows) {
            const Selection selection = select_log(scan, part, request.direction, after, rows);
            std::vector<Candidate<StatementEntry>> side;
            reader_.each<LedgerTransferRow>(page.names.units, selection.rest, selection.parameters,
                                            [&](LedgerTransferRow&& row) {
                                                StatementEntry entry = make(std::move(row));
                                                const PageKey key = key_of(entry);
                                                side.push_back({.key = key, .entry = std::move(entry)});
                                            });
            return side;
        };
        all.add(read_by_days<StatementEntry>(reader_, range, request.direction, count, piece), count);
    };
    read("debit_account", "leg * 2", debited);
    read("credit_account", "leg * 2 + 1", credited);
    all.fill(page, request.limit, kQuery,
             [&](const StatementEntry& entry) { return !asset || entry.posting.asset_id == *asset; });
    return page;
}

Page<AccountDayRow> Queries::daily(AccountId account, std::optional<AssetId> asset, const PageRequest& request) {
    constexpr char kQuery = 'd';
    check_page(request);
    const auto after = after_of(request, kQuery);
    if (std::holds_alternative<Sequence>(request.from) || std::holds_alternative<Sequence>(request.to))
        throw HistoryError(ErrorCode::bad_request, "daily statements go by days, not by sequences");
    const Snapshot snapshot(reader_);
    require_account(account);
    auto page = new_page<AccountDayRow>(reader_);
    const bool oldest_first = request.direction == Direction::oldest_first;
    const std::string beyond = oldest_first ? " > " : " < ";
    std::vector<Parameter> parameters{id(account)};
    std::string rest = "WHERE account_id = $1";
    const auto add = [&](std::string_view condition, Parameter parameter) {
        parameters.push_back(parameter);
        rest += " AND " + std::string(condition) + "$" + std::to_string(parameters.size());
    };
    if (asset) add("asset_id = ", std::int64_t{asset->value});
    if (const auto* const from = std::get_if<Time>(&request.from)) add("day >= ", day_of(*from));
    // The day of the last moment that belongs to the range.
    if (const auto* const to = std::get_if<Time>(&request.to)) {
        if (to->value == 0) return page;
        add("day <= ", day_of(Time{to->value - 1}));
    }
    if (after) {
        if (after->parts[1] > day_of(kNever).value)
            throw HistoryError(ErrorCode::bad_request, "this is no token of a page: its day is none");
        parameters.emplace_back(after->parts[0]);
        parameters.emplace_back(Day{static_cast<std::int32_t>(after->parts[1])});
        rest += " AND (asset_id, day)" + beyond + "($" + std::to_string(parameters.size() - 1) + ", $" +
                std::to_string(parameters.size()) + ")";
    }
    const std::size_t count = rows_to_read(request.limit, false);
    rest += oldest_first ? " ORDER BY asset_id, day" : " ORDER BY asset_id DESC, day DESC";
    rest += " LIMIT " + std::to_string(count);
    Candidates<AccountDayRow> all(request.direction);
    all.add(read_candidates<AccountDayRow>(
                reader_, page.names.units, {.rest = rest, .parameters = parameters},
                [](const AccountDayRow& row) { return PageKey{{row.asset_id.value, row.day.value, 0, 0}}; }),
            count);
    all.fill(page, request.limit, kQuery, kAll);
    return page;
}

Page<DepositRow> Queries::deposits(AccountId account, const PageRequest& request) {
    check_page(request);
    const Snapshot snapshot(reader_);
    require_account(account);
    return log_page<DepositRow>(reader_, 'i', {.column = "account_id", .value = id(account)}, request, false, kAll);
}

Page<WithdrawalRow> Queries::withdrawals(AccountId account, std::optional<PendingState> state,
                                         const PageRequest& request) {
    constexpr char kQuery = 'w';
    check_page(request);
    const auto after = after_of(request, kQuery);
    const Snapshot snapshot(reader_);
    require_account(account);
    auto page = new_page<WithdrawalRow>(reader_);
    const std::size_t count = rows_to_read(request.limit, state.has_value());
    Candidates<WithdrawalRow> all(request.direction);
    all.add(two_phase_rows<WithdrawalRow>(reader_, page.names.units,
                                          {.table = WithdrawalRow::table, .column = "account_id", .value = id(account)},
                                          request, after, count),
            count);
    all.fill(page, request.limit, kQuery, [&](const WithdrawalRow& row) { return !state || row.state == *state; });
    return page;
}

Page<PendingTransferRow> Queries::pending_transfers(AccountId account, std::optional<PendingState> state,
                                                    const PageRequest& request) {
    constexpr char kQuery = 'p';
    check_page(request);
    const auto after = after_of(request, kQuery);
    const Snapshot snapshot(reader_);
    require_account(account);
    auto page = new_page<PendingTransferRow>(reader_);
    const std::size_t count = rows_to_read(request.limit, state.has_value());
    Candidates<PendingTransferRow> all(request.direction);
    // No pending transfer has the same account on both sides, so none is read twice.
    for (const std::string_view side : {"debit_account", "credit_account"})
        all.add(two_phase_rows<PendingTransferRow>(
                    reader_, page.names.units,
                    {.table = PendingTransferRow::table, .column = side, .value = id(account)}, request, after, count),
                count);
    all.fill(page, request.limit, kQuery, [&](const PendingTransferRow& row) { return !state || row.state == *state; });
    return page;
}

}  // namespace dcx::history
