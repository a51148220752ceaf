// Balances now and at any moment of the past.
#include <array>

#include "history/queries.h"
#include "history/query_scan.h"

namespace dcx::history {
namespace {

std::int64_t whole(Sequence sequence) { return static_cast<std::int64_t>(sequence.value); }

// The account's last posting in that asset, on that day, up to that command, of one side.
std::optional<LedgerTransferRow> last_posting(StoreReader& reader, const Units& units, std::string_view column,
                                              const AccountDayRow& day, Sequence at) {
    const std::array<Parameter, 4> parameters{std::int64_t{day.account_id.value}, day.day, whole(at),
                                              std::int64_t{day.asset_id.value}};
    auto rows = reader.rows<LedgerTransferRow>(units,
                                               "WHERE " + std::string(column) +
                                                   " = $1 AND day = $2 AND sequence <= $3 AND asset_id = $4 "
                                                   "ORDER BY sequence DESC, event_index DESC, leg DESC LIMIT 1",
                                               parameters);
    if (rows.empty()) return std::nullopt;
    return rows.front();
}

Day pruned_before(StoreReader& reader) {
    Day day{};
    reader.select("SELECT pruned_before FROM history_cursor", {},
                  [&](Cells& cells) { day = Day{static_cast<std::int32_t>(cells.integer(0))}; });
    return day;
}

// `day` is the first one that goes beyond `at`: what was it on that day behind that command?
PastBalance within(StoreReader& reader, const Units& units, const AccountDayRow& day, Sequence at, Day pruned) {
    if (day.day < pruned)
        throw HistoryError(ErrorCode::not_found, "the postings of " + day_text(day.day) +
                                                     " were pruned: only the ends of its days are known (daily)");
    PastBalance result{.asset = day.asset_id, .total = day.opening, .version = day.first_version - 1};
    const auto take = [&](Amount balance, std::uint64_t version) {
        if (version > result.version) result.total = balance, result.version = version;
    };
    if (const auto row = last_posting(reader, units, "debit_account", day, at))
        take(row->debit_after, row->debit_version);
    if (const auto row = last_posting(reader, units, "credit_account", day, at))
        take(row->credit_after, row->credit_version);
    return result;
}

}  // namespace

Balances Queries::balances(AccountId account) {
    const Snapshot snapshot(reader_);
    require_account(account);
    Balances result{.as_of = reader_.cursor(), .names = read_names(reader_), .entries = {}};
    result.entries = reader_.rows<BalanceRow>(result.names.units, "WHERE account_id = $1 ORDER BY asset_id",
                                              std::array<Parameter, 1>{std::int64_t{account.value}});
    return result;
}

PastBalances Queries::balances_at(AccountId account, const Bound& moment) {
    check_page({.from = moment});
    const Snapshot snapshot(reader_);
    require_account(account);
    PastBalances result{.as_of = reader_.cursor(), .names = read_names(reader_), .at = {}, .entries = {}};
    result.at = result.as_of.sequence;
    if (const auto* const sequence = std::get_if<Sequence>(&moment)) {
        if (*sequence > result.as_of.sequence)
            throw HistoryError(ErrorCode::bad_request, "the history goes as far as command " +
                                                           std::to_string(result.as_of.sequence.value) + " by now");
        result.at = *sequence;
    } else if (const auto* const time = std::get_if<Time>(&moment)) {
        // Behind the last command of that time: before the first posting that is later.
        const Time later{time->value == INT64_MAX ? INT64_MAX : time->value + 1};
        if (const auto next = first_in_log(reader_, LedgerTransferRow::table, days_of_log(reader_), later))
            result.at = Sequence{static_cast<std::uint64_t>(next->key) - 1};
    }
    const Day pruned = pruned_before(reader_);
    std::vector<AssetId> assets;
    reader_.select("SELECT asset_id FROM balances WHERE account_id = $1 ORDER BY asset_id",
                   std::array<Parameter, 1>{std::int64_t{account.value}},
                   [&](Cells& cells) { assets.emplace_back(static_cast<std::uint32_t>(cells.integer(0))); });
    const auto day_row = [&](AssetId asset, std::string_view condition) -> std::optional<AccountDayRow> {
        const std::array<Parameter, 3> parameters{std::int64_t{account.value}, std::int64_t{asset.value},
                                                  whole(result.at)};
        auto rows = reader_.rows<AccountDayRow>(
            result.names.units, "WHERE account_id = $1 AND asset_id = $2 AND " + std::string(condition), parameters);
        if (rows.empty()) return std::nullopt;
        return rows.front();
    };
    for (const AssetId asset : assets) {
        if (const auto beyond = day_row(asset, "last_sequence > $3 ORDER BY day LIMIT 1"))
            result.entries.push_back(within(reader_, result.names.units, *beyond, result.at, pruned));
        else if (const auto last = day_row(asset, "last_sequence <= $3 ORDER BY day DESC LIMIT 1"))
            result.entries.push_back({.asset = asset, .total = last->closing, .version = last->last_version});
        else
            result.entries.push_back({.asset = asset, .total = {}, .version = 0});
    }
    return result;
}

}  // namespace dcx::history
