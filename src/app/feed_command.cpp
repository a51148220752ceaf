// dcx feed: the command line of FeedProcess.
#include <algorithm>
#include <charconv>
#include <string_view>

#include "app/commands.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/feed_process.h"
#include "app/open_files.h"
#include "platform/system_clock.h"

namespace dcx::app {

namespace {

net::Endpoint endpoint_in(const std::string& option, std::string_view text) {
    const std::size_t colon = text.rfind(':');
    unsigned port = 0;
    const std::string_view digits = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size() || port > 65535)
        throw StartRefused(ExitCode::usage, option + " is ADDRESS:PORT, not " + std::string{text});
    std::string address{text.substr(0, colon)};
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    return {.address = std::move(address), .port = static_cast<std::uint16_t>(port)};
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace

int feed_process(const FeedOptions& options) {
    Config config = Config::defaults();
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw StartRefused(ExitCode::config_refused, read.error().text);
        config = std::move(*read);
    }
    // What a venue's configuration says of the venue's own feed is not this one's.
    config.venue.layout = "split";
    config.feed.enabled = true;
    config.feed.threads = 1;
    if (!is_name(options.name))
        throw StartRefused(ExitCode::usage, "--name is of letters, digits, - and _, at most 64");
    const FeedProcessOptions process{.name = options.name,
                                     .listen = endpoint_in("--listen", options.listen),
                                     .admin = endpoint_in("--admin", options.admin)};
    if (!process.admin.address.starts_with("127.") && process.admin.address != "::1")
        throw StartRefused(ExitCode::usage, "--admin must be of the loopback, 127.x.x.x or ::1");
    const StopSignals signals;
    platform::SystemClock clock;
    platform::Log log(clock);
    // The file is the venue's; this one's output goes where it is started.
    platform::LogOptions log_options;
    if (config.log.format == "json") log_options.format = platform::LogOptions::Format::json;
    if (const auto opened = log.open(log_options); !opened)
        throw StartRefused(ExitCode::config_refused, opened.error());
    fit_open_files(config, log);
    FeedProcess(config, DataFolder(options.data), process, log).run(signals);
    return kDone;
}

}  // namespace dcx::app
