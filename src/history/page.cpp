#include "history/page.h"

#include <charconv>

#include "history/history_error.h"

namespace dcx::history {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw HistoryError(ErrorCode::bad_request, text); }
[[noreturn]] void refuse_token() { refuse("this is no token of a page of this query; ask for the first page"); }

}  // namespace

std::string token_text(char query, const PageKey& key) {
    std::string text(1, query);
    for (std::size_t i = 0; i < key.parts.size(); ++i)
        text += (i == 0 ? "" : ".") + std::to_string(static_cast<std::uint64_t>(key.parts[i]));
    return text;
}

PageKey parse_token(char query, std::string_view text) {
    PageKey key;
    // 1 letter, 4 numbers of up to 20 digits and the points between them.
    if (text.size() > 84 || text.empty() || text.front() != query) refuse_token();
    const char* at = text.data() + 1;
    const char* const end = text.data() + text.size();
    for (std::size_t i = 0; i < key.parts.size(); ++i) {
        if (i > 0 && (at == end || *at++ != '.')) refuse_token();
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(at, end, number);
        if (parsed.ec != std::errc{}) refuse_token();
        key.parts[i] = static_cast<std::int64_t>(number);
        at = parsed.ptr;
    }
    // One text a token: no zeros in front. The first two numbers are days, sequences and the like; the others can be
    // halves of an id.
    if (at != end || token_text(query, key) != text) refuse_token();
    if (key.parts[0] < 0 || key.parts[1] < 0 || key.parts[0] == INT64_MAX || key.parts[1] == INT64_MAX) refuse_token();
    return key;
}

void check_page(const PageRequest& page) {
    if (page.limit < 1 || page.limit > kMaxPage)
        refuse("a page has 1 to " + std::to_string(kMaxPage) + " entries, not " + std::to_string(page.limit));
    for (const Bound& bound : {page.from, page.to}) {
        const auto* const time = std::get_if<Time>(&bound);
        if (time != nullptr && time->value < 0) refuse("times begin in 1970");
        const auto* const sequence = std::get_if<Sequence>(&bound);
        if (sequence != nullptr && sequence->value > static_cast<std::uint64_t>(INT64_MAX))
            refuse("sequences end at 2^63 - 1");
    }
    if (page.from.index() == page.to.index() && page.to < page.from) refuse("the range ends before it begins");
}

}  // namespace dcx::history
