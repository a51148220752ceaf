// FeedServer: the public market-data feed on `/v1/feed` of an HttpServer. Events come from an EventSource and go out as
// JSON or MessagePack to WebSocket clients (docs/protocols/feed.md).
//
// One thread: that of the HttpServer's reactor. poll() takes events and does what is due; it never blocks, and output
// leaves at the end of the reactor's rounds. Construct it before the HttpServer starts; it must outlive the server's
// running, and the reactor must outlive it. Until the source has told RestoreCompleted, and while shutting down,
// connections are refused with 503.
//
// Memory: limits.output_bytes a client that is behind, replay_bytes for each variant and format in use, and the books.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "feed/feed_client.h"
#include "feed/publisher.h"
#include "feed/session_messages.h"
#include "model/event_source.h"
#include "net/http.h"

namespace dcx::feed {

class FeedServer final : ClientOwner {
  public:
    struct Options {
        std::string path = "/v1/feed";
        std::size_t max_clients = 10'000;
        ClientLimits limits;
        Publisher::Options publisher;
        std::int64_t heartbeat_ns = 1'000'000'000;
        // Events are taken at most this often; what comes between goes out in one write per client. 0: at once.
        std::int64_t flush_interval_ns = 0;
        // Events taken in one poll().
        std::size_t batch = 512;
    };

    // Registers the path. The clock's wall time goes into heartbeats and latencies.
    FeedServer(net::HttpServer& http, EventSource& source, Clock& clock, const Options& options);
    ~FeedServer();
    FeedServer(const FeedServer&) = delete;
    FeedServer& operator=(const FeedServer&) = delete;

    // A bounded amount of work; true when there was any.
    bool poll();
    // How long at most until the next poll() when nothing rings.
    [[nodiscard]] int max_sleep_ms() const;

    // Tells every client with a notice and closes with 1001. Done when clients() is 0; poll the reactor meanwhile.
    void shut_down(std::string_view message);
    // A notice to every client.
    void notice(std::string_view code, std::string_view message);

    // The restored state has been read: clients are served.
    [[nodiscard]] bool ready() const { return publisher_.ready(); }
    [[nodiscard]] std::size_t clients() const { return clients_.size(); }
    [[nodiscard]] const Publisher& publisher() const { return publisher_; }
    // Prometheus text.
    void append_metrics(std::string& out) const;

  private:
    [[nodiscard]] std::expected<std::string, net::HttpResponse> choose(const net::HttpRequest& request);
    void open(std::unique_ptr<net::WebSocketConnection> connection, const net::HttpRequest& request);
    void on_client_closed(FeedClient& client) override;
    bool take_events();
    void tell_changes();
    void beat();

    Options options_;
    EventSource& source_;
    Clock& clock_;
    Publisher publisher_;
    ClientContext context_;
    std::unordered_map<std::uint64_t, std::unique_ptr<FeedClient>> clients_;
    std::uint64_t last_client_id_ = 0;
    std::int64_t taken_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
    std::int64_t beat_due_ns_ = 0;
    bool stopping_ = false;
};

}  // namespace dcx::feed
