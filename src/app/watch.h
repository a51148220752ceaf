// The inside of `dcx watch`: one market's feed, kept and shown until it is told to stop, the given time, or a failure
// that trying again does not mend. commands.h has the command.
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <functional>
#include <string>

#include "app/commands.h"
#include "net/socket.h"

namespace dcx::app {

struct FeedAddress {
    net::Endpoint endpoint;
    std::string target;  // path and query
};
// Of ws://HOST[:PORT][/PATH]: HOST is a numeric address ([...] for IPv6) or localhost; the port is 80 when none is
// given and the path /v1/feed. Else what is wrong with it.
[[nodiscard]] std::expected<FeedAddress, std::string> parse_feed_url(const std::string& url);

struct WatchOutput {
    std::FILE* out = stdout;
    std::FILE* errors = stderr;
    bool terminal = false;       // draw with ANSI rather than write lines
    std::function<bool()> stop;  // asked about ten times a second
};
// Return the exit code.
int watch(const WatchOptions& options, const WatchOutput& output);
// The same from the book mirror of a venue on this machine, without a connection: the book and, of trades, those that
// were the last one when it was looked at (a thousand times a second).
int watch_mirror(const WatchOptions& options, const WatchOutput& output);

}  // namespace dcx::app
