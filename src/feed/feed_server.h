// FeedServer: the public market-data feed on `/v1/feed` of an HttpServer. Events come from an EventSource and go out as
// JSON or MessagePack to WebSocket clients (docs/protocols/feed.md).
//
// One thread: that of the HttpServer's reactor. poll() takes events and does what is due; it never blocks, and output
// leaves at the end of the reactor's rounds. Construct it before the HttpServer starts; it must outlive the server's
// running, and the reactor must outlive it. Until the source has told RestoreCompleted, and while shutting down,
// connections are refused with 503.
//
// Private channels need a second source, `accounts`, which this server reads ahead of the public one: its events are
// released when what they say to their owners is with the sockets. A public source that follows it (here, on other
// threads) can tell nobody of a trade before its owners were told.
//
// Memory: the books, and replay_bytes for each variant and format in use, which all their readers share. A client has
// his own answers and snapshots until they are sent, and at most the rest of one message.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "feed/feed_client.h"
#include "feed/publisher.h"
#include "feed/session_messages.h"
#include "model/event_source.h"
#include "net/http.h"
#include "net/reactor.h"

namespace dcx::feed {

// What the feed servers of one program have in common, each on a thread of its own. A reader who comes back may come to
// another one, so each makes also what the others' readers use.
struct FeedCrowd {
    std::atomic<std::size_t> clients{0};
    std::atomic<std::uint64_t> last_client_id{0};
    std::mutex mutex;                             // of what follows; held for a copy, some times a second
    std::vector<std::vector<VariantUse>> in_use;  // by each server; as long as there are servers
};

class FeedServer final : ClientOwner {
  public:
    struct Options {
        std::string path = "/v1/feed";
        // Of the whole crowd; servers that look at the same moment may let in one each beyond it.
        std::size_t max_clients = 10'000;
        FeedCrowd* crowd = nullptr;  // outlives the server; none: it is alone
        std::size_t place = 0;       // in the crowd
        ClientLimits limits;
        Publisher::Options publisher;
        std::int64_t heartbeat_ns = 1'000'000'000;
        // How long a message may wait for others, to leave with them in one write per client. 0: not at all.
        std::int64_t flush_interval_ns = 0;
        // Snapshots are compressed, once for all who agreed to permessage-deflate with the same window.
        bool compress_snapshots = false;
        // Events taken in one poll().
        std::size_t batch = 512;
        // Until begin_serving() connections are refused, and events are taken as fast as they come.
        bool holds = false;
        // None: no private channels. Outlives the server.
        EventSource* accounts = nullptr;
        PrivateFeed::Options private_feed;
        // Signatures are checked on a thread of their own; else here, one a poll().
        bool login_thread = true;
        // What the challenges of logins are made of; zeros: at random.
        PrivateContext::Secret login_secret{};
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

    // The events have been caught up with: clients are served from now on.
    void begin_serving();
    // Tells every client with a notice and closes, with 1001 or another code. Done when clients() is 0; poll the
    // reactor meanwhile.
    void shut_down(std::string_view message, std::uint16_t code = net::close_code::going_away);
    // A notice to every client.
    void notice(std::string_view code, std::string_view message);

    // The restored state has been read: clients are served.
    [[nodiscard]] bool ready() const {
        return publisher_.ready() && !holds_ && (accounts_ == nullptr || accounts_->feed.ready());
    }
    // Its own ones, not those of the crowd.
    [[nodiscard]] std::size_t clients() const { return clients_.size(); }
    [[nodiscard]] const Publisher& publisher() const { return publisher_; }
    [[nodiscard]] Publisher& publisher() { return publisher_; }
    // Null without private channels.
    [[nodiscard]] const PrivateFeed* private_feed() const { return accounts_ ? &accounts_->feed : nullptr; }
    // Prometheus text.
    void append_metrics(std::string& out) const;

  private:
    [[nodiscard]] std::expected<std::string, net::HttpResponse> choose(const net::HttpRequest& request);
    void open(std::unique_ptr<net::WebSocketConnection> connection, const net::HttpRequest& request);
    void on_client_closed(FeedClient& client) override;
    bool take_events();
    bool take_private();
    bool take_verdicts();
    void tell_changes();
    void beat();
    void share_variants();

    Options options_;
    EventSource& source_;
    Clock& clock_;
    Publisher publisher_;
    std::unique_ptr<PrivateContext> accounts_;
    ClientContext context_;
    std::unordered_map<std::uint64_t, std::unique_ptr<FeedClient>> clients_;
    FeedCrowd alone_;
    FeedCrowd& crowd_;
    std::int64_t beat_due_ns_ = 0;
    std::int64_t share_due_ns_ = 0;
    bool holds_;
    net::Timer flush_timer_;  // ends the sleep; the next poll() flushes
    bool stopping_ = false;
};

}  // namespace dcx::feed
