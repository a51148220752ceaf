#include "adapter/matching_run.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <thread>

#include "adapter/engine_library.h"
#include "market/canonical_reports.h"
#include "platform/cpu.h"

namespace dcx::bench {
namespace {

constexpr std::uint32_t kQueueCapacity = 1u << 20;  // as in the public harness
constexpr std::uint32_t kDrainBatch = 256;
constexpr std::size_t kBatch = 32'768;    // between two of its probes of the book there are about as many messages
constexpr std::size_t kBatchHere = 4096;  // its reports fit into the queue: nobody drains meanwhile

void pin(std::optional<unsigned> core) {
    if (!core) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(*core, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("a core can't be had");
}

class Drainer {
  public:
    Drainer(const AbiTransport& transport, void* queue, const RunOptions& options, std::size_t expected)
        : transport_(transport),
          queue_(queue),
          check_(options.check),
          reports_(options.check ? expected : 0),
          thread_([this, core = options.drainer_core] { run(core); }) {}
    ~Drainer() { stop(); }
    Drainer(const Drainer&) = delete;
    Drainer& operator=(const Drainer&) = delete;

    void stop() {
        if (!thread_.joinable()) return;
        running_.store(false, std::memory_order_release);
        thread_.join();
    }
    // After stop().
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t trades() const { return trades_; }
    [[nodiscard]] std::string hash() { return reports_.hash(); }

  private:
    void run(std::optional<unsigned> core) {
        pin(core);
        // Until it is empty after the engine has flushed.
        while (running_.load(std::memory_order_acquire))
            if (!drain()) platform::relax_cpu();
        while (drain()) {
        }
    }
    bool drain() {
        const std::uint32_t count = transport_.drain(queue_, batch_, kDrainBatch);
        for (std::uint32_t i = 0; i < count; ++i) take(batch_[i]);
        count_ += count;
        return count != 0;
    }
    void take(const AbiReport& r) {
        trades_ += r.type == abi_traded;
        if (check_) collect(r, reports_);
    }

    const AbiTransport& transport_;
    void* queue_;
    bool check_;
    AbiReport batch_[kDrainBatch];
    std::uint64_t count_ = 0;
    std::uint64_t trades_ = 0;
    market::CanonicalReports reports_;
    std::atomic<bool> running_{true};
    std::thread thread_;
};

void deliver_one(const EngineLibrary& engine, const AbiMessage& message) {
    switch (message.type) {
        case 0: engine.on_new_order(&message.place); break;
        case 1: engine.on_cancel(&message.cancel); break;
        default: engine.on_modify(&message.modify); break;
    }
}

void deliver(const Flow& flow, const std::vector<EngineLibrary>& engines, std::size_t begin, std::size_t end,
             bool batches) {
    if (engines.size() > 1) {
        for (std::size_t i = begin; i < end; ++i) deliver_one(engines[flow.instrument[i]], flow.messages[i]);
    } else if (batches && engines.front().on_batch != nullptr) {
        for (std::size_t i = begin; i < end; i += kBatch)
            engines.front().on_batch(&flow.messages[i], static_cast<std::uint32_t>(std::min(kBatch, end - i)));
    } else {
        for (std::size_t i = begin; i < end; ++i) deliver_one(engines.front(), flow.messages[i]);
    }
    for (const EngineLibrary& engine : engines) engine.flush();
}

RunResult run_in_threads(const Flow& flow, const RunOptions& options) {
    const auto engines = load_engines(options.library, flow.instruments, options.usual_transport);
    const AbiTransport& transport = *engines.front().transport;
    void* const queue = transport.create(kQueueCapacity);
    if (queue == nullptr) throw std::runtime_error("makes no queue");
    Drainer drainer(transport, queue, options, flow.messages.size() * 2);
    pin(options.matcher_core);
    for (const EngineLibrary& engine : engines) engine.init(0x5EED, &transport, queue);
    deliver(flow, engines, 0, flow.untimed, !options.one_by_one);
    transport.flush(queue);
    const auto start = std::chrono::steady_clock::now();
    deliver(flow, engines, flow.untimed, flow.messages.size(), !options.one_by_one);
    transport.flush(queue);
    RunResult result;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    drainer.stop();
    result.reports = drainer.count();
    result.trades = drainer.trades();
    if (options.check) result.hash = drainer.hash();
    return result;
}

// What a child tells its parent.
struct Told {
    double seconds;
    std::uint64_t reports;
    std::uint64_t trades;
    char hash[65];
    char error[256];
};

[[noreturn]] void tell_and_exit(int pipe, const Flow& flow, const RunOptions& options) {
    Told told{};
    try {
        const RunResult result = run_in_threads(flow, options);
        told.seconds = result.seconds;
        told.reports = result.reports;
        told.trades = result.trades;
        std::strncpy(told.hash, result.hash.c_str(), sizeof told.hash - 1);
    } catch (const std::exception& error) {
        std::strncpy(told.error, error.what(), sizeof told.error - 1);
    }
    const bool written = ::write(pipe, &told, sizeof told) == sizeof told;
    ::_exit(written ? 0 : 1);
}

}  // namespace

RunResult run_engine(const Flow& flow, const RunOptions& options) {
    int ends[2];
    if (::pipe(ends) != 0) return {.hash = {}, .error = "no pipe"};
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        tell_and_exit(ends[1], flow, options);
    }
    ::close(ends[1]);
    Told told{};
    const bool heard = child > 0 && ::read(ends[0], &told, sizeof told) == sizeof told;
    ::close(ends[0]);
    int status = 0;
    if (child > 0) ::waitpid(child, &status, 0);
    RunResult result;
    if (!heard) {
        result.error = WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status)) : "ended early";
        return result;
    }
    result.seconds = told.seconds;
    result.reports = told.reports;
    result.trades = told.trades;
    result.hash = told.hash;
    result.error = told.error;
    return result;
}

RunResult run_engine_here(const Flow& flow, const RunOptions& options) {
    if (flow.instruments != 1) throw std::runtime_error("has one book here");
    const EngineLibrary engine = load_engine(options.library, options.usual_transport);
    void* const queue = engine.transport->create(kQueueCapacity);
    if (queue == nullptr) throw std::runtime_error("makes no queue");
    RunResult result;
    market::CanonicalReports answer(options.check ? flow.messages.size() * 2 : 0);
    std::vector<AbiReport> out(kDrainBatch);
    const auto drain = [&] {
        while (const std::uint32_t count = engine.transport->drain(queue, out.data(), kDrainBatch)) {
            for (const AbiReport& report : std::span(out).first(count)) {
                result.trades += report.type == abi_traded;
                if (options.check) collect(report, answer);
            }
            result.reports += count;
        }
    };
    engine.init(0x5EED, engine.transport, queue);
    for (std::size_t begin = 0; begin < flow.messages.size();) {
        const bool timed = begin >= flow.untimed;
        const std::size_t end = std::min(begin + kBatchHere, timed ? flow.messages.size() : flow.untimed);
        const auto start = std::chrono::steady_clock::now();
        deliver(flow, {engine}, begin, end, timed && !options.one_by_one);
        engine.transport->flush(queue);
        if (timed) result.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        drain();
        begin = end;
    }
    engine.shutdown();
    engine.transport->destroy(queue);
    if (options.check) result.hash = answer.hash();
    return result;
}

}  // namespace dcx::bench
