// The rings beside their peers: messages of 64 bytes between two threads or two processes, one at a time and in
// batches, the round trip, sleeping consumers, several producers, several readers, records. Names are group/kind/queue,
// so that what competes stands together; what was sent is counted and summed at the other end in every one of them.
//
// flow: the queue is small against an iteration, so the producer is held to the consumer's pace; real time.
// writer: what the writer alone pays, in its own processor time; it is off the clock while it waits for room.
// Peers run where their headers are installed. Read ratios within one run; on a machine without two free cores the
// figures say nothing.
#include <benchmark/benchmark.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "platform/cpu.h"
#include "platform/doorbell.h"
#include "platform/shared_memory.h"
#include "platform/thread.h"
#include "ring/broadcast_ring.h"
#include "ring/channel.h"
#include "ring/lanes.h"
#include "ring/lossy_records.h"
#include "ring/lossy_ring.h"
#include "ring/record_ring.h"
#include "ring/shared_ring.h"
#include "ring/spsc_ring.h"
#include "ring/wait.h"
#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#define DCX_HAS_BOOST 1
#endif
// Peers are not held to our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#define DCX_HAS_RWQ 1
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define DCX_HAS_CQ 1
#elif __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#define DCX_HAS_CQ 1
#endif
#pragma GCC diagnostic pop

namespace {

namespace ring = dcx::ring;
using dcx::HeapMemory;
using dcx::platform::Doorbell;
using dcx::platform::relax_cpu;
using dcx::platform::SharedMemory;
using ring::Peer;

struct Message {
    std::uint64_t number;
    std::array<std::uint64_t, 7> body;
};
static_assert(sizeof(Message) == 64);

constexpr std::size_t capacity = 1024;
constexpr std::size_t batch = 32;
constexpr std::uint64_t messages_per_iteration = 1 << 16;

Message make(std::uint64_t number) { return {number, {0, 0, 0, 0, 0, 0, number}}; }
std::uint64_t read(const Message& message) { return message.number + message.body[6]; }

std::size_t read_all(std::span<const Message> messages, std::uint64_t& sum) {
    for (const Message& message : messages) sum += read(message);
    return messages.size();
}
// Of messages 0 … count - 1.
constexpr std::uint64_t sum_of(std::uint64_t count) { return count * (count - 1); }

// ---- where things run ----

std::vector<unsigned> allowed_cores() {
    std::vector<unsigned> cores;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        for (unsigned core = 0; core < CPU_SETSIZE; ++core)
            if (CPU_ISSET(core, &allowed)) cores.push_back(core);
    return cores;
}

void pin(unsigned core) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
}

// This thread on the first core while it lives.
class OnFirstCore {
  public:
    OnFirstCore() : cores_(allowed_cores()) {
        sched_getaffinity(0, sizeof before_, &before_);
        if (cores_.size() >= 2) pin(cores_.front());
    }
    ~OnFirstCore() { sched_setaffinity(0, sizeof before_, &before_); }
    OnFirstCore(const OnFirstCore&) = delete;
    OnFirstCore& operator=(const OnFirstCore&) = delete;
    [[nodiscard]] std::optional<unsigned> far() const {
        return cores_.size() >= 2 ? std::optional(cores_.back()) : std::nullopt;
    }

  private:
    std::vector<unsigned> cores_;
    cpu_set_t before_;
};

// What the peer tells and is told, in memory that a forked peer shares.
struct Report {
    std::atomic<bool> stop{false};
    std::uint64_t consumed = 0;
    std::uint64_t sum = 0;
};

