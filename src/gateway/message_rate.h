// How often a session may speak: a token bucket told by one time (the moment at which it will be full again), and a
// count of offences within a minute. One thread each.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dcx::gateway {

struct MessageLimit {
    std::uint32_t per_second = 0;  // 0: any number; at most 1e9
    std::uint32_t burst = 0;       // of them at once; at least 1

    [[nodiscard]] bool on() const { return per_second != 0; }
    [[nodiscard]] std::int64_t interval_ns() const { return 1'000'000'000 / std::int64_t{per_second}; }
};

class MessageRate {
  public:
    // Until one more may come; 0: now.
    [[nodiscard]] std::int64_t wait_ns(const MessageLimit& limit, std::int64_t now_ns) const {
        if (!limit.on()) return 0;
        return std::max<std::int64_t>(0, ahead_ns(now_ns) - limit.interval_ns() * (std::int64_t{limit.burst} - 1));
    }
    // One has come.
    void take(const MessageLimit& limit, std::int64_t now_ns) {
        if (limit.on()) full_ns_ = std::max(full_ns_, now_ns) + limit.interval_ns();
    }
    // How many may come at once now; 0 also when any number may.
    [[nodiscard]] std::uint32_t left(const MessageLimit& limit, std::int64_t now_ns) const {
        if (!limit.on() || wait_ns(limit, now_ns) > 0) return 0;
        const std::int64_t used = (ahead_ns(now_ns) + limit.interval_ns() - 1) / limit.interval_ns();
        return limit.burst - static_cast<std::uint32_t>(used);
    }

  private:
    [[nodiscard]] std::int64_t ahead_ns(std::int64_t now_ns) const {
        return std::max<std::int64_t>(0, full_ns_ - now_ns);
    }

    std::int64_t full_ns_ = 0;
};

class Offences {
  public:
    // One more; true when that is above the bound for this minute.
    [[nodiscard]] bool beyond(std::uint32_t bound, std::int64_t now_ns) {
        constexpr std::int64_t minute = 60'000'000'000;
        if (count_ == 0 || now_ns - since_ns_ >= minute) {
            since_ns_ = now_ns;
            count_ = 0;
        }
        return ++count_ > bound;
    }

  private:
    std::int64_t since_ns_ = 0;
    std::uint32_t count_ = 0;
};

}  // namespace dcx::gateway
