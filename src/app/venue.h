// Venue: the whole pipeline in one place: journal, engine, gateway, feed and web pages, wired as the configuration says
// (layout `split`: a thread each; `single`: gateway, engine and feed on one; the journal always has its own).
//
//     gateway ─ring→ engine ─ring→ journal           gateway, feed ← event ring, durable events only
//
// start() brings it up to serving; stop() drains it: sessions end, everything submitted becomes durable, subscribers
// are told. One owner thread for both; the rest runs on the venue's own threads. Throws std::runtime_error with a text
// for the operator when it cannot start.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/reactor_sleeper.h"
#include "base/ed25519.h"
#include "engine/engine.h"
#include "feed/feed_server.h"
#include "gateway/binary/gateway.h"
#include "journal/disk_storage.h"
#include "net/http.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::app {

class FeedWork;

class Venue {
  public:
    // `data` is the venue's folder; the operators' public keys become the keys 1, 2 ... of a new venue, each of another
    // person.
    Venue(const Config& config, const std::string& data, std::span<const Ed25519PublicKey> operator_keys);
    ~Venue();
    Venue(const Venue&) = delete;
    Venue& operator=(const Venue&) = delete;

    // Returns when the gateway and the feed serve.
    void start();
    // True when everything taken is durable. Also after a failure of the engine, which it then tells by false.
    bool stop();
    // The engine has failed: sessions are told, later ones too. The feed and the pages stay.
    void refuse_clients();

    [[nodiscard]] const engine::StartReport& start_report() const { return engine_->start_report(); }
    [[nodiscard]] bool simulated() const { return simulated_; }
    [[nodiscard]] const engine::EngineStatus& status() const { return engine_->status(); }
    [[nodiscard]] net::Endpoint order_entry() const { return {config_.listen.address, gateway_->port()}; }
    [[nodiscard]] net::Endpoint http() const { return {config_.listen.address, http_->port()}; }
    // How the memory of pools and rings was had; one line.
    [[nodiscard]] std::string memory_report() const { return memory_.report(); }

  private:
    [[nodiscard]] bool single() const { return config_.venue.layout == "single"; }
    void open_engine(const std::string& data, std::span<const Ed25519PublicKey> operator_keys);
    void make_edges();
    void make_workers();
    void serve_pages();
    platform::Worker& add_worker(const char* name, std::size_t pin, platform::Sleeper& sleeper,
                                 std::vector<platform::Pollable*> work);

    Config config_;
    platform::SystemClock clock_;
    platform::HugePageMemory memory_;
    std::unique_ptr<journal::DiskStorage> storage_;  // none with durability = memory
    // Sleepers outlive everything that rings their bells.
    ReactorSleeper gateway_sleeper_;
    std::unique_ptr<ReactorSleeper> feed_sleeper_;  // of its own in layout split
    platform::Doorbell engine_bell_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<net::HttpServer> http_;
    std::unique_ptr<feed::FeedServer> feed_;
    std::vector<std::unique_ptr<platform::Pollable>> adapters_;
    std::vector<std::unique_ptr<platform::Worker>> workers_;
    FeedWork* feed_work_ = nullptr;  // one of the adapters
    bool simulated_ = false;
    bool stopped_ = false;
};

}  // namespace dcx::app
