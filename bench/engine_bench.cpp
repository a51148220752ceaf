// The engine end to end without a network: submissions with money in through a gateway's ring, every event out through
// a reader, on one thread; the journal, when there is one, on a thread of its own. Read them beside each other in one
// run:
//     core_and_hash    the same commands straight into the core, events hashed: what the engine adds to
//     engine_memory    no journal
//     engine_durable   every event shown only when its command is on disk (in DCX_BENCH_FOLDER, else the temporary
//     folder) replay           of that journal: recovery's work, without its repairs
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "engine/past.h"
#include "journal/disk_storage.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace {

using namespace dcx;
using namespace dcx::engine;

constexpr std::uint32_t accounts = 1'000;
constexpr std::uint32_t flow_size = 1'000'000;

Genesis genesis() {
    return {.venue_id = {std::byte{1}},
            .operator_key = {std::byte{1}},
            .max_accounts = accounts + kFirstCustomer.value - 1,
            .max_assets = 2,
            .max_instruments = 1,
            .max_orders = 1u << 20,
            .max_sessions = accounts + 1,
            .max_keys = accounts + 1,
            .max_price_levels = 1u << 14,
            .max_fills_per_command = 1'024,
            .max_transfer_ids = 1u << 16,
            .simulated = 1};
}

