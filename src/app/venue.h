// Venue: the whole pipeline in one place: journal, engine, gateway, feed and web pages, wired as the configuration says
// (layout `split`: a thread each, and several for the feed if told so; `single`: gateway, engine and feed on one; the
// journal always has its own).
//
//     gateway ─ring→ engine ─ring→ journal           gateway, feed ← event ring, durable events only
//
// start() brings it up to serving; stop() drains it: sessions end, everything submitted becomes durable, subscribers
// are told. One owner thread for both; the rest runs on the venue's own threads. Throws std::runtime_error with a text
// for the operator when it cannot start.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/data_folder.h"
#include "app/feed_threads.h"
#include "app/placement.h"
#include "app/reactor_sleeper.h"
#include "base/ed25519.h"
#include "engine/breadcrumb.h"
#include "engine/engine.h"
#include "feed/feed_server.h"
#include "gateway/binary/gateway.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"
#include "net/http.h"
#include "platform/huge_pages.h"
#include "platform/log.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::app {

class AdminView;
class AnchorWork;
class Auditing;
class CacheWork;
class CustodyWork;
class EventRingWork;
class HistoryWork;
class ProjectionWork;
class ProofWork;
class MirrorWork;
class ReportReplay;
struct TakenOver;

struct VenueOptions {
    std::function<void(const engine::ReplayProgress&)> on_progress;
    OnPrefault on_prefault;  // about once a second while memory is touched for the first time
    platform::Log* log = nullptr;
    TakenOver* taken_over = nullptr;  // from the venue before; taken from
    // Where threads run; null: what the configuration gives on this machine. Copied.
    const platform::PlacementPlan* placement = nullptr;
};

class Venue {
  public:
    // `data` is the venue's folder; the operators' public keys become the keys 1, 2 ... of a new venue, each of another
    // person.
    Venue(const Config& config, const std::string& data, std::span<const Ed25519PublicKey> operator_keys,
          VenueOptions options = {});
    ~Venue();
    Venue(const Venue&) = delete;
    Venue& operator=(const Venue&) = delete;

    // Returns when the gateway and the feed serve.
    void start();
    // Those of its workers that send commands as the operator, once it serves.
    void start_anchors(const client::ClientKey& operator_key);
    // True when everything taken is durable. Also after a failure of the engine, which it then tells by false.
    bool stop();
    // Stops so that a shadow can go on at once: a Handover first, and no last snapshot.
    bool hand_over(std::uint32_t grace_ms);
    // The engine has failed: sessions are told, later ones too. The feed and the pages stay.
    void refuse_clients();

    // For the admin listener's thread, while this venue lives.
    [[nodiscard]] AdminView& admin_view() { return *view_; }
    // Whether every thread but the journal's has had a turn since the last call; the owner's. A disk that hangs is not
    // cured by another start, so the journal's thread does not count.
    [[nodiscard]] bool threads_move();

    [[nodiscard]] const engine::StartReport& start_report() const { return engine_->start_report(); }
    [[nodiscard]] bool simulated() const { return simulated_; }
    [[nodiscard]] const engine::EngineStatus& status() const { return engine_->status(); }
    [[nodiscard]] Sequence durable() const { return engine_->durable(); }
    [[nodiscard]] net::Endpoint order_entry() const {
        return {config_.listen.address, gateway_->port(), own_order_entry_};
    }
    // Of the certificate under which order entry is; empty: it is plain.
    [[nodiscard]] std::string order_entry_tls() const { return order_entry_tls_; }
    [[nodiscard]] bool has_feed() const { return config_.feed.enabled; }
    [[nodiscard]] bool http_is_secured() const { return config_.tls.http; }
    [[nodiscard]] net::Endpoint http() const { return {config_.listen.address, feeds_->port()}; }
    // Tells every established session; false: too many are waiting to be told. Any thread.
    bool request_notice(const Notice& notice) { return gateway_->request_notice(notice); }
    void request_checkpoint() { engine_->request_checkpoint(); }
    // Null when there is none. Any thread while this venue lives.
    [[nodiscard]] Auditing* auditing() { return auditing_.get(); }
    // Null when there is none. Any thread while this venue lives.
    [[nodiscard]] HistoryWork* history() { return history_.get(); }
    // Null when no place is configured, or nothing signs checkpoints. Any thread while this venue lives.
    [[nodiscard]] AnchorWork* anchors() { return anchors_.get(); }
    // The path of the socket of shared-memory order entry; empty when there is none.
    [[nodiscard]] const std::string& shm() const { return gateway_->shm_path(); }
    // The path of the book mirror; empty when there is none.
    [[nodiscard]] const std::string& mirror() const { return mirror_path_; }
    // The path of the events for feed processes; empty when there are none.
    [[nodiscard]] const std::string& events() const { return events_path_; }

