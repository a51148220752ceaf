// SplitSource: one source for the two readers of a FeedServer, where it has no ring with a cursor for each: the
// accounts' reader first, the public one no further. What both have released is released in the source. One thread.
//
// The source must tell the same events again when it is asked again before a release, and perhaps more behind them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/check.h"
#include "model/event_source.h"

namespace dcx::feed {

class SplitSource {
  public:
    explicit SplitSource(EventSource& source) : source_{source} {}
    SplitSource(const SplitSource&) = delete;
    SplitSource& operator=(const SplitSource&) = delete;

    [[nodiscard]] EventSource& accounts() { return accounts_; }
    [[nodiscard]] EventSource& prints() { return prints_; }

  private:
    class Accounts final : public EventSource {
      public:
        explicit Accounts(SplitSource& split) : split_{split} {}
        std::span<const Event> peek(std::size_t max) override {
            // Where the source wraps it tells nothing behind, until the other has released what is before.
            const auto events = split_.source_.peek(split_.told_ + max);
            return events.subspan(std::min(split_.told_, events.size()));
        }
        void release(std::size_t count) override { split_.told_ += count; }

      private:
        SplitSource& split_;
    };
    class Prints final : public EventSource {
      public:
        explicit Prints(SplitSource& split) : split_{split} {}
        std::span<const Event> peek(std::size_t max) override {
            const std::size_t count = std::min(max, split_.told_);
            return count == 0 ? std::span<const Event>{} : split_.source_.peek(count);
        }
        void release(std::size_t count) override {
            DCX_CHECK(count <= split_.told_);
            split_.told_ -= count;
            split_.source_.release(count);
        }

      private:
        SplitSource& split_;
    };

    EventSource& source_;
    std::size_t told_ = 0;  // released by the first and not by the second
    Accounts accounts_{*this};
    Prints prints_{*this};
};

}  // namespace dcx::feed
