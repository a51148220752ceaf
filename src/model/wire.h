// Order entry on the wire: little-endian SBE messages (header and root block) in a frame of 32 bytes, so that the block
// starts at offset 32. No variable data. docs/protocols/order-entry.md tells the session's rules and every message;
// schema/dcx-order-entry.xml has the layouts as data, and what differs from it does not compile
// (gateway/binary/schema_test.cpp).
//
// Client to venue: a command's block is byte for byte the body in model/command.h, its template id the CommandKind.
// Venue to client: ExecutionReport, or template kReportTemplate + EventKind with a ReportHeader and the event's body.
// Queries and their answers: model/wire_query.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/command.h"
#include "model/event.h"
#include "model/layout.h"
#include "model/reject_reason.h"
#include "model/types.h"

namespace dcx {

inline constexpr std::uint16_t kFrameMagic = 0xEB50;
inline constexpr std::uint16_t kSchemaId = 0xDC;
inline constexpr std::uint16_t kSchemaVersion = 1;

struct FrameHeader {
    std::uint32_t length{};  // of the whole frame, header included
    std::uint16_t magic{kFrameMagic};
    std::uint16_t zero{};
    // Client to venue: commands count 1, 2, 3 ... within the session. Venue to client: reports do, within the session.
    // 0 on everything that is not recoverable: session messages, heartbeats, queries and their answers.
    std::uint64_t sequence{};
    Time sending_time{};
    std::uint16_t block_length{};
    std::uint16_t template_id{};
    std::uint16_t schema_id{kSchemaId};
    std::uint16_t version{kSchemaVersion};
};
static_assert(FixedLayout<FrameHeader> && sizeof(FrameHeader) == 32);

// The longest frame either side sends; a longer one ends the session.
inline constexpr std::size_t kMaxFrame = 512;

// Templates beside the CommandKind numbers (below 100).
inline constexpr std::uint16_t kTemplateChallenge = 100;
inline constexpr std::uint16_t kTemplateNegotiate = 101;
inline constexpr std::uint16_t kTemplateNegotiated = 102;
inline constexpr std::uint16_t kTemplateNegotiateRejected = 103;
inline constexpr std::uint16_t kTemplateEstablish = 104;
inline constexpr std::uint16_t kTemplateEstablished = 105;
inline constexpr std::uint16_t kTemplateHeartbeat = 106;
inline constexpr std::uint16_t kTemplateTerminate = 107;
inline constexpr std::uint16_t kTemplateNotApplied = 108;
inline constexpr std::uint16_t kTemplateNotice = 109;
// 110 to 129: queries, in model/wire_query.h.
inline constexpr std::uint16_t kTemplateRetransmitRequest = 130;
inline constexpr std::uint16_t kTemplateRetransmitDone = 131;
// 132, 133: LimitQuery and Limits, in model/wire_query.h.
inline constexpr std::uint16_t kTemplateExecutionReport = 200;
inline constexpr std::uint16_t kReportTemplate = 300;  // + EventKind

// Sent by the venue when a connection opens.
struct Challenge {
    static constexpr std::uint16_t template_id = kTemplateChallenge;
    std::array<std::byte, 32> nonce{};
    std::array<std::byte, 16> venue_id{};
    std::uint64_t epoch{};
    Time time{};
};
struct Negotiate {
    static constexpr std::uint16_t template_id = kTemplateNegotiate;
    std::uint64_t client_session{};  // chosen by the client, not 0; the same again resumes its numbers
    KeyId key{};
    std::uint32_t zero{};
    std::array<std::byte, 64> signature{};  // Ed25519 over negotiate_message()
};
struct Negotiated {
    static constexpr std::uint16_t template_id = kTemplateNegotiated;
    std::uint64_t client_session{};
    std::uint64_t next_incoming{};  // the sequence the venue expects in the next command
    std::uint64_t next_outgoing{};  // the sequence its next report will carry
    ClOrdId last_cl_ord_id{};
    SessionId session{};
    KeyId key{};
    AccountId account{};
    std::uint32_t permissions{};
};
struct NegotiateRejected {
    static constexpr std::uint16_t template_id = kTemplateNegotiateRejected;
    std::uint64_t client_session{};
    RejectReason reason{};
    std::array<std::uint8_t, 6> zero{};
};
struct Establish {
    static constexpr std::uint16_t template_id = kTemplateEstablish;
    std::uint32_t heartbeat_ms{};  // 1'000 .. 60'000, both ways; three silent intervals end the session
    std::uint32_t grace_ms{};      // how long after a disconnect its orders stay; 0 .. kMaxGraceMs, 0 with scope none
    CancelScope cancel_orders{};   // what is canceled when it is disconnected and the grace is over
    std::array<std::uint8_t, 7> zero{};
};
enum class Durability : std::uint8_t { disk = 1, memory = 2 };
struct Established {
    static constexpr std::uint16_t template_id = kTemplateEstablished;
    std::uint32_t heartbeat_ms{};
    Durability durability{};
    std::array<std::uint8_t, 3> zero{};
};
struct Heartbeat {
    static constexpr std::uint16_t template_id = kTemplateHeartbeat;
    std::uint64_t next_sequence{};  // of the sender's next sequenced message
};
enum class TerminateCode : std::uint16_t {
    finished = 1,
    malformed_frame = 2,  // magic, zero fields or schema wrong
    frame_too_large = 3,
    unknown_template = 4,
    bad_block_length = 5,
    out_of_sequence = 6,
    wrong_state = 7,  // e.g. a command before Established
    authentication_failed = 8,
    timeout = 9,         // no heartbeat, or no handshake in time
    slow_consumer = 10,  // reports were not taken within the bound
    shutdown = 11,
    not_accepting = 12,  // the engine stopped (a disk fault)
    refused = 13,        // the core refused the session; NegotiateRejected told why
    too_many_connections = 14,
    throttled = 15,    // went on sending beyond its rate although it was told
    broken_ring = 16,  // of shared memory: positions or lengths that cannot be
};
[[nodiscard]] std::string_view to_string(TerminateCode code);
struct Terminate {
    static constexpr std::uint16_t template_id = kTemplateTerminate;
    TerminateCode code{};
    std::array<std::uint8_t, 6> zero{};
};

// A command that was not taken, and why. None is taken until `next_sequence` comes; those above it that are on their
// way are passed over in silence. Also the answer to a heartbeat that counts otherwise.
struct NotApplied {
    static constexpr std::uint16_t template_id = kTemplateNotApplied;
    std::uint64_t next_sequence{};  // that the session's next command must carry
    std::uint64_t sequence{};       // of the command that came, or what the heartbeat said
    std::int64_t wait_ns{};         // throttled: until it would be taken; else 0
    RejectReason reason{};          // out_of_sequence: a gap; exists: it was taken already; throttled
    std::array<std::uint8_t, 6> zero{};
};
enum class NoticeKind : std::uint8_t { text = 1, maintenance = 2 };
// From the operator to every session.
struct Notice {
    static constexpr std::uint16_t template_id = kTemplateNotice;
    Time at{};  // when what it tells of begins; 0: now
    NoticeKind kind{};
    std::array<std::uint8_t, 7> zero{};
    std::array<char, 160> text{};  // UTF-8, zero padded
};
// Asks for reports again, by the session's own numbers; one request at a time. They come as they were, but for
// sending_time and ReportHeader's matched, durable and sent.
struct RetransmitRequest {
    static constexpr std::uint16_t template_id = kTemplateRetransmitRequest;
    std::uint64_t from{};   // the first report wanted, from 1
    std::uint32_t count{};  // 1 .. kMaxRetransmit
    std::uint32_t zero{};
};
inline constexpr std::uint32_t kMaxRetransmit = 100'000;
// The end of what was asked for.
struct RetransmitDone {
    static constexpr std::uint16_t template_id = kTemplateRetransmitDone;
    std::uint64_t from{};   // of the request
    std::uint32_t count{};  // reports that were sent again
    RejectReason reason{};  // none, or why nothing (more) was
    std::uint16_t zero{};
};

// Opens every report. (event_sequence, event_index) names the event for good: together they are the exec_id.
struct ReportHeader {
    Time received{};   // by the gateway
    Time sequenced{};  // log time of the command
    // The next three are of this sending, not of the event; 0 when a report is sent again.
    Time matched{};
    Time durable{};
    Time sent{};
    Sequence event_sequence{};
    std::uint32_t event_index{};
    Durability durability{};
    std::array<std::uint8_t, 3> zero{};
};
static_assert(FixedLayout<ReportHeader> && sizeof(ReportHeader) == 56);

enum class ExecType : std::uint8_t {
    accepted = 1,
    rejected = 2,
    trade = 3,
    canceled = 4,
    replaced = 5,
    restated = 6,  // open quantity lost to the self-trade rule
    expired = 7,   // GTD, DAY
    status = 8,    // nothing happened: the answer to a query
};
// FIX OrdStatus; all but `accepted` (FIX's New) and `partially_filled` are final.
enum class OrdStatus : std::uint8_t {
    accepted = 1,
    partially_filled = 2,
    filled = 3,
    canceled = 4,
    rejected = 5,
    expired = 6,
};
[[nodiscard]] std::string_view to_string(ExecType type);
[[nodiscard]] std::string_view to_string(OrdStatus status);
inline constexpr std::uint8_t kExecutionCopy = 1;  // a drop copy: it was told to `session`, or would have been
inline constexpr std::uint8_t kExecutionPostOnly = 2;
struct ExecutionReport {
    static constexpr std::uint16_t template_id = kTemplateExecutionReport;
    ReportHeader header{};
    OrderId order_id{};  // 0 when rejected
    ClOrdId cl_ord_id{};
    ClOrdId orig_cl_ord_id{};  // of a cancel or an amend: the order's own before it; else 0
    Price price{};
    Quantity order_qty{};  // filled + open (+ canceled)
    Quantity leaves_qty{};
    Quantity cum_qty{};
    Price last_px{};  // of a trade; else 0
    Quantity last_qty{};
    TradeId trade_id{};
    Amount fee{};  // of a trade: in the asset received; a rebate is negative, in the asset paid
    AccountId account{};
    InstrumentId instrument{};
    OrderSlot slot{};  // hint for cancels
    Side side{};
    ExecType exec_type{};
    OrdStatus ord_status{};
    Liquidity liquidity{};  // of a trade; else 0
    RejectReason reject_reason{};
    CancelReason cancel_reason{};  // when canceled or expired; else 0
    TimeInForce time_in_force{};
    OrderType type{};
    std::uint8_t flags{};  // kExecution...
    std::array<std::uint8_t, 2> zero{};
    // Of all fills so far, in minor units of quote, saturating: the average price is cum_notional / cum_qty, exactly.
    Amount cum_notional{};
    Time expire_at{};        // of DAY and GTD; else 0
    std::int64_t wait_ns{};  // when throttled: until the next order would pass
    SessionId session{};     // that placed the order (or was refused)
    std::uint32_t zero_too{};
};
static_assert(FixedLayout<ExecutionReport> && sizeof(ExecutionReport) == 200);

template <class T>
concept WireBlock = FixedLayout<T> && alignof(T) <= 8 && sizeof(T) + sizeof(FrameHeader) <= kMaxFrame;
static_assert(WireBlock<Challenge> && WireBlock<Negotiate> && WireBlock<Negotiated> && WireBlock<NegotiateRejected> &&
              WireBlock<Establish> && WireBlock<Established> && WireBlock<Heartbeat> && WireBlock<Terminate> &&
              WireBlock<NotApplied> && WireBlock<Notice> && WireBlock<RetransmitRequest> && WireBlock<RetransmitDone> &&
              WireBlock<ExecutionReport>);

// What a client signs to negotiate: a label, so that the signature means nothing elsewhere, then everything that names
// this connection, this session and this key.
struct NegotiateMessage {
    std::array<char, 16> label{'d', 'c', 'x', '-', 'n', 'e', 'g', 'o', 't', 'i', 'a', 't', 'e', '-', 'v', '1'};
    std::array<std::byte, 32> nonce{};
    std::array<std::byte, 16> venue_id{};
    std::uint64_t client_session{};
    KeyId key{};
    std::uint32_t zero{};
};
static_assert(FixedLayout<NegotiateMessage> && sizeof(NegotiateMessage) == 80);

}  // namespace dcx