class SharedReport {
  public:
    SharedReport()
        : at_(new(::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Report) {}
    ~SharedReport() { ::munmap(at_, sizeof(Report)); }
    SharedReport(const SharedReport&) = delete;
    SharedReport& operator=(const SharedReport&) = delete;
    Report& operator*() const { return *at_; }

  private:
    Report* at_;
};

enum class PeerIs { thread, process };

// Runs `body(report)` on the last core, until the end of its life tells it to stop.
template <PeerIs kind, class Body>
class FarPeer {
  public:
    FarPeer(Report& report, std::optional<unsigned> core, Body body) : report_(report) {
        if constexpr (kind == PeerIs::process) {
            pid_ = ::fork();
            if (pid_ != 0) return;
            if (core) pin(*core);
            body(report);
            ::_exit(0);
        } else {
            thread_ = std::move(*dcx::platform::Thread::start(
                {.name = "peer", .core = core}, [&report, body](const std::stop_token&) mutable { body(report); }));
        }
    }
    ~FarPeer() {
        report_.stop.store(true, std::memory_order_release);
        if constexpr (kind == PeerIs::process)
            ::waitpid(pid_, nullptr, 0);
        else
            thread_.join();
    }
    FarPeer(const FarPeer&) = delete;
    FarPeer& operator=(const FarPeer&) = delete;

  private:
    Report& report_;
    pid_t pid_ = -1;
    dcx::platform::Thread thread_;
};

// ---- flow ----

// `produce(first, count)` makes messages from number `first` on, at most `count`, and says how many; `consume(sum)`
// takes some, adds what it read to `sum` and says how many; `idle()` is what the consumer does when there is nothing.
template <PeerIs kind, class Produce, class Consume, class Idle>
void flow(benchmark::State& state, Produce produce, Consume consume, Idle idle) {
    const SharedReport shared;
    Report& report = *shared;
    std::uint64_t produced = 0;
    {
        const OnFirstCore here;
        const auto body = [&](Report& mine) {
            std::uint64_t sum = 0, consumed = 0;
            for (;;) {
                const bool last = mine.stop.load(std::memory_order_acquire);  // before looking: nothing comes after it
                const std::size_t got = consume(sum);
                consumed += got;
                if (got == 0 && last) break;
                if (got == 0) idle();
            }
            mine.consumed = consumed;
            mine.sum = sum;
        };
        const FarPeer<kind, decltype(body)> peer(report, here.far(), body);
        for (auto _ : state) {
            for (std::uint64_t left = messages_per_iteration; left > 0;) {
                const std::size_t made = produce(produced, left);
                produced += made;
                left -= made;
                if (made == 0) relax_cpu();
            }
        }
    }
    if (report.consumed != produced || report.sum != sum_of(produced)) state.SkipWithError("messages lost or torn");
    state.SetItemsProcessed(static_cast<std::int64_t>(produced));
}

template <PeerIs kind = PeerIs::thread, class Produce, class Consume>
void flow(benchmark::State& state, Produce produce, Consume consume) {
    flow<kind>(state, produce, consume, [] { relax_cpu(); });
}

auto one_into(auto& producer) {
    return [&producer](std::uint64_t first, std::uint64_t) { return producer.try_push(make(first)) ? 1u : 0u; };
}
auto one_out_of(auto& consumer) {
    return [&consumer](std::uint64_t& sum) {
        Message message;
        if (!consumer.try_pop(message)) return 0u;
        sum += read(message);
        return 1u;
    };
}
auto batch_into(auto& producer) {
    return [&producer](std::uint64_t first, std::uint64_t count) {
        const auto slots = producer.claim(std::min<std::uint64_t>(batch, count));
        for (auto& slot : slots) slot = make(first++);
        if (!slots.empty()) producer.publish(slots.size());
        return slots.size();
    };
}
auto batch_out_of(auto& consumer) {
    return [&consumer](std::uint64_t& sum) {
        const std::size_t got = read_all(consumer.peek(), sum);
        if (got > 0) consumer.release(got);
        return got;
    };
}

// The two sides over a mapping.
struct SharedPair {
    SharedMemory memory = std::move(*SharedMemory::create("bench", ring::SharedSpsc<Message>::size(capacity)));
    ring::SharedSpsc<Message> ring = ring::SharedSpsc<Message>::create(memory.bytes(), capacity);
    ring::SpscProducer<Message> producer{ring.words(), ring.slots(), Peer::other_process};
    ring::SpscConsumer<Message> consumer{ring.words(), ring.slots(), Peer::other_process};
};

void spsc_one_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::SpscRing<Message> queue(capacity, memory);
    flow(state, one_into(queue), one_out_of(queue));
}
void spsc_batched_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::SpscRing<Message> queue(capacity, memory);
    flow(state, batch_into(queue), batch_out_of(queue));
}
void shm_one_dcx(benchmark::State& state) {
    SharedPair pair;
    flow<PeerIs::process>(state, one_into(pair.producer), one_out_of(pair.consumer));
}
void shm_batched_dcx(benchmark::State& state) {
    SharedPair pair;
    flow<PeerIs::process>(state, batch_into(pair.producer), batch_out_of(pair.consumer));
}

