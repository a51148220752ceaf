// How many files the venue may have open, and who gets them: a connection is a file, and so is a segment of the
// journal, which must find one however many connections there are. Before anything is opened; the main thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "app/config.h"
#include "platform/log.h"

namespace dcx::app {

// Raises the soft limit to the hard one. What the process may open from here on.
[[nodiscard]] std::uint64_t raise_open_files();

// Divides `limit` files: the venue's own come first, then order entry's gateway.max_connections, which are promised,
// and feed.max_connections becomes what is left if that is less. The text says why there are not enough.
[[nodiscard]] std::expected<void, std::string> divide_open_files(std::uint64_t limit, Config& config);

// Both, for a start: throws StartRefused, and warns when the feed gets less.
void fit_open_files(Config& config, platform::Log& log);

}  // namespace dcx::app
