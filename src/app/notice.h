// A notice from the operator to every session, from the parameters of its request or from the command line, as URL
// parameters; a fault is told as a text.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "model/wire.h"
#include "net/http_request.h"

namespace dcx::app {

// text: 1 to 160 bytes of UTF-8 without control characters; at (0 or not given: now): ns since 1970; kind: "text" (if
// not given) or "maintenance".
[[nodiscard]] std::expected<Notice, std::string> read_notice(const net::HttpRequest& request);
// "?text=...&at=...&kind=..."
[[nodiscard]] std::string notice_query(std::string_view text, std::int64_t at_ns, bool maintenance);
// Of "90s", "5m", "2h", "0s": at most a year.
[[nodiscard]] std::expected<std::int64_t, std::string> parse_delay_ns(std::string_view text);

}  // namespace dcx::app
