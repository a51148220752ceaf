// Rings between two threads, each on a core of its own where the machine has two: messages of 64 bytes a second, one at
// a time and in batches, and the round trip. boost::lockfree::spsc_queue runs beside them where its headers are
// installed. Read ratios within one run; with fewer than two free cores the figures say nothing.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "platform/cpu.h"
#include "platform/doorbell.h"
#include "platform/thread.h"
#include "ring/broadcast_ring.h"
#include "ring/channel.h"
#include "ring/spsc_ring.h"
#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#define DCX_HAS_BOOST 1
#endif

namespace {

using dcx::HeapMemory;
using dcx::platform::Doorbell;
using dcx::platform::relax_cpu;

struct Message {
    std::uint64_t number;
    std::array<std::uint64_t, 7> body;
};
static_assert(sizeof(Message) == 64);

constexpr std::size_t capacity = 1024;
constexpr std::size_t batch = 32;
constexpr std::uint64_t messages_per_iteration = 1 << 16;

std::vector<unsigned> allowed_cores() {
    std::vector<unsigned> cores;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (unsigned core = 0; core < CPU_SETSIZE; ++core)
            if (CPU_ISSET(core, &allowed)) cores.push_back(core);
    return cores;
}

// This thread on the first core, the peer on the last, for as long as it lives.
class TwoCores {
  public:
    template <class Body>
    explicit TwoCores(Body body) {
        sched_getaffinity(0, sizeof before_, &before_);
        const auto cores = allowed_cores();
        std::optional<unsigned> far;
        if (cores.size() >= 2) {
            cpu_set_t near;
            CPU_ZERO(&near);
            CPU_SET(cores.front(), &near);
            sched_setaffinity(0, sizeof near, &near);
            far = cores.back();
        }
        peer_ = std::move(*dcx::platform::Thread::start({.name = "peer", .core = far}, body));
    }
    ~TwoCores() {
        peer_.request_stop();
        peer_.join();
        sched_setaffinity(0, sizeof before_, &before_);
    }
    TwoCores(const TwoCores&) = delete;
    TwoCores& operator=(const TwoCores&) = delete;

  private:
    cpu_set_t before_;
    dcx::platform::Thread peer_;
};

// `produce(first, count)` makes messages from number `first` on, at most `count`, and says how many; `consume(sum)`
// takes some, adds what it read to `sum` and says how many. The ring is small against an iteration, so the producer is
// held to the consumer's pace.
template <class Produce, class Consume>
void flow(benchmark::State& state, Produce produce, Consume consume) {
    std::uint64_t produced = 0, consumed = 0, sum = 0;
    {
        const TwoCores peer([&](const std::stop_token& stop) {
            for (;;) {
                const bool last = stop.stop_requested();  // before looking: nothing comes after it
                const std::size_t got = consume(sum);
                consumed += got;
                if (got == 0 && last) return;
                if (got == 0) relax_cpu();
            }
        });
        for (auto _ : state) {
            for (std::uint64_t left = messages_per_iteration; left > 0;) {
                const std::size_t made = produce(produced, left);
                produced += made;
                left -= made;
                if (made == 0) relax_cpu();
            }
        }
    }
    if (consumed != produced || sum != produced * (produced - 1)) state.SkipWithError("messages were lost or torn");
    state.SetItemsProcessed(static_cast<std::int64_t>(produced));
}

Message make(std::uint64_t number) { return {number, {0, 0, 0, 0, 0, 0, number}}; }
std::uint64_t read(const Message& message) { return message.number + message.body[6]; }

std::size_t read_all(std::span<const Message> messages, std::uint64_t& sum) {
    for (const Message& message : messages) sum += read(message);
    return messages.size();
}

void spsc_one_at_a_time(benchmark::State& state) {
    HeapMemory memory;
    dcx::ring::SpscRing<Message> ring(capacity, memory);
    flow(
        state, [&](std::uint64_t first, std::uint64_t) { return ring.try_push(make(first)) ? 1u : 0u; },
        [&](std::uint64_t& sum) {
            Message message;
            if (!ring.try_pop(message)) return 0u;
            sum += read(message);
            return 1u;
        });
}

void spsc_batched(benchmark::State& state) {
    HeapMemory memory;
    dcx::ring::SpscRing<Message> ring(capacity, memory);
    flow(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            const auto slots = ring.claim(std::min<std::uint64_t>(batch, count));
            for (auto& slot : slots) slot = make(first++);
            ring.publish(slots.size());
            return slots.size();
        },
        [&](std::uint64_t& sum) {
            const std::size_t got = read_all(ring.peek(), sum);
            if (got > 0) ring.release(got);
            return got;
        });
}

