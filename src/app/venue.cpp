#include "app/venue.h"

#include <grp.h>
#include <pwd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "app/anchor_work.h"
#include "app/auditing.h"
#include "app/bootstrap.h"
#include "app/cache_work.h"
#include "app/custody_work.h"
#include "app/event_ring_work.h"
#include "app/exit_code.h"
#include "app/history_store.h"
#include "app/history_work.h"
#include "app/mirror_work.h"
#include "app/pages.h"
#include "app/proof_keys.h"
#include "app/proof_pages.h"
#include "app/proof_work.h"
#include "app/report_replay.h"
#include "app/shadow.h"
#include "app/venue_view.h"

namespace dcx::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kJournalWorker = "dcx-journal";

// How long a stop waits for the auditor to come to the end: what it leaves, the next start's does.
constexpr int kAuditLimitMs = 30'000;
// And for each projection, as long as that comes on.
constexpr int kProjectionLimitMs = 10'000;

std::size_t power_of_two(std::int64_t at_least) { return std::bit_ceil(static_cast<std::size_t>(at_least)); }

// Polls `done` until it holds or the time is over; what is waited for happens on other threads within milliseconds.
template <class Done>
bool wait_for(Done&& done, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

Durability durability_of(const Config& config) {
    return config.venue.durability == "memory" ? Durability::memory : Durability::disk;
}

}  // namespace

Venue::Venue(const Config& config, const std::string& data, std::span<const Ed25519PublicKey> operator_keys,
             VenueOptions options)
    : config_(config), options_(std::move(options)), folder_(data), gateway_sleeper_(backend_of(config_)) {
    placement_ = options_.placement != nullptr ? *options_.placement : placement_of(config_);
    options_.placement = nullptr;
    take_memory();
    feeds_ = std::make_unique<FeedThreads>(config_, single() ? &gateway_sleeper_ : nullptr);
    open_engine(operator_keys);
    make_edges();
    make_workers();
    make_auditing();
    make_projections();
    make_custody();
    make_anchors();
    tell_machine();
    view_ =
        std::make_unique<VenueView>(VenueView::Parts{.engine = *engine_,
                                                     .gateway = *gateway_,
                                                     .feeds = *feeds_,
                                                     .workers = workers_,
                                                     .worker_names = worker_names_,
                                                     .journal = storage_ == nullptr ? std::string{} : folder_.journal(),
                                                     .auditing = auditing_.get(),
                                                     .history = history_.get(),
                                                     .cache = cache_.get(),
                                                     .custody = custody_.get(),
                                                     .anchors = anchors_.get(),
                                                     .simulated = simulated_,
                                                     .placement = placement_,
                                                     .memory = *memory_,
                                                     .places = places_});
}

void Venue::take_memory() {
    if (options_.taken_over != nullptr)
        memory_ = std::move(options_.taken_over->memory);
    else
        memory_ = std::make_unique<platform::HugePageMemory>(memory_options(config_, placement_, options_.on_prefault));
}

// Pools and rings have all they will ever have.
void Venue::tell_machine() {
    require_locked(config_, *memory_);
    places_ = memory_->look_at_node();
    if (options_.log == nullptr) return;
    report_placement(*options_.log, placement_);
    report_memory(*options_.log, *memory_, places_);
    const std::string backend{gateway_sleeper_.reactor().backend().name()};
    if (backend == "epoll" && config_.net.backend == "auto" && !net::why_no_io_uring().empty())
        options_.log->info("net", "epoll, because the kernel gives no io_uring", {{"reason", net::why_no_io_uring()}});
    else
        options_.log->info("net", "waits and moves bytes with", {{"backend", backend}});
}

Venue::~Venue() {
    stop();
    // The threads end before anything they work on.
    workers_.clear();
    feeds_->destroy();
}

