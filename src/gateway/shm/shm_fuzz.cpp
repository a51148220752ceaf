// What a client may put into its mapping: the input is a list of steps between which the gateway runs. Whatever they
// do, the gateway touches nothing outside, takes commands by their numbers, and in the end the client is gone with all
// that was its own, while a neighbour goes on.
//
// A step is a control byte and what it takes from the input: words of headers, bells and positions written over, bytes
// of the rings, records of any length, good orders, messages on the socket, rounds of the gateway.
#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "gateway/binary/gateway.h"
#include "gateway/binary/scripted_engine.h"
#include "gateway/shm/shm_peer.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

const Ed25519Seed kSeed{std::byte{1}};

PlaceOrder order(std::uint64_t id) {
    return {.cl_ord_id = ClOrdId{id},
            .price = Price{std::int64_t{100}},
            .quantity = Quantity{std::int64_t{3}},
            .account = AccountId{6u},
            .instrument = InstrumentId{1u},
            .side = Side::buy,
            .type = OrderType::limit,
            .time_in_force = TimeInForce::gtc};
}

class Harness {
  public:
    Harness() : channel_(64, memory_, bell_) {
        engine_.begin();
        engine_.open_account();
        engine_.list_market();
        key_ = engine_.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade);
        GatewayOptions options;
        options.shm = {.socket = "/tmp/dcx-shm-fuzz-" + std::to_string(::getpid()) + ".sock",
                       .request_bytes = kMinShmRing,
                       .report_bytes = kMinShmRing};
        gateway_.emplace(Gateway::Wiring{reactor_, clock_, channel_, engine_}, options);
        DCX_CHECK(gateway_->start().has_value());
        neighbour_ = come_in(1);
        client_ = come_in(2);
    }
    ~Harness() {
        client_->close();
        until([&] { return gateway_->metrics().shm_open.get() == 1; });
        until([&] { return !engine_.sessions[1].established; });
        const std::uint64_t before = gateway_->metrics().commands.get();
        DCX_CHECK(neighbour_->producer().try_push(make_command_frame(order(1), Time{}, 1).bytes()));
        until([&] { return gateway_->metrics().commands.get() == before + 1; });
        DCX_CHECK(gateway_->metrics().connections_open.get() == 1);
        std::uint64_t sequence = 0;
        for (const Submission& seen : engine_.seen) {
            const CommandHeader& header = seen.command.header;
            if (header.session != SessionId{2u} || !is_client_command(static_cast<std::uint16_t>(header.kind)))
                continue;
            DCX_CHECK(header.session_sequence == ++sequence);
        }
        neighbour_->close();
        until([&] { return gateway_->metrics().shm_open.get() == 0; });
    }

    [[nodiscard]] ShmPeer& client() { return *client_; }
    void round() {
        reactor_.poll(0);
        engine_.run();
        gateway_->poll();
        client_->poll();
    }
    // One of the first words of either ring: header, bells, positions, first slots.
    void write_word(std::uint8_t which, std::span<const std::byte> value) {
        const std::size_t base = which % 2 == 0 ? client_->answer().requests.offset : client_->answer().reports.offset;
        std::copy(value.begin(), value.end(),
                  client_->memory().begin() + static_cast<std::ptrdiff_t>(base + which / 2 * 8));
    }
    void write_bytes(std::size_t at, std::span<const std::byte> bytes) {
        const auto slots = std::as_writable_bytes(client_->requests().slots());
        for (std::size_t i = 0; i < bytes.size(); ++i) slots[(at + i) % slots.size()] = bytes[i];
    }
    void push(std::span<const std::byte> record) { (void)client_->producer().try_push(record); }
    void push_order() {
        if (client_->producer().try_push(make_command_frame(order(next_), Time{}, next_).bytes())) ++next_;
    }
    void read_reports() {
        for (int i = 0; i < 10'000 && client_->consumer().next(); ++i) {
        }
        client_->consumer().release();
    }

  private:
    template <class Condition>
    void until(const Condition& condition) {
        for (int i = 0; !condition(); ++i) {
            DCX_CHECK(i < 100'000);
            reactor_.poll(0);
            engine_.run();
            gateway_->poll();
        }
    }
    template <class Block>
    Block next(ShmPeer& peer) {
        std::optional<Block> got;
        until([&] {
            peer.consumer().release();
            const auto record = peer.consumer().next();
            if (!record) return false;
            const auto frame = decode_frame(*record, response_block_size);
            if (frame->header.template_id == Block::template_id) got = frame->template as<Block>();
            return got.has_value();
        });
        return *got;
    }
    std::unique_ptr<ShmPeer> come_in(std::uint64_t client_session) {
        auto peer = std::make_unique<ShmPeer>(gateway_->shm_path());
        until([&] {
            peer->poll();
            return peer->mapped();
        });
        const auto challenge = next<Challenge>(*peer);
        const NegotiateMessage message{
            .nonce = challenge.nonce, .venue_id = challenge.venue_id, .client_session = client_session, .key = key_};
        const Negotiate negotiate{.client_session = client_session,
                                  .key = key_,
                                  .signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}))};
        DCX_CHECK(peer->producer().try_push(make_frame(negotiate, Time{}).bytes()));
        (void)next<Negotiated>(*peer);
        DCX_CHECK(peer->producer().try_push(make_frame(Establish{.heartbeat_ms = 60'000}, Time{}).bytes()));
        (void)next<Established>(*peer);
        return peer;
    }

    HeapMemory memory_;
    platform::Doorbell bell_;
    ring::Channel<Submission> channel_;
    ManualClock clock_;
    net::Reactor reactor_{net::Reactor::Options{.clock = &clock_}};
    ScriptedEngine engine_{channel_};
    KeyId key_;
    std::optional<Gateway> gateway_;
    std::unique_ptr<ShmPeer> neighbour_;
    std::unique_ptr<ShmPeer> client_;
    std::uint64_t next_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::byte> rest = std::as_bytes(std::span{data, size});
    const auto take = [&](std::size_t count) {
        const auto taken = rest.first(std::min(count, rest.size()));
        rest = rest.subspan(taken.size());
        return taken;
    };
    const auto number = [&] {
        const auto byte = take(1);
        return byte.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(byte[0]);
    };
    Harness harness;
    for (int steps = 0; !rest.empty() && steps < 500; ++steps) {
        const std::uint8_t control = number();
        switch (control & 7) {
            case 0: harness.write_word(number(), take(8)); break;
            case 1: {
                const std::size_t at = std::size_t{number()} * 8;
                harness.write_bytes(at, take(control >> 3));
                break;
            }
            case 2: harness.push(take(control >> 1)); break;
            case 3: harness.push_order(); break;
            case 4: harness.client().requests().words().tail += number(); break;
            case 5: harness.read_reports(); break;
            case 6: harness.client().say(take(control >> 2)); break;
            default: harness.round(); break;
        }
    }
    return 0;
}
