// dcx serve: a venue from its configuration until a signal.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "app/admin_server.h"
#include "app/anchor_work.h"
#include "app/auditing.h"
#include "app/commands.h"
#include "app/data_folder.h"
#include "app/exit_code.h"
#include "app/history_store.h"
#include "app/history_work.h"
#include "app/listing.h"
#include "app/notice.h"
#include "app/open_files.h"
#include "app/placement.h"
#include "app/proof_work.h"
#include "app/service_notify.h"
#include "app/shadow.h"
#include "app/simulation_thread.h"
#include "app/stop_signals.h"
#include "app/venue.h"
#include "platform/log.h"

namespace dcx::app {
namespace {

using Steady = std::chrono::steady_clock;

Config config_of(const ServeOptions& options) {
    auto config = Config::defaults();
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw StartRefused(ExitCode::config_refused, read.error().text);
        config = std::move(*read);
    }
    config.venue.sim = config.venue.sim || options.sim;
    return config;
}

platform::LogOptions log_options(const Config::Log& config) {
    using platform::LogLevel;
    platform::LogOptions options;
    if (config.format == "json") options.format = platform::LogOptions::Format::json;
    for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        if (config.level == to_string(level)) options.level = level;
    options.file = config.file;
    options.max_bytes = static_cast<std::uint64_t>(config.max_mib) << 20;
    options.keep = static_cast<unsigned>(config.keep);
    return options;
}

void report_start(platform::Log& log, const engine::StartReport& report) {
    if (!report.fresh)
        log.info(
            "engine", "recovered",
            {{"sequence", report.replayed.value}, {"seconds", report.seconds}, {"snapshot", report.snapshot.value}});
    if (report.tail)
        log.warning(
            "journal",
            "ambiguous_tail: the journal's end was damaged and cut; none of it had been acknowledged unless the "
            "disk lost what it had synced",
            {{"segment", report.tail->segment},
             {"offset", report.tail->offset},
             {"first_sequence", report.tail->first.value},
             {"last_sequence", report.tail->last.value}});
    for (const std::string& why : report.skipped_snapshots)
        log.error("engine", "a snapshot can't be used: an older one, or the whole journal, was replayed instead",
                  {{"reason", why}});
    constexpr std::int64_t second = 1'000'000'000;
    if (report.log_ahead_ns >= second)
        log.warning(
            "engine",
            "the journal's time is ahead of this machine's clock: until that has caught up the venue's time stands "
            "still and nothing expires; check the machine's time",
            {{"seconds", report.log_ahead_ns / second}});
    log.info("engine", "started", {{"epoch", report.epoch}, {"rules", report.rules}});
}

std::string feed_url(const Venue& venue) {
    return (venue.http_is_secured() ? "wss://" : "ws://") + venue.http().text() + "/v1/feed";
}

std::string ready_line(const Venue& venue, const AdminServer& admin) {
    const std::string http = venue.http().text();
    nlohmann::ordered_json line{{"ready", true}, {"pid", ::getpid()}, {"order_entry", venue.order_entry().text()}};
    if (venue.has_feed()) line["feed"] = feed_url(venue);
    line["http"] = (venue.http_is_secured() ? "https://" : "http://") + http;
    line["admin"] = "http://" + admin.endpoint().text();
    if (!venue.shm().empty()) line["shm"] = venue.shm();
    if (!venue.order_entry_tls().empty()) line["order_entry_tls"] = venue.order_entry_tls();
    if (!venue.mirror().empty()) line["mirror"] = venue.mirror();
    if (!venue.events().empty()) line["events"] = venue.events();
    return line.dump();
}

struct OperatorKeys {
    std::vector<client::ClientKey> keys;
    std::vector<Ed25519PublicKey> public_keys;
};

// Two persons' with dual control: both found a new venue, and the second one is here until somebody takes it away.
OperatorKeys operators_of(const Config& config, const DataFolder& folder) {
    OperatorKeys operators;
    operators.keys.push_back(folder.operator_key());
    if (config.venue.dual_control)
        if (const auto second = folder.second_operator_key()) operators.keys.push_back(*second);
    for (const client::ClientKey& key : operators.keys) operators.public_keys.push_back(ed25519_public_key(key.seed));
    return operators;
}

// Gone from the admin's pages before the venue is, however the serving ends.
class Shown {
  public:
    Shown(AdminServer& admin, Venue& venue) : admin_(admin) {
        admin.show(&venue.admin_view());
        admin.add_action("checkpoint", "Log a checkpoint, for the auditors that compare",
                         [&venue](const net::HttpRequest&) {
                             venue.request_checkpoint();
                             return ActionAnswer{.done = true, .json = R"({"done":true})"};
                         });
        admin.add_action("notice", "Tell every session a text; ?text= &at= (ns since 1970) &kind= text or maintenance",
                         [&venue](const net::HttpRequest& request) { return notice(venue, request); });
        if (HistoryWork* const history = venue.history(); history != nullptr)
            admin.add_action("prune-history",
                             "Take away what the history store told before a day; ?before=YYYY-MM-DD; the log tells",
                             [history](const net::HttpRequest& request) { return prune(*history, request); });
        Auditing* const auditing = venue.auditing();
        if (auditing == nullptr) return;
        if (ProofWork* const proof = auditing->proof(); proof != nullptr)
            admin.add_action("proof-checkpoint",
                             "Sign a checkpoint of all that is durable now; /ready tells when it is there",
                             [proof](const net::HttpRequest&) {
                                 const std::uint64_t before = proof->health().checkpoint;
                                 const Sequence wanted = proof->request();
                                 return ActionAnswer{.done = true,
                                                     .json = "{\"sequence\":" + std::to_string(wanted.value) +
                                                             ",\"checkpoint\":" + std::to_string(before) + "}"};
                             });
        if (AnchorWork* const anchors = venue.anchors(); anchors != nullptr)
            admin.add_action("anchor", "Sign a checkpoint of all that is durable now, and publish its digest",
                             [anchors, auditing](const net::HttpRequest&) {
                                 const Sequence wanted = auditing->proof()->request();
                                 anchors->request(wanted);
                                 return ActionAnswer{.done = true,
                                                     .json = "{\"sequence\":" + std::to_string(wanted.value) + "}"};
                             });
        admin.add_action("snapshot", "Take a snapshot of all that is durable now; /ready tells when it is there",
                         [auditing](const net::HttpRequest&) {
                             const Sequence wanted = auditing->request_snapshot();
                             return ActionAnswer{.done = true,
                                                 .json = "{\"sequence\":" + std::to_string(wanted.value) + "}"};
                         });
    }
    ~Shown() {
        for (const char* const action :
             {"snapshot", "checkpoint", "notice", "handover", "prune-history", "proof-checkpoint", "anchor"})
            admin_.remove_action(action);
        admin_.show(nullptr);
    }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

