// What the native door costs: a command on its way in, a report on its way out, the read model, and the whole way over
// loopback TCP beside bare sockets that carry the same bytes. One thread polls both ends, so the times are work, not
// waiting; the engine behind the gateway is the tests' scripted one.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/memory.h"
#include "gateway/audit.h"
#include "gateway/binary/gateway.h"
#include "gateway/binary/scripted_engine.h"
#include "gateway/binary/wire_client.h"
#include "platform/system_clock.h"

namespace {

using namespace dcx;
using namespace dcx::gateway;

const Ed25519Seed kSeed{std::byte{1}};

PlaceOrder order(std::uint64_t id) {
    return {.cl_ord_id = ClOrdId{id},
            .price = Price{std::int64_t{100}},
            .quantity = Quantity{std::int64_t{3}},
            .account = kFirstCustomer,
            .instrument = InstrumentId{1u},
            .side = Side::buy,
            .type = OrderType::limit,
            .time_in_force = TimeInForce::gtc};
}

// A gateway with one established session, both ends on one thread.
struct Door {
    HeapMemory memory;
    platform::Doorbell bell;
    platform::SystemClock clock;
    ring::Channel<Submission> channel{4096, memory, bell};
    ScriptedEngine engine{channel};
    net::Reactor reactor;
    net::Reactor client_reactor;
    Gateway gateway{{.reactor = reactor, .clock = clock, .commands = channel, .events = engine}, {}};
    std::unique_ptr<WireClient> client;
    std::uint64_t sequence = 0;