// No other thread and no ring: the same writes and reads of the same slots.
void spsc_batched_floor(benchmark::State& state) {
    HeapMemory memory;
    const auto slots = memory.array<Message>(capacity);
    std::uint64_t produced = 0, sum = 0;
    for (auto _ : state) {
        for (std::uint64_t i = 0; i < messages_per_iteration; i += batch) {
            const auto part = slots.subspan(produced % capacity, batch);
            for (auto& slot : part) slot = make(produced++);
            benchmark::ClobberMemory();
            read_all(part, sum);
        }
    }
    if (sum != sum_of(produced)) state.SkipWithError("wrong sum");
    state.SetItemsProcessed(static_cast<std::int64_t>(produced));
}

// ---- sleeping consumers ----

// In one process: the doorbell that an epoll loop sleeps on.
void blocking_batched_doorbell(benchmark::State& state) {
    HeapMemory memory;
    Doorbell bell;
    ring::Channel<Message> channel(capacity, memory, bell);
    flow<PeerIs::thread>(state, batch_into(channel), batch_out_of(channel), [&, idle = 0]() mutable {
        if (++idle % 2000 != 0) return relax_cpu();
        bell.announce();
        if (channel.peek().empty()) bell.sleep(1);
        bell.retract();
    });
}
template <PeerIs kind>
void blocking_batched_futex(benchmark::State& state) {
    SharedPair pair;
    flow<kind>(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            const std::size_t made = batch_into(pair.producer)(first, count);
            if (made > 0) pair.ring.consumer_bell().ring();
            return made;
        },
        batch_out_of(pair.consumer),
        [&] {
            benchmark::DoNotOptimize(ring::wait({.max_sleep_ns = 1'000'000}, pair.ring.consumer_bell(),
                                                [&] { return !pair.consumer.peek().empty(); }));
        });
}

// ---- records ----

// Sizes of 16 to 112 bytes, 64 on average; number and copy at both ends of it.
std::size_t record_size(std::uint64_t number) { return 16 + number % 13 * 8; }

std::uint64_t read_record(std::span<const std::byte> record) {
    std::uint64_t first, last;
    std::memcpy(&first, record.data(), 8);
    std::memcpy(&last, record.data() + record.size() - 8, 8);
    return first + last;
}

void records_batched_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::RecordRing queue(capacity * 8, memory);
    flow(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            std::size_t made = 0;
            for (const std::size_t wanted = std::min<std::uint64_t>(batch, count); made < wanted; ++made, ++first) {
                const auto room = queue.producer().claim(record_size(first));
                if (!room) break;
                std::memcpy(room->data(), &first, 8);
                std::memset(room->data() + 8, 0, room->size() - 16);
                std::memcpy(room->data() + room->size() - 8, &first, 8);
                queue.producer().advance();
            }
            queue.producer().flush();
            return made;
        },
        [&](std::uint64_t& sum) {
            std::size_t got = 0;
            for (; const auto record = queue.consumer().next(); ++got) sum += read_record(*record);
            queue.consumer().release();
            return got;
        });
}

// ---- round trip ----

