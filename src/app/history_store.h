// Which history store a configuration means, and what may be asked of it, for the venue and for commands.
#pragma once

#include <expected>
#include <string>

#include "app/config.h"
#include "app/data_folder.h"
#include "history/row_types.h"
#include "history/store.h"

namespace dcx::app {

// kind "none" when there is none.
[[nodiscard]] inline history::StoreOptions history_store_of(const Config& config, const DataFolder& folder) {
    const bool file = config.history.store == "sqlite" && config.history.url.empty();
    return {.kind = config.history.store, .url = file ? folder.history() : config.history.url};
}

// Of "YYYY-MM-DD", UTC: the day before which something may be taken away of a store whose rows end at that time. Later
// days are refused: what will be told must not lie before it, or a check could not tell what was there. So is one whose
// trades could still be taken back (the fold needs their rows then).
[[nodiscard]] std::expected<history::Day, std::string> prune_day(const std::string& text, Time stored);

}  // namespace dcx::app
