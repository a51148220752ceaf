#include "app/bench_measures.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <expected>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "app/bench_venue.h"
#include "app/workload_run.h"
#include "base/memory.h"
#include "core/core.h"
#include "engine/log_replay.h"
#include "journal/disk_storage.h"
#include "journal/recovery.h"
#include "journal/writer.h"
#include "market/command_flow.h"
#include "platform/cpu.h"
#include "platform/huge_pages.h"
#include "platform/thread.h"
#include "ring/spsc_ring.h"

namespace dcx::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void demand(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

class BookMeasure final : public Measure {
  public:
    explicit BookMeasure(const BenchSizes& sizes)
        : messages_(market::generate_workload(
              {.kind = market::WorkloadKind::normal, .seed = 1, .messages = sizes.book_messages, .live_orders = 0})),
          reports_(2 * messages_.size()) {
        run();  // gives the answer, and faults the reports' memory in
    }
    double run() override {
        reports_.clear();
        WorkloadRun run;
        demand(run_workload(messages_, {}, reports_, run), "book: the flow rests more than fits");
        const std::string hash = reports_.hash();
        if (hash_.empty()) hash_ = hash;
        demand(hash == hash_ && reports_.trades() > 0, "book: two runs gave different answers");
        return static_cast<double>(messages_.size()) / run.seconds;
    }
    [[nodiscard]] const char* name() const override { return "book"; }
    [[nodiscard]] const char* unit() const override { return "messages/s"; }
    [[nodiscard]] bool rate() const override { return true; }
    [[nodiscard]] const char* checked() const override { return "SHA-256 of all reports the same in every run"; }

  private:
    std::vector<market::WorkloadMessage> messages_;
    market::CanonicalReports reports_;
    std::string hash_;
};

// A flow into a core of its own, as a replay does it: every event made and hashed.
template <class Flow>
class CoreMeasure final : public Measure {
  public:
    CoreMeasure(const BenchSizes& sizes, const char* name, const char* unit)
        : flow_({.customers = sizes.customers, .commands = sizes.core_commands}), name_(name), unit_(unit) {}
    double run() override {
        platform::HugePageMemory memory;
        core::Core core(memory);
        engine::LogReplay replay(core, 1u << 16);
        apply(replay, flow_.set_up());
        const auto start = Clock::now();
        apply(replay, flow_.flow());
        const double seconds = seconds_since(start);
        if (const auto broken = core.check_invariants(); !broken.empty()) throw std::runtime_error(broken);
        if (hash_ == 0) hash_ = replay.hash().value();
        demand(replay.hash().value() == hash_, "core: two runs gave different events");
        return static_cast<double>(flow_.flow().size()) / seconds;
    }
    [[nodiscard]] const char* name() const override { return name_; }
    [[nodiscard]] const char* unit() const override { return unit_; }
    [[nodiscard]] bool rate() const override { return true; }
    [[nodiscard]] const char* checked() const override {
        return "no refusal, every invariant of the ledger and the book, hash of all events the same in every run";
    }

  private:
    static void apply(engine::LogReplay& replay, std::span<const Command> commands) {
        for (std::size_t i = 0; i < commands.size(); ++i) {
            if (!replay.has_room()) forget(replay);
            replay.prefetch(commands.subspan(i));
            if (!replay.apply(commands[i])) throw std::runtime_error(replay.error());
        }
        forget(replay);
    }
    static void forget(engine::LogReplay& replay) {
        for (const Event& event : replay.events())
            demand(event.header.kind != EventKind::command_rejected && event.header.kind != EventKind::order_rejected,
                   "core: a command was refused");
        replay.forget_events();
    }

    Flow flow_;
    const char* name_;
    const char* unit_;
    std::uint64_t hash_ = 0;
};

struct Message {
    std::uint64_t number;
    std::array<std::uint64_t, 7> body;
};
static_assert(sizeof(Message) == 64);

// Batches of 32 from this thread to another one.
class RingMeasure final : public Measure {
  public:
    explicit RingMeasure(const BenchSizes& sizes) : messages_(sizes.ring_messages) {}
    double run() override {
        HeapMemory memory;
        ring::SpscRing<Message> ring(1024, memory);
        std::uint64_t read = 0;
        std::uint64_t sum = 0;
        auto consumer = platform::Thread::start({.name = "bench-ring", .core = {}}, [&](const std::stop_token& stop) {
            while (read < messages_ && !stop.stop_requested()) {
                const auto got = ring.peek();
                if (got.empty()) platform::relax_cpu();
                for (const Message& message : got) sum += message.number + message.body[6];
                read += got.size();
                if (!got.empty()) ring.release(got.size());
            }
        });
        if (!consumer) throw std::runtime_error(consumer.error());
        const auto start = Clock::now();
        for (std::uint64_t made = 0; made < messages_;) {
            const auto slots = ring.claim(static_cast<std::size_t>(std::min<std::uint64_t>(32, messages_ - made)));
            if (slots.empty()) platform::relax_cpu();
            for (Message& slot : slots) slot = {.number = made, .body = {0, 0, 0, 0, 0, 0, made}}, ++made;
            if (!slots.empty()) ring.publish(slots.size());
        }
        consumer->join();
        const double seconds = seconds_since(start);
        demand(read == messages_ && sum == messages_ * (messages_ - 1), "ring: messages were lost or torn");
        return static_cast<double>(messages_) / seconds;
    }
    [[nodiscard]] const char* name() const override { return "ring/batched"; }
    [[nodiscard]] const char* unit() const override { return "messages/s"; }
    [[nodiscard]] bool rate() const override { return true; }
    [[nodiscard]] const char* checked() const override { return "count and sum of all messages"; }

  private:
    std::uint64_t messages_;
};

// One message there and back.
class RoundTripMeasure final : public Measure {
  public:
    explicit RoundTripMeasure(const BenchSizes& sizes) : trips_(sizes.ring_trips) {}
    double run() override {
        HeapMemory memory;
        ring::SpscRing<Message> there(64, memory);
        ring::SpscRing<Message> back(64, memory);
        auto peer = platform::Thread::start({.name = "bench-ring", .core = {}}, [&](const std::stop_token& stop) {
            Message message;
            while (!stop.stop_requested()) {
                if (!there.try_pop(message)) {
                    platform::relax_cpu();
                    continue;
                }
                ++message.number;
                while (!back.try_push(message)) platform::relax_cpu();
            }
        });
        if (!peer) throw std::runtime_error(peer.error());
        const auto start = Clock::now();
        Message message{};
        auto last = start;
        for (std::uint64_t i = 0; i < trips_; ++i) {
            demand(there.try_push(message), "ring: no room for one message");
            while (!back.try_pop(message)) platform::relax_cpu();
            const auto now = Clock::now();
            latency_.add(std::chrono::nanoseconds(now - last).count());
            last = now;
        }
        const double seconds = seconds_since(start);
        peer->request_stop();
        peer->join();
        demand(message.number == trips_, "ring: a message was lost");
        return seconds * 1e9 / static_cast<double>(trips_);
    }
    [[nodiscard]] const char* name() const override { return "ring/round_trip"; }
    [[nodiscard]] const char* unit() const override { return "ns"; }
    [[nodiscard]] bool rate() const override { return false; }
    [[nodiscard]] const char* checked() const override { return "every message came back once"; }
    [[nodiscard]] const NanosecondHistogram* latency() const override { return &latency_; }

  private:
    std::uint64_t trips_;
    NanosecondHistogram latency_;
};

template <class T, class Error>
T opened(std::expected<T, Error> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

// A journal in a folder of its own: so many batches of so many commands, each durable before the next one.
class JournalMeasure final : public Measure {
  public:
    JournalMeasure(const char* name, const std::string& folder, std::uint64_t batches, std::size_t batch_size,
                   int warm_up_ms)
        : name_(name), folder_(folder), batches_(batches), warm_up_ms_(warm_up_ms), commands_(batch_size) {
        for (std::size_t i = 0; i < batch_size; ++i)
            commands_[i] = Command::make(PlaceOrder{.cl_ord_id = ClOrdId{i}, .price = Price{std::int64_t{100}}});
    }
    double run() override {
        const TemporaryFolder folder(folder_);
        double seconds = 0;
        std::uint64_t written = 0;
        {
            const auto storage = opened(journal::DiskStorage::open(folder.path()));
            const auto recovery = opened(journal::recover(*storage));
            const auto writer = opened(journal::Writer::open(*storage, recovery, {}));
            // A new journal makes its space ready beside its first commits: not what a running venue's cost.
            const auto warm = Clock::now() + std::chrono::milliseconds(warm_up_ms_);
            std::uint64_t earlier = 0;
            for (; Clock::now() < warm && earlier < 10'000; ++earlier) append(*writer, nullptr);
            written = earlier + batches_;
            const auto start = Clock::now();
            for (std::uint64_t batch = 0; batch < batches_; ++batch) append(*writer, &latency_);
            seconds = seconds_since(start);
        }
        const auto storage = opened(journal::DiskStorage::open(folder.path()));
        std::uint64_t found = 0;
        const auto recovery = opened(journal::recover(
            *storage, {.visit = [&](const journal::Batch& batch) { found += batch.commands.size(); }}));
        demand(found == written * commands_.size() && recovery.end.sequence.value == found,
               "journal: a recovery finds other commands than were written");
        const auto batches = static_cast<double>(batches_);
        return rate() ? batches * static_cast<double>(commands_.size()) / seconds : seconds * 1e9 / batches;
    }
    [[nodiscard]] const char* name() const override { return name_; }
    [[nodiscard]] const char* unit() const override { return rate() ? "commands/s" : "ns"; }
    [[nodiscard]] bool rate() const override { return commands_.size() > 1; }
    [[nodiscard]] const char* checked() const override { return "a recovery finds every command again"; }
    [[nodiscard]] const NanosecondHistogram* latency() const override { return &latency_; }

  private:
    void append(journal::Writer& writer, NanosecondHistogram* latency) {
        std::uint64_t next = writer.durable().value;
        for (Command& command : commands_) command.header.sequence = Sequence{++next};
        const auto start = Clock::now();
        demand(writer.append(commands_) == commands_.size(), "journal: a batch has no room");
        demand(opened(writer.commit(Time{})).value == next, "journal: a batch is not durable");
        if (latency != nullptr) latency->add(std::chrono::nanoseconds(Clock::now() - start).count());
    }

    const char* name_;
    std::string folder_;
    std::uint64_t batches_;
    int warm_up_ms_;
    std::vector<Command> commands_;
    NanosecondHistogram latency_;
};

class BareSyncMeasure final : public Measure {
  public:
    BareSyncMeasure(const BenchSizes& sizes, std::string folder) : folder_(std::move(folder)), writes_(sizes.commits) {}
    double run() override {
        const TemporaryFolder folder(folder_);
        const auto storage = opened(journal::DiskStorage::open(folder.path()));
        // A batch of one command.
        std::array<std::byte, 256> bytes;
        bytes.fill(std::byte{1});
        const auto file = opened(storage->create("bare", writes_ * bytes.size()));
        if (auto done = file->zero_ahead(0, writes_ * bytes.size()); !done)
            throw std::runtime_error(done.error().message);
        const auto start = Clock::now();
        for (std::uint64_t i = 0; i < writes_; ++i) {
            const auto begun = Clock::now();
            if (auto done = file->write(i * bytes.size(), bytes); !done) throw std::runtime_error(done.error().message);
            if (auto done = file->sync(); !done) throw std::runtime_error(done.error().message);
            latency_.add(std::chrono::nanoseconds(Clock::now() - begun).count());
        }
        const double ns = seconds_since(start) * 1e9 / static_cast<double>(writes_);
        std::array<std::byte, 256> last{};
        demand(opened(storage->read("bare", (writes_ - 1) * last.size(), last)) == last.size() && last == bytes,
               "journal: other bytes than were written");
        return ns;
    }
    [[nodiscard]] const char* name() const override { return "journal/bare_sync"; }
    [[nodiscard]] const char* unit() const override { return "ns"; }
    [[nodiscard]] bool rate() const override { return false; }
    [[nodiscard]] const char* checked() const override { return "the last bytes, read again"; }
    [[nodiscard]] const NanosecondHistogram* latency() const override { return &latency_; }

  private:
    std::string folder_;
    std::uint64_t writes_;
    NanosecondHistogram latency_;
};

}  // namespace

std::unique_ptr<Measure> book_measure(const BenchSizes& sizes) { return std::make_unique<BookMeasure>(sizes); }
std::unique_ptr<Measure> core_measure(const BenchSizes& sizes) {
    return std::make_unique<CoreMeasure<market::OrderFlow>>(sizes, "core", "commands/s");
}
std::unique_ptr<Measure> ledger_measure(const BenchSizes& sizes) {
    return std::make_unique<CoreMeasure<market::TransferFlow>>(sizes, "ledger", "transfers/s");
}
std::unique_ptr<Measure> ring_measure(const BenchSizes& sizes) { return std::make_unique<RingMeasure>(sizes); }
std::unique_ptr<Measure> ring_round_trip_measure(const BenchSizes& sizes) {
    return std::make_unique<RoundTripMeasure>(sizes);
}
std::unique_ptr<Measure> commit_measure(const BenchSizes& sizes, const std::string& folder) {
    return std::make_unique<JournalMeasure>("journal/commit", folder, sizes.commits, 1, sizes.warm_up_ms);
}
std::unique_ptr<Measure> batches_measure(const BenchSizes& sizes, const std::string& folder) {
    return std::make_unique<JournalMeasure>("journal/batches", folder, sizes.batches, 4'095, 0);
}
std::unique_ptr<Measure> bare_sync_measure(const BenchSizes& sizes, const std::string& folder) {
    return std::make_unique<BareSyncMeasure>(sizes, folder);
}

}  // namespace dcx::app
