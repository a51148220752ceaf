#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/decimals.h"
#include "app/record_command.h"
#include "app/recording_file.h"
#include "app/stop_signals.h"
#include "app/watch.h"
#include "feed/feed_server.h"
#include "feed/recording_source.h"
#include "net/http.h"
#include "platform/system_clock.h"

namespace dcx::app {

namespace {

// A stop is heard after so long.
constexpr int kLongestSleepMs = 50;
// What a reader may leave unread: at full speed much comes at once.
constexpr std::size_t kOutputBytes = std::size_t{64} << 20;
constexpr std::int64_t kGoodbyeNs = 5'000'000'000;

// Wall time is the recording's, so that heartbeats and latencies are those of its market.
class ReplayClock final : public Clock {
  public:
    std::int64_t wall_ns() override { return source == nullptr ? 0 : source->now().value; }
    std::int64_t monotonic_ns() override { return system_.monotonic_ns(); }
    feed::RecordingSource* source = nullptr;

  private:
    platform::SystemClock system_;
};

struct Wanted {
    net::Endpoint endpoint;
    feed::RecordingSource::Options source;
};

std::expected<Wanted, std::string> wanted(const ReplayFeedOptions& options) {
    Wanted result;
    double& speed = result.source.speed;
    if (options.speed == "max") {
        speed = 0;
    } else {
        const char* const end = options.speed.data() + options.speed.size();
        const auto read = std::from_chars(options.speed.data(), end, speed);
        if (read.ec != std::errc{} || read.ptr != end || !(speed > 0) || speed > 1e9)
            return std::unexpected("a speed is a number above 0, or max");
    }
    if (!options.from.empty()) {
        std::int64_t ns = 0;
        const char* const end = options.from.data() + options.from.size();
        const auto read = std::from_chars(options.from.data(), end, ns);
        if (read.ec == std::errc{} && read.ptr == end && ns >= 0)
            result.source.from = Time{ns};
        else if (const auto time = parse_utc(options.from))
            result.source.from = *time;
        else
            return std::unexpected("a time is like 2026-11-28T22:30:00Z, or nanoseconds since 1970");
    }
    const std::size_t colon = options.listen.rfind(':');
    if (colon == std::string::npos) return std::unexpected("--listen wants ADDRESS:PORT");
    result.endpoint.address = options.listen.substr(0, colon);
    if (result.endpoint.address.starts_with('[') && result.endpoint.address.ends_with(']'))
        result.endpoint.address = result.endpoint.address.substr(1, result.endpoint.address.size() - 2);
    const std::string port = options.listen.substr(colon + 1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), result.endpoint.port);
    if (port.empty() || read.ec != std::errc{} || read.ptr != port.data() + port.size())
        return std::unexpected("no port in " + options.listen);
    return result;
}

class Replay {
  public:
    Replay(const ReplayFeedOptions& options, feed::RecordingSource& source, Clock& clock, const Wanted& wanted)
        : options_(options),
          source_(source),
          http_(reactor_, http_options(wanted)),
          feed_(http_, source, clock, feed_options()) {}

    int run(const StopSignals& signals, const Wanted& wanted) {
        if (const auto started = http_.start(); !started) {
            std::fprintf(stderr, "dcx: %s\n", started.error().text.c_str());
            return kFailed;
        }
        const net::Endpoint bound{.address = wanted.endpoint.address, .port = http_.port()};
        const nlohmann::json ready{{"ready", true}, {"feed", "ws://" + bound.text() + "/v1/feed"}};
        std::printf("%s\n", ready.dump().c_str());
        std::fflush(stdout);
        bool told = false;
        while (!signals.wait_ms(0)) {
            turn();
            if (!source_.ended() || told) continue;
            told = true;
            feed_.notice("end", "this is all that was recorded");
            report_end();
            if (!options_.stay) break;
        }
        http_.stop();
        feed_.shut_down("the replay is over");
        const std::int64_t until = reactor_.now_ns() + kGoodbyeNs;
        while (feed_.clients() > 0 && reactor_.now_ns() < until) turn();
        return source_.error() ? kFailed : kDone;
    }

  private:
    static net::HttpServer::Options http_options(const Wanted& wanted) {
        net::HttpServer::Options options;
        options.listener.endpoint = wanted.endpoint;
        options.output_limit = 8 * kOutputBytes;
        return options;
    }
    static feed::FeedServer::Options feed_options() {
        feed::FeedServer::Options options;
        options.limits.output_bytes = kOutputBytes;
        return options;
    }

    void turn() {
        const bool worked = feed_.poll();
        if (!source_.started() && feed_.ready() && subscriptions() >= options_.wait) source_.start();
        for (const std::string& text : source_.take_notices()) feed_.notice("gap", text);
        std::int64_t sleep = std::min(feed_.max_sleep_ms(), kLongestSleepMs);
        if (worked || source_.ended() != ended_)
            sleep = 0;
        else if (!source_.ended())
            sleep = std::min(sleep, source_.idle_ns() / 1'000'000);
        ended_ = source_.ended();
        reactor_.poll(static_cast<int>(sleep));
    }

    [[nodiscard]] std::uint64_t subscriptions() const {
        std::uint64_t count = 0;
        for (const feed::Channel channel : feed::kChannels)
            count += feed_.publisher().counters().of(channel).subscriptions;
        return count;
    }

    void report_end() const {
        const auto& error = source_.error();
        if (error)
            std::fprintf(stderr, "dcx: %s can't be read behind %llu: %s\n", options_.file.c_str(),
                         static_cast<unsigned long long>(error->offset), error->message.c_str());
        else if (!source_.reader().closed())
            std::fprintf(stderr, "dcx: %s was not closed: its end may be missing\n", options_.file.c_str());
    }

    const ReplayFeedOptions& options_;
    feed::RecordingSource& source_;
    net::Reactor reactor_;
    net::HttpServer http_;
    feed::FeedServer feed_;
    bool ended_ = false;
};

int refuse(const std::string& text, int code) {
    std::fprintf(stderr, "dcx: %s\n", text.c_str());
    return code;
}

}  // namespace

int replay_feed(const ReplayFeedOptions& options) {
    const auto how = wanted(options);
    if (!how) return refuse(how.error(), kUsage);
    const StopSignals signals;
    const auto file = MappedFile::open(options.file);
    if (!file) return refuse(file.error(), kFailed);
    ReplayClock clock;
    const auto source = feed::RecordingSource::open(file->bytes(), clock, how->source);
    if (!source) return refuse(options.file + ": " + source.error().message, kFailed);
    clock.source = source->get();
    return Replay(options, **source, clock, *how).run(signals, *how);
}

}  // namespace dcx::app