template <PeerIs kind, class Ask, class Answer>
void round_trip(benchmark::State& state, Ask ask, Answer answer) {
    const SharedReport shared;
    const OnFirstCore here;
    std::uint64_t number = 0;
    {
        const auto body = [&](Report& mine) {
            while (!mine.stop.load(std::memory_order_relaxed)) mine.sum += answer() ? 1u : 0u;
        };
        const FarPeer<kind, decltype(body)> peer(*shared, here.far(), body);
        for (auto _ : state) ask(++number);
    }
    if ((*shared).sum != number) state.SkipWithError("answers were lost");
}

// Any two queues with try_push and try_pop.
template <PeerIs kind>
void round_trip_over(benchmark::State& state, auto& there, auto& there_out, auto& back, auto& back_out) {
    round_trip<kind>(
        state,
        [&](std::uint64_t number) {
            Message message = make(number);
            benchmark::DoNotOptimize(there.try_push(message));
            while (!back_out.try_pop(message)) {
            }
            benchmark::DoNotOptimize(message);
        },
        [&] {
            Message message;
            return there_out.try_pop(message) && back.try_push(message);
        });
}
void round_trip_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::SpscRing<Message> there(capacity, memory), back(capacity, memory);
    round_trip_over<PeerIs::thread>(state, there, there, back, back);
}
void shm_round_trip_dcx(benchmark::State& state) {
    SharedPair there, back;
    round_trip_over<PeerIs::process>(state, there.producer, there.consumer, back.producer, back.consumer);
}

// A cache line to the other core and one back: nothing can be faster.
template <PeerIs kind>
void round_trip_floor(benchmark::State& state) {
    struct Lines {
        alignas(dcx::platform::separate_lines) std::atomic<std::uint64_t> there{0};
        alignas(dcx::platform::separate_lines) std::atomic<std::uint64_t> back{0};
    };
    const auto memory = std::move(*SharedMemory::create("bench", sizeof(Lines)));
    Lines& lines = *new (memory.bytes().data()) Lines;
    round_trip<kind>(
        state,
        [&](std::uint64_t number) {
            lines.there.store(number, std::memory_order_release);
            while (lines.back.load(std::memory_order_acquire) != number) {
            }
        },
        [&, seen = std::uint64_t{0}]() mutable {
            const std::uint64_t now = lines.there.load(std::memory_order_acquire);
            if (now == seen) return false;
            lines.back.store(seen = now, std::memory_order_release);
            return true;
        });
}

// ---- what the writer alone pays ----

double thread_seconds() {
    timespec now;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr std::size_t burst = capacity / 2;

// `has_room()`: for a whole burst; `write(first)`: one burst, in batches. The readers are `bodies(report)`, all on the
// last core. Time is the writer's processor time in write() alone.
template <class HasRoom, class Write, class Body>
void writer_cost(benchmark::State& state, HasRoom has_room, Write write, std::vector<Body> bodies, bool exact) {
    std::vector<std::unique_ptr<SharedReport>> reports;
    std::uint64_t written = 0;
    {
        const OnFirstCore here;
        std::vector<std::unique_ptr<FarPeer<PeerIs::thread, Body>>> peers;
        for (auto& body : bodies) {
            reports.push_back(std::make_unique<SharedReport>());
            peers.push_back(std::make_unique<FarPeer<PeerIs::thread, Body>>(**reports.back(), here.far(), body));
        }
        for (auto _ : state) {
            double seconds = 0;
            for (std::uint64_t done = 0; done < messages_per_iteration; done += burst) {
                while (!has_room()) ::sched_yield();
                const double begin = thread_seconds();
                write(written);
                seconds += thread_seconds() - begin;
                written += burst;
            }
            state.SetIterationTime(seconds);
        }
    }
    for (const auto& report : reports) {
        const Report& reader = **report;
        // Exact: everything once. Else at least nothing torn, and no more than there was.
        if (exact ? reader.consumed != written || reader.sum != sum_of(written) : reader.sum != 0)
            state.SkipWithError("messages lost or torn");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(written));
}

template <class Consume>
auto reader_body(Consume consume) {
    return [consume](Report& mine) mutable {
        for (;;) {
            const bool last = mine.stop.load(std::memory_order_acquire);
            const std::size_t got = consume(mine.sum);
            mine.consumed += got;
            if (got == 0 && last) return;
            if (got == 0) ::sched_yield();
        }
    };
}

void write_burst(auto& producer, std::uint64_t first) {
    for (std::size_t done = 0; done < burst;) {
        const auto slots = producer.claim(batch);
        for (auto& slot : slots) slot = make(first++);
        producer.publish(slots.size());
        done += slots.size();
    }
}
// Room for a burst, although claim() may show less of it at the wrap.
bool room_for_burst(auto& producer) { return producer.claim(burst).size() == burst; }

void writer_spsc_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::SpscRing<Message> queue(capacity, memory);
    const auto body = reader_body(batch_out_of(queue));
    writer_cost(
        state, [&] { return room_for_burst(queue); }, [&](std::uint64_t first) { write_burst(queue, first); },
        std::vector{body}, true);
}

