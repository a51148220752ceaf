// WindowReader: the best `depth` levels of a book. Checks also the window's size, the order of levels in a snapshot,
// that only what he knows is removed and only what differs is told, and the checksum, computed anew over his own
// levels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "core/core.h"
#include "feed_book/channel_reader.h"

namespace dcx::feed_book {

class WindowReader final : public ChannelReader {
  public:
    WindowReader(feed::Publisher& publisher, const feed::Market& market, std::uint32_t depth, std::uint32_t rate_ms,
                 feed::Format format);
    ~WindowReader() override { leave(); }

    // The window equals the best levels of the core's book.
    [[nodiscard]] bool equals(std::span<const core::DepthLevel> bids, std::span<const core::DepthLevel> asks) const;

  private:
    // By rank: the smaller is the better price.
    using Levels = std::map<std::int64_t, core::DepthLevel>;

    void take(const PlainValue& data, bool snapshot) override;
    void take_levels(const PlainValue& told, Levels& levels, std::int64_t sign, bool snapshot) const;

    Levels bids_;
    Levels asks_;
};

// Of the best `count` of the levels of both sides, best first, as docs/protocols/feed.md defines it.
[[nodiscard]] std::uint32_t plain_checksum(std::span<const core::DepthLevel> bids,
                                           std::span<const core::DepthLevel> asks, std::size_t count);

}  // namespace dcx::feed_book