  private:
    static ActionAnswer notice(Venue& venue, const net::HttpRequest& request) {
        const auto read = read_notice(request);
        if (!read) return {.done = false, .json = nlohmann::ordered_json{{"error", read.error()}}.dump()};
        if (!venue.request_notice(*read)) return {.done = false, .json = R"({"error":"too many notices at once"})"};
        return {.done = true, .json = R"({"done":true})"};
    }

    static ActionAnswer prune(HistoryWork& history, const net::HttpRequest& request) {
        const auto before =
            prune_day(std::string{request.parameter("before").value_or("")}, Time{history.state().time});
        if (!before) return {.done = false, .json = nlohmann::ordered_json{{"error", before.error()}}.dump()};
        history.request_prune(*before);
        return {.done = true, .json = R"({"done":true})"};
    }

    AdminServer& admin_;
};

// One serving, from the configuration on; the log and the manager's picture outlive it.
class Serving {
  public:
    Serving(const Config& config, const DataFolder& folder, const StopSignals& signals, platform::Log& log,
            const ServiceNotify& notify, const ServeOptions& options)
        : config_(config), folder_(folder), signals_(signals), log_(log), notify_(notify), options_(options) {}

    ExitCode run() {
        folder_.make();
        const platform::PlacementPlan placement = placement_of(config_);
        keep_off(placement);
        const OnPrefault on_prefault = [this](const platform::PrefaultProgress& progress) {
            report_prefault(progress);
        };
        std::unique_ptr<TakenOver> taken_over;
        if (options_.shadow) {
            notify_.status("following the running venue");
            taken_over = Shadow(folder_,
                                {.archive = config_.journal.archive,
                                 .checkpoints = options_.checkpoints,
                                 .grace_ms = options_.grace_ms,
                                 .memory = memory_options(config_, placement, on_prefault)},
                                log_)
                             .run(signals_);
            if (!taken_over) return ExitCode::done;
        }
        const OperatorKeys operators = operators_of(config_, folder_);
        AdminServer admin({config_.admin.address, static_cast<std::uint16_t>(config_.admin.port)},
                          folder_.make_admin_token(), log_);
        admin.add_action("reopen-log", "Open the log's file anew, as SIGHUP does", [this](const net::HttpRequest&) {
            log_.reopen();
            return ActionAnswer{.done = true, .json = R"({"done":true})"};
        });
        Venue venue(config_, folder_.path(), operators.public_keys,
                    {.on_progress = [&](const engine::ReplayProgress& progress) { report_replay(admin, progress); },
                     .on_prefault = on_prefault,
                     .log = &log_,
                     .taken_over = taken_over.get(),
                     .placement = &placement});
        // The folder is ours from here on: another venue's address must not be written over.
        folder_.write_admin(admin.endpoint());
        const Shown shown(admin, venue);
        report_start(log_, venue.start_report());
        venue.start();
        list_configured(config_, venue.order_entry(), operators.keys);

        venue.start_anchors(operators.keys.front());

        SimulationThread simulation;
        if (config_.venue.sim) simulation.start(config_, folder_, venue.order_entry(), operators.keys.front());
        tell_ready(venue, admin);
        if (taken_over)
            log_.info(
                "shadow", "took over",
                {{"ms_since_asked", (platform::SystemClock{}.monotonic_ns() - taken_over->since_ns) / 1'000'000}});
        admin.add_action("handover", "Hand the venue over to the shadow that waits; ?grace_ms= for its sessions",
                         [this](const net::HttpRequest& request) { return ask_for_handover(request); });
        watch(venue);
        notify_.stopping();
        log_.info("venue", "stopping");
        simulation.stop();
        const std::uint64_t handover = handover_.load(std::memory_order_acquire);
        const bool durable = handover == 0 ? venue.stop() : venue.hand_over(static_cast<std::uint32_t>(handover - 1));
        folder_.remove_ready();
        if (durable)
            log_.info("venue", "stopped", {{"durable_sequence", venue.durable().value}});
        else
            log_.error("venue", "stopped without its last checkpoint", {{"reason", venue.status().reason()}});
        return durable ? ExitCode::done : ExitCode::engine_failed;
    }