void writer_broadcast_dcx(benchmark::State& state) {
    HeapMemory memory;
    ring::BroadcastRing<Message> queue(capacity, memory);
    using Reader = ring::BroadcastRing<Message>::Reader;
    const auto body_of = [](Reader& reader) { return reader_body(batch_out_of(reader)); };
    std::vector<decltype(body_of(std::declval<Reader&>()))> bodies;
    for (std::int64_t i = 0; i < state.range(0); ++i) bodies.push_back(body_of(queue.add_reader()));
    writer_cost(
        state, [&] { return queue.has_room(burst); },
        [&](std::uint64_t first) {
            for (std::size_t done = 0; done < burst; done += batch) {
                for (std::size_t i = 0; i < batch; ++i) queue.slot(queue.position() + i) = make(first++);
                queue.publish(queue.position() + batch);
            }
        },
        bodies, true);
}

void writer_lossy_dcx(benchmark::State& state) {
    const auto words = std::make_unique<ring::LossyWords<>>();
    std::vector<ring::LossyWord<>> slots(capacity * ring::words_of<Message>);
    ring::LossyWriter<Message> writer(*words, slots);
    const auto body_of = [&](int) {
        return reader_body([reader = std::make_shared<ring::LossyReader<Message>>(*words, slots)](std::uint64_t& bad) {
            std::array<Message, batch> messages;
            const auto seen = reader->read(messages);
            if (seen.status == ring::LossyStatus::broken) ++bad;
            if (seen.status != ring::LossyStatus::messages) return std::size_t{0};
            for (std::size_t i = 0; i < seen.count; ++i)
                bad += read(messages[i]) == 2 * (reader->position() - seen.count + i) ? 0u : 1u;
            return static_cast<std::size_t>(seen.count);
        });
    };
    std::vector<decltype(body_of(0))> bodies;
    for (int i = 0; i < state.range(0); ++i) bodies.push_back(body_of(i));
    writer_cost(
        state, [] { return true; },
        [&](std::uint64_t first) {
            for (std::size_t done = 0; done < burst; done += batch) {
                writer.announce(batch);
                for (std::size_t i = 0; i < batch; ++i) writer.write(make(first++));
                writer.publish();
            }
        },
        bodies, false);
}

// ---- several producers, one consumer ----

// The other way to take from many: producers claim slots of one ring by one counter, each slot has a sequence that says
// in whose turn it is (Vyukov's bounded queue). Here to be measured; decision 16 says why the venue has lanes.
class ClaimRing {
  public:
    ClaimRing() : slots_(std::make_unique<Slot[]>(capacity)) {
        for (std::uint64_t i = 0; i < capacity; ++i) slots_[i].sequence.store(i, std::memory_order_relaxed);
    }
    [[nodiscard]] bool try_push(const Message& message) {
        std::uint64_t at = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Slot& slot = slots_[at & (capacity - 1)];
            const std::uint64_t sequence = slot.sequence.load(std::memory_order_acquire);
            if (sequence == at) {
                if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
                slot.message = message;
                slot.sequence.store(at + 1, std::memory_order_release);
                return true;
            }
            if (sequence < at) return false;
            at = tail_.load(std::memory_order_relaxed);
        }
    }
    [[nodiscard]] bool try_pop(Message& message) {
        Slot& slot = slots_[head_ & (capacity - 1)];
        if (slot.sequence.load(std::memory_order_acquire) != head_ + 1) return false;
        message = slot.message;
        slot.sequence.store(head_ + capacity, std::memory_order_release);
        ++head_;
        return true;
    }

  private:
    struct alignas(dcx::platform::cache_line) Slot {
        std::atomic<std::uint64_t> sequence;
        Message message;
    };
    std::unique_ptr<Slot[]> slots_;
    alignas(dcx::platform::separate_lines) std::atomic<std::uint64_t> tail_{0};
    alignas(dcx::platform::separate_lines) std::uint64_t head_ = 0;
};

