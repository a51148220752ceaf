// What the reading commands of the history print: pages of rows as a table for people, or as JSON with a last line that
// says as of which command it is and where to go on. One command, one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "history/page.h"
#include "history/render.h"

namespace dcx::app {

class HistoryListing {
  public:
    // The columns of the table, by the fields' names. JSON has all fields.
    HistoryListing(bool json, std::vector<std::string> columns) : json_(json), columns_(std::move(columns)) {}

    // All pages up to `count` entries (0: all): query(request) gives one.
    template <class Query>
    void list(history::PageRequest request, std::uint64_t count, const Query& query) {
        for (std::uint64_t left = count == 0 ? UINT64_MAX : count; left > 0;) {
            request.limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, history::kMaxPage));
            const auto page = query(request);
            std::vector<history::Fields> lines;
            for (const auto& entry : page.entries) lines.push_back(fields_of(entry, page.names));
            add(lines);
            as_of_ = page.as_of.sequence;
            next_ = page.next;
            if (next_.empty()) break;
            request.after = next_;
            left -= page.entries.size();
        }
        end();
    }
    // Of one page without a token.
    void add(const std::vector<history::Fields>& lines);
    void end(Sequence as_of) {
        as_of_ = as_of;
        end();
    }

  private:
    void end() const;

    bool json_;
    std::vector<std::string> columns_;
    std::vector<std::size_t> widths_;
    std::uint64_t entries_ = 0;
    Sequence as_of_{};
    std::string next_;
};

}  // namespace dcx::app
