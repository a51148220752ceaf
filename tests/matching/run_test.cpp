// The driver: engines loaded by path and run in processes of their own. DCX_ENGINE and DCX_FAULTY_ENGINE are paths.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "adapter/engine_library.h"
#include "adapter/matching_run.h"
#include "reference/naive_answer.h"

namespace dcx::bench {
namespace {

RunOptions checked(const char* library) {
    return {.library = library, .usual_transport = nullptr, .check = true, .matcher_core = {}, .drainer_core = {}};
}

// Small enough for a test, and with untimed messages as the real ones.
Flow small_flow(std::size_t instruments = 1) {
    ::setenv("DCX_BENCH_ORDERS", "16384", 1);
    ::setenv("DCX_BENCH_LEVELS", "16384", 1);
    return generated_flow({.kind = market::WorkloadKind::old_cancels,
                           .messages = 20'000,
                           .live = 2'000,
                           .instruments = instruments,
                           .seed = 5});
}

TEST_CASE("driver: the venue's library gives the naive answer, in its own process or here") {
    const Flow flow = small_flow();
    CHECK(flow.timed() == 20'000);
    CHECK(flow.untimed == 4'000);
    auto wanted = reference::naive_answer(market::generate_workload(
        {.kind = market::WorkloadKind::old_cancels, .seed = 5, .messages = 24'000, .live_orders = 2'000}));
    const std::string hash = wanted.hash();
    for (const bool one_by_one : {false, true}) {
        RunOptions options = checked(DCX_ENGINE);
        options.one_by_one = one_by_one;
        for (const RunResult& result : {run_engine(flow, options), run_engine_here(flow, options)}) {
            CHECK(result.error == "");
            CHECK(result.hash == hash);
            CHECK(result.reports == wanted.size());
            CHECK(result.trades == wanted.trades());
            CHECK(result.seconds > 0);
        }
    }
    RunOptions unchecked = checked(DCX_ENGINE);
    unchecked.check = false;
    const RunResult timed = run_engine(flow, unchecked);
    CHECK(timed.hash == "");
    CHECK(timed.reports == wanted.size());
}

TEST_CASE("driver: an engine loaded several times has several books") {
    ::setenv("DCX_BENCH_ORDERS", "16", 1);
    const auto engines = load_engines(DCX_ENGINE, 3, nullptr);
    REQUIRE(engines.size() == 3);
    const AbiTransport& transport = *engines[0].transport;
    void* const queue = transport.create(64);
    for (const EngineLibrary& engine : engines) engine.init(0, &transport, queue);
    const AbiNewOrder order{
        .order_id = 1, .sequence = 0, .price = 100, .quantity = 1, .side = 0, .ioc = 0, .reserved = {}};
    engines[1].on_new_order(&order);
    CHECK(engines[0].query_best_bid() == INT64_MIN);
    CHECK(engines[1].query_best_bid() == 100);
    CHECK(engines[2].query_best_bid() == INT64_MIN);
    for (const EngineLibrary& engine : engines) engine.shutdown();
    transport.destroy(queue);
}

TEST_CASE("driver: the books of several instruments do not meet") {
    const Flow flow = small_flow(3);
    CHECK(std::set(flow.instrument.begin(), flow.instrument.end()) == std::set<std::uint16_t>{0, 1, 2});
    RunResult alone;
    for (std::uint16_t i = 0; i < 3; ++i) {
        Flow one{.name = "", .messages = {}, .instrument = {}};
        for (std::size_t at = 0; at < flow.messages.size(); ++at)
            if (flow.instrument[at] == i) one.messages.push_back(flow.messages[at]);
        const RunResult result = run_engine(one, checked(DCX_ENGINE));
        alone.reports += result.reports;
        alone.trades += result.trades;
    }
    const RunResult together = run_engine(flow, checked(DCX_ENGINE));
    CHECK(together.error == "");
    CHECK(together.reports == alone.reports);
    CHECK(together.trades == alone.trades);
    CHECK(together.trades > 0);
    CHECK_THROWS_WITH(static_cast<void>(run_engine_here(flow, checked(DCX_ENGINE))), "has one book here");
}

TEST_CASE("driver: an engine that answers wrongly has another hash") {
    const Flow flow = small_flow();
    const RunResult result = run_engine(flow, checked(DCX_FAULTY_ENGINE));
    CHECK(result.error == "");
    CHECK(result.hash.size() == 64);
    CHECK(result.hash != run_engine(flow, checked(DCX_ENGINE)).hash);
    CHECK(result.trades == 0);
    CHECK(result.reports > 0);
}

TEST_CASE("driver: an engine that dies is an error of its run alone") {
    const Flow flow = small_flow();
    ::setenv("DCX_TEST_FAULT", "kill", 1);
    const RunResult killed = run_engine(flow, checked(DCX_FAULTY_ENGINE));
    CHECK(killed.error == "killed by signal 9");
    CHECK(killed.hash == "");
    ::setenv("DCX_TEST_FAULT", "exit", 1);
    CHECK(run_engine(flow, checked(DCX_FAULTY_ENGINE)).error == "ended early");
    ::unsetenv("DCX_TEST_FAULT");
    CHECK(run_engine(flow, checked(DCX_FAULTY_ENGINE)).error == "");
}

TEST_CASE("driver: what is no engine is refused with the reason") {
    const Flow flow = small_flow();
    CHECK(run_engine(flow, checked("/nowhere/engine.so")).error.find("/nowhere/engine.so") != std::string::npos);
    CHECK(run_engine(flow, checked("libm.so.6")).error == "exports no engine_init");
    ::setenv("DCX_TEST_FAULT", "no_transport", 1);
    CHECK(run_engine(flow, checked(DCX_FAULTY_ENGINE)).error == "brings no transport");
    RunOptions usual = checked(DCX_FAULTY_ENGINE);
    usual.usual_transport = load_engine(DCX_ENGINE, nullptr).transport;
    CHECK(load_engine(DCX_FAULTY_ENGINE, usual.usual_transport).transport == usual.usual_transport);
    CHECK_FALSE(static_cast<bool>(load_engine(DCX_FAULTY_ENGINE, usual.usual_transport).on_batch));
}

TEST_CASE("driver: a workload file, and its beginning") {
    const auto messages = market::generate_workload({.kind = market::WorkloadKind::normal, .messages = 100});
    const std::string path = (std::filesystem::temp_directory_path() / ("flow_" + std::to_string(::getpid()))).string();
    {
        const std::string bytes = market::workload_bytes(messages);
        std::FILE* const file = std::fopen(path.c_str(), "wb");
        REQUIRE(file != nullptr);
        CHECK(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
        std::fclose(file);
    }
    const Flow flow = flow_of_file(path);
    CHECK(flow.messages.size() == 100);
    CHECK(flow.untimed == 0);
    CHECK(flow_of_file(path, 30).messages.size() == 30);
    CHECK(flow_of_file(path, 300).messages.size() == 100);
    std::filesystem::remove(path);
    CHECK_THROWS(static_cast<void>(flow_of_file(path)));
}

}  // namespace
}  // namespace dcx::bench