// This thread and state.range(0) - 1 others produce, each its own numbers from 0 on; `produce(who, first, count)`. The
// consumer runs wherever there is room. With two producers that is three threads on two cores where there are no more.
template <class Produce, class Consume>
void many_to_one(benchmark::State& state, Produce produce, Consume consume) {
    const auto producers = static_cast<std::size_t>(state.range(0));
    const SharedReport shared;
    std::vector<std::uint64_t> produced(producers, 0);
    // Every producer makes as many in an iteration; they begin each one together.
    std::atomic<std::uint64_t> target{0}, finished{0};
    {
        const OnFirstCore here;
        const auto consumer_body = [&](Report& mine) {
            for (;;) {
                const bool last = mine.stop.load(std::memory_order_acquire);
                const std::size_t got = consume(mine.sum);
                mine.consumed += got;
                if (got == 0 && last) return;
                if (got == 0) ::sched_yield();
            }
        };
        const auto make_until = [&](std::size_t who, std::uint64_t end) {
            while (produced[who] < end) {
                const std::size_t made = produce(who, produced[who], end - produced[who]);
                produced[who] += made;
                if (made == 0) ::sched_yield();
            }
        };
        const FarPeer<PeerIs::thread, decltype(consumer_body)> consumer(
            *shared, producers > 1 ? std::nullopt : here.far(), consumer_body);
        std::vector<std::unique_ptr<SharedReport>> reports;
        const auto producer_body_of = [&](std::size_t who) {
            return [&, who](Report& mine) {
                while (!mine.stop.load(std::memory_order_acquire)) {
                    const std::uint64_t end = target.load(std::memory_order_acquire);
                    if (produced[who] == end) {
                        ::sched_yield();
                        continue;
                    }
                    make_until(who, end);
                    finished.fetch_add(1, std::memory_order_release);
                }
            };
        };
        using Body = decltype(producer_body_of(0));
        std::vector<std::unique_ptr<FarPeer<PeerIs::thread, Body>>> others;
        for (std::size_t who = 1; who < producers; ++who) {
            reports.push_back(std::make_unique<SharedReport>());
            others.push_back(
                std::make_unique<FarPeer<PeerIs::thread, Body>>(**reports.back(), here.far(), producer_body_of(who)));
        }
        std::uint64_t rounds = 0;
        for (auto _ : state) {
            const std::uint64_t end = ++rounds * messages_per_iteration;
            target.store(end, std::memory_order_release);
            make_until(0, end);
            while (finished.load(std::memory_order_acquire) != rounds * (producers - 1)) ::sched_yield();
        }
    }
    std::uint64_t count = 0, sum = 0;
    for (const std::uint64_t each : produced) count += each, sum += each == 0 ? 0 : sum_of(each);
    if ((*shared).consumed != count || (*shared).sum != sum) state.SkipWithError("messages lost or torn");
    state.SetItemsProcessed(static_cast<std::int64_t>(count));
}