void Venue::open_folders() {
    const auto open = [](const std::string& path) {
        auto storage = journal::DiskStorage::open(path);
        if (!storage) throw StartRefused(ExitCode::journal_refused, storage.error().message);
        return std::move(*storage);
    };
    storage_ = options_.taken_over != nullptr ? std::move(options_.taken_over->journal) : open(folder_.journal());
    // The engine locks it too, and refuses whatever else is wrong with it; here, so that a second venue is told from a
    // journal that is refused.
    if (const auto locked = storage_->lock(); !locked && locked.error().code == EWOULDBLOCK)
        throw StartRefused(ExitCode::folder_busy, locked.error().message);
    if (!config_.journal.archive.empty()) {
        archive_ = open(config_.journal.archive);
        whole_ = std::make_unique<journal::ArchiveView>(*storage_, *archive_);
    }
    snapshots_ = open(folder_.snapshots());
    auto breadcrumb = engine::Breadcrumb::open(folder_.breadcrumb());
    if (!breadcrumb) throw StartRefused(ExitCode::journal_refused, breadcrumb.error());
    breadcrumb_ = std::move(*breadcrumb);
    breadcrumb_->catch_faults();
}

void Venue::open_engine(std::span<const Ed25519PublicKey> operator_keys) {
    if (durability_of(config_) == Durability::disk) open_folders();
    std::array<std::byte, 16> venue_id;
    random_bytes(venue_id);
    engine::EngineOptions options;
    options.genesis = genesis_of(config_, operator_keys.front(), venue_id);
    for (std::uint32_t i = 1; i < operator_keys.size(); ++i)
        options.founding_keys.push_back({.public_key = operator_keys[i], .person = PersonId{i + 1}});
    options.event_ring_capacity = power_of_two(config_.rings.events);
    options.command_ring_capacity = power_of_two(config_.rings.commands);
    options.checkpoint_every = static_cast<std::uint64_t>(config_.journal.checkpoint_every);
    options.segment_size = static_cast<std::uint64_t>(config_.journal.segment_mib) << 20;
    options.on_progress = options_.on_progress;
    platform::Doorbell& bell = single() ? gateway_sleeper_.doorbell() : engine_bell_;
    auto opened = engine::Engine::open({.bell = bell,
                                        .clock = clock_,
                                        .memory = *memory_,
                                        .storage = storage_.get(),
                                        .archived = whole_.get(),
                                        .snapshots = snapshots_.get(),
                                        .breadcrumb = breadcrumb_.get(),
                                        .warm = options_.taken_over != nullptr ? &options_.taken_over->core : nullptr},
                                       options);
    if (!opened) throw StartRefused(storage_ == nullptr ? ExitCode::failed : ExitCode::journal_refused, opened.error());
    engine_ = std::move(*opened);
    simulated_ = engine_->core().genesis().simulated != 0;
    if (config_.venue.sim && !simulated_)
        throw StartRefused(ExitCode::config_refused,
                           "this venue was not made for simulated traders: start it without sim, or use another "
                           "data folder");
}

gateway::ShmOptions Venue::shm_options() const {
    gateway::ShmOptions options;
    const Config::Shm& shm = config_.shm;
    if (!shm.enabled) return options;
    // For programs that have another working directory.
    options.socket = std::filesystem::absolute(shm.socket.empty() ? folder_.order_entry_socket() : shm.socket);
    if (shm.socket.empty() && options.socket.size() >= sizeof(sockaddr_un::sun_path)) {
        if (options_.log != nullptr)
            options_.log->warning("gateway",
                                  "no shared memory for clients: the data folder's path is too long for a socket in "
                                  "it; shm.socket can name a shorter one",
                                  {{"path", options.socket}});
        options.socket.clear();
        return options;
    }
    const auto refuse = [](const std::string& what) { throw StartRefused(ExitCode::config_refused, what); };
    if (!shm.group.empty()) {
        const group* const found = ::getgrnam(shm.group.c_str());
        if (found == nullptr) refuse("shm.group: there is no group " + shm.group);
        options.group = found->gr_gid;
    }
    for (const std::string& user : shm.allow_users) {
        uid_t number = 0;
        const auto parsed = std::from_chars(user.data(), user.data() + user.size(), number);
        if (parsed.ec != std::errc{} || parsed.ptr != user.data() + user.size()) {
            const passwd* const found = ::getpwnam(user.c_str());
            if (found == nullptr) refuse("shm.allow_users: there is no user " + user);
            number = found->pw_uid;
        }
        options.users.push_back(number);
    }
    options.max_clients = static_cast<std::size_t>(shm.max_clients);
    options.request_bytes = static_cast<std::size_t>(shm.request_kib) * 1024;
    options.report_bytes = static_cast<std::size_t>(shm.report_kib) * 1024;
    return options;
}

