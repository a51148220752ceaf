// The gateway's share of a real flow of orders (market/command_flow.h: places, cancels, fills) over loopback TCP: every
// frame in, every report out, with a core in the place of the engine. Both ends on one thread, the clients throw away
// what they hear; timed is the gateway's part alone (CPU, the system's calls included). `reports` is how many an order
// had.
#include <benchmark/benchmark.h>

#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "gateway/binary/gateway.h"
#include "market/command_flow.h"
#include "model/event_writer.h"
#include "model/frame.h"
#include "net/tcp.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"

namespace {

using namespace dcx;
using namespace dcx::gateway;

constexpr std::uint32_t kFlow = 400'000;
// Orders of one connection in one write.
constexpr std::size_t kBatch = 64;

Ed25519Seed seed_of(std::uint32_t customer) {
    Ed25519Seed seed{};
    std::memcpy(seed.data(), &customer, sizeof customer);
    seed[8] = std::byte{1};
    return seed;
}

// Of this thread: what others do on the machine is not in it.
double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Applies what comes out of the channel and shows its events at once.
class CoreBehind final : public EventSource {
  public:
    explicit CoreBehind(ring::Channel<Submission>& channel) : core_(memory_), channel_(channel), events_(kRoom) {}

    void apply(Command command) {
        command.header.sequence = Sequence{core_.sequence().value + 1};
        command.header.time =
            Time{market::FlowOptions{}.start_ns + static_cast<std::int64_t>(command.header.sequence.value) * 1'000};
        buffer_.clear();
        core_.apply(command, buffer_.writer());
        for (const Event& event : buffer_.events()) show(event);
    }
    void show(const Event& event) {
        if (written_ == kRoom) throw std::runtime_error("too many events at once");
        events_[written_++] = event;
        reports += event.header.session ? 1u : 0u;
    }
    void run() {
        const auto batch = channel_.peek(kRoom / 8);
        for (const Submission& submission : batch) apply(submission.command);
        channel_.release(batch.size());
        commands += batch.size();
    }
    std::span<const Event> peek(std::size_t max) override {
        return std::span<const Event>(events_).subspan(read_, std::min(max, written_ - read_));
    }
    void release(std::size_t count) override {
        read_ += count;
        if (read_ == written_) read_ = written_ = 0;
    }

    [[nodiscard]] bool shows() const { return read_ < written_; }

    std::uint64_t reports = 0;
    std::uint64_t commands = 0;

  private:
    static constexpr std::size_t kRoom = 1u << 16;
    platform::HugePageMemory memory_;
    core::Core core_;
    EventBuffer buffer_{1u << 14};
    ring::Channel<Submission>& channel_;
    std::vector<Event> events_;
    std::size_t read_ = 0;
    std::size_t written_ = 0;
};

// Logs in, then throws away what it hears.
class Client final : public net::TcpConnection::Owner {
  public:
    Client(net::Reactor& reactor, std::uint16_t port)
        : tcp_(reactor, net::Endpoint{.address = "127.0.0.1", .port = port}, {.output_limit = 1u << 24}, *this) {}

    void send(std::span<const std::byte> bytes) {
        if (!tcp_.send(bytes)) throw std::runtime_error("the gateway does not read");
    }
    void send_negotiate(const Ed25519Seed& seed, KeyId key) {
        const NegotiateMessage message{
            .nonce = challenge_.nonce, .venue_id = challenge_.venue_id, .client_session = 1, .key = key};
        send(make_frame(Negotiate{.client_session = 1,
                                  .key = key,
                                  .signature = ed25519_sign(seed, std::as_bytes(std::span{&message, 1}))},
                        Time{})
                 .bytes());
    }
    [[nodiscard]] int frames() const { return frames_; }

