// What one message to 1,000 subscribers costs: the feed beside a raw send() of the same bytes in the same batches and
// beside Boost.Beast. The senders take turns, round by round, in one run; readers are processes of their own. Checked:
// every reader gets every byte that the feed made, no more and no less, and nobody is conflated.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "feed_beast.h"
#include "feed_lane.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::size_t kReaders = FeedCrowd::Options{}.connections;
constexpr std::size_t kMessages = 60'000;

const FeedTape& tape() {
    static const FeedTape recorded = FeedTape::record(kMessages);
    return recorded;
}

std::unique_ptr<FeedRunner> feed_sender() {
    return std::make_unique<FeedSender>(tape(), FeedSender::Options{.connections = kReaders});
}
std::unique_ptr<FeedRunner> raw_sender() { return std::make_unique<RawSender>(tape(), kReaders); }

// `range(0)` messages a write. Beast writes each by itself whatever the round is, so that few of its rounds tell.
void fan_out(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    const std::size_t rounds = 31;
    const std::size_t beast_every = 8;
    measured(state, [&] {
        Lane ours{tape(), feed_sender(), subscribe(), {}};
        Lane raw{tape(), raw_sender(), "x", {}};
        Lane beast{tape(), make_beast_sender(tape(), kReaders), subscribe(), {}};
        std::vector<double> times[3];
        for (std::size_t round = 0; round <= rounds; ++round) {
            const double of_ours = ours.round_ns(count);
            const double of_raw = raw.round_ns(count);
            if (round == 0) continue;  // memory is touched for the first time
            times[0].push_back(of_ours);
            times[1].push_back(of_raw);
            if (round % beast_every == 0) times[2].push_back(beast.round_ns(std::min<std::uint64_t>(count, 16)));
        }
        state.SetIterationTime(median(times[0]) * 1e-9);
        state.counters["raw"] = median(times[1]);
        state.counters["beast"] = median(times[2]);
        state.counters["message_bytes"] = tape().message_bytes();
    });
}
BENCHMARK(fan_out)->Arg(1)->Arg(16)->Arg(64)->UseManualTime()->Iterations(1);

// Messages delivered in a second when there is always another, by one thread.
void saturation(benchmark::State& state) {
    constexpr std::int64_t slice_ns = 400'000'000;
    measured(state, [&] {
        Lane ours{tape(), feed_sender(), subscribe(), {}};
        Lane raw{tape(), raw_sender(), "x", {}};
        Lane::Flood total;
        Lane::Flood raw_total;
        for (int slice = 0; slice < 3; ++slice) {
            total += ours.flood(slice_ns);
            raw_total += raw.flood(slice_ns);
        }
        state.SetIterationTime(total.seconds);
        state.SetItemsProcessed(static_cast<std::int64_t>(total.messages * kReaders));
        state.counters["raw"] = raw_total.rate(kReaders);
        state.counters["wanted"] = 1.5e6;
        state.counters["per_core"] = total.messages * kReaders / total.cpu_seconds;
        state.counters["raw_per_core"] = raw_total.messages * kReaders / raw_total.cpu_seconds;
    });
}
BENCHMARK(saturation)->UseManualTime()->Iterations(1);

}  // namespace
