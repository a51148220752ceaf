// Pages of a query: where one begins and ends, and the token that the next one goes on from. A token names the row
// after which to go on (day, sequence, event index, leg and the like, by the query), so a page may end in the middle of
// a command's rows and none of them is lost or told twice, whatever is stored meanwhile. Pages go by such keys alone,
// never by offset.
//
// A page that filters looks at a bounded number of rows: it may have fewer entries than its limit, even none, and
// still have a `next`. There is nothing more as of `as_of` when `next` is empty.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "history/cursor.h"
#include "history/render.h"

namespace dcx::history {

inline constexpr std::size_t kMaxPage = 1000;

enum class Direction : std::uint8_t { oldest_first, newest_first };

// No bound, a sequence, or a moment of log time.
using Bound = std::variant<std::monostate, Sequence, Time>;

struct PageRequest {
    Bound from{};             // the first sequence, or moment, that belongs to it
    Bound to{};               // the last sequence that belongs to it, or the moment before which it ends
    std::size_t limit = 100;  // 1 .. kMaxPage
    Direction direction = Direction::oldest_first;
    std::string after{};  // `next` of the page before; empty: from the beginning (of a newest-first one: the end)
};

template <class Entry>
struct Page {
    Cursor as_of;  // all is read in one snapshot of the store, which stands there
    Names names;   // of all assets and markets by then
    std::vector<Entry> entries;
    std::string next;
};

// What a token is made of; what each number is, is the query's.
struct PageKey {
    std::array<std::int64_t, 4> parts{};
    auto operator<=>(const PageKey&) const = default;
};

// `query` is a letter of the query's own, so that a token of another one is refused.
[[nodiscard]] std::string token_text(char query, const PageKey& key);
// Throws HistoryError bad_request for anything that token_text() would not have made.
[[nodiscard]] PageKey parse_token(char query, std::string_view text);
// Throws HistoryError bad_request for a limit or a range that can't be.
void check_page(const PageRequest& page);

}  // namespace dcx::history