void mpsc_lanes(benchmark::State& state, std::size_t at_once) {
    HeapMemory memory;
    ring::Lanes<ring::SpscRing<Message>> lanes;
    std::vector<ring::SpscRing<Message>*> mine;
    for (std::int64_t i = 0; i < state.range(0); ++i) mine.push_back(&lanes.add(capacity, memory));
    many_to_one(
        state,
        [&, at_once](std::size_t who, std::uint64_t first, std::uint64_t count) {
            if (at_once == 1) return std::size_t{one_into(*mine[who])(first, count)};
            return batch_into(*mine[who])(first, count);
        },
        [&](std::uint64_t& sum) {
            std::size_t got = 0;
            lanes.visit([&](auto& lane) {
                got += batch_out_of(lane)(sum);
                return true;
            });
            return got;
        });
}
void mpsc_one_lanes(benchmark::State& state) { mpsc_lanes(state, 1); }
void mpsc_batched_lanes(benchmark::State& state) { mpsc_lanes(state, batch); }
void mpsc_one_claim(benchmark::State& state) {
    ClaimRing queue;
    many_to_one(
        state, [&](std::size_t, std::uint64_t first, std::uint64_t count) { return one_into(queue)(first, count); },
        one_out_of(queue));
}

// What one batch pays when nobody sleeps.
void doorbell_ring_awake(benchmark::State& state) {
    Doorbell bell;
    for (auto _ : state) bell.ring();
}

// ---- peers ----

#ifdef DCX_HAS_BOOST
struct BoostQueue {
    using Queue = boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<capacity>>;
    // Its slots are inside, so it works in shared memory too.
    SharedMemory memory = std::move(*SharedMemory::create("bench", sizeof(Queue)));
    Queue& queue = *new (memory.bytes().data()) Queue;
    bool try_push(const Message& message) { return queue.push(message); }
    bool try_pop(Message& message) { return queue.pop(message); }
};

template <PeerIs kind>
void one_boost(benchmark::State& state) {
    BoostQueue queue;
    flow<kind>(state, one_into(queue), one_out_of(queue));
}
// Its own batch interface: arrays in, consume_all() out.
template <PeerIs kind>
void batched_boost(benchmark::State& state) {
    BoostQueue queue;
    flow<kind>(
        state,
        [&](std::uint64_t first, std::uint64_t count) {
            std::array<Message, batch> messages;
            const auto wanted = std::min<std::uint64_t>(batch, count);
            for (std::uint64_t i = 0; i < wanted; ++i) messages[i] = make(first + i);
            return queue.queue.push(messages.data(), wanted);
        },
        [&](std::uint64_t& sum) { return queue.queue.consume_all([&sum](const Message& m) { sum += read(m); }); });
}
template <PeerIs kind>
void round_trip_boost(benchmark::State& state) {
    BoostQueue there, back;
    round_trip_over<kind>(state, there, there, back, back);
}
#endif

#ifdef DCX_HAS_RWQ
struct ReaderWriterQueue {
    moodycamel::ReaderWriterQueue<Message> queue{capacity};
    bool try_push(const Message& message) { return queue.try_enqueue(message); }
    bool try_pop(Message& message) { return queue.try_dequeue(message); }
};
void spsc_one_rwq(benchmark::State& state) {
    ReaderWriterQueue queue;
    flow(state, one_into(queue), one_out_of(queue));
}
void round_trip_rwq(benchmark::State& state) {
    ReaderWriterQueue there, back;
    round_trip_over<PeerIs::thread>(state, there, there, back, back);
}
#endif

#ifdef DCX_HAS_CQ
// With a token for each side, its fast way. Its size is a wish; it is bounded by try_enqueue, which allocates nothing.
using ConcurrentQueue = moodycamel::ConcurrentQueue<Message>;
void mpsc_cq(benchmark::State& state, std::size_t at_once) {
    const auto producers = static_cast<std::size_t>(state.range(0));
    ConcurrentQueue queue(capacity, producers, 0);
    std::vector<moodycamel::ProducerToken> tokens;
    for (std::size_t i = 0; i < producers; ++i) tokens.emplace_back(queue);
    moodycamel::ConsumerToken consumer(queue);
    many_to_one(
        state,
        [&, at_once](std::size_t who, std::uint64_t first, std::uint64_t count) {
            if (at_once == 1) return std::size_t{queue.try_enqueue(tokens[who], make(first)) ? 1u : 0u};
            std::array<Message, batch> messages;
            const auto wanted = std::min<std::uint64_t>(batch, count);
            for (std::uint64_t i = 0; i < wanted; ++i) messages[i] = make(first + i);
            return queue.try_enqueue_bulk(tokens[who], messages.data(), wanted) ? wanted : 0;
        },
        [&, at_once](std::uint64_t& sum) {
            std::array<Message, batch> messages;
            const std::size_t got = queue.try_dequeue_bulk(consumer, messages.data(), at_once);
            return read_all(std::span<const Message>(messages).first(got), sum);
        });
}
void mpsc_one_cq(benchmark::State& state) { mpsc_cq(state, 1); }
void mpsc_batched_cq(benchmark::State& state) { mpsc_cq(state, batch); }
#endif

