#include "platform/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

using namespace dcx;
using namespace dcx::platform;

namespace {

class Hands final : public Clock {
  public:
    std::int64_t wall_ns() override { return wall; }
    std::int64_t monotonic_ns() override { return monotonic; }
    std::int64_t wall = 1'796'000'000'123'456'789;  // 2026-11-30T00:53:20.123Z
    std::int64_t monotonic = 0;
};

class Folder {
  public:
    Folder() {
        std::string pattern = std::string{::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "/tmp"} + "/logXXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const char* suffix = "") const { return path_ + "/dcx.log" + suffix; }
    [[nodiscard]] std::string text(const char* suffix = "") const {
        std::ifstream in(file(suffix));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::vector<std::string> lines(const char* suffix = "") const {
        std::ifstream in(file(suffix));
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) lines.push_back(line);
        return lines;
    }

  private:
    std::string path_;
};

LogOptions to(const Folder& folder, LogOptions::Format format = LogOptions::Format::text) {
    return {.format = format, .level = LogLevel::info, .file = folder.file(), .max_bytes = 0, .keep = 3};
}

}  // namespace

TEST_CASE("log: a record as text") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    REQUIRE(log.open(to(folder)).has_value());
    log.info("engine", "recovered", {{"sequence", std::uint64_t{52}}, {"seconds", 0.25}, {"fresh", false}, {"n", -3}});
    log.error("venue", "failed", {{"reason", "no space=left \"here\"\nnow"}, {"empty", ""}, {"plain", "a/b:c"}});
    CHECK(folder.text() ==
          "2026-11-30T00:53:20.123Z info engine recovered sequence=52 seconds=0.250 fresh=false n=-3\n"
          "2026-11-30T00:53:20.123Z error venue failed reason=\"no space=left \\\"here\\\"\\u000anow\" empty=\"\" "
          "plain=a/b:c\n");
}

TEST_CASE("log: a record as JSON, also of bytes that are no UTF-8") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    REQUIRE(log.open(to(folder, LogOptions::Format::json)).has_value());
    log.warning("feed", "slow", {{"who", "a\"b\\c\td"}, {"bytes", std::string{"\xC3\xA4\xFF\xED\xA0\x80"}}, {"n", 5}});
    CHECK(folder.text() ==
          "{\"time\":\"2026-11-30T00:53:20.123Z\",\"level\":\"warning\",\"component\":\"feed\",\"message\":\"slow\","
          "\"who\":\"a\\\"b\\\\c\\u0009d\",\"bytes\":\"\xC3\xA4\\u00ff\\u00ed\\u00a0\\u0080\",\"n\":5}\n");
}

TEST_CASE("log: levels below the wanted one are left out") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    auto options = to(folder);
    options.level = LogLevel::warning;
    REQUIRE(log.open(options).has_value());
    log.write(LogLevel::debug, "a", "debug");
    log.info("a", "info");
    log.warning("a", "warning");
    log.error("a", "error");
    CHECK(folder.lines().size() == 2);
}

TEST_CASE("log: repeats are left out after a burst, and counted in the next that is written") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    REQUIRE(log.open(to(folder)).has_value());
    for (unsigned i = 0; i < Log::kBurst + 7; ++i) log.info("gateway", "dropped", {{"session", i}});
    log.info("gateway", "another");
    CHECK(folder.lines().size() == Log::kBurst + 1);
    clock.monotonic += Log::kWindowNs - 1;
    log.info("gateway", "dropped");
    CHECK(folder.lines().size() == Log::kBurst + 1);
    clock.monotonic += 1;
    log.info("gateway", "dropped");
    log.info("gateway", "dropped");
    const auto lines = folder.lines();
    REQUIRE(lines.size() == Log::kBurst + 3);
    CHECK(lines[Log::kBurst + 1].ends_with(" info gateway dropped suppressed=8"));
    CHECK(lines[Log::kBurst + 2].ends_with(" info gateway dropped"));
}

TEST_CASE("log: rotated by size, so many kept, no line lost or cut") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    auto options = to(folder);
    options.max_bytes = 100;  // two lines
    REQUIRE(log.open(options).has_value());
    for (int i = 0; i < 9; ++i) log.info("c", "message", {{"i", i}});
    CHECK(folder.lines().size() == 1);
    CHECK(folder.lines(".1").size() == 2);
    CHECK(folder.lines(".3").size() == 2);
    CHECK(folder.lines(".1")[1].ends_with("i=7"));
    CHECK(folder.lines(".3")[0].ends_with("i=2"));
    CHECK(folder.lines(".4").empty());
    // A file that was there already counts.
    Log next(clock);
    REQUIRE(next.open(options).has_value());
    next.info("c", "message", {{"i", 9}});
    next.info("c", "message", {{"i", 10}});
    CHECK(folder.lines().size() == 1);
    CHECK(folder.lines(".1")[1].ends_with("i=9"));
}

TEST_CASE("log: opened again after somebody renamed it") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    REQUIRE(log.open(to(folder)).has_value());
    log.info("c", "one");
    std::filesystem::rename(folder.file(), folder.file(".away"));
    log.info("c", "two");
    log.reopen();
    log.info("c", "three");
    CHECK(folder.lines(".away").size() == 2);
    CHECK(folder.lines().size() == 1);
}

TEST_CASE("log: what can't be written is counted and told") {
    Hands clock;
    Log log(clock);
    CHECK_FALSE(log.open({.file = "/nonexistent/folder/log"}).has_value());
    if (::access("/dev/full", W_OK) != 0) return;
    REQUIRE(log.open({.file = "/dev/full", .max_bytes = 0}).has_value());
    log.info("c", "one");
    log.info("c", "two");
    CHECK(log.lost() == 2);
    const Folder folder;
    REQUIRE(log.open(to(folder)).has_value());
    log.info("c", "three");
    log.info("c", "four");
    CHECK(folder.lines()[0].ends_with("three lost=2"));
    CHECK(folder.lines()[1].ends_with("four"));
}

TEST_CASE("log: lines of several threads stay whole") {
    const Folder folder;
    Hands clock;
    Log log(clock);
    auto options = to(folder);
    options.max_bytes = 2'000;
    options.keep = 100;
    REQUIRE(log.open(options).has_value());
    std::vector<std::thread> threads;
    for (const char* component : {"one", "two", "three", "four"})
        threads.emplace_back([&log, component] {
            for (unsigned i = 0; i < Log::kBurst; ++i) log.info(component, "message", {{"i", i}});
        });
    for (auto& thread : threads) thread.join();
    std::size_t lines = folder.lines().size();
    for (int file = 1; file <= 100; ++file)
        for (const std::string& line : folder.lines(("." + std::to_string(file)).c_str())) {
            CHECK(line.starts_with("2026-11-30T00:53:20.123Z info "));
            ++lines;
        }
    CHECK(lines == 4 * Log::kBurst);
}
