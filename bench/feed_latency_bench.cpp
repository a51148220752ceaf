// From an event to the last of 1,000 subscribers, at half of what the feed delivers when there is always another: at
// once and with a flush interval, beside a raw send() of the same frames at the same rate; and the same when a fifth of
// the readers read nothing or a kilobyte a second. Senders take turns. Checked: every reader that reads gets every
// byte.
#include <malloc.h>

#include "feed_lane.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::size_t kReaders = FeedCrowd::Options{}.connections;
constexpr std::size_t kMessages = 120'000;
constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::int64_t kSliceNs = 500 * kMillisecondNs;
constexpr int kSlices = 3;
constexpr std::int64_t kFlushNs = FeedSender::Options{}.flush_ns;

const FeedTape& tape() {
    static const FeedTape recorded = FeedTape::record(kMessages);
    return recorded;
}
std::unique_ptr<FeedSender> feed_sender(std::int64_t flush_ns) {
    return std::make_unique<FeedSender>(tape(), FeedSender::Options{.connections = kReaders, .flush_ns = flush_ns});
}

// Messages a second to each reader: half of the most, found once.
double half_of_saturation() {
    static const double rate = [] {
        Lane lane{tape(), feed_sender(0), subscribe(), {}};
        lane.pass(1'000);
        const Lane::Flood flood = lane.flood(1'000 * kMillisecondNs);
        return flood.messages / flood.seconds / 2;
    }();
    return rate;
}

void put(benchmark::State& state, const std::string& prefix, const NanosecondHistogram& latency) {
    state.counters[prefix + "p50"] = static_cast<double>(latency.percentile(50));
    state.counters[prefix + "p99"] = static_cast<double>(latency.percentile(99));
    state.counters[prefix + "p99_9"] = static_cast<double>(latency.percentile(99.9));
}

// `range(0)`: the flush interval in microseconds.
void last_of_all(benchmark::State& state) {
    measured(state, [&] {
        const double rate = half_of_saturation();
        Lane ours{tape(), feed_sender(state.range(0) * 1'000), subscribe(), {}};
        Lane raw{tape(), std::make_unique<RawSender>(tape(), kReaders), "x", {}};
        NanosecondHistogram latency;
        NanosecondHistogram beside;
        NanosecondHistogram unused;
        ours.offer(rate, kSliceNs / 4, unused);
        raw.offer(rate, kSliceNs / 4, unused);
        for (int slice = 0; slice < kSlices; ++slice) {
            ours.offer(rate, kSliceNs, latency);
            raw.offer(rate, kSliceNs, beside);
        }
        state.SetIterationTime(static_cast<double>(latency.percentile(50)) * 1e-9);
        put(state, "", latency);
        put(state, "raw_", beside);
        // A flush interval may add its time, and nothing else to what is allowed at once.
        state.counters["bound_p99"] =
            2 * static_cast<double>(beside.percentile(99)) + static_cast<double>(state.range(0)) * 1e3;
        state.counters["messages_a_second"] = rate;
    });
}
BENCHMARK(last_of_all)->Arg(0)->Arg(500)->UseManualTime()->Iterations(1);

std::int64_t heap_bytes() {
    const struct mallinfo2 info = ::mallinfo2();
    return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

// A tenth deaf, a tenth slow; what all others see, and what the feed holds for those.
void stalled_readers(benchmark::State& state) {
    // More than the system holds for a reader that does not read, and the feed's bound behind it.
    constexpr std::uint64_t until_full = 32'000;
    constexpr std::size_t stalled = kReaders / 5;
    measured(state, [&] {
        const double rate = half_of_saturation() / 2;
        Lane beside{tape(), feed_sender(kFlushNs), subscribe(), {}};
        Lane ours{tape(), feed_sender(kFlushNs), subscribe(), {.deaf = stalled / 2, .slow = stalled / 2}};
        const std::int64_t before = heap_bytes();
        ours.pass(until_full);
        beside.pass(1'000);
        const std::int64_t held = heap_bytes() - before;
        auto& sender = static_cast<FeedSender&>(ours.sender());
        NanosecondHistogram latency;
        NanosecondHistogram alone;
        NanosecondHistogram lag;  // how old the oldest event is that the feed has not taken
        for (int slice = 0; slice < kSlices; ++slice) {
            ours.offer(rate, kSliceNs, latency, [&] {
                const std::uint64_t taken = sender.taken();
                lag.add(taken < ours.at() ? monotonic_ns() - ours.given_ns(taken) : 0);
            });
            beside.offer(rate, kSliceNs, alone);
        }
        state.SetIterationTime(static_cast<double>(latency.percentile(50)) * 1e-9);
        put(state, "", latency);
        put(state, "alone_", alone);
        put(state, "lag_", lag);
        // The deaf of both kinds are behind for good; what grows with them must be bounded.
        state.counters["held_size"] = static_cast<double>(held) / stalled;
        state.counters["bound_size"] = static_cast<double>(feed::ClientLimits{}.output_bytes + 64 * 1024);
    });
}
BENCHMARK(stalled_readers)->UseManualTime()->Iterations(1);

}  // namespace
