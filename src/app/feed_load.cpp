#include "app/feed_load.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "app/data_folder.h"
#include "app/exit_code.h"
#include "app/feed_load_run.h"
#include "app/open_files.h"
#include "app/venue_link.h"

namespace dcx::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kPercentiles{std::pair{"p50", 50.0}, std::pair{"p90", 90.0}, std::pair{"p99", 99.0},
                                  std::pair{"p99_9", 99.9}, std::pair{"max", 100.0}};
// Descriptors that are for something else than a connection.
constexpr std::uint64_t kOtherFiles = 32;

std::string feed_url(const FeedLoadOptions& options) {
    if (!options.connect.empty()) return options.connect;
    const DataFolder folder(options.tool.data);
    std::ifstream in(folder.ready());
    const auto ready = nlohmann::json::parse(in, nullptr, false);
    if (!ready.is_object()) throw std::runtime_error("no venue runs on " + folder.path());
    const auto url = ready.find("feed");
    if (url == ready.end() || !url->is_string() || url->get<std::string>().empty())
        throw std::runtime_error("the venue on " + folder.path() + " has no feed");
    return url->get<std::string>();
}

std::string tally_json(const FeedLoadOptions& options, const std::string& url, const FeedLoadTally& tally) {
    Json latency;
    for (const auto& [name, percent] : kPercentiles) latency[name] = tally.latency.percentile(percent);
    Json errors = Json::object();
    for (const auto& [code, count] : tally.errors) errors[std::to_string(code)] = count;
    return Json{{"feed", url},
                {"format", options.format},
                {"channel", options.channel},
                {"market", options.market},
                {"clients", options.clients},
                {"seconds", tally.seconds},
                {"messages", tally.messages},
                {"bytes", tally.bytes},
                {"messages_per_second", std::llround(static_cast<double>(tally.messages) / tally.seconds)},
                {"bytes_per_second", std::llround(static_cast<double>(tally.bytes) / tally.seconds)},
                {"snapshots", tally.snapshots},
                {"skipped", tally.skipped},
                {"gaps", tally.gaps},
                {"broken", tally.broken},
                {"closed", tally.closed},
                {"errors", std::move(errors)},
                {"latency_ns", std::move(latency)}}
        .dump();
}

void print_text(const FeedLoadOptions& options, const std::string& url, const FeedLoadTally& tally) {
    const auto count = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    const auto messages = static_cast<double>(tally.messages);
    std::printf("%s, %s, %u clients of %s %s, %.1f s\n\n", url.c_str(), options.format.c_str(), options.clients,
                options.channel.c_str(), options.market.c_str(), tally.seconds);
    std::printf("%.0f messages/s, %.2f MB/s, %.0f bytes each\n", messages / tally.seconds,
                static_cast<double>(tally.bytes) / tally.seconds / 1e6,
                messages > 0 ? static_cast<double>(tally.bytes) / messages : 0);
    std::printf("us from log time to received, by two clocks:");
    for (const auto& [name, percent] : kPercentiles)
        std::printf(" %s %.1f", name, static_cast<double>(tally.latency.percentile(percent)) / 1000);
    std::printf("\ngaps %llu, skipped and told %llu, broken %llu, connections ended %llu\n", count(tally.gaps),
                count(tally.skipped), count(tally.broken), count(tally.closed));
    for (const auto& [code, times] : tally.errors) std::printf("error %llu: %llu\n", count(code), count(times));
}

void demand_whole(const FeedLoadTally& tally) {
    if (tally.closed > 0)
        throw std::runtime_error("connections ended: " + std::to_string(tally.closed) + ", first: " + tally.why_closed);
    if (tally.gaps > 0) throw std::runtime_error("gaps that were not told: " + std::to_string(tally.gaps));
    if (tally.broken > 0) throw std::runtime_error("broken messages: " + std::to_string(tally.broken));
}

}  // namespace

int load_feed(const FeedLoadOptions& options) {
    return run_tool(options.tool, [&] {
        const std::string url = feed_url(options);
        const FeedAddress address = value_or_throw(parse_feed_url(url));
        if (raise_open_files() < options.clients + kOtherFiles)
            throw std::runtime_error("this process may not open as many files as there are clients (ulimit -n)");
        FeedLoadRun run(options, address);
        run.connect();
        const FeedLoadTally tally = run.measure(options.seconds);
        if (options.tool.json)
            std::printf("%s\n", tally_json(options, url, tally).c_str());
        else
            print_text(options, url, tally);
        demand_whole(tally);
    });
}

void add_load_feed(CLI::App& load, FeedLoadOptions& o, std::function<int()>& run) {
    auto* command = load.add_subcommand("feed", "Subscribers instead: rates, latency, gaps");
    auto* data =
        command->add_option("--data", o.tool.data, "Folder of the venue")->envname("DCX_DATA")->capture_default_str();
    command->add_option("--connect", o.connect, "ws://HOST:PORT of a feed whose folder is not here")->excludes(data);
    command->add_option("--clients", o.clients, "Connections")
        ->check(CLI::Range(std::uint32_t{1}, kMaxFeedClients))
        ->capture_default_str();
    command->add_option("--format", o.format, "Of the messages")
        ->check(CLI::IsMember({"msgpack", "json"}))
        ->capture_default_str();
    std::vector<std::string> channels;
    for (const feed::Channel channel : feed::kChannels)
        if (!feed::is_private(channel)) channels.emplace_back(feed::name_of(channel));
    command->add_option("--channel", o.channel, "What to subscribe to")
        ->check(CLI::IsMember(channels))
        ->capture_default_str();
    command->add_option("--market", o.market, "Its symbol")->capture_default_str();
    command->add_option("--depth", o.depth, "Of the order book")
        ->check(CLI::IsMember(std::vector<std::uint32_t>(feed::kDepths.begin(), feed::kDepths.end())))
        ->capture_default_str();
    command->add_option("--rate", o.rate_ms, "Of the order book, in ms; 0: each change")
        ->check(CLI::IsMember(std::vector<std::uint32_t>(feed::kRatesMs.begin(), feed::kRatesMs.end())))
        ->capture_default_str();
    command->add_option("--interval", o.interval, "Of candles")
        ->check(CLI::IsMember(std::vector<std::string>(feed::kIntervalNames.begin(), feed::kIntervalNames.end())))
        ->capture_default_str();
    command->add_option("--seconds", o.seconds, "How long")
        ->check(CLI::Range(std::uint32_t{1}, kMaxFeedSeconds))
        ->capture_default_str();
    command->add_flag("--json", o.tool.json, "One JSON line");
    command->callback([&] { run = [&] { return load_feed(o); }; });
}

}  // namespace dcx::app
