#include "app/feed_process.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "app/admin_server.h"
#include "app/exit_code.h"
#include "app/feed_threads.h"
#include "app/public_feed.h"
#include "app/service_notify.h"
#include "engine/public_log.h"
#include "feed/split_source.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::app {

namespace {

using namespace std::chrono_literals;
constexpr long kWaitMs = 100;

std::unique_ptr<journal::DiskStorage> open_storage(const std::string& path) {
    auto storage = journal::DiskStorage::open(path);
    if (!storage) throw StartRefused(ExitCode::journal_refused, storage.error().message);
    return std::move(*storage);
}

// The folder and its names, locked against another process of the same name until the end of this one.
class OwnFiles {
  public:
    OwnFiles(const DataFolder& folder, const std::string& name) : base_(folder.path() + "/feeds/" + name) {
        std::error_code error;
        std::filesystem::create_directories(folder.path() + "/feeds", error);
        lock_ = Descriptor{::open((base_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
        if (lock_.get() < 0) throw StartRefused(ExitCode::failed, base_ + ".lock can't be made");
        if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
            throw StartRefused(ExitCode::folder_busy, "a feed process of the name " + name +
                                                          " runs on this folder: give this one another --name");
    }
    ~OwnFiles() { ::unlink(ready().c_str()); }
    OwnFiles(const OwnFiles&) = delete;
    OwnFiles& operator=(const OwnFiles&) = delete;

    [[nodiscard]] std::string variants() const { return base_ + ".variants"; }
    [[nodiscard]] std::string ready() const { return base_ + ".json"; }

  private:
    std::string base_;
    Descriptor lock_;
};

// Where the venue that runs, or ran last, says that its events are. Nothing: stopped meanwhile.
std::optional<std::string> find_ring(const DataFolder& folder, const StopSignals& signals, platform::Log& log,
                                     const ServiceNotify& notify) {
    for (bool told = false;;) {
        std::ifstream in(folder.ready());
        const auto ready = nlohmann::json::parse(in, nullptr, false);
        if (ready.is_object() && ready.contains("events") && ready["events"].is_string())
            return ready["events"].get<std::string>();
        if (ready.is_object())
            throw StartRefused(
                ExitCode::config_refused,
                "the venue on " + folder.path() + " publishes no events: [feed] publish_events = true in its dcx.toml");
        if (!std::exchange(told, true)) {
            log.info("feed", "waits for a venue", {{"folder", folder.path()}});
            notify.status("waiting for a venue");
        }
        notify.extend_timeout(30'000'000);
        if (signals.wait_ms(kWaitMs)) return std::nullopt;
    }
}

// What the admin listener shows of it; asked on the admin's thread.
class ProcessView final : public AdminView {
  public:
    ProcessView(const PublicFeed& feed, FeedThreads& threads) : feed_(feed), threads_(threads) {}

    [[nodiscard]] Readiness readiness() const override {
        return {.ready = threads_.ready() && feed_.stage() == PublicFeed::Stage::live,
                .failed = feed_.failed(),
                .state = std::string{to_string(feed_.stage())},
                .reason = {}};
    }
    void add_details(nlohmann::ordered_json& out) const override {
        out["sequence"] = feed_.sequence();
        out["published"] = feed_.published();
    }
    void append_metrics(PrometheusText& out) override {
        const std::uint64_t sequence = feed_.sequence();
        out.gauge("dcx_feed_log_live", feed_.stage() == PublicFeed::Stage::live ? 1 : 0,
                  "1 while events come from a running venue.");
        out.gauge("dcx_feed_log_lag_commands", std::max(feed_.published(), sequence) - sequence,
                  "Commands that are public and not yet told here.");
        out.counter("dcx_feed_log_replays_total", feed_.replays(), "Times that the journal was read.");
        out.counter("dcx_feed_log_laps_total", feed_.laps(), "Of them because the venue's event ring was faster.");
        const auto feed = threads_.metrics(250ms);
        out.gauge("dcx_feed_answers", feed.has_value() ? 1 : 0, "1 when the feed's thread gave its metrics in time.");
        if (feed) out.append(*feed);
    }

  private:
    const PublicFeed& feed_;
    FeedThreads& threads_;
};

std::string ready_line(const Config& config, const net::Endpoint& listen, const AdminServer& admin) {
    const bool tls = config.tls.http;
    return nlohmann::ordered_json{{"ready", true},
                                  {"pid", ::getpid()},
                                  {"feed", (tls ? "wss://" : "ws://") + listen.text() + "/v1/feed"},
                                  {"http", (tls ? "https://" : "http://") + listen.text()},
                                  {"admin", "http://" + admin.endpoint().text()}}
        .dump();
}

void serve_pages(net::HttpServer& http, const feed::FeedServer* feed, const engine::PublicLog& log) {
    http.get("/health", [feed, &log](const net::HttpRequest&) {
        const bool live = log.stage() == engine::PublicLog::Stage::live && feed->ready();
        const nlohmann::ordered_json body{{"status", live ? "ok" : to_string(log.stage())}};
        return net::HttpResponse{
            .status = live ? 200 : 503, .content_type = "application/json", .body = body.dump() + "\n", .headers = {}};
    });
}

}  // namespace

void FeedProcess::run(const StopSignals& signals) {
    const ServiceNotify notify;
    const OwnFiles files(folder_, options_.name);
    struct stat owner{};
    if (::stat(folder_.path().c_str(), &owner) != 0)
        throw StartRefused(ExitCode::failed, folder_.path() + " is not there");
    const auto ring = find_ring(folder_, signals, log_, notify);
    if (!ring) return;

    const auto journal = open_storage(folder_.journal());
    const auto snapshots = open_storage(folder_.snapshots());
    std::unique_ptr<journal::DiskStorage> archive;
    std::optional<journal::ArchiveView> whole;
    if (!config_.journal.archive.empty()) {
        archive = open_storage(config_.journal.archive);
        whole.emplace(*journal, *archive);
    }
    platform::SystemClock clock;
    engine::PublicLog source({.journal = *journal, .archived = whole ? &*whole : nullptr, .snapshots = snapshots.get()},
                             clock, {.ring = *ring, .owner = owner.st_uid});
    // Owners first, among those who are served here.
    feed::SplitSource split(source);
    const bool accounts = config_.feed.private_channels;
    VariantMemory memory(files.variants());
    auto uses = memory.read();
    if (!uses) log_.warning("feed", "readers will get snapshots", {{"reason", uses.error()}});

    AdminServer admin(options_.admin, folder_.admin_token(), log_);
    FeedThreads threads(config_, nullptr);
    threads.serve(options_.listen, clock, [&](std::size_t) {
        return FeedThreads::Serving{
            .source = accounts ? &split.prints() : &source,
            .accounts = accounts ? &split.accounts() : nullptr,
            .mirror = nullptr,
            .holds = true,
            .pages = [&](net::HttpServer& http, const feed::FeedServer* feed) { serve_pages(http, feed, source); }};
    });
    feed::FeedServer& server = *threads.feed(0);
    if (uses) server.publisher().begin_variants(std::move(*uses));
    PublicFeed feed(source, server, threads.work(0), memory, clock, log_);
    ProcessView view(feed, threads);
    admin.show(&view);

    platform::WorkerOptions worker_options;
    worker_options.thread.name = "dcx-feed";
    worker_options.idle = config_.venue.idle == "spin" ? platform::IdlePolicy::spin : platform::IdlePolicy::polite;
    platform::Worker worker(worker_options, threads.sleeper(0), {&threads.sleeper(0), &feed});
    if (const auto started = worker.start(); !started) throw std::runtime_error(started.error());

    bool ready = false;
    auto fed = std::chrono::steady_clock::now();
    std::uint64_t rounds = 0;
    while (!signals.wait_ms(kWaitMs) && !feed.failed()) {
        if (!ready) notify.extend_timeout(30'000'000);
        if (!ready && threads.ready()) {
            ready = true;
            const std::string line = ready_line(config_, {options_.listen.address, threads.port()}, admin);
            std::ofstream(files.ready()) << line << '\n';
            log_.info("feed", "ready", {{"sequence", feed.sequence()}});
            notify.ready("serving");
            std::printf("%s\n", line.c_str());
            std::fflush(stdout);
        }
        const bool hungry = notify.watchdog_us() != 0 && std::chrono::steady_clock::now() - fed >=
                                                             std::chrono::microseconds(notify.watchdog_us() / 4);
        if (hungry && worker.rounds() != rounds) {
            rounds = worker.rounds();
            notify.feed();
            fed = std::chrono::steady_clock::now();
        }
    }
    notify.stopping();
    const bool failed = feed.failed();
    threads.request_stop();
    for (int i = 0; i < 5'000 && !threads.stopped(); ++i) std::this_thread::sleep_for(1ms);
    worker.stop();
    admin.show(nullptr);
    threads.destroy();
    log_.info("feed", "stopped", {{"sequence", feed.sequence()}});
    if (failed) throw std::runtime_error(source.reason());
}

}  // namespace dcx::app
