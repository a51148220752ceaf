// Arbitrary bytes, arbitrarily split, into the frame decoder and the session state machine, with an engine behind it.
//
// The input is a list of steps: a control byte, and for bytes of the stream what follows it. Signatures and sequence
// numbers cannot be guessed, so some steps make the next good message instead; the bytes around them are the fuzzer's.
#include <cstdint>
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

class Harness final : public FrameSink {
  public:
    explicit Harness(bool is_operator) : channel_(16, memory_, bell_), engine_(channel_) {
        engine_.begin();
        engine_.open_account();
        engine_.list_market();
        key_ = is_operator ? engine_.add_key(kSeed, AccountId{}, kPermitAll)
                           : engine_.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade | kPermitTransfer);
        follow();
        session_.challenge(now_);
    }
    ~Harness() {
        ended_ = true;
        session_.close(now_);
        for (int i = 0; i < 3; ++i) follow();
        DCX_CHECK(metrics_.sessions_open.get() == 0);
        for (const auto& state : engine_.sessions) DCX_CHECK(!state.established);
        check_commands();
    }

    void receive(std::span<const std::byte> bytes) {
        stream_.insert(stream_.end(), bytes.begin(), bytes.end());
        read();
    }
    void send_negotiate() {
        const NegotiateMessage message{
            .nonce = challenge_.nonce, .venue_id = challenge_.venue_id, .client_session = 1, .key = key_};
        receive(make_frame(Negotiate{.client_session = 1,
                                     .key = key_,
                                     .signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}))},
                           {})
                    .bytes());
    }
    void send_establish() { receive(make_frame(Establish{.heartbeat_ms = 1000}, {}).bytes()); }
    // The fuzzer's body under a header that is in order.
    void send_command(std::uint16_t template_id, std::span<const std::byte> body) {
        const std::size_t size = request_block_size(template_id);
        if (!is_client_command(template_id)) return;
        std::vector<std::byte> bytes(sizeof(FrameHeader) + size);
        const FrameHeader header = frame_header({template_id, next_sequence_, {}}, size);
        std::memcpy(bytes.data(), &header, sizeof header);
        if (!body.empty()) std::memcpy(bytes.data() + sizeof header, body.data(), std::min(size, body.size()));
        receive(bytes);
    }
    // Any query, whatever is in it.
    void send_query(std::uint8_t number, std::span<const std::byte> body) {
        const auto template_id = static_cast<std::uint16_t>(kTemplateBalanceQuery + number % 20);
        if (!is_query(template_id)) return;
        std::vector<std::byte> bytes(sizeof(FrameHeader) + request_block_size(template_id));
        const FrameHeader header = frame_header({template_id, 0, {}}, bytes.size() - sizeof(FrameHeader));
        std::memcpy(bytes.data(), &header, sizeof header);
        const std::size_t taken = std::min(body.size(), bytes.size() - sizeof header);
        if (taken > 0) std::memcpy(bytes.data() + sizeof header, body.data(), taken);
        receive(bytes);
    }
    void pass(std::int64_t ns) {
        now_.monotonic_ns += ns;
        now_.wall.value += ns;
        if (!ended_) note(session_.tick(now_, 1));
    }
    void follow() {
        commands_.flush();
        engine_.run();
        for (auto events = engine_.peek(1); !events.empty(); events = engine_.peek(1)) {
            const Event event = events.front();
            engine_.release(1);
            model_.apply(event);
            if (!ended_) on_event(event);
            if (event.header.kind == EventKind::session_established && ended_) orphaned(event.as<SessionEstablished>());
        }
        if (!ended_ && session_.state() == SessionState::verifying && commands_.has_room()) note(session_.verify(now_));
        if (session_.querying()) answer_some(session_, model_, *this, now_, 3);
        read();
    }
    void end() {
        if (!ended_) note(session_.end(TerminateCode::shutdown, now_));
    }

  private:
    void send(std::span<const std::byte> bytes) override {
        const auto frame = decode_frame(bytes, response_block_size);
        DCX_CHECK(frame.has_value() && frame->complete() && frame->header.length == bytes.size());
        DCX_CHECK(frame->header.sequence == 0);
        if (frame->header.template_id == kTemplateChallenge) challenge_ = frame->as<Challenge>();
        if (frame->header.template_id == kTemplateNegotiated) next_sequence_ = frame->as<Negotiated>().next_incoming;
    }
    void read() {
        std::size_t taken = 0;
        while (!ended_) {
            const std::span<const std::byte> rest = std::span{stream_}.subspan(taken);
            const auto frame = decode_frame(rest, request_block_size);
            check_cut(rest, frame);
            if (!frame) {
                note(std::unexpected(frame.error()));
                break;
            }
            if (!frame->complete()) break;
            const auto outcome = session_.on_frame(*frame, now_);
            if (!outcome) note(std::unexpected(outcome.error()));
            if (!outcome || *outcome == Taken::later) break;
            // One with another number was answered, not taken.
            if (is_client_command(frame->header.template_id) && frame->header.sequence == next_sequence_)
                ++next_sequence_;
            taken += frame->header.length;
        }
        stream_.erase(stream_.begin(), stream_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (ended_) stream_.clear();
    }
    // What is decoded does not depend on how the bytes were cut: half of them say nothing, or the same.
    static void check_cut(std::span<const std::byte> bytes, const std::expected<Frame, TerminateCode>& whole) {
        const auto half = decode_frame(bytes.first(bytes.size() / 2), request_block_size);
        if (!half) DCX_CHECK(!whole && whole.error() == half.error());
        if (half && half->complete()) DCX_CHECK(whole && whole->header.length == half->header.length);
    }
    void on_event(const Event& event) {
        switch (event.header.kind) {
            case EventKind::session_negotiated: session_.on_negotiated(event.as<SessionNegotiated>(), now_); break;
            case EventKind::session_established: session_.on_established(now_); break;
            case EventKind::session_disconnected: note(std::unexpected(session_.on_disconnected())); break;
            case EventKind::command_rejected:
                // A command that the session let through is in order for its session.
                DCX_CHECK(event.header.session);
                break;
            default: break;
        }
    }
    void orphaned(const SessionEstablished& event) {
        Submission last{
            .command = Command::make(DisconnectSession{.connection = event.connection}, {.session = event.session}),
            .received = {}};
        commands_.send_surely(last);
    }
    void note(Outcome outcome) {
        if (outcome || ended_) return;
        DCX_CHECK(to_string(outcome.error()) != "unknown");
        ended_ = true;
        session_.close(now_);
    }
    void check_commands() const {
        std::uint64_t sequence = 0;
        for (const Submission& submission : engine_.seen) {
            const CommandHeader& header = submission.command.header;
            if (!is_client_command(static_cast<std::uint16_t>(header.kind))) continue;
            DCX_CHECK(header.session && header.session_sequence == ++sequence);
            for (std::size_t i = body_size(header.kind); i < kMessageBodySize; ++i)
                DCX_CHECK(submission.command.body[i] == std::byte{0});
        }
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
    Session session_{context_, *this, 1};
    Moment now_{Time{std::int64_t{1'700'000'000'000'000'000}}, 0};
    KeyId key_;
    Challenge challenge_;
    std::uint64_t next_sequence_ = 1;
    std::vector<std::byte> stream_;
    bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::byte> rest = std::as_bytes(std::span{data, size});
    const auto take = [&](std::size_t count) {
        const auto taken = rest.first(std::min(count, rest.size()));
        rest = rest.subspan(taken.size());
        return taken;
    };
    Harness harness(size % 2 == 1);
    for (int steps = 0; !rest.empty() && steps < 1000; ++steps) {
        const auto control = std::to_integer<std::uint8_t>(take(1)[0]);
        if (control < 0xC0) {
            harness.receive(take(control));
            continue;
        }
        switch (control & 7) {
            case 0: harness.send_negotiate(); break;
            case 1: harness.send_establish(); break;
            case 2:
            case 3:
                if (const auto kind = take(1); !kind.empty())
                    harness.send_command(std::to_integer<std::uint8_t>(kind[0]), take(control & 0x38));
                break;
            case 4: harness.pass(std::int64_t{control & 0x38} * 20'000'000); break;
            case 5: harness.end(); break;
            case 6:
                if (const auto number = take(1); !number.empty())
                    harness.send_query(std::to_integer<std::uint8_t>(number[0]), take(control & 0x38));
                harness.follow();
                break;
            default: harness.follow(); break;
        }
    }
    return 0;
}
