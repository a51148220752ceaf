// Subscription: one client's part in one variant, and FrameSink, the client as the publisher sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "feed/channel.h"
#include "model/types.h"

namespace dcx::feed {

class Market;

// The messages of one stream in one round, as frames one behind the other.
struct FrameBatch {
    std::span<const std::byte> bytes;
    std::uint64_t count{};
    Time time{};  // of the oldest; 0 when it is no news (a snapshot, a message told again)
};

class FrameSink {
  public:
    // Queues whole frames. False: the reader is behind by more than its bound, and nothing was queued.
    virtual bool offer(const FrameBatch& batch) = 0;
    // A reader that was behind has room again.
    [[nodiscard]] virtual bool drained() const = 0;
    // The reader is behind on a channel that cannot be conflated: it is told and disconnected.
    virtual void overrun() = 0;
    // It gets a snapshot now in place of `skipped` messages.
    virtual void conflated(std::uint64_t skipped) = 0;

  protected:
    ~FrameSink() = default;
};

struct Subscription {
    enum class State : std::uint8_t {
        detached,
        waiting,  // for a snapshot
        live,
        lagging,  // its reader is behind; a snapshot follows when it has drained
        ended,    // nothing more is sent
    };

    Subscription(FrameSink& to, const Market& of, VariantKey variant_key, Format encoding)
        : sink{to}, market{of}, key{variant_key}, format{encoding} {}

    FrameSink& sink;
    const Market& market;
    VariantKey key;
    Format format;
    State state = State::detached;
    std::uint64_t skipped = 0;  // messages not sent since it fell behind
    std::size_t place = 0;      // in its stream's list
};

}  // namespace dcx::feed
