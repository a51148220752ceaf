// Subscription: one client's part in one variant, and FrameSink, the client as the publisher sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "feed/channel.h"
#include "model/types.h"

namespace dcx::feed {

class Market;
class Stream;
struct Subscription;

class FrameSink {
  public:
    // Queues one whole frame of this reader's own (a snapshot), which goes out ahead of what his streams hold. False:
    // more waits for him than he may have, and nothing was queued.
    virtual bool offer(std::span<const std::byte> frame) = 0;
    // This stream has something for him, which he reads from it when he can. `now`: at once, as much as he can; more
    // comes in this round than should wait.
    virtual void wake(Subscription& subscription, bool now) = 0;
    // The window for which snapshots may be compressed (net/websocket_deflate.h); 0: they may not.
    [[nodiscard]] virtual unsigned deflate_window_bits() const { return 0; }
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
        waiting,    // for a snapshot
        receiving,  // a snapshot, of which parts are to follow
        live,       // reads its stream from `next` on
        lagging,    // its reader is behind; a snapshot follows when it has drained
        ended,      // nothing more is sent
    };

    Subscription(FrameSink& to, const Market& of, VariantKey variant_key, Format encoding)
        : sink{to}, market{of}, key{variant_key}, format{encoding} {}

    FrameSink& sink;
    const Market& market;
    VariantKey key;
    Format format;
    State state = State::detached;
    bool behind = false;      // has been since `next`; a snapshot makes it good
    bool in_queue = false;    // of its reader
    std::uint32_t place = 0;  // in its stream's list
    Stream* stream = nullptr;
    Subscription* next_in_queue = nullptr;
    std::uint64_t next = 0;     // number of the message in its stream that is sent next
    std::uint64_t news = 0;     // from that number on messages are new to it, not told again
    std::uint64_t seq = 0;      // of the last message that was sent; 0: none
    std::uint64_t skipped = 0;  // messages not sent since it fell behind, told with the next snapshot
};

}  // namespace dcx::feed
