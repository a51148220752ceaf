#include "app/open_files.h"

#include <sys/resource.h>

#include <algorithm>

#include "app/exit_code.h"

namespace dcx::app {
namespace {

// Journal, snapshots, archive, replays for reports, a backup, the reactors' own.
constexpr std::uint64_t kOwn = 256;
// Connections that are open and not yet, or no more, in anybody's count: each of the two listeners may have a backlog
// of them accepted, and has some that it turns away; visitors of shared memory; the admin's pages.
constexpr std::uint64_t kPassing = 2 * (512 + 64) + 256 + 64;
// A socket and a memory.
constexpr std::uint64_t kOfShmClient = 2;

}  // namespace

std::uint64_t raise_open_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::expected<void, std::string> divide_open_files(std::uint64_t limit, Config& config) {
    const std::uint64_t shm = config.shm.enabled ? static_cast<std::uint64_t>(config.shm.max_clients) : 0;
    const std::uint64_t own = kOwn + kPassing + kOfShmClient * shm;
    const auto wanted = static_cast<std::uint64_t>(config.gateway.max_connections);
    if (limit <= own || limit - own <= wanted)
        return std::unexpected("gateway.max_connections = " + std::to_string(wanted) + ": this process may open only " +
                               std::to_string(limit) + " files (RLIMIT_NOFILE), and " + std::to_string(own) +
                               " are the venue's own: raise the hard limit (LimitNOFILE= of the " +
                               "service, ulimit -Hn) or promise less");
    const auto left = static_cast<std::int64_t>(std::min<std::uint64_t>(limit - own - wanted, INT64_MAX));
    config.feed.max_connections = std::min(config.feed.max_connections, left);
    return {};
}

void fit_open_files(Config& config, platform::Log& log) {
    const std::uint64_t limit = raise_open_files();
    const std::int64_t wanted = config.feed.max_connections;
    if (const auto divided = divide_open_files(limit, config); !divided)
        throw StartRefused(ExitCode::config_refused, divided.error());
    if (config.feed.max_connections == wanted) return;
    log.warning("venue", "feed.max_connections is lower than configured: a process may open no more files here",
                {{"wanted", wanted}, {"connections", config.feed.max_connections}, {"open_files", limit}});
}

}  // namespace dcx::app
