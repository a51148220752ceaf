// Session: what one connection may say when. A state machine without sockets and clocks: frames and events go in,
// frames leave through a FrameSink, commands through the CommandPort.
//
//   connected -> challenged -> verifying -> negotiating -> negotiated -> establishing -> established -> ending
//
// A TerminateCode as a result means: this session is over, say so and close; afterwards only close() may be called (any
// number of times). The session in the core may outlive the connection by the time its DisconnectSession needs. One
// thread; no allocation but for the handshake and answers to queries.
//
// What comes out of turn or too fast is not taken and told so (NotApplied); who goes on, within bounds a minute, is
// ended. So commands reach the core in the session's order, each at most once, whatever a client does.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/ed25519.h"
#include "gateway/binary/login_check.h"
#include "gateway/binary/open_query.h"
#include "gateway/command_port.h"
#include "gateway/message_rate.h"
#include "gateway/metrics.h"
#include "gateway/read_model.h"
#include "gateway/report_store.h"
#include "model/frame.h"
#include "model/wire.h"

namespace dcx::gateway {

// Where a session's own frames go (reports take another way).
class FrameSink {
  public:
    virtual void send(std::span<const std::byte> frame) = 0;

  protected:
    ~FrameSink() = default;
};

struct Moment {
    Time wall{};
    std::int64_t monotonic_ns{};
};

// What the sessions of one gateway share.
struct SessionContext {
    const ReadModel& model;
    const ReportStore& reports;
    CommandPort& commands;
    GatewayMetrics& metrics;
    std::uint32_t gateway{};
    Durability durability{Durability::disk};
    std::int64_t handshake_timeout_ns = 10'000'000'000;  // from the challenge to Established, and for the end
    MessageLimit messages{};                             // of each session
    void (*fill_nonce)(std::span<std::byte>) = random_bytes;
};

// NotApplied because of a wrong number, in a minute: more, and the session is ended. Room for a client that sends a
// whole window again.
inline constexpr std::uint32_t kMaxOutOfSequence = 1000;
// Messages beyond the rate, in a minute, if the burst is not more: what was under way when NotApplied told of it.
inline constexpr std::uint32_t kLeastExcess = 1000;

enum class SessionState : std::uint8_t {
    connected,     // the venue cannot be served from yet
    challenged,    // Negotiate is expected
    verifying,     // its signature is to be checked
    negotiating,   // the core was asked
    negotiated,    // Establish is expected
    establishing,  // the core was asked
    established,
    ending,  // reports still flow until the core has disconnected the session
    over,
};

// Which execution reports a connection gets copies of.
struct DropCopy {
    bool on = false;
    AccountId account{};  // and its sub-accounts; 0: of all
};

using Outcome = std::expected<void, TerminateCode>;
enum class Taken : std::uint8_t { yes, later };  // later: no room now, offer the same frame again

class Session {
  public:
    Session(SessionContext& context, FrameSink& out, std::uint64_t connection)
        : context_(context), out_(out), connection_(connection) {}

    // ---- from the client
    void challenge(Moment now);
    std::expected<Taken, TerminateCode> on_frame(const Frame& frame, Moment now);
    // While verifying: what is to be checked, which is costly, so the gateway says when and where. Nothing: there is no
    // such key.
    [[nodiscard]] std::optional<Login> login() const;
    // That was done. Needs room in the command port.
    Outcome on_verified(bool genuine, Moment now);
    // Both at once, here.
    Outcome verify(Moment now);

    // ---- from the core, for this connection
    void on_negotiated(const SessionNegotiated& event, Moment now);
    void on_established(Moment now);
    TerminateCode on_refused(RejectReason reason, Moment now);
    // The core has disconnected the session: the code with which to end.
    [[nodiscard]] TerminateCode on_disconnected() const;

