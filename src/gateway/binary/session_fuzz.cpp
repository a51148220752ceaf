// Sessions as state machines: frames that are good, out of turn, too fast or broken in one field, the engine's answers,
// time, ends and broken connections in any order, over several connections of the same client session.
//
// What must hold: the core gets each number once and in order, and agrees with the session about the next one; codes
// are those that exist; what is said is bounded by what was heard; after a close nothing is left open.
//
// The input: a byte for the options, then steps of a byte that says which (its low bits) and how (its high bits), some
// with bytes behind them.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "gateway/binary/query.h"
#include "gateway/binary/scripted_engine.h"
#include "gateway/binary/session.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

const Ed25519Seed kSeed{std::byte{1}};
constexpr std::int64_t kMs = 1'000'000;

class Input {
  public:
    explicit Input(std::span<const std::byte> bytes) : rest_(bytes) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    std::uint8_t byte() { return empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes(1)[0]); }
    std::span<const std::byte> bytes(std::size_t count) {
        const auto taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }

  private:
    std::span<const std::byte> rest_;
};

class Harness final : public FrameSink {
  public:
    explicit Harness(std::uint8_t options)
        : channel_((options & 1) != 0 ? 4u : 64u, memory_, bell_), engine_(channel_) {
        if ((options & 2) != 0)
            context_.messages = {.per_second = std::uint32_t{options} * 4 + 1, .burst = 1u + (options >> 4)};
        engine_.begin();
        engine_.open_account();
        engine_.list_market();
        key_ = engine_.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade | kPermitTransfer);
        follow();
        connect();
    }
    ~Harness() {
        close();
        for (int i = 0; i < 20; ++i) follow();
        DCX_CHECK(metrics_.sessions_open.get() == 0);
        for (const auto& state : engine_.sessions) DCX_CHECK(!state.established);
        check_commands();
    }

    void step(std::uint8_t what, Input& input) {
        const auto how = static_cast<std::uint8_t>(what >> 4);
        switch (what & 15) {
            case 0: negotiate(how); break;
            case 1: send(Establish{.heartbeat_ms = how == 15 ? 1u : 1000u * (how + 1u)}); break;
            case 2:  // the next commands
                for (unsigned i = 0; i <= how; ++i) place(next_);
                break;
            case 3: place(next_ + static_cast<std::uint64_t>(how) - 8); break;
            case 4: command(static_cast<std::uint16_t>(input.byte()), next_, input.bytes(how * 6u)); break;
            case 5: send(Heartbeat{.next_sequence = how == 0 ? next_ : next_ + how - 8u}); break;
            case 6: query(input.byte(), input.bytes(how * 2u)); break;
            case 7: retransmit(how, input); break;
            case 8: broken(how, input.byte()); break;
            case 9: follow(how); break;
            case 10: follow(); break;
            case 11: pass((std::int64_t{1} << how) * kMs); break;
            case 12: pass(std::int64_t{how} * 700); break;
            case 13: last_words(how); break;
            case 14:
                close();
                if (how % 2 == 0) follow();
                connect();
                break;
            default: flood(how); break;
        }
    }

  private:
    // ---- the connection

    // The gateway's: of two connections one has the session.
    void connect() {
        close();
        session_ = std::make_unique<Session>(context_, *this, ++connection_);
        heard_ = said_ = answered_ = 0;
        session_->challenge(now_);
    }
    void close() {
        if (session_) session_->close(now_);
        session_.reset();
        commands_.flush();
    }
    void note(Outcome outcome) {
        if (outcome || !session_) return;
        const TerminateCode code = outcome.error();
        DCX_CHECK(to_string(code) != "unknown");
        // What only a gateway, its sockets or its memory can find out.
        DCX_CHECK(code != TerminateCode::slow_consumer && code != TerminateCode::too_many_connections &&
                  code != TerminateCode::broken_ring);
        if (code == TerminateCode::throttled) DCX_CHECK(context_.messages.on());
        close();
    }

    void send(std::span<const std::byte> bytes) override {
        const auto frame = decode_frame(bytes, response_block_size);
        DCX_CHECK(frame.has_value() && frame->complete() && frame->header.length == bytes.size());
        DCX_CHECK(frame->header.sequence == 0);
        ++said_;
        switch (frame->header.template_id) {
            case kTemplateChallenge: challenge_ = frame->as<Challenge>(); break;
            case kTemplateNegotiated: next_ = frame->as<Negotiated>().next_incoming; break;
            case kTemplateNotApplied: {
                const auto told = frame->as<NotApplied>();
                DCX_CHECK(told.next_sequence == committed_ + 1);
                DCX_CHECK((told.wait_ns > 0) == (told.reason == RejectReason::throttled));
                if (told.reason == RejectReason::out_of_sequence) DCX_CHECK(told.sequence > told.next_sequence);
                if (told.reason == RejectReason::exists) DCX_CHECK(told.sequence < told.next_sequence);
                next_ = told.next_sequence;
                break;
            }
            default: break;
        }
    }

    // ---- the client

    template <WireBlock Block>
    void send(const Block& block) {
        offer(make_frame(block, Time{}).bytes());
    }
    void offer(std::span<const std::byte> bytes) {
        if (!session_) return;
        const auto frame = decode_frame(bytes, request_block_size);
        if (!frame) return note(std::unexpected(frame.error()));
        if (!frame->complete()) return;
        ++heard_;
        const std::uint64_t before = metrics_.commands.get();
        const SessionState state = session_->state();
        const auto outcome = session_->on_frame(*frame, now_);
        const std::uint64_t taken = metrics_.commands.get() - before;
        if (taken != 0) {
            DCX_CHECK(taken == 1 && outcome == Taken::yes && state == SessionState::established);
            DCX_CHECK(frame->header.sequence == committed_ + 1);
            ++committed_;
            next_ = committed_ + 1;
        }
        // An answer to each, and beside it what belongs to no frame: heartbeats and the two of the handshake.
        DCX_CHECK(said_ - answered_ <= 2 * heard_ + ticks_ + 4);
        if (!outcome) return note(std::unexpected(outcome.error()));
        if (session_ && session_->state() == SessionState::verifying && commands_.has_room())
            note(session_->verify(now_));
        retransmit_wanted();
    }
    void negotiate(std::uint8_t how) {
        Negotiate negotiate{.client_session = how == 1 ? 2u : 1u, .key = key_};
        const NegotiateMessage message{.nonce = challenge_.nonce,
                                       .venue_id = challenge_.venue_id,
                                       .client_session = negotiate.client_session,
                                       .key = key_};
        negotiate.signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}));
        if (how == 2) negotiate.signature[3] ^= std::byte{1};
        if (how == 3) negotiate.key = KeyId{99u};
        if (how == 4) negotiate.client_session = 0;
        send(negotiate);
    }
    void place(std::uint64_t sequence) {
        const PlaceOrder order{.cl_ord_id = ClOrdId{++cl_ord_id_},
                               .price = Price{std::int64_t{5}},
                               .quantity = Quantity{std::int64_t{5}},
                               .account = AccountId{6u},
                               .instrument = InstrumentId{1u},
                               .side = Side::buy};
        offer(make_command_frame(order, Time{}, sequence).bytes());
    }
    void command(std::uint16_t template_id, std::uint64_t sequence, std::span<const std::byte> body) {
        if (is_client_command(template_id)) offer(frame_of(template_id, sequence, body));
    }
    void query(std::uint8_t number, std::span<const std::byte> body) {
        const auto template_id = static_cast<std::uint16_t>(kTemplateBalanceQuery + number % 24);
        if (is_query(template_id)) offer(frame_of(template_id, 0, body));
        answer();
    }
    // The next parts of an answer, as many as a round allows and the end.
    void answer() {
        if (!session_ || !session_->querying()) return;
        const std::uint64_t before = said_;
        answer_some(*session_, model_, *this, now_, 3);
        DCX_CHECK(said_ - before <= 4);
        answered_ += said_ - before;
    }
    static std::vector<std::byte> frame_of(std::uint16_t template_id, std::uint64_t sequence,
                                           std::span<const std::byte> body) {
        const std::size_t size = request_block_size(template_id);
        std::vector<std::byte> bytes(sizeof(FrameHeader) + size);
        const FrameHeader header = frame_header({template_id, sequence, {}}, size);
        std::memcpy(bytes.data(), &header, sizeof header);
        if (!body.empty()) std::memcpy(bytes.data() + sizeof header, body.data(), std::min(size, body.size()));
        return bytes;
    }
    void retransmit(std::uint8_t how, Input& input) {
        if (how == 0 && session_ && retransmitting_) {
            retransmitting_ = false;
            session_->finish_retransmit(1, 1, RejectReason::none, now_);
            return;
        }
        send(RetransmitRequest{.from = how - 1u, .count = std::uint32_t{input.byte()} << (how == 15 ? 16 : 0)});
    }
    void retransmit_wanted() {
        if (!session_) return;
        const auto wanted = session_->take_reports_wanted();
        if (!wanted) return;
        DCX_CHECK(wanted->from > 0 && wanted->count > 0 && wanted->count <= kMaxRetransmit);
        retransmitting_ = true;
    }
    void broken(std::uint8_t how, std::uint8_t value) {
        auto frame = make_frame(Heartbeat{.next_sequence = next_}, Time{});
        switch (how % 7) {
            case 0: frame.header.magic = value; break;
            case 1: frame.header.zero = value; break;
            case 2: frame.header.template_id = value; break;
            case 3: frame.header.block_length = value; break;
            case 4: frame.header.length = value; break;
            case 5: frame.header.sequence = value; break;
            default: frame.header.version = value; break;
        }
        offer(frame.bytes());
    }
    // As fast as it can, until it is ended or the ring is full.
    void flood(std::uint8_t how) {
        for (int i = 0; i < 1100 && session_; ++i) {
            if (how % 3 == 0)
                place(next_);
            else if (how % 3 == 1)
                place(1);
            else
                send(Heartbeat{.next_sequence = next_});
            if (how % 2 == 0 && i % 16 == 0) follow();
        }
    }

    // ---- the gateway

    void last_words(std::uint8_t how) {
        if (!session_) return;
        if (how % 3 == 0) return send(Terminate{.code = TerminateCode::finished});
        if (how % 3 == 1) return note(session_->end(TerminateCode::shutdown, now_));
        ++ticks_;
        session_->notify(Notice{.at = {}, .kind = NoticeKind::text}, now_);
    }
    void pass(std::int64_t ns) {
        now_.monotonic_ns += ns;
        now_.wall.value += ns;
        ++ticks_;
        if (session_) note(session_->tick(now_, 1));
    }
    void follow(std::size_t commands = ring::SpscRing<Submission>::all) {
        commands_.flush();
        engine_.run(commands);
        for (auto events = engine_.peek(1); !events.empty(); events = engine_.peek(1)) {
            const Event event = events.front();
            engine_.release(1);
            model_.apply(event);
            on_event(event);
        }
        if (session_ && session_->state() == SessionState::verifying && commands_.has_room())
            note(session_->verify(now_));
        answer();
    }
    void on_event(const Event& event) {
        switch (event.header.kind) {
            case EventKind::session_negotiated: {
                const auto negotiated = event.as<SessionNegotiated>();
                if (!session_ || negotiated.connection != session_->connection()) break;
                committed_ = negotiated.next_incoming - 1;
                retransmitting_ = false;
                session_->on_negotiated(negotiated, now_);
                break;
            }
            case EventKind::session_established: {
                const auto established = event.as<SessionEstablished>();
                if (session_ && established.connection == session_->connection())
                    session_->on_established(now_);
                else
                    orphaned(established);
                break;
            }
            case EventKind::session_disconnected:
                if (session_ && event.as<SessionDisconnected>().connection == session_->connection())
                    note(std::unexpected(session_->on_disconnected()));
                break;
            case EventKind::command_rejected: {
                const auto rejected = event.as<CommandRejected>();
                // A command that the session let through is in order for its session.
                if (event.header.session) break;
                DCX_CHECK(rejected.command == CommandKind::negotiate_session ||
                          rejected.command == CommandKind::establish_session ||
                          rejected.command == CommandKind::disconnect_session);
                if (!session_ || rejected.reference != session_->connection()) break;
                if (rejected.command == CommandKind::disconnect_session)
                    note(std::unexpected(session_->on_disconnected()));
                else
                    note(std::unexpected(session_->on_refused(rejected.reason, now_)));
                break;
            }
            default: break;
        }
    }
    void orphaned(const SessionEstablished& event) {
        commands_.send_surely(
            {.command = Command::make(DisconnectSession{.connection = event.connection}, {.session = event.session}),
             .received = {}});
    }
    void check_commands() const {
        std::vector<std::uint64_t> last(engine_.sessions.size() + 1);
        for (const Submission& submission : engine_.seen) {
            const CommandHeader& header = submission.command.header;
            if (!is_client_command(static_cast<std::uint16_t>(header.kind))) continue;
            DCX_CHECK(header.session && header.session_sequence == ++last.at(header.session.value));
            for (std::size_t i = body_size(header.kind); i < kMessageBodySize; ++i)
                DCX_CHECK(submission.command.body[i] == std::byte{0});
        }
        for (std::size_t i = 0; i < engine_.sessions.size(); ++i)
            DCX_CHECK(engine_.sessions[i].next_incoming == last[i + 1] + 1);
    }

    HeapMemory memory_;
    platform::Doorbell bell_;
    ring::Channel<Submission> channel_;
    ScriptedEngine engine_;
    CommandPort commands_{channel_};
    ReadModel model_;
    ReportStore reports_{4096};
    GatewayMetrics metrics_;
    SessionContext context_{
        .model = model_, .reports = reports_, .commands = commands_, .metrics = metrics_, .gateway = 1};
    std::unique_ptr<Session> session_;  // none: it is ended or was closed
    std::uint64_t connection_ = 0;
    Moment now_{Time{std::int64_t{1'700'000'000'000'000'000}}, 0};
    KeyId key_;
    Challenge challenge_;
    std::uint64_t next_ = 1;       // that the client would send
    std::uint64_t committed_ = 0;  // commands of the session that were handed to the engine
    std::uint64_t cl_ord_id_ = 0;
    std::uint64_t heard_ = 0;  // frames on this connection
    std::uint64_t said_ = 0;
    std::uint64_t answered_ = 0;  // of them parts of answers to queries
    std::uint64_t ticks_ = 0;
    bool retransmitting_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(std::as_bytes(std::span{data, size}));
    Harness harness(input.byte());
    for (int steps = 0; !input.empty() && steps < 300; ++steps) {
        const std::uint8_t what = input.byte();
        harness.step(what, input);
    }
    return 0;
}
