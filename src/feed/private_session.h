// PrivateSession: what one connection of the feed is to the private channels: its login and its subscriptions. Made at
// its first word about them. Belongs to the thread of its connection.
//
// A login proves a key by a signature over this connection's challenge. Whatever is wrong with one is told alike and
// takes as long. After kFailuresMax of them the connection ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ed25519.h"
#include "base/sha256.h"
#include "feed/error_code.h"
#include "feed/frame_buffer.h"
#include "feed/login_check.h"
#include "feed/private_feed.h"
#include "feed/request.h"

namespace dcx::feed {

// A channel of an account and where it stands, for heartbeats.
struct PrivatePosition {
    Channel channel{};
    AccountId account{};
    std::uint64_t seq{};
};

// What all private sessions of one server share.
struct PrivateContext {
    using Secret = std::array<std::byte, 32>;

    PrivateContext(const PrivateFeed::Options& options, FeedCounters& feed_counters, bool login_thread,
                   const Secret& challenge_secret);

    // Fresh for each connection, and not kept: the same id gives the same.
    [[nodiscard]] Digest challenge(std::uint64_t client) const;

    FeedCounters& counters;
    PrivateFeed feed;
    LoginCheck logins;
    Secret secret;
    Ed25519PublicKey nobody{};  // whose signature nobody can make: in the place of an unknown key's
    FrameBuffer frame;
};

// The connection as its private session sees it.
class PrivateConnection {
  public:
    // An answer or an acknowledgement.
    virtual void send(std::span<const std::byte> frame) = 0;
    virtual void refuse(const RequestId& id, ErrorCode code, std::string_view message) = 0;
    // As PrivateReader has them.
    virtual bool tell(std::span<const std::byte> frame, Time time) = 0;
    [[nodiscard]] virtual bool has_room() const = 0;
    virtual void hand_over() = 0;
    // It has tried too often.
    virtual void end_for_failed_logins() = 0;

  protected:
    ~PrivateConnection() = default;
};

class PrivateSession final : PrivateReader {
  public:
    static constexpr std::uint32_t kFailuresMax = 5;

    PrivateSession(PrivateContext& context, PrivateConnection& connection, std::uint64_t client, Format format);
    ~PrivateSession();
    PrivateSession(const PrivateSession&) = delete;
    PrivateSession& operator=(const PrivateSession&) = delete;

    void log_in(const Request& request);
    // Of the login under way.
    void on_verdict(bool genuine);
    // `room`: so many subscriptions more may the connection have.
    void subscribe(const Request& request, std::size_t room);
    void unsubscribe(const Request& request);
    [[nodiscard]] std::size_t subscriptions() const { return subscriptions_.size(); }
    void list_positions(std::vector<PrivatePosition>& out) const;

  private:
    using Key = std::pair<AccountId, Channel>;

    bool tell(std::span<const std::byte> frame, Time time) override { return connection_.tell(frame, time); }
    [[nodiscard]] bool has_room() const override { return connection_.has_room(); }
    void hand_over() override { connection_.hand_over(); }
    void lose_key() override;
    void subscribe_to(const Request& request, Channel channel, AccountId account);

    PrivateContext& context_;
    PrivateConnection& connection_;
    std::uint64_t client_;
    Format format_;
    KeyId key_{};  // logged in with it; 0: not logged in
    AccountId account_{};
    // Of the login under way.
    bool checking_ = false;
    bool known_ = false;
    KeyId claimed_{};
    RequestId login_id_;
    std::uint32_t failures_ = 0;
    std::map<Key, PrivateSubscription> subscriptions_;
};

}  // namespace dcx::feed
