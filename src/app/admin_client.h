// One request to the admin listener of the venue that runs on a data folder. Blocks, at most half a minute.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/data_folder.h"

namespace dcx::app {

struct AdminAnswer {
    int status = 0;
    std::string body;
};

// GET.
[[nodiscard]] std::expected<AdminAnswer, std::string> ask_admin(const DataFolder& folder, std::string_view target);
// POST /actions/NAME with the folder's token; `query` is "" or "?a=b", encoded.
[[nodiscard]] std::expected<AdminAnswer, std::string> call_admin(const DataFolder& folder, std::string_view name,
                                                                 std::string_view query = "");

}  // namespace dcx::app