  private:
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override {
        if (frames_ == 3) return bytes.size();
        const auto frame = decode_frame(bytes, response_block_size);
        if (!frame || !frame->complete()) return 0;
        if (++frames_ == 1) challenge_ = frame->as<Challenge>();
        return frame->header.length;
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override { throw std::runtime_error("closed"); }

    int frames_ = 0;  // Challenge, Negotiated, Established
    Challenge challenge_;
    net::TcpConnection tcp_;
};

class FlowDoor {
  public:
    explicit FlowDoor(std::uint32_t customers)
        : flow_({.customers = customers, .commands = kFlow}), frames_(customers) {
        begin();
        if (!gateway_.start()) throw std::runtime_error("no listener");
        for (std::uint32_t i = 0; i < customers; ++i) log_in(i);
        for (const Command& command : flow_.flow()) {
            auto& to = frames_[command.header.session.value - 2];
            const std::size_t size = body_size(command.header.kind);
            const FrameHeader header = frame_header(
                {static_cast<std::uint16_t>(command.header.kind), command.header.session_sequence, Time{}}, size);
            to.insert(to.end(), std::as_bytes(std::span{&header, 1}).begin(),
                      std::as_bytes(std::span{&header, 1}).end());
            to.insert(to.end(), command.body.begin(), command.body.begin() + static_cast<std::ptrdiff_t>(size));
        }
        engine_.reports = engine_.commands = 0;
    }
    // Everything, as fast as it goes; how long the gateway had to do with it, and the core.
    void run() {
        const std::uint64_t told = gateway_.metrics().reports.get();
        std::vector<std::size_t> sent(frames_.size());
        while (engine_.commands < kFlow || gateway_.metrics().reports.get() - told < engine_.reports) {
            for (std::size_t i = 0; i < frames_.size(); ++i) send_some(i, sent[i]);
            client_reactor_.poll(0);
            timed(gateway_seconds, [&] { reactor_.poll(0); });
            timed(core_seconds, [&] { engine_.run(); });
            timed(gateway_seconds, [&] {
                while (engine_.shows()) gateway_.poll();
            });
            client_reactor_.poll(0);
        }
    }
    [[nodiscard]] double reports() const { return static_cast<double>(engine_.reports); }

    double gateway_seconds = 0;
    double core_seconds = 0;

  private:
    template <class Work>
    static void timed(double& seconds, const Work& work) {
        const double start = cpu_seconds();
        work();
        seconds += cpu_seconds() - start;
    }
    // The venue up to its customers' sessions, which log in themselves.
    void begin() {
        Event restored;
        restored.header.flags = kRestored;
        restored.set(RestoreCompleted{.venue_id = {std::byte{1}}, .zero = {}});
        engine_.show(restored);
        std::uint32_t customer = 0;
        std::uint64_t sessions = 0;
        for (Command command : flow_.set_up()) {
            const CommandKind kind = command.header.kind;
            sessions += kind == CommandKind::negotiate_session || kind == CommandKind::establish_session;
            if (sessions > 2 && (kind == CommandKind::negotiate_session || kind == CommandKind::establish_session))
                continue;
            if (kind == CommandKind::add_key) {
                auto key = command.as<AddKey>();
                key.public_key = ed25519_public_key(seed_of(customer++));
                command = Command::make(key, command.header);
            }
            engine_.apply(command);
            if (kind == CommandKind::genesis)
                engine_.apply(Command::make(
                    StartEpoch{.epoch = 1, .engine_version = kNewestRules, .newest_rules = kNewestRules}));
        }
    }
    void log_in(std::uint32_t i) {
        clients_.push_back(std::make_unique<Client>(client_reactor_, gateway_.port()));
        Client& client = *clients_.back();
        while (client.frames() < 1) round();
        client.send_negotiate(seed_of(i), KeyId{i + 2});
        while (client.frames() < 2) round();
        client.send(make_frame(Establish{.heartbeat_ms = 60'000}, Time{}).bytes());
        while (client.frames() < 3) round();
    }
    void round() {
        client_reactor_.poll(0);
        reactor_.poll(0);
        engine_.run();
        gateway_.poll();
    }
    void send_some(std::size_t i, std::size_t& sent) {
        const auto all = std::span<const std::byte>(frames_[i]).subspan(sent);
        std::size_t size = 0;
        for (std::size_t n = 0; n < kBatch && size < all.size(); ++n) {
            std::uint32_t length = 0;
            std::memcpy(&length, all.data() + size, sizeof length);
            size += length;
        }
        if (size == 0) return;
        clients_[i]->send(all.first(size));
        sent += size;
    }

    market::OrderFlow flow_;
    HeapMemory memory_;
    platform::Doorbell bell_;
    platform::SystemClock clock_;
    ring::Channel<Submission> channel_{4096, memory_, bell_};
    CoreBehind engine_{channel_};
    net::Reactor reactor_;
    net::Reactor client_reactor_;
    Gateway gateway_{{.reactor = reactor_, .clock = clock_, .commands = channel_, .events = engine_}, {}};
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::vector<std::byte>> frames_;
};

void gateway_flow(benchmark::State& state) {
    double reports = 0;
    double core = 0;
    for (auto _ : state) {
        FlowDoor door(static_cast<std::uint32_t>(state.range(0)));
        door.run();
        state.SetIterationTime(door.gateway_seconds);
        reports = door.reports();
        core += door.core_seconds;
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFlow));
    state.counters["reports"] = reports / kFlow;
    state.counters["core_ns"] = core * 1e9 / static_cast<double>(state.iterations()) / kFlow;
}
BENCHMARK(gateway_flow)->Arg(2)->Arg(8)->Arg(1'000)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
