#include "client/order_entry_client.h"

#include <algorithm>

#include "base/ed25519.h"

namespace dcx::client {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr int kSilentIntervals = 3;
// Ticks an interval: a heartbeat is due after one of them in silence, so two never exceed the interval.
constexpr int kTicksPerInterval = 3;

}  // namespace

OrderEntryClient::OrderEntryClient(net::Reactor& reactor, const ClientOptions& options, Owner& owner)
    : reactor_(reactor),
      owner_(owner),
      clock_(options.clock),
      key_(options.key),
      client_session_(options.client_session),
      heartbeat_ms_(options.heartbeat_ms),
      cancel_orders_(options.cancel_orders),
      grace_ms_(options.grace_ms),
      ticker_(reactor, [this] { on_tick(); }),
      transport_(reactor, {options.endpoint, options.shm},
                 {.output_limit = options.output_limit, .spinning = options.spinning}, *this) {
    // Until the session is ready the timer bounds the handshake.
    ticker_.start_after(options.handshake_timeout_ns);
}

// ---- sending

template <class Order>
ClOrdId OrderEntryClient::send_order(Order& order) {
    if (!order.account) order.account = negotiated_.account;
    if (!order.cl_ord_id) order.cl_ord_id = ClOrdId{last_cl_ord_id_.value + 1};
    if (send(order) == 0) return {};
    last_cl_ord_id_ = std::max(last_cl_ord_id_, order.cl_ord_id);
    return order.cl_ord_id;
}

ClOrdId OrderEntryClient::place(PlaceOrder order) { return send_order(order); }
ClOrdId OrderEntryClient::cancel(CancelOrder cancel) { return send_order(cancel); }
ClOrdId OrderEntryClient::amend(AmendOrder amend) { return send_order(amend); }
ClOrdId OrderEntryClient::mass_cancel(MassCancel cancel) { return send_order(cancel); }

bool OrderEntryClient::send_frame(const FrameOptions& options, std::span<const std::byte> block) {
    if (!ready()) return false;
    const FrameHeader header = frame_header(options, block.size());
    std::byte* const room = transport_.prepare(header.length);
    if (room == nullptr) return false;
    std::memcpy(room, &header, sizeof(header));
    std::memcpy(room + sizeof(header), block.data(), block.size());
    transport_.commit(header.length);
    sent_something_ = true;
    return true;
}

std::uint64_t OrderEntryClient::send_bytes(CommandKind kind, std::span<const std::byte> body) {
    const bool sent = send_frame({static_cast<std::uint16_t>(kind), next_sequence_, sending_time()}, body);
    return sent ? next_sequence_++ : 0;
}

bool OrderEntryClient::query_bytes(std::uint16_t template_id, std::span<const std::byte> block) {
    DCX_CHECK(is_query(template_id));
    return send_frame({template_id, 0, sending_time()}, block);
}

bool OrderEntryClient::request_reports(std::uint64_t from, std::uint32_t count) {
    if (!ready() || retransmitting_ || !send_message(RetransmitRequest{.from = from, .count = count})) return false;
    retransmitting_ = true;
    return true;
}

bool OrderEntryClient::query_balances(AccountId account, std::uint64_t reference) {
    return query(BalanceQuery{.reference = reference, .account = account});
}

bool OrderEntryClient::query_listings(std::uint64_t reference) { return query(ListQuery{.reference = reference}); }

void OrderEntryClient::finish() {
    if (state_ >= State::finishing) return;
    if (!ready() || !send_message(Terminate{.code = TerminateCode::finished})) return close();
    state_ = State::finishing;
}

// ---- receiving

std::size_t OrderEntryClient::on_bytes(std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    while (state_ != State::closing) {
        const auto frame = decode_frame(bytes.subspan(taken), response_block_size);
        if (!frame) {
            fail("the venue sent what is no frame of this protocol");
            break;
        }
        if (!frame->complete()) return taken;
        last_heard_ns_ = reactor_.now_ns();
        on_frame(*frame);
        taken += frame->header.length;
    }
    return bytes.size();
}

void OrderEntryClient::on_frame(const Frame& frame) {
    switch (frame.header.template_id) {
        case kTemplateChallenge: return on_challenge(frame);
        case kTemplateNegotiated: return on_negotiated(frame);
        case kTemplateNegotiateRejected: closed_.refused = frame.as<NegotiateRejected>().reason; return;
        case kTemplateEstablished: return on_established(frame);
        case kTemplateHeartbeat: return;
        case kTemplateTerminate: closed_.code = frame.as<Terminate>().code; return fail(to_string(closed_.code));
        case kTemplateBalance: return owner_.on_balance(*this, frame.as<Balance>());
        case kTemplateQueryDone: return owner_.on_query_done(*this, frame.as<QueryDone>());
        case kTemplateExecutionReport: return on_execution_frame(frame);
        case kTemplateNotApplied: return on_not_applied(frame.as<NotApplied>());
        case kTemplateNotice: return owner_.on_notice(*this, frame.as<Notice>());
        case kTemplateRetransmitDone:
            retransmitting_ = false;
            return owner_.on_retransmit_done(*this, frame.as<RetransmitDone>());
        default: break;
    }
    if (frame.header.template_id < kReportTemplate) return owner_.on_answer(*this, frame);
    on_report_frame(frame);
}