void Venue::make_edges() {
    auto& commands = engine_->add_producer(power_of_two(config_.rings.commands));
    auto& reports = engine_->add_reader(gateway_sleeper_.doorbell());
    gateway::GatewayOptions options;
    options.listen = {config_.listen.address, static_cast<std::uint16_t>(config_.listen.order_entry)};
    options.durability = durability_of(config_);
    options.max_connections = static_cast<std::size_t>(config_.gateway.max_connections);
    options.output_limit = static_cast<std::size_t>(config_.gateway.output_kib) * 1024;
    options.handshake_timeout_ns = config_.gateway.handshake_ms * 1'000'000;
    options.tls = certificate_of(config_, config_.tls.order_entry, false);
    if (options.tls != nullptr) {
        order_entry_tls_ = options.tls->fingerprint();
        own_order_entry_ =
            net::TlsContext::client({.authorities = {}, .name = {}, .fingerprint = order_entry_tls_}).value();
    }
    options.shm = shm_options();
    options.messages = {.per_second = static_cast<std::uint32_t>(config_.gateway.messages_per_second),
                        .burst = static_cast<std::uint32_t>(config_.gateway.burst)};
    options.login_thread = true;
    options.recent_reports = static_cast<std::size_t>(config_.gateway.recent_reports_mib) << 20;
    make_report_replay();
    gateway_ = std::make_unique<gateway::Gateway>(gateway::Gateway::Wiring{.reactor = gateway_sleeper_.reactor(),
                                                                           .clock = clock_,
                                                                           .commands = commands,
                                                                           .events = reports,
                                                                           .archive = report_replay_.get()},
                                                  options);
    if (const auto started = gateway_->start(); !started)
        throw StartRefused(ExitCode::port_taken, "order entry: " + started.error().text);

    serve_feed(reports);
}

void Venue::serve_feed(engine::LiveSource& reports) {
    // The public feeds come behind everybody who tells owners: the gateway, and the private channels of every thread.
    std::vector<engine::LiveSource*> followed{&reports};
    std::vector<engine::LiveSource*> accounts;
    if (config_.feed.enabled && config_.feed.private_channels)
        for (std::size_t i = 0; i < feeds_->size(); ++i)
            accounts.push_back(&engine_->add_reader(feeds_->sleeper(i).doorbell()));
    followed.insert(followed.end(), accounts.begin(), accounts.end());
    make_event_ring(followed);
    make_mirror();
    // Where there is no feed to write it, the thread of the pages does.
    const bool mirror_follows = mirror_ != nullptr && (config_.mirror.thread == "own" || !config_.feed.enabled);
    if (mirror_follows) {
        platform::Doorbell& bell = config_.mirror.thread == "own" ? mirror_bell_ : feeds_->sleeper(0).doorbell();
        mirror_->follow(engine_->add_public_reader(bell, followed), clock_);
    }
    feeds_->serve(
        {config_.listen.address, static_cast<std::uint16_t>(config_.listen.http)}, clock_, [&](std::size_t thread) {
            FeedThreads::Serving serving;
            if (config_.feed.enabled)
                serving.source = &engine_->add_public_reader(feeds_->sleeper(thread).doorbell(), followed);
            if (!accounts.empty()) serving.accounts = accounts[thread];
            if (thread == 0 && mirror_ != nullptr && !mirror_follows) serving.mirror = &mirror_->writer();
            serving.pages = [this](net::HttpServer& http, const feed::FeedServer* feed) { serve_pages(http, feed); };
            return serving;
        });
}