    // ---- from the gateway
    // Ends in order: reports of commands already handed over are still told. The code when there is nothing to wait
    // for.
    Outcome end(TerminateCode code, Moment now);
    // Timeouts and heartbeats.
    Outcome tick(Moment now, std::uint64_t next_outgoing);
    void note_sent(std::int64_t monotonic_ns) { last_sent_ns_ = monotonic_ns; }
    void note_heard(std::int64_t monotonic_ns) { last_received_ns_ = monotonic_ns; }
    // The connection is gone, or about to be: what the core must know is sent to it.
    void close(Moment now);
    // The query was refused or its last frame is out.
    void finish_query(RejectReason reason, Moment now);
    // The one answer to a LimitQuery.
    void tell_limits(Moment now);
    // The reports asked for again are out, `count` of them, or there are none (any more).
    void finish_retransmit(std::uint64_t from, std::uint32_t count, RejectReason reason, Moment now);
    // From the operator; only established sessions hear it.
    void notify(const Notice& notice, Moment now);

    [[nodiscard]] SessionState state() const { return state_; }
    [[nodiscard]] std::uint64_t connection() const { return connection_; }
    [[nodiscard]] SessionId id() const { return negotiated_.session; }
    [[nodiscard]] OpenQuery& query() { return *query_; }
    [[nodiscard]] bool querying() const { return query_ != nullptr; }
    [[nodiscard]] KeyId key() const { return negotiated_.key; }
    [[nodiscard]] const DropCopy& drop_copy() const { return drop_copy_; }
    // A request for copies was taken since the last call.
    [[nodiscard]] bool take_copies_wanted() { return std::exchange(copies_wanted_, false); }
    // A request for reports was taken since the last call.
    [[nodiscard]] std::optional<RetransmitRequest> take_reports_wanted() {
        if (!std::exchange(reports_wanted_, false)) return std::nullopt;
        return reports_request_;
    }

  private:
    std::expected<Taken, TerminateCode> on_command(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_session_frame(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_established_frame(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_negotiate(const Frame& frame);
    std::expected<Taken, TerminateCode> on_establish(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_query(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_retransmit(const Frame& frame, Moment now);
    std::expected<Taken, TerminateCode> on_wrong_number(std::uint64_t number, Moment now);
    std::expected<Taken, TerminateCode> on_excess(const Frame& frame, std::int64_t wait_ns, Moment now);
    void disconnect(Moment now);
    void enter(SessionState state, Moment now);
    template <MessageBody Body>
    [[nodiscard]] Submission submission(const Body& body, Moment now) const;
    template <WireBlock Block>
    void send(const Block& block, Moment now);

    SessionContext& context_;
    FrameSink& out_;
    std::uint64_t connection_;
    SessionState state_ = SessionState::connected;
    TerminateCode end_code_ = TerminateCode::finished;
    bool end_wanted_ = false;  // as soon as the core has established it
    std::uint32_t heartbeat_ms_ = 0;
    std::uint64_t next_incoming_ = 0;
    std::int64_t entered_ns_ = 0;
    std::int64_t last_received_ns_ = 0;
    std::int64_t last_sent_ns_ = 0;
    // What most sessions need most of the time is small, because there may be very many; the rest comes and goes.
    struct Handshake {
        std::array<std::byte, 32> nonce{};
        Negotiate negotiate{};
    };
    struct Identity {
        SessionId session{};
        KeyId key{};
    };
    std::unique_ptr<Handshake> handshake_;  // until it is established
    Identity negotiated_;
    std::unique_ptr<OpenQuery> query_;  // while one is answered
    DropCopy drop_copy_;
    bool copies_wanted_ = false;
    bool retransmitting_ = false;
    bool reports_wanted_ = false;
    // What has a higher number than next_incoming_ is passed over until that one comes.
    bool passing_over_ = false;
    RetransmitRequest reports_request_{};
    MessageRate rate_;
    Offences excess_;
    Offences out_of_sequence_;
};

}  // namespace dcx::gateway