// The same on every run but for the ids of the first mints, which hold the time.
class Flow {
  public:
    Flow() {
        set_up();
        begin = submissions.size();
        struct Placed {
            std::uint32_t account;
            std::uint64_t cl_ord_id;
        };
        std::vector<Placed> placed;
        std::vector<std::uint64_t> last(accounts);
        std::int64_t mid = 12'500;
        // Half orders, an eighth of them marketable, half cancels: makers that move their quotes.
        for (std::uint32_t i = 0; i < flow_size; ++i) {
            if (i % 64 == 0) mid += random_.between(-2, 2);
            if (random_.chance(50) && placed.size() > 2'000) {
                const auto& order = placed[placed.size() - 1 - random_.below(1'000)];
                add(CancelOrder{.cl_ord_id = ClOrdId{++last[order.account]},
                                .orig_cl_ord_id = ClOrdId{order.cl_ord_id},
                                .account = AccountId{kFirstCustomer.value + order.account}},
                    SessionId{2 + order.account});
                continue;
            }
            const auto account = static_cast<std::uint32_t>(random_.below(accounts));
            const bool buy = random_.chance(50);
            const std::int64_t away = random_.chance(12) ? -5 : random_.between(1, 60);
            placed.push_back({account, ++last[account]});
            add(PlaceOrder{.cl_ord_id = ClOrdId{last[account]},
                           .price = Price{buy ? mid - away : mid + away},
                           .quantity = Quantity{random_.between(10'000, 1'000'000)},
                           .account = AccountId{kFirstCustomer.value + account},
                           .instrument = InstrumentId{1u},
                           .side = buy ? Side::buy : Side::sell,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtc},
                SessionId{2 + account});
        }
    }

    std::vector<Submission> submissions;
    std::size_t begin = 0;  // of the flow, behind the set-up

  private:
    void set_up() {
        const SessionId venue{};
        const SessionId operators{1u};
        add(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{1u}}, venue);
        add(EstablishSession{}, operators);
        for (const char* symbol : {"DEC", "USD"})
            add(ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}, .scale = 8}, operators);
        add(ListInstrument{.symbol = Symbol{"DEC/USD"},
                           .base = AssetId{1u},
                           .quote = AssetId{2u},
                           .tick_mantissa = 1,
                           .lot_mantissa = 1,
                           .max_quantity = Quantity{std::int64_t{1} << 30},
                           .maker_fee = FeeRate{1'000},
                           .taker_fee = FeeRate{2'000},
                           .tick_scale = 4,
                           .lot_scale = 4},
            operators);
        const auto now_ms = static_cast<std::uint64_t>(platform::SystemClock().wall_ns() / 1'000'000);
        for (std::uint32_t i = 0; i < accounts; ++i) {
            add(OpenAccount{.reference = i, .account_kind = AccountKind::customer}, operators);
            AddKey key{.account = AccountId{kFirstCustomer.value + i}, .permissions = kPermitTrade};
            std::memcpy(key.public_key.data(), &i, sizeof i);
            key.public_key.back() = std::byte{9};
            add(key, operators);
            for (const std::uint32_t asset : {1u, 2u})
                add(Mint{.id = make_transfer_id(now_ms, random_.next(), random_.next()),
                         .amount = Amount{std::int64_t{1} << 50},
                         .account = AccountId{kFirstCustomer.value + i},
                         .asset = AssetId{asset}},
                    operators);
            add(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{2 + i}}, venue);
            add(EstablishSession{}, SessionId{2 + i});
        }
    }
    template <MessageBody Body>
    void add(const Body& body, SessionId session) {
        CommandHeader header{};
        header.session = session;
        if (session && Body::kind != CommandKind::establish_session) {
            if (sent_.size() <= session.value) sent_.resize(session.value + 1);
            header.session_sequence = ++sent_[session.value];
        }
        submissions.push_back({.command = Command::make(body, header), .received = {}});
    }

    Random random_{5};
    std::vector<std::uint64_t> sent_;
};

const Flow& flow() {
    static const Flow instance;
    return instance;
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Venue {
  public:
    explicit Venue(journal::Storage* storage) {
        auto opened = Engine::open({.bell = bell_, .clock = clock_, .memory = memory_, .storage = storage},
                                   {.genesis = genesis(), .on_progress = {}});
        if (!opened) throw std::runtime_error(opened.error());
        engine_ = std::move(*opened);
        gateway_ = &engine_->add_producer(1u << 12);
        events_ = &engine_->add_reader(bell_);
        if (engine_->journal() != nullptr) {
            journal_ = std::make_unique<platform::Worker>(
                platform::WorkerOptions{.thread = {.name = "journal", .core = {}}}, engine_->journal()->bell(),
                std::vector<platform::Pollable*>{engine_->journal()});
            if (auto started = journal_->start(); !started) throw std::runtime_error(started.error());
        }
        run(0, flow().begin);
    }
    // Submits these and takes the events of all of them.
    void run(std::size_t begin, std::size_t end) {
        const auto& all = flow().submissions;
        std::uint64_t answered = 0;
        const std::uint64_t wanted = end - begin;
        while (answered < wanted) {
            const auto room = gateway_->claim(std::min<std::size_t>(end - begin, 256));
            std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(begin), room.size(), room.begin());
            gateway_->publish(room.size());
            begin += room.size();
            engine_->poll();
            const auto events = events_->peek(4'096);
            for (const Event& event : events) {
                if ((event.header.flags & (kLastOfCommand | kRestored)) != kLastOfCommand) continue;
                const bool own =
                    event.header.kind == EventKind::checkpoint_logged || event.header.kind == EventKind::epoch_started;
                if (!own) ++answered;
                if (event.header.kind == EventKind::command_rejected || event.header.kind == EventKind::order_rejected)
                    throw std::runtime_error("the flow has refused commands");
            }
            events_->release(events.size());
            if (engine_->status().failed()) throw std::runtime_error(engine_->status().reason());
        }
    }
    void stop() {
        engine_->request_stop();
        while (!engine_->status().ended()) {
            engine_->poll();
            events_->release(events_->peek(4'096).size());
        }
    }
    // After stop().
    [[nodiscard]] double commands_per_sync() {
        journal_->stop();
        return static_cast<double>(engine_->durable().value) /
               static_cast<double>(engine_->journal()->counters().batches);
    }

  private:
    platform::SystemClock clock_;
    platform::HugePageMemory memory_;
    platform::Doorbell bell_;
    std::unique_ptr<Engine> engine_;
    ring::Channel<Submission>* gateway_ = nullptr;
    LiveSource* events_ = nullptr;
    std::unique_ptr<platform::Worker> journal_;
};

class Folder {
  public:
    Folder() {
        const char* chosen = std::getenv("DCX_BENCH_FOLDER");
        path_ = (chosen != nullptr ? std::filesystem::path(chosen) : std::filesystem::temp_directory_path()) /
                "dcx-engine-bench-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder " + path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::unique_ptr<journal::DiskStorage> storage() const {
        auto storage = journal::DiskStorage::open(path_);
        if (!storage) throw std::runtime_error(storage.error().message);
        return std::move(*storage);
    }

  private:
    std::string path_;
};

void count_commands(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow_size));
}

void core_and_hash(benchmark::State& state) {
    for (auto _ : state) {
        platform::HugePageMemory memory;
        core::Core core(memory);
        LogReplay replay(core);
        std::uint64_t sequence = 0;
        const auto apply = [&](Command command) {
            command.header.sequence = Sequence{++sequence};
            command.header.time = Time{platform::SystemClock().wall_ns()};
            replay.forget_events();
            if (!replay.apply(command)) throw std::runtime_error(replay.error());
        };
        apply(engine_command(genesis(), {}, {}));
        for (std::size_t i = 0; i < flow().begin; ++i) apply(flow().submissions[i].command);
        const auto start = Clock::now();
        for (std::size_t i = flow().begin; i < flow().submissions.size(); ++i) {
            Command command = flow().submissions[i].command;
            command.header.sequence = Sequence{++sequence};
            replay.forget_events();
            if (!replay.apply(command)) throw std::runtime_error(replay.error());
        }
        state.SetIterationTime(since(start));
    }
    count_commands(state);
}

void engine_memory(benchmark::State& state) {
    for (auto _ : state) {
        Venue venue(nullptr);
        const auto start = Clock::now();
        venue.run(flow().begin, flow().submissions.size());
        state.SetIterationTime(since(start));
    }
    count_commands(state);
}

void engine_durable(benchmark::State& state) {
    double commands_per_sync = 0;
    for (auto _ : state) {
        const Folder folder;
        const auto storage = folder.storage();
        Venue venue(storage.get());
        const auto start = Clock::now();
        venue.run(flow().begin, flow().submissions.size());
        state.SetIterationTime(since(start));
        venue.stop();
        commands_per_sync = venue.commands_per_sync();
    }
    state.counters["commands_per_sync"] = commands_per_sync;
    count_commands(state);
}

void replay(benchmark::State& state) {
    const Folder folder;
    {
        const auto storage = folder.storage();
        Venue venue(storage.get());
        venue.run(flow().begin, flow().submissions.size());
        venue.stop();
    }
    const auto storage = folder.storage();
    std::uint64_t commands = 0;
    for (auto _ : state) {
        platform::HugePageMemory memory;
        const auto log = replay_past(*storage, memory);
        if (!log) throw std::runtime_error(log.error());
        state.SetIterationTime(log->seconds);
        commands = log->commands;
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
}

BENCHMARK(core_and_hash)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(engine_memory)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(engine_durable)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(replay)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
