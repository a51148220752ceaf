// FeedEnvelope: what a message of the feed says of itself, read without its data, so that many can be followed. Bytes
// that are no such message are told from those that are; nothing is read beyond them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "feed/channel.h"

namespace dcx::app {

struct FeedEnvelope {
    std::string type;
    std::string channel;  // empty: of the session
    std::string symbol;
    std::uint64_t epoch = 0;
    std::uint64_t prev = 0;
    std::uint64_t seq = 0;
    std::int64_t time = 0;
    std::uint64_t skipped = 0;
    std::uint64_t code = 0;  // of an error
    std::string message;
};

// Nothing: it is not a map with a type, or, of a channel's data, one without its place in the chain.
[[nodiscard]] std::optional<FeedEnvelope> read_envelope(feed::Format format, std::span<const std::byte> message);

// One subscription's chain: whether each message follows the one before it.
class FeedChain {
  public:
    // False: what lies between this message and the one before it was not told.
    [[nodiscard]] bool follow(const FeedEnvelope& message) {
        const bool snapshot = message.type == "snapshot";
        const bool follows = snapshot || (begun_ && message.epoch == epoch_ && message.prev == seq_);
        begun_ = true;
        epoch_ = message.epoch;
        seq_ = message.seq;
        return follows;
    }

  private:
    bool begun_ = false;
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;
};

}  // namespace dcx::app