  private:
    // On the admin's thread: the stop comes to the owner's as any other.
    ActionAnswer ask_for_handover(const net::HttpRequest& request) {
        std::uint32_t grace_ms = 0;
        const std::string_view text = request.parameter("grace_ms").value_or("30000");
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), grace_ms);
        if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || grace_ms > kMaxGraceMs)
            return {.done = false, .json = R"({"error":"grace_ms is 0 to 3600000"})"};
        handover_.store(std::uint64_t{grace_ms} + 1, std::memory_order_release);
        ::kill(::getpid(), SIGTERM);
        return {.done = true, .json = R"({"done":true})"};
    }

    void report_replay(AdminServer& admin, const engine::ReplayProgress& progress) {
        admin.replaying(progress.commands, progress.commands_per_second());
        log_.info("engine", "replaying",
                  {{"commands", progress.commands},
                   {"per_second", progress.commands_per_second()},
                   {"percent", progress.fraction * 100},
                   {"seconds_left", progress.seconds_left()}});
        notify_.status("replaying " + engine::progress_bar(progress));
        // Called about once a second.
        notify_.extend_timeout(30'000'000);
    }

    void report_prefault(const platform::PrefaultProgress& progress) {
        constexpr std::size_t mib = std::size_t{1} << 20;
        log_.info("memory", "touching pages",
                  {{"mib", progress.done / mib},
                   {"of_mib", progress.taken / mib},
                   {"mib_per_second", progress.bytes_per_second / static_cast<double>(mib)},
                   {"seconds_left", progress.seconds_left()}});
        notify_.status("touching memory: " + std::to_string(progress.done / mib) + " MiB");
        notify_.extend_timeout(30'000'000);
    }

    // This thread and all that it makes, but those that have a core of their own, stay away from the pinned ones.
    void keep_off(const platform::PlacementPlan& placement) {
        if (placement.rest.empty()) return;
        if (const std::string error = platform::keep_this_thread_on(placement.rest); !error.empty())
            log_.warning("threads", "the venue's other threads may run on the cores of the pinned ones",
                         {{"reason", error}});
    }

    void tell_ready(const Venue& venue, const AdminServer& admin) {
        const std::string line = ready_line(venue, admin);
        folder_.write_ready(line);
        log_.info("venue", "ready",
                  {{"order_entry", venue.order_entry().text()},
                   {"feed", venue.has_feed() ? feed_url(venue) : "none"},
                   {"admin", "http://" + admin.endpoint().text()}});
        notify_.ready("order entry " + venue.order_entry().text());
        std::printf("%s\n", line.c_str());
        std::fflush(stdout);
    }

    // Until a stop is asked for.
    void watch(Venue& venue) {
        bool told = false;
        auto fed = Steady::now();
        for (;;) {
            const Asked asked = signals_.wait(kWaitMs);
            if (asked == Asked::stop) return;
            if (asked == Asked::reopen) log_.reopen();
            // Four times as often as the manager wants it, and only while the threads turn.
            const bool hungry = notify_.watchdog_us() != 0 &&
                                Steady::now() - fed >= std::chrono::microseconds(notify_.watchdog_us() / 4);
            if (hungry && venue.threads_move()) {
                notify_.feed();
                fed = Steady::now();
            }
            if (!venue.status().failed() || told) continue;
            told = true;
            log_.error("engine", "failed: no more commands are taken", {{"reason", venue.status().reason()}});
            notify_.status("failed: " + venue.status().reason());
            venue.refuse_clients();
        }
    }

    static constexpr long kWaitMs = 200;
    const Config& config_;
    const DataFolder& folder_;
    const StopSignals& signals_;
    platform::Log& log_;
    const ServiceNotify& notify_;
    const ServeOptions& options_;
    std::atomic<std::uint64_t> handover_{0};  // its grace and 1; 0: not asked for
};

}  // namespace

int serve(const ServeOptions& options) {
    Config config = config_of(options);
    const StopSignals signals(true);
    const ServiceNotify notify;
    platform::SystemClock clock;
    platform::Log log(clock);
    if (const auto opened = log.open(log_options(config.log)); !opened)
        throw StartRefused(ExitCode::config_refused, opened.error());
    const DataFolder folder(options.data);
    const auto refused = [&](const char* why, int code) {
        notify.status(why);
        // Standard error is told by main().
        if (!config.log.file.empty()) log.error("venue", "start refused", {{"reason", why}, {"exit_code", code}});
    };
    try {
        fit_open_files(config, log);
        return static_cast<int>(Serving(config, folder, signals, log, notify, options).run());
    } catch (const StartRefused& e) {
        refused(e.what(), static_cast<int>(e.code()));
        throw;
    } catch (const std::exception& e) {
        refused(e.what(), static_cast<int>(ExitCode::failed));
        throw;
    }
}

}  // namespace dcx::app
