// FeedClient: one connection of the public feed: its requests, subscriptions, limits and statistics. Belongs to the
// thread of its connection's reactor. Whatever is wrong with a request is answered by a numbered error; a reader that
// is behind by more than its bound is conflated or, where that would lose something, told and disconnected.
//
// What leaves stands in two places: what is its own (answers, snapshots, what is private) in the connection's queue,
// which goes first; and the messages of its subscriptions in their streams, read there at the moment of each write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "feed/channel.h"
#include "feed/feed_counters.h"
#include "feed/frame_buffer.h"
#include "feed/latency_histogram.h"
#include "feed/private_session.h"
#include "feed/publisher.h"
#include "feed/request.h"
#include "feed/session_messages.h"
#include "feed/small_map.h"
#include "feed/stream.h"
#include "feed/subscription.h"
#include "net/websocket.h"

namespace dcx::feed {

class FeedClient;

// What all clients of one server share.
struct ClientContext {
    ClientContext(Clock& of, Publisher& from, const ClientLimits& client_limits)
        : clock{of}, publisher{from}, limits{client_limits} {}

    Clock& clock;
    Publisher& publisher;
    ClientLimits limits;
    std::int64_t heartbeat_ns{};
    std::int64_t now_ns{};  // monotonic and wall time of the current round
    std::int64_t wall_ns{};
    FrameBuffer frame;
    PrivateContext* accounts = nullptr;  // none: no private channels
};

class ClientOwner {
  public:
    // The connection has ended; the owner may destroy the client.
    virtual void on_client_closed(FeedClient& client) = 0;

  protected:
    ~ClientOwner() = default;
};

class FeedClient final : public FrameSink, PrivateConnection, net::OutputSource, net::WebSocketConnection::Owner {
  public:
    FeedClient(ClientOwner& owner, ClientContext& context, std::unique_ptr<net::WebSocketConnection> connection,
               std::uint64_t id, Format format);
    ~FeedClient();

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] Format format() const { return format_; }
    // Sends a heartbeat when nothing was sent for the heartbeat's time.
    void beat();
    void tell_instruments(std::span<const Market* const> markets);
    void tell_notice(std::string_view code, std::string_view message);
    void close(std::uint16_t code, std::string_view reason);
    // Of its login under way.
    void on_login_verdict(bool genuine);

  private:
    // A market's id and a channel: a client has at most one variant of each.
    using Key = std::pair<std::uint32_t, Channel>;
    static Key key_of(const Market& market, Channel channel) { return {market.id().value, channel}; }

    bool offer(std::span<const std::byte> frame) override;
    void wake(Subscription& subscription, bool now) override;
    [[nodiscard]] unsigned deflate_window_bits() const override { return connection_->deflate_window_bits(); }
    [[nodiscard]] bool drained() const override;
    void overrun() override;
    void conflated(std::uint64_t skipped) override;
    void gather(net::OutputPieces& pieces) override;
    void taken(std::size_t bytes, net::OutputPieces& rest) override;
    void send(std::span<const std::byte> frame) override;
    void refuse(const RequestId& id, ErrorCode code, std::string_view message) override;
    bool tell(std::span<const std::byte> frame, Time time) override;
    [[nodiscard]] bool has_room() const override { return drained(); }
    void hand_over() override;
    void end_for_failed_logins() override;
    void on_message(net::WebSocketConnection& connection, net::MessageKind kind,
                    std::span<const std::byte> message) override;
    void on_closed(net::WebSocketConnection& connection, std::uint16_t code, std::string_view reason) override;

    [[nodiscard]] bool take_token();
    void answer(const Request& request);
    void subscribe(const Request& request);
    void subscribe_to(const Request& request, const Market& market, Channel channel);
    void unsubscribe(const Request& request);
    [[nodiscard]] bool matches(const Request& request, const Subscription& subscription) const;
    // The markets that the request names; an error was sent when there is none.
    std::optional<std::vector<const Market*>> markets_of(const Request& request);
    void heartbeat(const RequestId& id);
    void stats(const RequestId& id);
    [[nodiscard]] PrivateSession& private_session();
    [[nodiscard]] std::size_t subscriptions() const;
    void count(std::uint64_t messages, std::size_t bytes);
    void add_latency(std::int64_t ns, std::uint64_t messages);
    void enqueue(Subscription& subscription);
    void dequeue_first();
    void dequeue(Subscription& subscription);
    void drop(Subscription& subscription);

    ClientOwner& owner_;
    ClientContext& context_;
    std::unique_ptr<net::WebSocketConnection> connection_;
    std::uint64_t id_;
    Format format_;
    bool ended_ = false;
    SmallMap<Key, Subscription> subscriptions_;
    // Those whose streams hold something for this client, in the order in which they are read.
    Subscription* queue_first_ = nullptr;
    Subscription* queue_last_ = nullptr;
    std::int64_t connected_ns_;
    std::int64_t last_sent_ns_;
    // Tokens in billionths of a request, so that the rate needs no fractions.
    std::int64_t tokens_;
    std::int64_t tokens_at_ns_;
    std::uint64_t refused_in_a_row_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t conflations_ = 0;
    std::uint64_t skipped_ = 0;
    std::unique_ptr<LatencyHistogram> latency_;  // from the first message on
    std::unique_ptr<PrivateSession> private_;    // from its first word about private channels on
};

}  // namespace dcx::feed
