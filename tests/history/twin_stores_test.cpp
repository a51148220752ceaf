// The whole way of rows once more, into real stores and back: random commands, batches cut at random, restarts with a
// new connection; what a reader finds are the naive twin's rows. SQLite always, PostgreSQL beside a server of
// with_servers.py. DCX_SOAK=1: many more seeds.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/skip_test.h"
#include "history/stored_tables.h"
#include "history/twin_run.h"
#include "servers/server_control.h"

namespace dcx::naive {
namespace {

constexpr std::uint64_t kCommandsPerSeed = 1'500;

std::uint64_t seeds_of_stores() {
    const char* soak = std::getenv("DCX_SOAK");
    return soak != nullptr && *soak == '1' ? 200 : 4;
}

void run_into(const history::StoreOptions& options, std::uint64_t seed) {
    std::unique_ptr<history::Store> store;
    const auto open = [&]() -> history::Store& {
        // One at a time writes to it.
        store.reset();
        store = history::make_store(options);
        store->open();
        return *store;
    };
    Met met;
    TwinRun(seed, met, {.open = open, .tables = [&] { return read_store(options).tables; }, .compare_percent = 10})
        .run(kCommandsPerSeed);
}

TEST_CASE("random commands: what SQLite holds are the rows of the naive twin") {
    const std::string folder = "/tmp/dcx-twin-stores-" + std::to_string(::getpid());
    for (std::uint64_t seed = 501; seed < 501 + seeds_of_stores(); ++seed) {
        CAPTURE(seed);
        std::filesystem::create_directories(folder);
        run_into({.kind = "sqlite", .url = folder + "/history.sqlite"}, seed);
        std::filesystem::remove_all(folder);
    }
}

TEST_CASE("random commands: what PostgreSQL holds are the rows of the naive twin") {
    if (servers::postgres_url().empty()) return skip_test("no PostgreSQL beside this test (tests/servers)");
    for (std::uint64_t seed = 701; seed < 701 + seeds_of_stores(); ++seed) {
        CAPTURE(seed);
        run_into({.kind = "postgresql", .url = servers::control("postgres database")}, seed);
    }
}

}  // namespace
}  // namespace dcx::naive