// A venue without its mirror is whole but for that: what is wrong is told, and the start goes on.
void Venue::make_mirror() {
    if (!config_.mirror.enabled) return;
    feed::MirrorWriter::Options options;
    options.levels = static_cast<std::uint32_t>(config_.mirror.levels);
    options.capacity = engine_->core().genesis().max_instruments;
    options.venue_id = engine_->core().genesis().venue_id;
    options.pid = static_cast<std::uint64_t>(::getpid());
    options.created_ns = clock_.wall_ns();
    auto made = MirrorWork::make(mirror_path(config_.mirror.folder, folder_.path(), options.venue_id), options);
    if (made)
        mirror_ = std::move(*made);
    else if (options_.log != nullptr)
        options_.log->warning("mirror", "there is none", {{"reason", made.error()}});
}

// What a venue tells feed processes and its own projections; without a journal they would have no beginning.
void Venue::make_event_ring(std::span<engine::LiveSource* const> followed) {
    const bool published = config_.feed.publish_events;
    if (!published && !wants_history() && !wants_cache() && !config_.custody.enabled) return;
    const auto warn = [&](const std::string& why) {
        if (options_.log == nullptr) return;
        if (published) options_.log->warning("feed", "no events for feed processes", {{"reason", why}});
        if (wants_history()) options_.log->warning("history", "is not kept", {{"reason", why}});
        if (wants_cache()) options_.log->warning("cache", "there is none", {{"reason", why}});
        if (config_.custody.enabled) options_.log->warning("custody", "there is none", {{"reason", why}});
    };
    if (storage_ == nullptr) return warn("venue.durability is \"memory\": there is no journal");
    engine::EventRingWriter::Options options;
    options.capacity = std::max(engine::EventRingWriter::kCapacityMin,
                                power_of_two((config_.feed.events_mib << 20) / std::int64_t{sizeof(Event)}));
    options.venue_id = engine_->core().genesis().venue_id;
    options.pid = static_cast<std::uint64_t>(::getpid());
    options.created_ns = clock_.wall_ns();
    auto made = published ? EventRingWork::make(
                                event_ring_path(config_.feed.events_folder, folder_.path(), options.venue_id), options)
                          : EventRingWork::make_private(options);
    if (!made) return warn(made.error());
    event_ring_ = std::move(*made);
    event_ring_->writer().follow(engine_->add_public_reader(feeds_->sleeper(0).doorbell(), followed),
                                 engine_->durable_sequence());
}

void Venue::publish_event_ring() {
    if (event_ring_ == nullptr || !config_.feed.publish_events) return;
    if (const auto published = event_ring_->publish()) {
        events_path_ = event_ring_->path();
        if (options_.log != nullptr && !event_ring_->in_memory())
            options_.log->warning("feed", "feed.events_folder is on a disk: its file system writes the events back",
                                  {{"file", events_path_}});
    } else if (options_.log != nullptr) {
        options_.log->warning("feed", "no events for feed processes", {{"reason", published.error()}});
    }
}

void Venue::publish_mirror() {
    if (mirror_ == nullptr) return;
    if (const auto published = mirror_->file().publish()) {
        mirror_path_ = mirror_->file().path();
        if (options_.log != nullptr && !mirror_->file().in_memory())
            options_.log->warning("mirror", "mirror.folder is on a disk: its file system writes the mirror back",
                                  {{"file", mirror_path_}});
    } else if (options_.log != nullptr) {
        options_.log->warning("mirror", "nobody can see it", {{"reason", published.error()}});
    }
}

void Venue::serve_pages(net::HttpServer& http, const feed::FeedServer* feed) {
    const Pages pages{.engine = *engine_, .gateway = *gateway_, .feed = feed, .simulated = simulated_};
    http.get("/health", [pages](const net::HttpRequest&) { return pages.health(); });
    if (storage_ != nullptr && config_.auditor.enabled && config_.proof.enabled)
        serve_proofs(http, folder_.published());
    http.get("/", [pages](const net::HttpRequest&) { return pages.front(); });
}