void add(const char* name, void (*run)(benchmark::State&)) { benchmark::RegisterBenchmark(name, run)->UseRealTime(); }
void add_for(const char* name, void (*run)(benchmark::State&), std::initializer_list<std::int64_t> counts) {
    for (const std::int64_t count : counts) benchmark::RegisterBenchmark(name, run)->UseRealTime()->Arg(count);
}
void add_writer(const char* name, void (*run)(benchmark::State&), std::int64_t readers) {
    benchmark::RegisterBenchmark(name, run)->UseManualTime()->Arg(readers);
}

const bool registered = [] {
    add("spsc/one/dcx", spsc_one_dcx);
    add("spsc/batched/dcx", spsc_batched_dcx);
    add("spsc/batched/floor", spsc_batched_floor);
    add("shm/one/dcx", shm_one_dcx);
    add("shm/batched/dcx", shm_batched_dcx);
    add("records/batched/dcx", records_batched_dcx);
    add("blocking/batched/dcx_doorbell", blocking_batched_doorbell);
    add("blocking/batched/dcx_futex", blocking_batched_futex<PeerIs::thread>);
    add("shm_blocking/batched/dcx_futex", blocking_batched_futex<PeerIs::process>);
    add("round_trip/one/dcx", round_trip_dcx);
    add("round_trip/one/floor", round_trip_floor<PeerIs::thread>);
    add("shm_round_trip/one/dcx", shm_round_trip_dcx);
    add("shm_round_trip/one/floor", round_trip_floor<PeerIs::process>);
    add_for("mpsc/one/dcx_lanes", mpsc_one_lanes, {1, 2});
    add_for("mpsc/one/claim", mpsc_one_claim, {1, 2});
    add_for("mpsc/batched/dcx_lanes", mpsc_batched_lanes, {1, 2});
    add_writer("writer/batched/dcx_spsc", writer_spsc_dcx, 1);
    for (const std::int64_t readers : {1, 4}) {
        add_writer("writer/batched/dcx_broadcast", writer_broadcast_dcx, readers);
        add_writer("writer/batched/dcx_lossy", writer_lossy_dcx, readers);
    }
    benchmark::RegisterBenchmark("doorbell/ring_awake/dcx", doorbell_ring_awake);
#ifdef DCX_HAS_BOOST
    add("spsc/one/boost", one_boost<PeerIs::thread>);
    add("spsc/batched/boost", batched_boost<PeerIs::thread>);
    add("shm/one/boost", one_boost<PeerIs::process>);
    add("shm/batched/boost", batched_boost<PeerIs::process>);
    add("round_trip/one/boost", round_trip_boost<PeerIs::thread>);
    add("shm_round_trip/one/boost", round_trip_boost<PeerIs::process>);
#endif
#ifdef DCX_HAS_RWQ
    add("spsc/one/moodycamel_rwq", spsc_one_rwq);
    add("round_trip/one/moodycamel_rwq", round_trip_rwq);
#endif
#ifdef DCX_HAS_CQ
    add_for("mpsc/one/moodycamel_cq", mpsc_one_cq, {1, 2});
    add_for("mpsc/batched/moodycamel_cq", mpsc_batched_cq, {1, 2});
#endif
    return true;
}();

}  // namespace
