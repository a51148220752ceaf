#include "history/query_scan.h"

#include <array>

namespace dcx::history {
namespace {

constexpr std::uint64_t kLast = INT64_MAX - 1;

std::int64_t whole(Sequence sequence) { return static_cast<std::int64_t>(sequence.value); }

std::string text(std::string_view part) { return std::string(part); }

// The first row on that day or later, looked for in ever larger pieces (read_by_days).
std::optional<Mark> first_on(StoreReader& reader, std::string_view table, const Days& days, Day day) {
    day = std::max(day, days.first);
    for (std::int32_t many = 1; day <= days.last; many *= 2) {
        const Day end = std::min(days.last, Day{day.value + many - 1});
        if (const auto mark =
                read_mark(reader,
                          "SELECT sequence, time, day FROM " + text(table) +
                              " WHERE day >= $1 AND day <= $2 ORDER BY day, sequence, event_index LIMIT 1",
                          std::array<Parameter, 2>{day, end}))
            return mark;
        day = Day{end.value + 1};
    }
    return std::nullopt;
}
std::optional<Mark> last_of(StoreReader& reader, std::string_view table, Day day) {
    return read_mark(reader,
                     "SELECT sequence, time, day FROM " + text(table) +
                         " WHERE day = $1 ORDER BY sequence DESC, event_index DESC LIMIT 1",
                     std::array<Parameter, 1>{day});
}

Day next(Day day) { return Day{day.value + 1}; }

}  // namespace

Names read_names(StoreReader& reader) {
    Names names{.units = reader.units(), .assets = {}, .markets = {}};
    const auto read = [&](const char* sql, std::vector<std::string>& symbols) {
        reader.select(sql, {}, [&](Cells& cells) {
            const auto id = static_cast<std::size_t>(cells.integer(0));
            if (id >= symbols.size()) symbols.resize(id + 1);
            symbols[id] = cells.bytes(1);
        });
    };
    read("SELECT asset_id, symbol FROM assets", names.assets);
    read("SELECT market_id, symbol FROM markets", names.markets);
    return names;
}

std::optional<Mark> read_mark(StoreReader& reader, const std::string& sql, std::span<const Parameter> parameters) {
    std::optional<Mark> mark;
    reader.select(sql, parameters, [&](Cells& cells) {
        const std::int64_t key = cells.integer(0);
        const Time time{cells.integer(1)};
        mark = {.key = key, .time = time, .day = Day{static_cast<std::int32_t>(cells.integer(2))}};
    });
    return mark;
}

Days days_of_log(StoreReader& reader) {
    Days days;
    // The venue's own accounts are there from Genesis on.
    reader.select("SELECT time FROM accounts WHERE account_id = 1", {},
                  [&](Cells& cells) { days.first = day_of(Time{cells.integer(0)}); });
    reader.select("SELECT time, pruned_before FROM history_cursor", {}, [&](Cells& cells) {
        days.last = day_of(Time{cells.integer(0)});
        days.first = std::max(days.first, Day{static_cast<std::int32_t>(cells.integer(1))});
    });
    return days;
}

std::optional<Mark> first_in_log(StoreReader& reader, std::string_view table, const Days& days, Time time) {
    const Day day = day_of(time);
    const auto last = last_of(reader, table, day);
    if (!last || last->time < time) return first_on(reader, table, days, next(day));
    const std::string sql = "SELECT sequence, time, day FROM " + text(table) +
                            " WHERE day = $1 AND sequence >= $2 ORDER BY sequence, event_index LIMIT 1";
    return first_not_before(0, last->key, time, [&](std::int64_t sequence) {
        return read_mark(reader, sql, std::array<Parameter, 2>{day, sequence});
    });
}

std::optional<Mark> first_in_log(StoreReader& reader, std::string_view table, const Days& days, Sequence sequence) {
    // The last day that begins before it may hold it; if it does not, the next day's first row is it.
    std::int64_t low = days.first.value;
    std::int64_t high = days.last.value;
    std::optional<Mark> before;
    std::optional<Mark> behind;
    while (low <= high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto first = first_on(reader, table, days, Day{static_cast<std::int32_t>(middle)});
        if (first && first->key < whole(sequence)) {
            before = first;
            low = std::int64_t{first->day.value} + 1;
        } else {
            if (first) behind = first;
            high = middle - 1;
        }
    }
    if (!before) return behind;
    const auto within = read_mark(reader,
                                  "SELECT sequence, time, day FROM " + text(table) +
                                      " WHERE day = $1 AND sequence >= $2 ORDER BY sequence, event_index LIMIT 1",
                                  std::array<Parameter, 2>{before->day, whole(sequence)});
    return within ? within : behind;
}

Range log_range(StoreReader& reader, std::string_view table, const PageRequest& page, bool by_key) {
    const Days days = days_of_log(reader);
    Range range;
    range.first_day = days.first;
    range.last_day = days.last;
    if (range.empty()) return Range::none();
    const auto find = [&](const Bound& bound, std::uint64_t add) -> std::optional<Mark> {
        if (const auto* const time = std::get_if<Time>(&bound)) return first_in_log(reader, table, days, *time);
        const Sequence sequence{std::min(std::get<Sequence>(bound).value, kLast) + add};
        if (by_key || reader.by_days()) return first_in_log(reader, table, days, sequence);
        return Mark{.key = whole(sequence), .time = {}, .day = {}};
    };
    if (page.from.index() != 0) {
        const auto first = find(page.from, 0);
        if (!first) return Range::none();
        range.low = first->key;
        range.first_day = std::max(range.first_day, first->day);
    }
    if (page.to.index() != 0) {
        // Where the rows behind the range begin; without any there is no end.
        if (const auto end = find(page.to, std::holds_alternative<Sequence>(page.to) ? 1 : 0)) {
            range.high = end->key - 1;
            if (end->day) range.last_day = std::min(range.last_day, end->day);
        }
    }
    return range;
}

Range owner_range(StoreReader& reader, const Owner& owner, const PageRequest& page) {
    Range range;
    const std::string key = text(owner.key_column);
    // The first key whose time or sequence is not before `value`.
    const auto first_key = [&](const char* column, std::int64_t value) -> std::optional<std::int64_t> {
        const std::string sql = "SELECT " + key + ", " + column + ", 0 FROM " + text(owner.table) + " WHERE " +
                                text(owner.column) + " = $1";
        const auto last =
            read_mark(reader, sql + " ORDER BY " + key + " DESC LIMIT 1", std::array<Parameter, 1>{owner.value});
        if (!last || last->time.value < value) return std::nullopt;
        const std::string probe = sql + " AND " + key + " >= $2 ORDER BY " + key + " LIMIT 1";
        const auto first = first_not_before(0, last->key, Time{value}, [&](std::int64_t from) {
            return read_mark(reader, probe, std::array<Parameter, 2>{owner.value, from});
        });
        return first ? std::optional(first->key) : std::nullopt;
    };
    const auto find = [&](const Bound& bound, std::int64_t add) -> std::optional<std::int64_t> {
        if (const auto* const time = std::get_if<Time>(&bound)) return first_key("time", time->value);
        const std::int64_t sequence = whole(std::min(std::get<Sequence>(bound), Sequence{kLast})) + add;
        if (key == "sequence") return sequence;
        return first_key("sequence", sequence);
    };
    if (page.from.index() != 0) {
        const auto first = find(page.from, 0);
        if (!first) return Range::none();
        range.low = *first;
    }
    if (page.to.index() != 0) {
        const bool inclusive = std::holds_alternative<Sequence>(page.to);
        if (const auto end = find(page.to, inclusive ? 1 : 0)) range.high = *end - 1;
    }
    return range;
}

Range narrowed(Range range, Direction direction, const std::optional<PageKey>& after) {
    if (!after) return range;
    const Day day{static_cast<std::int32_t>(after->parts[0])};
    if (direction == Direction::oldest_first) {
        range.first_day = std::max(range.first_day, day);
        range.low = std::max(range.low, after->parts[1]);
    } else {
        range.last_day = std::min(range.last_day, day);
        range.high = std::min(range.high, after->parts[1]);
    }
    return range;
}

Selection select_log(const LogScan& scan, const Range& range, Direction direction, const std::optional<PageKey>& after,
                     std::size_t count) {
    const bool oldest_first = direction == Direction::oldest_first;
    const std::string beyond = oldest_first ? " > " : " < ";
    Selection result;
    const auto add = [&](Parameter parameter) {
        result.parameters.push_back(parameter);
        return "$" + std::to_string(result.parameters.size());
    };
    result.rest = "WHERE ";
    std::string order;
    if (scan.column.empty()) {
        result.rest += "(day, sequence) >= (" + add(range.first_day) + ", ";
        result.rest += add(range.low) + ") AND (day, sequence) <= (";
        result.rest += add(range.last_day) + ", ";
        result.rest += add(range.high) + ")";
        order = oldest_first ? "day, " : "day DESC, ";
    } else {
        result.rest += text(scan.column) + " = " + add(scan.value) + " AND day >= ";
        result.rest += add(range.first_day) + " AND day <= ";
        result.rest += add(range.last_day) + " AND sequence >= ";
        result.rest += add(range.low) + " AND sequence <= ";
        result.rest += add(range.high);
    }
    if (after) {
        // What of the token's own command lies behind it.
        std::string equal;
        result.rest += " AND (sequence <> " + add(after->parts[1]);
        for (std::size_t i = 0; i < scan.rest.size(); ++i) {
            const std::string number = add(after->parts[2 + i]);
            result.rest += " OR (" + equal + text(scan.rest[i]) + beyond + number + ")";
            equal += text(scan.rest[i]) + " = " + number + " AND ";
        }
        result.rest += ")";
    }
    order += oldest_first ? "sequence" : "sequence DESC";
    for (const std::string_view column : scan.rest) order += ", " + text(column) + (oldest_first ? "" : " DESC");
    result.rest += " ORDER BY " + order + " LIMIT " + std::to_string(count);
    return result;
}

}  // namespace dcx::history