platform::Worker& Venue::add_worker(const std::string& name, const std::string& placed, platform::Sleeper& sleeper,
                                    std::vector<platform::Pollable*> work) {
    platform::WorkerOptions options;
    options.thread.name = name;
    place_thread(options.thread, placement_, placed);
    options.idle = config_.venue.idle == "spin" ? platform::IdlePolicy::spin : platform::IdlePolicy::polite;
    worker_names_.push_back(name);
    return *workers_.emplace_back(std::make_unique<platform::Worker>(options, sleeper, std::move(work)));
}

void Venue::make_workers() {
    auto gateway = std::make_unique<platform::PollableOf<gateway::Gateway>>(*gateway_);
    // What the pages' thread does for want of a feed.
    const bool mirror_here = mirror_ != nullptr && mirror_->follows() && config_.mirror.thread != "own";
    if (single()) {
        // The gateway twice: what has just been applied is told before everything else has its turn.
        std::vector<platform::Pollable*> work{&gateway_sleeper_, gateway.get(), engine_.get(), gateway.get(),
                                              &feeds_->work(0)};
        if (event_ring_ != nullptr) work.push_back(event_ring_.get());
        if (mirror_here) work.push_back(mirror_.get());
        add_worker("dcx-venue", "engine", gateway_sleeper_, std::move(work));
    } else {
        add_worker("dcx-gateway", "gateway", gateway_sleeper_, {&gateway_sleeper_, gateway.get()});
        add_worker("dcx-engine", "engine", engine_bell_, {engine_.get()});
        for (std::size_t i = 0; i < feeds_->size(); ++i) {
            std::vector<platform::Pollable*> work{&feeds_->sleeper(i), &feeds_->work(i)};
            // First: others spread what they get from it.
            if (event_ring_ != nullptr && i == 0) work.insert(work.begin() + 1, event_ring_.get());
            if (mirror_here && i == 0) work.push_back(mirror_.get());
            const std::string number = i == 0 ? "" : "-" + std::to_string(i + 1);
            add_worker("dcx-feed" + number, "feed" + number, feeds_->sleeper(i), std::move(work));
        }
    }
    if (engine_->journal() != nullptr)
        add_worker(kJournalWorker, "journal", engine_->journal()->bell(), {engine_->journal()});
    if (mirror_ != nullptr && mirror_->follows() && !mirror_here)
        add_worker("dcx-mirror", "mirror", mirror_bell_, {mirror_.get()});
    adapters_.push_back(std::move(gateway));
}

void Venue::make_auditing() {
    if (storage_ == nullptr || !config_.auditor.enabled) return;
    constexpr std::int64_t second = 1'000'000'000;
    AuditingOptions options;
    options.journal = folder_.journal();
    options.snapshots = folder_.snapshots();
    options.archive = config_.journal.archive;
    options.keep_segments = static_cast<std::uint64_t>(config_.journal.keep_segments);
    options.auditor.snapshot_every = static_cast<std::uint64_t>(config_.snapshots.every_commands);
    options.auditor.snapshot_every_ns = config_.snapshots.every_s * second;
    options.auditor.keep_snapshots = static_cast<std::size_t>(config_.snapshots.keep);
    options.auditor.invariants_every_ns = config_.auditor.invariants_s * second;
    place_thread(options.thread, placement_, "auditor");
    options.log = options_.log;
    make_proof();
    options.proof = proof_.get();
    auditing_ = std::make_unique<Auditing>(*engine_, options);
}

void Venue::make_proof() {
    if (!config_.proof.enabled) return;
    constexpr std::int64_t second = 1'000'000'000;
    ProofWork::Options options;
    options.recorder.folder = folder_.proofs();
    options.recorder.public_folder = folder_.published();
    try {
        options.recorder.keys = load_proof_keys(config_.proof, folder_);
    } catch (const std::runtime_error& e) {
        throw StartRefused(ExitCode::config_refused, std::string{"the keys of the proofs: "} + e.what());
    }
    options.interval_ns = config_.proof.interval_s * second;
    options.log = options_.log;
    proof_ = std::make_unique<ProofWork>(std::move(options), clock_, engine_.get());
}

