// What the queries are made of: a snapshot, a range of times or sequences as a range of keys, and a page of rows by an
// index. Of this folder's queries alone.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/history_error.h"
#include "history/page.h"
#include "history/row_reader.h"

namespace dcx::history {

// Rows a filtered page looks at, at most, of each index it goes by.
inline constexpr std::size_t kScan = 2000;

inline std::size_t rows_to_read(std::size_t limit, bool filtered) {
    return filtered ? std::max(limit + 1, kScan) : limit + 1;
}

class Snapshot {
  public:
    explicit Snapshot(StoreReader& reader) : reader_(reader) { reader_.begin_snapshot(); }
    ~Snapshot() {
        try {
            reader_.end_snapshot();
        } catch (const HistoryError&) {
            // What was read is whole; a reader that lost its connection says so when it is asked again.
        }
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

  private:
    StoreReader& reader_;
};

[[nodiscard]] Names read_names(StoreReader& reader);

template <class Entry>
Page<Entry> new_page(StoreReader& reader) {
    return {.as_of = reader.cursor(), .names = read_names(reader), .entries = {}, .next = {}};
}

// Days, and sequences within them, both ends belong to it.
struct Range {
    Day first_day{};
    Day last_day{day_of(kNever)};
    std::int64_t low = 0;
    std::int64_t high = std::numeric_limits<std::int64_t>::max();

    [[nodiscard]] bool empty() const { return low > high || last_day < first_day; }
    static Range none() {
        Range range;
        range.low = 1;
        range.high = 0;
        return range;
    }
};

// A row by its key and when it was.
struct Mark {
    std::int64_t key{};
    Time time{};
    Day day{};
};

// The first row by `probe`'s key whose time is not before `time`: probe(key) gives the first one with that key or a
// larger one. Times must not fall as keys rise.
template <class Probe>
std::optional<Mark> first_not_before(std::int64_t low, std::int64_t high, Time time, const Probe& probe) {
    std::optional<Mark> found;
    while (low <= high) {
        const std::int64_t middle = low + (high - low) / 2;
        const std::optional<Mark> mark = probe(middle);
        if (mark && mark->time < time) {
            low = mark->key + 1;
        } else {
            if (mark) found = mark;
            high = middle - 1;
        }
    }
    return found;
}

// (sequence, time, day) of the first row.
[[nodiscard]] std::optional<Mark> read_mark(StoreReader& reader, const std::string& sql,
                                            std::span<const Parameter> parameters);

// The days of which anything that was told once can be there: all of the log but what was pruned. Empty before Genesis.
struct Days {
    Day first{1};
    Day last{0};
};
[[nodiscard]] Days days_of_log(StoreReader& reader);

// Of a table that is keyed by (day, sequence, ...): its first row not before `time`.
[[nodiscard]] std::optional<Mark> first_in_log(StoreReader& reader, std::string_view table, const Days& days,
                                               Time time);
// Its first row of that command or a later one.
[[nodiscard]] std::optional<Mark> first_in_log(StoreReader& reader, std::string_view table, const Days& days,
                                               Sequence sequence);

// Of a table that is keyed by (day, sequence, ...). `by_key`: that is the query's index, so sequences are looked up for
// their days.
[[nodiscard]] Range log_range(StoreReader& reader, std::string_view table, const PageRequest& page,
                              bool by_key = false);

// Of a table with an index (column, key_column), and a time.
struct Owner {
    std::string_view table;
    std::string_view column;
    std::int64_t value{};
    std::string_view key_column = "sequence";
};
// As a range of key_column: for orders, whose keys are not sequences, the sequences are looked up too.
[[nodiscard]] Range owner_range(StoreReader& reader, const Owner& owner, const PageRequest& page);

template <class Entry>
struct Candidate {
    PageKey key;
    Entry entry;
};

// Of several indices that were read in the same order: what lies beyond the end of one that was not read to its end is
// not known yet.
template <class Entry>
class Candidates {
  public:
    explicit Candidates(Direction direction) : oldest_first_(direction == Direction::oldest_first) {}

    void add(std::vector<Candidate<Entry>>&& read, std::size_t asked) {
        if (read.size() >= asked) {
            const PageKey& end = read.back().key;
            if (!more_ || before(end, horizon_)) horizon_ = end;
            more_ = true;
        }
        std::ranges::move(read, std::back_inserter(all_));
    }

    template <class Wanted>
    void fill(Page<Entry>& page, std::size_t limit, char query, const Wanted& wanted) {
        std::ranges::sort(all_, [&](const auto& a, const auto& b) { return before(a.key, b.key); });
        const PageKey* last = nullptr;
        for (Candidate<Entry>& candidate : all_) {
            if (more_ && before(horizon_, candidate.key)) break;
            if (page.entries.size() == limit) {
                page.next = token_text(query, *last);
                return;
            }
            last = &candidate.key;
            if (wanted(candidate.entry)) page.entries.push_back(std::move(candidate.entry));
        }
        if (more_) page.next = token_text(query, *last);
    }

