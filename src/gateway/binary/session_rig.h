// For tests: one session between a client that is the test and an engine that is scripted, without sockets.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <vector>

#include "base/ed25519.h"
#include "base/memory.h"
#include "gateway/binary/query.h"
#include "gateway/binary/scripted_engine.h"
#include "gateway/binary/session.h"

namespace dcx::gateway::session_test {

inline constexpr std::int64_t kMs = 1'000'000;
inline const Ed25519Seed kSeed{std::byte{1}};

class Rig : public FrameSink {
  public:
    explicit Rig(std::size_t ring = 64, MessageLimit messages = {}) : channel_(ring, memory_, bell_), engine(channel_) {
        context.messages = messages;
        engine.begin();
        engine.open_account();
        engine.list_market();
        key = engine.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade);
        follow();
    }

    virtual ~Rig() = default;

    void send(std::span<const std::byte> frame) override { sent_.emplace_back(frame.begin(), frame.end()); }

    // The next frame the session sent, as the given block.
    template <class Block>
    Block expect(std::uint16_t template_id = Block::template_id) {
        REQUIRE_FALSE(sent_.empty());
        const auto frame = decode_frame(sent_.front(), response_block_size);
        REQUIRE(frame.has_value());
        REQUIRE(frame->complete());
        REQUIRE(frame->header.template_id == template_id);
        const auto block = frame->as<Block>();
        sent_.pop_front();
        return block;
    }
    [[nodiscard]] bool silent() const { return sent_.empty(); }

    std::expected<Taken, TerminateCode> receive(std::span<const std::byte> bytes) {
        const auto frame = decode_frame(bytes, request_block_size);
        REQUIRE(frame.has_value());
        REQUIRE(frame->complete());
        return session.on_frame(*frame, now);
    }
    template <WireBlock Block>
    std::expected<Taken, TerminateCode> receive(const Block& block, std::uint64_t sequence = 0) {
        return receive(make_frame(block, now.wall, sequence).bytes());
    }
    std::expected<Taken, TerminateCode> place(std::uint64_t sequence) {
        const PlaceOrder order{.cl_ord_id = ClOrdId{sequence},
                               .price = Price{std::int64_t{5}},
                               .quantity = Quantity{std::int64_t{5}},
                               .account = AccountId{6u},
                               .instrument = InstrumentId{1u},
                               .side = Side::buy};
        return receive(make_command_frame(order, now.wall, sequence).bytes());
    }

    // Lets the engine answer and brings its answers to the session; reports are only counted.
    void follow() {
        commands.flush();
        engine.run();
        for (auto events = engine.peek(1); !events.empty(); events = engine.peek(1)) {
            const Event event = events.front();
            engine.release(1);
            model.apply(event);
            if (event.header.session) ++reports;
            switch (event.header.kind) {
                case EventKind::session_negotiated: session.on_negotiated(event.as<SessionNegotiated>(), now); break;
                case EventKind::session_established: session.on_established(now); break;
                case EventKind::session_disconnected: ended = session.on_disconnected(); break;
                case EventKind::command_rejected:
                    if (!event.header.session) ended = session.on_refused(event.as<CommandRejected>().reason, now);
                    break;
                default: break;
            }
        }
    }
    void challenge() {
        session.challenge(now);
        challenge_ = expect<Challenge>();
    }
    Negotiate signed_negotiate(std::uint64_t client_session = 77) {
        const NegotiateMessage message{
            .nonce = challenge_.nonce, .venue_id = challenge_.venue_id, .client_session = client_session, .key = key};
        return {.client_session = client_session,
                .key = key,
                .signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}))};
    }
    void negotiate() {
        challenge();
        REQUIRE(receive(signed_negotiate()).has_value());
        REQUIRE(session.verify(now).has_value());
        follow();
    }
    void establish(std::uint32_t heartbeat_ms = 1000) {
        negotiate();
        negotiated = expect<Negotiated>();
        REQUIRE(receive(Establish{.heartbeat_ms = heartbeat_ms}).has_value());
        follow();
        CHECK(expect<Established>().heartbeat_ms == heartbeat_ms);
    }
    void pass(std::int64_t ns) {
        now.wall.value += ns;
        now.monotonic_ns += ns;
    }

  private:
    HeapMemory memory_;
    platform::Doorbell bell_;
    ring::Channel<Submission> channel_;
    std::deque<std::vector<std::byte>> sent_;
    Challenge challenge_;

  public:
    ScriptedEngine engine;
    CommandPort commands{channel_};
    ReadModel model;
    ReportStore reports_kept{4096};
    GatewayMetrics metrics;
    SessionContext context{
        .model = model, .reports = reports_kept, .commands = commands, .metrics = metrics, .gateway = 5};
    Session session{context, *this, 900};
    Moment now{Time{std::int64_t{1'700'000'000'000'000'000}}, 1'000'000};
    KeyId key;
    Negotiated negotiated;
    std::optional<TerminateCode> ended;
    int reports = 0;
};

}  // namespace dcx::gateway::session_test
