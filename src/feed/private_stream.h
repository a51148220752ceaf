// The messages of one private channel of one account, and who gets them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "feed/channel.h"
#include "feed/message_ring.h"
#include "feed/private_messages.h"
#include "model/types.h"

namespace dcx::feed {

// A connection that has logged in, as the private feed sees it.
class PrivateReader {
  public:
    // Queues a whole frame. False: the reader is behind by more than its bound; nothing was queued, it has been told so
    // and its connection ends. `time` is that of the news; 0: it is none.
    virtual bool tell(std::span<const std::byte> frame, Time time) = 0;
    // What waits for it is little, so that a large snapshot can go on.
    [[nodiscard]] virtual bool has_room() const = 0;
    // What was queued goes to the socket, as far as that takes it.
    virtual void hand_over() = 0;
    // Its key was revoked: its subscriptions end here, with a word to it.
    virtual void lose_key() = 0;

  protected:
    ~PrivateReader() = default;
};

struct AccountStreams;

struct PrivateSubscription {
    enum class State : std::uint8_t {
        detached,
        waiting,  // for a snapshot
        paging,   // has its first part
        live,
    };
    PrivateReader* reader{};
    Channel channel{};
    AccountId account{};
    Format format{};
    State state = State::detached;
    AccountStreams* streams{};
    std::deque<OrderId> pages;  // open orders that are still to be told
};

struct PrivateStream {
    struct Encoding {
        explicit Encoding(std::size_t replay_bytes) : replay(replay_bytes) {}
        std::vector<PrivateSubscription*> subscribers;
        MessageRing replay;
        std::int64_t empty_since_ns{};
        bool lingers{};  // readers may come back for what they missed
        [[nodiscard]] bool in_use() const { return lingers || !subscribers.empty(); }
    };
    PrivateStream(Channel of, std::size_t replay_bytes)
        : channel{of}, encodings{Encoding{replay_bytes}, Encoding{replay_bytes}} {}

    [[nodiscard]] bool in_use() const { return encodings[0].in_use() || encodings[1].in_use(); }
    [[nodiscard]] Encoding& of(Format format) { return encodings[index_of(format)]; }
    [[nodiscard]] const Encoding& of(Format format) const { return encodings[index_of(format)]; }

    Channel channel;
    std::uint64_t seq{};  // of the last message
    Time time{};
    bool begun{};  // in the middle of a command, whose beginning it missed: the chain begins behind it
    std::array<Encoding, kFormats.size()> encodings;
};

struct AccountStreams {
    AccountStreams(AccountId of, std::size_t replay_bytes)
        : account{of}, executions{Channel::executions, replay_bytes}, balances{Channel::balances, replay_bytes} {}
    [[nodiscard]] PrivateStream& of(Channel channel) { return channel == Channel::executions ? executions : balances; }
    [[nodiscard]] bool in_use() const { return executions.in_use() || balances.in_use(); }

    AccountId account;
    PrivateStream executions;
    PrivateStream balances;
    // Of the current command.
    bool touched{};
    std::vector<Execution> told;
    std::vector<AssetId> changed;
};

}  // namespace dcx::feed