// As batched, and a look at the consumer's bell after each batch: the price of letting consumers sleep.
void channel_batched(benchmark::State& state) {
    HeapMemory memory;
    Doorbell bell;
    dcx::ring::Channel<Message> channel(capacity, memory, bell);
    flow(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            const auto slots = channel.claim(std::min<std::uint64_t>(batch, count));
            for (auto& slot : slots) slot = make(first++);
            if (!slots.empty()) channel.publish(slots.size());
            return slots.size();
        },
        [&](std::uint64_t& sum) {
            const std::size_t got = read_all(channel.peek(), sum);
            if (got > 0) channel.release(got);
            return got;
        });
}

void broadcast_batched_one_reader(benchmark::State& state) {
    HeapMemory memory;
    dcx::ring::BroadcastRing<Message> ring(capacity, memory);
    auto& reader = ring.add_reader();
    flow(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            const auto wanted = std::min<std::uint64_t>(batch, count);
            if (!ring.has_room(wanted)) return std::uint64_t{0};
            for (std::uint64_t i = 0; i < wanted; ++i) ring.slot(ring.position() + i) = make(first + i);
            ring.publish(ring.position() + wanted);
            return wanted;
        },
        [&](std::uint64_t& sum) {
            const std::size_t got = read_all(reader.peek(), sum);
            if (got > 0) reader.release(got);
            return got;
        });
}

void spsc_round_trip(benchmark::State& state) {
    HeapMemory memory;
    dcx::ring::SpscRing<Message> there(capacity, memory), back(capacity, memory);
    const TwoCores peer([&](const std::stop_token& stop) {
        Message message;
        while (!stop.stop_requested())
            if (there.try_pop(message)) benchmark::DoNotOptimize(back.try_push(message));
    });
    Message message = make(1);
    for (auto _ : state) {
        benchmark::DoNotOptimize(there.try_push(message));
        while (!back.try_pop(message)) {
        }
    }
}

// What one batch pays when nobody sleeps.
void doorbell_ring_awake(benchmark::State& state) {
    Doorbell bell;
    for (auto _ : state) bell.ring();
}

#ifdef DCX_HAS_BOOST
using BoostQueue = boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<capacity>>;

void boost_one_at_a_time(benchmark::State& state) {
    const auto queue = std::make_unique<BoostQueue>();
    flow(
        state, [&](std::uint64_t first, std::uint64_t) { return queue->push(make(first)) ? 1u : 0u; },
        [&](std::uint64_t& sum) {
            Message message;
            if (!queue->pop(message)) return 0u;
            sum += read(message);
            return 1u;
        });
}

// Its own batch interface: arrays in, consume_all() out.
void boost_batched(benchmark::State& state) {
    const auto queue = std::make_unique<BoostQueue>();
    flow(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            std::array<Message, batch> messages;
            const auto wanted = std::min<std::uint64_t>(batch, count);
            for (std::uint64_t i = 0; i < wanted; ++i) messages[i] = make(first + i);
            return queue->push(messages.data(), wanted);
        },
        [&](std::uint64_t& sum) { return queue->consume_all([&sum](const Message& m) { sum += read(m); }); });
}
#endif

BENCHMARK(spsc_one_at_a_time)->UseRealTime();
BENCHMARK(spsc_batched)->UseRealTime();
BENCHMARK(channel_batched)->UseRealTime();
BENCHMARK(broadcast_batched_one_reader)->UseRealTime();
#ifdef DCX_HAS_BOOST
BENCHMARK(boost_one_at_a_time)->UseRealTime();
BENCHMARK(boost_batched)->UseRealTime();
#endif
BENCHMARK(spsc_round_trip)->UseRealTime();
BENCHMARK(doorbell_ring_awake);

}  // namespace
