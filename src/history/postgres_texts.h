// What PostgreSQL's texts mean: its URLs, its messages, its error numbers. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "history/history_error.h"

namespace dcx::history {

// Which of our errors an SQLSTATE is.
[[nodiscard]] ErrorCode error_of_sqlstate(std::string_view sqlstate);

// Where a verbose message has its SQLSTATE: "...FATAL:  28P01: password authentication failed..."; the last one when it
// tells of several hosts. npos: nowhere.
[[nodiscard]] std::size_t find_sqlstate(std::string_view text);

// For messages: "PostgreSQL database history at host:5432", never a password. Throws bad_url for what libpq can't read.
[[nodiscard]] std::string postgres_name(const std::string& url);

// Without its line feeds and tabs.
[[nodiscard]] std::string postgres_one_line(std::string_view text);

}  // namespace dcx::history