    Door() {
        engine.begin();
        engine.open_account();
        engine.list_market();
        const KeyId key = engine.add_key(kSeed, kFirstCustomer, kPermitTrade);
        if (!gateway.start()) std::abort();
        client = std::make_unique<WireClient>(client_reactor, gateway.port());
        while (!client->challenged) round();
        client->send_negotiate(kSeed, key, 1);
        answer();
        client->send(Establish{.heartbeat_ms = 60'000});
        answer();
    }
    void round() {
        client_reactor.poll(0);
        reactor.poll(0);
        engine.run();
        gateway.poll();
    }
    void answer() {
        while (client->received.empty()) round();
        client->received.clear();
    }
};

void order_to_report(benchmark::State& state) {
    Door door;
    const auto batch = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i) {
            ++door.sequence;
            door.client->command(order(door.sequence), door.sequence);
        }
        while (door.client->received.size() < batch) door.round();
        door.client->received.clear();
        door.engine.seen.clear();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(order_to_report)->Arg(1)->Arg(16)->Arg(256);

// The same bytes with nothing behind the socket: 72 in, 200 out.
class Echo final : public net::TcpConnection::Owner {
  public:
    explicit Echo(net::Reactor& reactor)
        : listener(reactor, {}, [this, &reactor](net::Socket socket) {
              connection = std::make_unique<net::TcpConnection>(reactor, std::move(socket), net::TcpOptions{}, *this);
          }) {
        if (!listener.start()) std::abort();
    }
    std::size_t on_data(net::TcpConnection& from, std::span<std::byte> bytes) override {
        static constexpr std::byte answer[kMaxReport]{};
        std::size_t taken = 0;
        for (; bytes.size() - taken >= 72; taken += 72)
            if (!from.send(answer)) std::abort();
        return taken;
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override {}

    net::TcpListener listener;
    std::unique_ptr<net::TcpConnection> connection;
};
class Caller final : public net::TcpConnection::Owner {
  public:
    Caller(net::Reactor& reactor, std::uint16_t port)
        : connection(reactor, net::Endpoint{.address = "127.0.0.1", .port = port}, net::TcpOptions{}, *this) {}
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override {
        received += bytes.size();
        return bytes.size();
    }
    void on_closed(net::TcpConnection&, const net::Closed&) override {}

    std::size_t received = 0;
    net::TcpConnection connection;
};

void bare_tcp(benchmark::State& state) {
    net::Reactor reactor;
    net::Reactor client_reactor;
    Echo echo(reactor);
    Caller caller(client_reactor, echo.listener.port());
    const auto batch = static_cast<std::size_t>(state.range(0));
    const std::byte request[72]{};
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i)
            if (!caller.connection.send(request)) std::abort();
        while (caller.received < batch * kMaxReport) {
            client_reactor.poll(0);
            reactor.poll(0);
        }
        caller.received = 0;
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(bare_tcp)->Arg(1)->Arg(16)->Arg(256);

// ---- the parts, without sockets

class KeepChallenge final : public FrameSink {
  public:
    Challenge challenge;

  private:
    void send(std::span<const std::byte> bytes) override {
        if (const auto frame = decode_frame(bytes, response_block_size);
            frame->header.template_id == kTemplateChallenge)
            challenge = frame->as<Challenge>();
    }
};

Event key_added() {
    Event event;
    event.set(KeyAdded{.public_key = ed25519_public_key(kSeed),
                       .key = KeyId{1u},
                       .account = kFirstCustomer,
                       .permissions = kPermitTrade});
    return event;
}

void log_in(Session& session, KeepChallenge& sink) {
    session.challenge({});
    const NegotiateMessage message{.nonce = sink.challenge.nonce, .client_session = 1, .key = KeyId{1u}};
    const auto negotiate =
        make_frame(Negotiate{.client_session = 1,
                             .key = KeyId{1u},
                             .signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}))},
                   Time{});
    const auto establish = make_frame(Establish{.heartbeat_ms = 1000}, Time{});
    (void)session.on_frame(*decode_frame(negotiate.bytes(), request_block_size), {});
    if (!session.verify({})) std::abort();
    session.on_negotiated({.next_incoming = 1, .session = SessionId{1u}}, {});
    (void)session.on_frame(*decode_frame(establish.bytes(), request_block_size), {});
    session.on_established({});
}

// Decode, check against the session, copy into the command ring; the ring's other side only releases.
void command_in(benchmark::State& state) {
    HeapMemory memory;
    platform::Doorbell bell;
    ring::Channel<Submission> channel{4096, memory, bell};
    CommandPort port{channel};
    ReadModel model;
    model.apply(key_added());
    GatewayMetrics metrics;
    const ReportStore reports(0);
    SessionContext context{.model = model, .reports = reports, .commands = port, .metrics = metrics, .gateway = 1};
    KeepChallenge sink;
    Session session{context, sink, 1};
    log_in(session, sink);
    std::uint64_t sequence = 0;
    for (auto _ : state) {
        auto frame = make_command_frame(order(1), Time{}, ++sequence);
        benchmark::DoNotOptimize(frame);
        const auto decoded = decode_frame(frame.bytes(), request_block_size);
        benchmark::DoNotOptimize(session.on_frame(*decoded, {}));
        if (sequence % 64 == 0) {
            port.flush();
            channel.release(channel.peek().size());
        }
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(command_in);

void report_out(benchmark::State& state) {
    Event event;
    event.set(OrderAccepted{.cl_ord_id = ClOrdId{std::uint64_t{1}}, .quantity = Quantity{std::int64_t{3}}});
    ReportBytes bytes;
    std::uint64_t sequence = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(event);
        benchmark::DoNotOptimize(encode_report(event, {.sequence = ++sequence, .durability = Durability::disk}, bytes));
        stamp_sent(bytes.data(), Time{});
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(report_out);

// Fills of random accounts, as many as asked for.
void read_model_fill(benchmark::State& state) {
    ReadModel model;
    Event event;
    const auto tell = [&](const auto& body) {
        event.set(body);
        model.apply(event);
    };
    tell(AssetListed{.asset = AssetId{1u}});
    tell(AssetListed{.asset = AssetId{2u}});
    tell(InstrumentListed{.instrument = InstrumentId{1u}, .base = AssetId{1u}, .quote = AssetId{2u}});
    const auto accounts = static_cast<std::uint32_t>(state.range(0));
    for (std::uint32_t id = kFirstCustomer.value; id < kFirstCustomer.value + accounts; ++id) {
        tell(AccountOpened{.account = AccountId{id}});
        tell(OrderFilled{.account = AccountId{id}, .instrument = InstrumentId{1u}, .side = Side::buy});
    }
    std::uint64_t next = 12345;
    for (auto _ : state) {
        next = next * 6364136223846793005u + 1442695040888963407u;
        const auto id = kFirstCustomer.value + static_cast<std::uint32_t>((next >> 33) % accounts);
        tell(OrderFilled{.fee = Amount{std::int64_t{1}},
                         .account = AccountId{id},
                         .instrument = InstrumentId{1u},
                         .side = Side::buy});
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_model_fill)->Arg(100)->Arg(100'000);

// All events of an order of a random account that fills at once against a resting one: accepted, trade, both fills.
void read_model_trade(benchmark::State& state) {
    ReadModel model;
    // As a gateway reads them: many at once.
    std::vector<Event> events;
    const auto apply = [&] {
        model.apply(events, [](const Event&) {});
        events.clear();
    };
    std::uint64_t sequence = 0;
    const auto tell = [&](const auto& body) {
        Event& event = events.emplace_back();
        event.header.sequence = Sequence{++sequence};
        event.set(body);
    };
    tell(AssetListed{.asset = AssetId{1u}, .scale = 8});
    tell(AssetListed{.asset = AssetId{2u}, .scale = 8});
    tell(InstrumentListed{.instrument = InstrumentId{1u},
                          .base = AssetId{1u},
                          .quote = AssetId{2u},
                          .tick_scale = 4,
                          .lot_scale = 4,
                          .tick_mantissa = 1,
                          .lot_mantissa = 1});
    const auto accounts = static_cast<std::uint32_t>(state.range(0));
    for (std::uint32_t i = 0; i < accounts; ++i) tell(AccountOpened{.account = AccountId{kFirstCustomer.value + i}});
    apply();
    const Quantity one{std::int64_t{1}};
    std::uint64_t orders = 0;
    const auto accept = [&](AccountId account, Side side) {
        tell(OrderAccepted{.order_id = OrderId{++orders},
                           .price = Price{std::int64_t{100}},
                           .quantity = one,
                           .account = account,
                           .instrument = InstrumentId{1u},
                           .side = side});
    };
    std::uint64_t next = 12345;
    for (auto _ : state) {
        next = next * 6364136223846793005u + 1442695040888963407u;
        const AccountId maker{kFirstCustomer.value + static_cast<std::uint32_t>((next >> 33) % accounts)};
        const AccountId taker{kFirstCustomer.value + static_cast<std::uint32_t>((next >> 13) % accounts)};
        accept(maker, Side::sell);
        accept(taker, Side::buy);
        tell(TradeExecuted{.trade_id = TradeId{orders},
                           .maker_order_id = OrderId{orders - 1},
                           .taker_order_id = OrderId{orders},
                           .price = Price{std::int64_t{100}},
                           .quantity = one,
                           .maker_cum = one,
                           .taker_cum = one,
                           .maker_account = maker,
                           .taker_account = taker,
                           .instrument = InstrumentId{1u}});
        for (const bool sells : {true, false})
            tell(OrderFilled{.order_id = OrderId{sells ? orders - 1 : orders},
                             .fee = Amount{std::int64_t{1}},
                             .account = sells ? maker : taker,
                             .instrument = InstrumentId{1u},
                             .side = sells ? Side::sell : Side::buy});
        if (events.size() > 250) apply();
    }
    state.SetItemsProcessed(state.iterations());
}
// The whole audit, over so many open orders of a thousand accounts.
void read_model_audit(benchmark::State& state) {
    ReadModel model;
    Event event;
    event.header.flags = kLastOfCommand;
    const auto tell = [&](const auto& body) {
        event.set(body);
        model.apply(event);
    };
    tell(AssetListed{.asset = AssetId{1u}, .scale = 8});
    tell(AssetListed{.asset = AssetId{2u}, .scale = 8});
    tell(InstrumentListed{.instrument = InstrumentId{1u},
                          .base = AssetId{1u},
                          .quote = AssetId{2u},
                          .tick_scale = 4,
                          .lot_scale = 4,
                          .tick_mantissa = 1,
                          .lot_mantissa = 1});
    constexpr std::uint32_t accounts = 1000;
    for (std::uint32_t i = 0; i < accounts; ++i) tell(AccountOpened{.account = AccountId{kFirstCustomer.value + i}});
    for (std::uint32_t i = 0; i < state.range(0); ++i)
        tell(OrderAccepted{.order_id = OrderId{std::uint64_t{i} + 1},
                           .price = Price{std::int64_t{100}},
                           .quantity = Quantity{std::int64_t{1}},
                           .account = AccountId{kFirstCustomer.value + i % accounts},
                           .instrument = InstrumentId{1u},
                           .side = i % 2 == 0 ? Side::buy : Side::sell});
    for (auto _ : state) benchmark::DoNotOptimize(audit(model));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(read_model_audit)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_model_trade)->Arg(100)->Arg(100'000);

}  // namespace