void Venue::make_projections() {
    if (storage_ == nullptr || event_ring_ == nullptr) return;
    ProjectionOptions options;
    options.log_ground = {.journal = folder_.journal(),
                          .snapshots = folder_.snapshots(),
                          .archive = config_.journal.archive,
                          .ring = event_ring_->descriptor()};
    // Where the auditor runs.
    place_thread(options.thread, placement_, "auditor");
    options.log = options_.log;
    if (wants_history()) {
        const history::StoreOptions store = history_store_of(config_, folder_);
        options.url = store.url;
        history_ =
            std::make_unique<HistoryWork>(engine_->durable_sequence(), store.kind,
                                          static_cast<std::uint64_t>(config_.journal.segment_mib) << 20, options);
    }
    if (wants_cache()) {
        options.url = config_.cache.redis;
        cache_ = std::make_unique<CacheWork>(engine_->durable_sequence(), options);
    }
}

// Of the venue that serves alone: a shadow gets it when it has taken over.
void Venue::make_custody() {
    if (!config_.custody.enabled || event_ring_ == nullptr) return;
    const auto refuse = [](const std::string& why) { throw StartRefused(ExitCode::config_refused, "custody: " + why); };
    if (simulated_) refuse("a simulated venue takes no real coin, ever");
    CustodyWorkOptions options;
    options.config = config_.custody;
    options.log_ground = {.journal = folder_.journal(),
                          .snapshots = folder_.snapshots(),
                          .archive = config_.journal.archive,
                          .ring = event_ring_->descriptor()};
    place_thread(options.thread, placement_, "auditor");
    options.log = options_.log;
    options.link.venue = order_entry();
    options.link.session = kCustodySession;
    try {
        options.link.key = folder_.operator_key();
        custody_ = std::make_unique<CustodyWork>(engine_->durable_sequence(), std::move(options));
    } catch (const std::runtime_error& e) {
        refuse(e.what());
    }
}

std::vector<ProjectionWork*> Venue::projections() const {
    std::vector<ProjectionWork*> all;
    if (history_ != nullptr) all.push_back(history_.get());
    if (cache_ != nullptr) all.push_back(cache_.get());
    return all;
}

// A venue without its projections is whole but for them.
void Venue::start_projections() {
    for (ProjectionWork* const projection : projections())
        if (const std::string error = projection->start(); !error.empty() && options_.log != nullptr)
            options_.log->error("history", "a projection has no thread", {{"reason", error}});
}

void Venue::make_anchors() {
    if (!AnchorWork::wanted(config_.anchor)) return;
    if (proof_ == nullptr) {
        if (options_.log != nullptr)
            options_.log->warning("anchors",
                                  "there are none: nothing signs checkpoints here (auditor, proof, durability)");
        return;
    }
    AnchorWork::Options options;
    options.config = config_.anchor;
    options.signer = config_.custody.signer;
    options.queue = folder_.anchors();
    options.published = folder_.published();
    // Where the auditor runs, and behind it.
    place_thread(options.thread, placement_, "auditor");
    options.thread.name = "dcx-anchors";
    options.thread.nice = 15;
    options.log = options_.log;
    anchors_ = std::make_unique<AnchorWork>(std::move(options));
}

// A venue without its anchors is whole but for them.
void Venue::start_anchors(const client::ClientKey& operator_key) {
    if (anchors_ == nullptr) return;
    if (const std::string error = anchors_->start(order_entry(), operator_key);
        !error.empty() && options_.log != nullptr)
        options_.log->error("anchors", "they have no thread", {{"reason", error}});
}

