// What the parts of the fold have in common: where an event stands, how a contradiction is told, and tables of rows
// that remember which of them changed in this batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/checked.h"
#include "history/history_error.h"
#include "history/row_types.h"
#include "model/types.h"

namespace dcx::history {

struct EventPlace {
    Day day{};
    Sequence sequence{};
    std::uint32_t index{};
    Time time{};
};

// What an event contradicts; the fold makes HistoryError impossible_event of it, with the event's place.
struct Contradiction {
    std::string what;
};
[[noreturn]] void contradict(const std::string& what);
inline void require(bool holds, const char* what) {
    if (!holds) [[unlikely]]
        contradict(what);
}

constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {  // neither is negative
    return checked_add(a, b).value_or(std::numeric_limits<std::int64_t>::max());
}

// A new row of a table that is told once, with its key (but a leg) and its time.
template <class Row>
Row& tell_row(std::vector<Row>& rows, const EventPlace& at) {
    Row& row = rows.emplace_back();
    row.day = at.day;
    row.sequence = at.sequence;
    row.event_index = at.index;
    row.time = at.time;
    return row;
}

// State rows whose ids count from 1 without gaps, all of them in memory.
template <class Row>
class StateRows {
  public:
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(rows_.size()); }
    [[nodiscard]] bool has(std::uint32_t id) const { return id >= 1 && id <= rows_.size(); }
    [[nodiscard]] const Row& operator[](std::uint32_t id) const { return rows_[id - 1]; }
    Row& change(std::uint32_t id) {
        if (!marks_[id - 1]) {
            marks_[id - 1] = true;
            changed_.push_back(id);
        }
        return rows_[id - 1];
    }
    void add(const Row& row) {
        rows_.push_back(row);
        marks_.push_back(false);
        change(size());
    }
    // As it is stored already; `id` says that it stands where it should.
    void load(const Row& row, std::uint32_t id) {
        if (id != size() + 1)
            throw HistoryError(ErrorCode::damaged, "table " + std::string(Row::table) + " lacks its row " +
                                                       std::to_string(size() + 1) + ": make it again with rebuild");
        rows_.push_back(row);
        marks_.push_back(false);
    }

    [[nodiscard]] std::size_t changed() const { return changed_.size(); }
    void seal(std::vector<Row>& out) {
        out.clear();
        std::ranges::sort(changed_);
        for (const std::uint32_t id : changed_) out.push_back((*this)[id]);
    }
    void forget() {
        for (const std::uint32_t id : changed_) marks_[id - 1] = false;
        changed_.clear();
    }

  private:
    std::vector<Row> rows_;
    std::vector<bool> marks_;
    std::vector<std::uint32_t> changed_;
};

}  // namespace dcx::history