  private:
    [[nodiscard]] bool single() const { return config_.venue.layout == "single"; }
    void open_engine(std::span<const Ed25519PublicKey> operator_keys);
    void open_folders();
    bool drain(bool audit);
    void make_auditing();
    void make_proof();
    void make_edges();
    void make_report_replay();
    [[nodiscard]] gateway::ShmOptions shm_options() const;
    void make_workers();
    void serve_feed(engine::LiveSource& reports);
    void serve_pages(net::HttpServer& http, const feed::FeedServer* feed);
    void make_mirror();
    void publish_mirror();
    [[nodiscard]] bool wants_history() const { return config_.history.store != "none"; }
    [[nodiscard]] bool wants_cache() const { return !config_.cache.redis.empty(); }
    void make_projections();
    void make_custody();
    [[nodiscard]] std::vector<ProjectionWork*> projections() const;
    void start_projections();
    void make_anchors();
    void make_event_ring(std::span<engine::LiveSource* const> followed);
    void publish_event_ring();
    // `placed`: the thread's name in the plan.
    platform::Worker& add_worker(const std::string& name, const std::string& placed, platform::Sleeper& sleeper,
                                 std::vector<platform::Pollable*> work);
    void take_memory();
    void tell_machine();

    Config config_;
    VenueOptions options_;
    DataFolder folder_;
    platform::SystemClock clock_;
    platform::PlacementPlan placement_;
    std::unique_ptr<platform::HugePageMemory> memory_;
    platform::PagePlaces places_;                    // of the memory's pages, when all was taken
    std::unique_ptr<journal::DiskStorage> storage_;  // none with durability = memory, nor the next two
    std::unique_ptr<journal::DiskStorage> archive_;  // none: no segment goes
    std::unique_ptr<journal::ArchiveView> whole_;    // the journal and its archive
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<engine::Breadcrumb> breadcrumb_;
    // Sleepers outlive everything that rings their bells.
    ReactorSleeper gateway_sleeper_;
    std::string order_entry_tls_;
    std::shared_ptr<const net::TlsContext> own_order_entry_;  // for clients of this process
    std::unique_ptr<FeedThreads> feeds_;
    platform::Doorbell engine_bell_;
    platform::Doorbell mirror_bell_;  // of its own thread, if it has one
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<ReportReplay> report_replay_;  // none without a journal
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<MirrorWork> mirror_;         // none: switched off, or there was no room for it
    std::string mirror_path_;                    // where it is to be seen
    std::unique_ptr<EventRingWork> event_ring_;  // none: nobody reads it, or there was no room for it
    std::string events_path_;                    // where it is to be seen
    std::unique_ptr<HistoryWork> history_;       // none without a journal, or when it is switched off
    std::unique_ptr<CacheWork> cache_;           // none without a journal, or without cache.redis
    std::unique_ptr<ProofWork> proof_;           // none without the auditor, or when it is switched off
    std::unique_ptr<AnchorWork> anchors_;        // none: no place is configured, or nothing signs checkpoints
    std::unique_ptr<Auditing> auditing_;         // none without a journal, or when it is switched off
    std::unique_ptr<CustodyWork> custody_;       // none without a journal, or when it is switched off
    std::vector<std::unique_ptr<platform::Pollable>> adapters_;
    std::vector<std::unique_ptr<platform::Worker>> workers_;
    std::vector<std::string> worker_names_;
    std::vector<std::uint64_t> rounds_;  // of each worker, when threads_move() was last asked
    std::unique_ptr<AdminView> view_;
    bool simulated_ = false;
    bool stopped_ = false;
};

}  // namespace dcx::app