void OrderEntryClient::on_execution_frame(const Frame& frame) {
    const auto report = frame.as<ExecutionReport>();
    if ((report.flags & kExecutionCopy) != 0) return owner_.on_copy(*this, report);
    if (report.exec_type == ExecType::status) return owner_.on_status(*this, report);
    count_report(frame.header.sequence);
    owner_.on_execution(*this, report, frame.header.sequence);
}

void OrderEntryClient::on_challenge(const Frame& frame) {
    if (state_ != State::connecting) return fail("a second challenge");
    challenge_ = frame.as<Challenge>();
    const NegotiateMessage message{
        .nonce = challenge_.nonce, .venue_id = challenge_.venue_id, .client_session = client_session_, .key = key_.key};
    state_ = State::negotiating;
    send_message(Negotiate{.client_session = client_session_,
                           .key = key_.key,
                           .signature = ed25519_sign(key_.seed, std::as_bytes(std::span{&message, 1}))});
}

void OrderEntryClient::on_negotiated(const Frame& frame) {
    if (state_ != State::negotiating) return fail("a session out of turn");
    negotiated_ = frame.as<Negotiated>();
    next_sequence_ = negotiated_.next_incoming;
    next_report_ = negotiated_.next_outgoing;
    last_cl_ord_id_ = negotiated_.last_cl_ord_id;
    owner_.on_negotiated(*this);
    if (state_ != State::negotiating) return;  // its owner has left it
    state_ = State::establishing;
    send_message(
        Establish{.heartbeat_ms = heartbeat_ms_, .grace_ms = grace_ms_, .cancel_orders = cancel_orders_, .zero = {}});
}

void OrderEntryClient::on_established(const Frame& frame) {
    if (state_ != State::establishing) return fail("a session out of turn");
    const auto established = frame.as<Established>();
    durability_ = established.durability;
    heartbeat_ms_ = established.heartbeat_ms;
    state_ = State::ready;
    ticker_.start_every(std::int64_t{heartbeat_ms_} * kNsPerMs / kTicksPerInterval);
    owner_.on_ready(*this);
}

void OrderEntryClient::on_report_frame(const Frame& frame) {
    const std::span block{frame.block, frame.header.block_length};
    Report report{.sequence = frame.header.sequence,
                  .kind = EventKind{static_cast<std::uint16_t>(frame.header.template_id - kReportTemplate)},
                  .header = frame.as<ReportHeader>(),
                  .body = block.subspan(sizeof(ReportHeader))};
    // Without a number it is no report but a part of an answer.
    if (report.sequence == 0) return on_listing(report);
    count_report(report.sequence);
    owner_.on_report(*this, report);
}

void OrderEntryClient::on_listing(const Report& listing) {
    switch (listing.kind) {
        case EventKind::asset_listed: return owner_.on_asset(*this, listing.as<AssetListed>());
        case EventKind::instrument_listed: return owner_.on_instrument(*this, listing.as<InstrumentListed>());
        case EventKind::asset_limits_set:
        case EventKind::market_limits_set:
        case EventKind::position_limits_set:
        case EventKind::fees_set:
        case EventKind::kill_switch_set: return owner_.on_limits(*this, listing);
        default: fail("an answer of a kind that was not asked for");
    }
}

void OrderEntryClient::on_not_applied(const NotApplied& refused) {
    // What was taken already stays so, and the count with it.
    if (refused.reason != RejectReason::exists) {
        if (refused.next_sequence == 0 || refused.next_sequence > next_sequence_)
            return fail("the venue asks for a command that was never sent");
        next_sequence_ = refused.next_sequence;
    }
    owner_.on_not_applied(*this, refused);
}

void OrderEntryClient::count_report(std::uint64_t sequence) {
    if (sequence < next_report_ && retransmitting_) return;
    if (sequence < next_report_) return fail("report numbers went back");
    skipped_reports_ += sequence - next_report_;
    next_report_ = sequence + 1;
}

void OrderEntryClient::on_tick() {
    if (state_ < State::ready) return fail("the venue did not let us in in time");
    if (state_ > State::finishing) return;
    const std::int64_t silence = reactor_.now_ns() - last_heard_ns_;
    if (silence > kSilentIntervals * std::int64_t{heartbeat_ms_} * kNsPerMs) return fail("the venue is silent");
    if (state_ == State::ready && !sent_something_) send_message(Heartbeat{.next_sequence = next_sequence_});
    sent_something_ = false;
}

// ---- the end

void OrderEntryClient::fail(std::string_view why) {
    if (state_ == State::closing) return;
    state_ = State::closing;
    ticker_.cancel();
    transport_.close_now(why);
}

void OrderEntryClient::on_transport_closed(std::string_view why) {
    state_ = State::closing;
    ticker_.cancel();
    closed_.text = why;
    owner_.on_closed(*this, closed_);
}

}  // namespace dcx::client
