// PrivateFeed: the private channels: events in, frames to the sessions that subscribed out. It reads its events before
// the public feed does and hands over() what they say before it lets anybody behind it see them. Knows nothing of
// sockets. One thread, whose calls never block.
//
// Encodes only for accounts that somebody listens to, once for each channel and format. Memory: AccountView, and
// replay_bytes for each channel and format of an account that is listened to, or was within linger_ns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "feed/account_view.h"
#include "feed/channel.h"
#include "feed/feed_counters.h"
#include "feed/private_messages.h"
#include "feed/private_stream.h"
#include "feed/request.h"
#include "model/event.h"

namespace dcx::feed {

class PrivateFeed {
  public:
    struct Options {
        std::size_t replay_bytes = 256 * 1024;  // of messages kept for resuming, for a channel and format of an account
        std::int64_t linger_ns = 30'000'000'000;  // how long they are kept after the last subscriber left
        std::size_t logins_per_key = 16;
    };

    PrivateFeed(const Options& options, FeedCounters& counters);
    ~PrivateFeed();

    // ---- events
    void apply(std::span<const Event> events);
    // Everything said so far is with the sockets, as far as they take it.
    void hand_over();
    // Pages of large snapshots, readers that are gone. True when there was something to do.
    bool tick(std::int64_t now_ns);
    // A page waits for a reader who has room again.
    [[nodiscard]] bool page_due() const;
    [[nodiscard]] bool ready() const { return ready_; }
    // What it knows is as of the end of a command, sequence().
    [[nodiscard]] bool whole() const { return !mid_command_; }
    [[nodiscard]] const std::array<std::byte, 16>& venue_id() const { return venue_id_; }
    [[nodiscard]] const AccountView& view() const { return view_; }
    [[nodiscard]] std::uint64_t sequence() const { return seq_; }
    [[nodiscard]] std::size_t logged_in() const { return logged_in_; }

    // ---- logins
    // The key may log in: it is known, not revoked, a customer's, and may read.
    [[nodiscard]] const AccountKey* login_key(KeyId key) const;
    // Of a proven key; the error is bad_login when it was revoked meanwhile, too_many_logins above the bound.
    [[nodiscard]] std::expected<void, ErrorCode> log_in(PrivateReader& reader, KeyId key);
    void log_out(PrivateReader& reader, KeyId key);

    // ---- subscriptions
    [[nodiscard]] bool can_resume(Channel channel, AccountId account, Format format, const ResumePoint& from) const;
    // With `from`, for which can_resume() must hold, the missed messages follow at once, else a snapshot.
    void attach(PrivateSubscription& subscription, const std::optional<ResumePoint>& from);
    void detach(PrivateSubscription& subscription);
    // The sequence of the last message of its channel.
    [[nodiscard]] static std::uint64_t position(const PrivateSubscription& subscription);

  private:
    void apply(const Event& event);
    void tell(const Event& event);
    // Where what happens to the account's orders is told; null: nobody listens.
    [[nodiscard]] AccountStreams* executions_of(AccountId account) const;
    void tell_execution(AccountStreams* account, const Execution& execution);
    void end_command(const EventHeader& header);
    void publish(AccountStreams& account);
    template <class Encode>
    void publish(PrivateStream& stream, Encode&& encode);
    void revoke(KeyId key);
    [[nodiscard]] AccountStreams* watched(AccountId account) const {
        return account.value < watched_.size() ? watched_[account.value].get() : nullptr;
    }
    [[nodiscard]] AccountStreams& watch(AccountId account);
    void touch(AccountStreams& account);
    // False when the reader has no room now.
    bool give_snapshot(PrivateSubscription& subscription);
    bool give_page(PrivateSubscription& subscription);
    void serve_waiting();
    void expire(std::int64_t now_ns);

    Options options_;
    FeedCounters& counters_;
    AccountView view_;
    FrameBuffer frame_;
    bool ready_ = false;
    bool mid_command_ = false;
    std::array<std::byte, 16> venue_id_{};
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;  // of the last whole command
    Time time_{};
    std::int64_t now_ns_ = 0;
    std::int64_t expire_due_ns_ = 0;
    std::vector<std::unique_ptr<AccountStreams>> watched_;                    // by account; null: nobody listens
    std::vector<AccountStreams*> listened_;                                   // those that are not null
    std::vector<AccountStreams*> touched_;                                    // by the current command
    std::vector<PrivateStream*> begun_;                                       // while it was coming
    std::vector<PrivateSubscription*> waiting_;                               // for a snapshot or a page of one
    std::vector<PrivateReader*> told_;                                        // since the last hand_over()
    std::vector<KeyId> revoked_;                                              // by the current command
    std::unordered_map<std::uint32_t, std::vector<PrivateReader*>> readers_;  // by key
    std::size_t logged_in_ = 0;
};

}  // namespace dcx::feed