  private:
    [[nodiscard]] bool before(const PageKey& a, const PageKey& b) const { return oldest_first_ ? a < b : b < a; }

    std::vector<Candidate<Entry>> all_;
    PageKey horizon_;
    bool more_ = false;
    bool oldest_first_;
};

inline std::optional<PageKey> after_of(const PageRequest& page, char query) {
    if (page.after.empty()) return std::nullopt;
    return parse_token(query, page.after);
}
// Whose first number is a day.
inline std::optional<PageKey> after_in_log(const PageRequest& page, char query) {
    const auto key = after_of(page, query);
    if (key && key->parts[0] > day_of(kNever).value)
        throw HistoryError(ErrorCode::bad_request, "this is no token of a page: its day is none");
    return key;
}

// Rows of a table that was told once, by the index (column, sequence) or, without a column, by the key (day, sequence,
// ...). The token is day, sequence, and what `rest` says of the order within a command: columns, or expressions of
// them, of which those of the token are the third and fourth number.
struct LogScan {
    std::string_view column;
    std::int64_t value{};
    std::vector<std::string_view> rest{"event_index"};
};
struct Selection {
    std::string rest;  // behind the table
    std::vector<Parameter> parameters;
};
[[nodiscard]] Selection select_log(const LogScan& scan, const Range& range, Direction direction,
                                   const std::optional<PageKey>& after, std::size_t count);
// What lies behind the token's command, and that command itself.
[[nodiscard]] Range narrowed(Range range, Direction direction, const std::optional<PageKey>& after);

template <class Row, class KeyOf>
[[nodiscard]] std::vector<Candidate<Row>> read_candidates(StoreReader& reader, const Units& units,
                                                          const Selection& selection, const KeyOf& key_of) {
    std::vector<Candidate<Row>> read;
    reader.each<Row>(units, selection.rest, selection.parameters, [&](Row&& row) {
        const PageKey key = key_of(row);
        read.push_back({.key = key, .entry = std::move(row)});
    });
    return read;
}

template <class Row>
PageKey log_key(const Row& row) {
    return {{row.day.value, static_cast<std::int64_t>(row.sequence.value), row.event_index, 0}};
}

// Up to `count` rows of the range in the direction's order: read(part of it, how many). Days are taken in ever larger
// pieces where each costs, so that a page of what was told lately looks at one or two of them, and one that has to look
// far does so in few steps.
template <class Entry, class Read>
std::vector<Candidate<Entry>> read_by_days(StoreReader& reader, Range range, Direction direction, std::size_t count,
                                           const Read& read) {
    if (range.empty()) return {};
    if (!reader.by_days()) return read(range, count);
    std::vector<Candidate<Entry>> all;
    for (std::int32_t days = 1; !range.empty() && all.size() < count; days *= 2) {
        Range piece = range;
        if (direction == Direction::oldest_first) {
            piece.last_day = std::min(range.last_day, Day{range.first_day.value + days - 1});
            range.first_day = Day{piece.last_day.value + 1};
        } else {
            piece.first_day = std::max(range.first_day, Day{range.last_day.value - days + 1});
            range.last_day = Day{piece.first_day.value - 1};
        }
        std::ranges::move(read(piece, count - all.size()), std::back_inserter(all));
    }
    return all;
}

// A whole query of one table by one index.
template <class Row, class Wanted>
Page<Row> log_page(StoreReader& reader, char query, const LogScan& scan, const Range& range, const PageRequest& request,
                   bool filtered, const Wanted& wanted) {
    Page<Row> page = new_page<Row>(reader);
    const auto after = after_in_log(request, query);
    const std::size_t limit = rows_to_read(request.limit, filtered);
    Candidates<Row> all(request.direction);
    all.add(read_by_days<Row>(reader, narrowed(range, request.direction, after), request.direction, limit,
                              [&](const Range& piece, std::size_t count) {
                                  const auto selection = select_log(scan, piece, request.direction, after, count);
                                  return read_candidates<Row>(reader, page.names.units, selection, log_key<Row>);
                              }),
            limit);
    all.fill(page, request.limit, query, wanted);
    return page;
}
template <class Row, class Wanted>
Page<Row> log_page(StoreReader& reader, char query, const LogScan& scan, const PageRequest& request, bool filtered,
                   const Wanted& wanted) {
    const Range range = log_range(reader, Row::table, request, scan.column.empty());
    return log_page<Row>(reader, query, scan, range, request, filtered, wanted);
}
inline constexpr auto kAll = [](const auto&) { return true; };

}  // namespace dcx::history