void Venue::make_report_replay() {
    if (storage_ == nullptr) return;
    ReportReplayOptions options;
    options.journal = folder_.journal();
    options.snapshots = folder_.snapshots();
    options.archive = config_.journal.archive;
    // Where the auditor runs, and behind it.
    place_thread(options.thread, placement_, "auditor");
    options.thread.name = "dcx-reports";
    options.thread.nice = 15;
    options.log = options_.log;
    report_replay_ = std::make_unique<ReportReplay>(engine_->durable_sequence(), options);
}

void Venue::start() {
    for (auto& worker : workers_) {
        if (const auto started = worker->start(); !started) throw std::runtime_error(started.error());
        if (!worker->warning().empty() && options_.log != nullptr)
            options_.log->warning("threads", "no real-time priority", {{"reason", worker->warning()}});
    }
    if (auditing_) auditing_->start();
    if (report_replay_)
        if (const std::string error = report_replay_->start(); !error.empty()) throw std::runtime_error(error);
    // Bounded by the state to be told, which is in memory already.
    if (!wait_for(
            [&] {
                return status().ended() ||
                       (gateway_->ready() && feeds_->ready() && (mirror_ == nullptr || mirror_->ready()) &&
                        (event_ring_ == nullptr || event_ring_->writer().ready()));
            },
            600s))
        throw std::runtime_error("the edges were not ready within ten minutes");
    if (status().failed()) throw std::runtime_error(status().reason());
    publish_mirror();
    publish_event_ring();
    start_projections();
    if (custody_ != nullptr)
        if (const std::string error = custody_->start(); !error.empty() && options_.log != nullptr)
            options_.log->error("custody", "has no thread", {{"reason", error}});
}

bool Venue::stop() { return drain(true); }

bool Venue::hand_over(std::uint32_t grace_ms) {
    engine_->request_handover(grace_ms);
    wait_for([&] { return engine_->handover_logged() || status().ended(); }, 10s);
    return drain(false);
}

bool Venue::drain(bool audit) {
    if (stopped_ || workers_.empty() || !workers_.front()->running()) return !status().failed();
    stopped_ = true;
    // While its commands are still answered: what it has begun it ends.
    if (custody_ != nullptr) custody_->stop();
    const bool failed = status().failed();
    if (report_replay_) report_replay_->request_stop();
    // A client of ours: before the sessions are told to go.
    if (anchors_ != nullptr) anchors_->stop();
    gateway_->request_stop(failed ? TerminateCode::not_accepting : TerminateCode::shutdown);
    wait_for([&] { return gateway_->stopped() || status().failed(); }, 10s);
    engine_->request_stop();
    wait_for([&] { return status().ended(); }, 30s);
    feeds_->request_stop();
    wait_for([&] { return feeds_->stopped(); }, 5s);
    if (event_ring_ != nullptr && !failed)
        wait_for([&] { return event_ring_->writer().written() >= engine_->durable(); }, 1s);
    for (auto& worker : workers_) worker->stop();
    if (report_replay_) report_replay_->stop();
    // While the folder is still ours: the next venue on it gives its mirror the same name.
    if (mirror_ != nullptr) mirror_->close();
    if (event_ring_ != nullptr) event_ring_->close();
    if (auditing_) {
        if (audit && !failed) auditing_->finish(kAuditLimitMs);
        auditing_->stop();
    }
    for (ProjectionWork* const projection : projections()) {
        if (audit) projection->finish(kProjectionLimitMs);
        projection->stop();
    }
    return status().state() == engine::EngineState::stopped;
}

bool Venue::threads_move() {
    rounds_.resize(workers_.size());
    bool all = true;
    std::vector<std::uint64_t> now;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        now.push_back(workers_[i]->rounds());
        all = all && (now[i] != rounds_[i] || worker_names_[i] == kJournalWorker);
    }
    // Only then: who asks more often than the threads turn must not take that for a standstill.
    if (all) rounds_ = std::move(now);
    return all;
}

void Venue::refuse_clients() { gateway_->request_stop(TerminateCode::not_accepting); }

}  // namespace dcx::app
