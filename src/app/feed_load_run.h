// The inside of `dcx load feed`: its connections, on the caller's thread. Throws std::runtime_error when the feed lets
// somebody not in, or does not answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/feed_load.h"
#include "app/watch.h"
#include "base/histogram.h"
#include "net/reactor.h"
#include "platform/system_clock.h"

namespace dcx::app {

// Of all clients together, in the time that is measured.
struct FeedLoadTally {
    double seconds = 0;
    std::uint64_t messages = 0;  // of the channel
    std::uint64_t bytes = 0;     // of those
    std::uint64_t snapshots = 0;
    std::uint64_t skipped = 0;                      // messages that snapshots stand for, by their word
    std::uint64_t gaps = 0;                         // messages that don't follow the one before
    std::uint64_t broken = 0;                       // no messages of the feed
    std::uint64_t closed = 0;                       // connections that ended
    std::string why_closed;                         // the first of them
    std::map<std::uint64_t, std::uint64_t> errors;  // by their code
    NanosecondHistogram latency;                    // of updates, from log time to received; two clocks
};

class FeedLoadRun {
  public:
    FeedLoadRun(const FeedLoadOptions& options, const FeedAddress& address);
    ~FeedLoadRun();
    FeedLoadRun(const FeedLoadRun&) = delete;
    FeedLoadRun& operator=(const FeedLoadRun&) = delete;

    // Returns when everybody has his first snapshot.
    void connect();
    [[nodiscard]] FeedLoadTally measure(double seconds);

  private:
    class Client;

    // So many connect at a time: a listener's backlog is bounded.
    static constexpr std::size_t kConnecting = 256;
    static constexpr std::int64_t kSilenceNs = 20'000'000'000;

    FeedLoadOptions options_;
    FeedAddress address_;
    std::string request_;  // as its format has it
    platform::SystemClock clock_;
    net::Reactor reactor_;
    FeedLoadTally tally_;
    std::string why_;  // somebody was not let in
    std::size_t following_ = 0;
    bool measuring_ = false;
    std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace dcx::app
