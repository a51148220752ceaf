#include "gateway/binary/session.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::gateway {
namespace {

constexpr std::uint32_t kMinHeartbeatMs = 1'000;
constexpr std::uint32_t kMaxHeartbeatMs = 60'000;
constexpr int kSilentIntervals = 3;
constexpr std::int64_t kNsPerMs = 1'000'000;
// Ticks come a few times a second: a heartbeat is sent early rather than late.
constexpr std::int64_t kHeartbeatSlackNs = 400 * kNsPerMs;

bool all_zero(std::span<const std::uint8_t> bytes) {
    for (const auto byte : bytes)
        if (byte != 0) return false;
    return true;
}

}  // namespace

template <MessageBody Body>
Submission Session::submission(const Body& body, Moment now) const {
    return {.command = Command::make(body, {.session = {}, .gateway = context_.gateway}), .received = now.wall};
}

template <WireBlock Block>
void Session::send(const Block& block, Moment now) {
    last_sent_ns_ = now.monotonic_ns;
    out_.send(make_frame(block, now.wall).bytes());
}

void Session::enter(SessionState state, Moment now) {
    if (state_ == SessionState::established) context_.metrics.sessions_open.subtract();
    if (state == SessionState::established) {
        context_.metrics.sessions_open.add();
        context_.metrics.sessions_established.add();
    }
    state_ = state;
    entered_ns_ = now.monotonic_ns;
}

// ---- from the client

void Session::challenge(Moment now) {
    DCX_CHECK(state_ == SessionState::connected);
    enter(SessionState::challenged, now);
    handshake_ = std::make_unique<Handshake>();
    context_.fill_nonce(handshake_->nonce);
    const VenueIdentity& venue = context_.model.identity();
    send(Challenge{.nonce = handshake_->nonce, .venue_id = venue.venue_id, .epoch = venue.epoch, .time = now.wall},
         now);
}

std::expected<Taken, TerminateCode> Session::on_frame(const Frame& frame, Moment now) {
    // They have said, or will hear, that it is over; what was under way means nothing any more.
    if (state_ >= SessionState::ending || end_wanted_) return Taken::yes;
    last_received_ns_ = now.monotonic_ns;
    // The word that ends it is heard however much was said before.
    const bool counted = state_ == SessionState::established && frame.header.template_id != kTemplateTerminate;
    if (counted) {
        const std::int64_t wait_ns = rate_.wait_ns(context_.messages, now.monotonic_ns);
        if (wait_ns > 0) [[unlikely]]
            return on_excess(frame, wait_ns, now);
    }
    std::expected<Taken, TerminateCode> outcome;
    if (is_client_command(frame.header.template_id)) [[likely]]
        outcome = on_command(frame, now);
    else if (frame.header.sequence != 0)
        outcome = std::unexpected(TerminateCode::out_of_sequence);
    else
        outcome = on_session_frame(frame, now);
    // One that has to come again is not counted twice.
    if (counted && outcome == Taken::yes) rate_.take(context_.messages, now.monotonic_ns);
    return outcome;
}

// Beyond the rate nothing is taken, and who has been told so is told once more only when he comes with the number that
// he was told to.
std::expected<Taken, TerminateCode> Session::on_excess(const Frame& frame, std::int64_t wait_ns, Moment now) {
    const std::uint16_t template_id = frame.header.template_id;
    const bool command = is_client_command(template_id);
    if (command == (frame.header.sequence == 0)) return std::unexpected(TerminateCode::out_of_sequence);
    if (is_query(template_id) && querying()) return Taken::later;
    context_.metrics.messages_throttled.add();
    if (excess_.beyond(std::max(context_.messages.burst, kLeastExcess), now.monotonic_ns))
        return std::unexpected(TerminateCode::throttled);
    if (command) {
        if (passing_over_ && frame.header.sequence > next_incoming_) return Taken::yes;
        passing_over_ = passing_over_ || frame.header.sequence >= next_incoming_;
        send(NotApplied{.next_sequence = next_incoming_,
                        .sequence = frame.header.sequence,
                        .wait_ns = wait_ns,
                        .reason = RejectReason::throttled},
             now);
    } else if (is_query(template_id)) {
        std::uint64_t reference = 0;  // the first field of every query
        std::memcpy(&reference, frame.block, sizeof reference);
        send(QueryDone{.reference = reference,
                       .as_of = context_.model.as_of(),
                       .since = {},
                       .reason = RejectReason::throttled},
             now);
    } else if (template_id == kTemplateRetransmitRequest) {
        send(RetransmitDone{.from = frame.as<RetransmitRequest>().from, .count = 0, .reason = RejectReason::throttled},
             now);
    }
    return Taken::yes;
}

// Of a command, or of a heartbeat that says which one comes next.
std::expected<Taken, TerminateCode> Session::on_wrong_number(std::uint64_t number, Moment now) {
    if (number == 0) return std::unexpected(TerminateCode::out_of_sequence);
    const bool gap = number > next_incoming_;
    if (gap && passing_over_) return Taken::yes;
    if (out_of_sequence_.beyond(kMaxOutOfSequence, now.monotonic_ns))
        return std::unexpected(TerminateCode::out_of_sequence);
    passing_over_ = passing_over_ || gap;
    context_.metrics.not_applied.add();
    send(NotApplied{.next_sequence = next_incoming_,
                    .sequence = number,
                    .wait_ns = 0,
                    .reason = gap ? RejectReason::out_of_sequence : RejectReason::exists},
         now);
    return Taken::yes;
}

std::expected<Taken, TerminateCode> Session::on_command(const Frame& frame, Moment now) {
    if (state_ != SessionState::established) return std::unexpected(TerminateCode::wrong_state);
    if (frame.header.sequence != next_incoming_) [[unlikely]]
        return on_wrong_number(frame.header.sequence, now);
    Submission* slot = context_.commands.claim();
    if (slot == nullptr) return Taken::later;
    slot->received = now.wall;
    slot->command.header = {.session_sequence = next_incoming_,
                            .session = negotiated_.session,
                            .kind = CommandKind{frame.header.template_id},
                            .gateway = context_.gateway};
    // The only copy of the body on its way in. Slots are reused: the bytes behind it must not tell of another command.
    const std::size_t size = frame.header.block_length;
    std::memcpy(slot->command.body.data(), frame.block, size);
    std::memset(slot->command.body.data() + size, 0, kMessageBodySize - size);
    context_.commands.commit();
    context_.metrics.commands.add();
    ++next_incoming_;
    passing_over_ = false;
    return Taken::yes;
}

std::expected<Taken, TerminateCode> Session::on_session_frame(const Frame& frame, Moment now) {
    switch (frame.header.template_id) {
        case kTemplateTerminate: {
            const auto terminate = frame.as<Terminate>();
            if (!all_zero(terminate.zero)) return std::unexpected(TerminateCode::malformed_frame);
            if (const auto ended = end(TerminateCode::finished, now); !ended) return std::unexpected(ended.error());
            return Taken::yes;
        }
        case kTemplateNegotiate: return on_negotiate(frame);
        case kTemplateEstablish: return on_establish(frame, now);
        default: return on_established_frame(frame, now);
    }
}

std::expected<Taken, TerminateCode> Session::on_negotiate(const Frame& frame) {
    if (state_ != SessionState::challenged) return std::unexpected(TerminateCode::wrong_state);
    handshake_->negotiate = frame.as<Negotiate>();
    if (handshake_->negotiate.zero != 0) return std::unexpected(TerminateCode::malformed_frame);
    state_ = SessionState::verifying;  // entered_ns_ stays: one timeout for the whole handshake
    return Taken::yes;
}

std::expected<Taken, TerminateCode> Session::on_establish(const Frame& frame, Moment now) {
    if (state_ != SessionState::negotiated) return std::unexpected(TerminateCode::wrong_state);
    const auto establish = frame.as<Establish>();
    if (!all_zero(establish.zero) || establish.heartbeat_ms < kMinHeartbeatMs ||
        establish.heartbeat_ms > kMaxHeartbeatMs)
        return std::unexpected(TerminateCode::malformed_frame);
    Submission* slot = context_.commands.claim();
    if (slot == nullptr) return Taken::later;
    // Scope and grace are the core's to check.
    *slot = submission(EstablishSession{.connection = connection_,
                                        .grace_ms = establish.grace_ms,
                                        .cancel_orders = establish.cancel_orders,
                                        .zero = {}},
                       now);
    slot->command.header.session = negotiated_.session;
    context_.commands.commit();
    heartbeat_ms_ = establish.heartbeat_ms;
    state_ = SessionState::establishing;
    return Taken::yes;
}

std::expected<Taken, TerminateCode> Session::on_established_frame(const Frame& frame, Moment now) {
    if (state_ != SessionState::established) return std::unexpected(TerminateCode::wrong_state);
    if (frame.header.template_id == kTemplateHeartbeat) {
        // Nothing gets lost on the way, but something may not have been taken, or was never sent.
        const std::uint64_t counted = frame.as<Heartbeat>().next_sequence;
        if (counted != next_incoming_) return on_wrong_number(counted, now);
        passing_over_ = false;
        return Taken::yes;
    }
    if (frame.header.template_id == kTemplateRetransmitRequest) return on_retransmit(frame, now);
    return on_query(frame, now);
}

std::expected<Taken, TerminateCode> Session::on_query(const Frame& frame, Moment now) {
    if (querying()) return Taken::later;
    auto query = read_query(frame);
    if (!query) return std::unexpected(query.error());
    query_ = std::make_unique<OpenQuery>(std::move(*query));
    query_->session = negotiated_.session;
    const KnownKey* key = context_.model.key(negotiated_.key);
    DCX_CHECK(key != nullptr);
    const RejectReason refused = refusal_of(*query_, context_.model, *key);
    const bool copies = query_->template_id == kTemplateDropCopyRequest;
    if (copies && refused == RejectReason::none) {
        drop_copy_ = {.on = true, .account = query_->account};
        copies_wanted_ = true;
    }
    if (copies || refused != RejectReason::none) finish_query(refused, now);
    return Taken::yes;
}

std::expected<Taken, TerminateCode> Session::on_retransmit(const Frame& frame, Moment now) {
    const auto request = frame.as<RetransmitRequest>();
    if (request.zero != 0) return std::unexpected(TerminateCode::malformed_frame);
    const KnownKey* key = context_.model.key(negotiated_.key);
    DCX_CHECK(key != nullptr);
    auto refused = RejectReason::none;
    if (retransmitting_)
        refused = RejectReason::retransmit_running;
    else if (key->revoked)
        refused = RejectReason::key_revoked;
    else if (request.from == 0 || request.count == 0 || request.count > kMaxRetransmit)
        refused = RejectReason::retransmit_out_of_range;
    if (refused != RejectReason::none) {
        send(RetransmitDone{.from = request.from, .count = 0, .reason = refused}, now);
        return Taken::yes;
    }
    reports_request_ = request;
    reports_wanted_ = retransmitting_ = true;
    return Taken::yes;
}

void Session::finish_retransmit(std::uint64_t from, std::uint32_t count, RejectReason reason, Moment now) {
    retransmitting_ = false;
    send(RetransmitDone{.from = from, .count = count, .reason = reason}, now);
}

void Session::tell_limits(Moment now) {
    const MessageLimit& messages = context_.messages;
    Limits limits{.reference = query_->reference,
                  .as_of = context_.model.as_of(),
                  .first_report = context_.reports.range(negotiated_.session).first,
                  .account = query_->account,
                  .messages_per_second = messages.per_second,
                  .message_burst = messages.on() ? messages.burst : 0,
                  .messages_left = rate_.left(messages, now.monotonic_ns)};
    if (const KnownAccount* account = context_.model.registry().account(query_->account); account != nullptr) {
        limits.orders_per_second = account->limits.orders_per_second;
        limits.order_burst = account->limits.burst;
        limits.orders_left = RegistryView::orders_left(*account, context_.model.log_time(now.wall));
        limits.open_orders = context_.model.orders().open_count(query_->account);
        limits.max_open_orders = account->limits.max_open_orders;
    }
    send(limits, now);
}

void Session::notify(const Notice& notice, Moment now) {
    if (state_ == SessionState::established) send(notice, now);
}

void Session::finish_query(RejectReason reason, Moment now) {
    context_.metrics.queries.add();
    send(QueryDone{.reference = query_->reference,
                   .as_of = context_.model.as_of(),
                   .since = query_->since,
                   .reason = reason,
                   .zero = {}},
         now);
    query_.reset();
}

std::optional<Login> Session::login() const {
    const Negotiate& negotiate = handshake_->negotiate;
    const KnownKey* key = context_.model.key(negotiate.key);
    if (key == nullptr) return std::nullopt;
    return Login{.connection = connection_,
                 .key = key->public_key,
                 .message = {.nonce = handshake_->nonce,
                             .venue_id = context_.model.identity().venue_id,
                             .client_session = negotiate.client_session,
                             .key = negotiate.key},
                 .signature = negotiate.signature};
}

Outcome Session::verify(Moment now) {
    const auto what = login();
    return on_verified(what && is_genuine(*what), now);
}

Outcome Session::on_verified(bool genuine, Moment now) {
    DCX_CHECK(state_ == SessionState::verifying);
    // An unknown key and a wrong signature are told alike.
    if (!genuine) return std::unexpected(TerminateCode::authentication_failed);
    const Negotiate& negotiate = handshake_->negotiate;
    Submission* slot = context_.commands.claim();
    DCX_CHECK(slot != nullptr);
    *slot = submission(
        NegotiateSession{.client_session = negotiate.client_session, .connection = connection_, .key = negotiate.key},
        now);
    context_.commands.commit();
    state_ = SessionState::negotiating;
    return {};
}

// ---- from the core

void Session::on_negotiated(const SessionNegotiated& event, Moment now) {
    if (state_ != SessionState::negotiating) return;
    negotiated_ = {.session = event.session, .key = event.key};
    next_incoming_ = event.next_incoming;
    state_ = SessionState::negotiated;
    send(Negotiated{.client_session = event.client_session,
                    .next_incoming = event.next_incoming,
                    .next_outgoing = event.next_outgoing,
                    .last_cl_ord_id = event.last_cl_ord_id,
                    .session = event.session,
                    .key = event.key,
                    .account = event.account,
                    .permissions = event.permissions},
         now);
}

void Session::on_established(Moment now) {
    DCX_CHECK(state_ == SessionState::establishing);
    enter(SessionState::established, now);
    handshake_.reset();
    last_received_ns_ = now.monotonic_ns;
    send(Established{.heartbeat_ms = heartbeat_ms_, .durability = context_.durability}, now);
    // Unless the send has ended it already.
    if (!end_wanted_ || state_ != SessionState::established) return;
    const Outcome waits = end(end_code_, now);
    DCX_CHECK(waits.has_value());
}

TerminateCode Session::on_refused(RejectReason reason, Moment now) {
    DCX_CHECK(handshake_ != nullptr);  // the core refuses no more what it has established
    send(NegotiateRejected{.client_session = handshake_->negotiate.client_session, .reason = reason}, now);
    return TerminateCode::refused;
}

TerminateCode Session::on_disconnected() const {
    // Not asked for by us: the core begins a new epoch, so the engine behind us is another one.
    return state_ == SessionState::ending ? end_code_ : TerminateCode::not_accepting;
}

// ---- from the gateway

Outcome Session::end(TerminateCode code, Moment now) {
    switch (state_) {
        case SessionState::established:
            end_code_ = code;
            disconnect(now);
            enter(SessionState::ending, now);
            return {};
        case SessionState::establishing:
            end_code_ = code;
            end_wanted_ = true;
            return {};
        case SessionState::ending: return {};
        default: return std::unexpected(code);
    }
}

Outcome Session::tick(Moment now, std::uint64_t next_outgoing) {
    const std::int64_t in_state = now.monotonic_ns - entered_ns_;
    switch (state_) {
        case SessionState::connected:
        case SessionState::over: return {};
        case SessionState::established: {
            const std::int64_t interval = std::int64_t{heartbeat_ms_} * kNsPerMs;
            if (now.monotonic_ns - last_received_ns_ > kSilentIntervals * interval)
                return std::unexpected(TerminateCode::timeout);
            if (now.monotonic_ns - last_sent_ns_ >= interval - kHeartbeatSlackNs)
                send(Heartbeat{.next_sequence = next_outgoing}, now);
            return {};
        }
        case SessionState::ending:
            if (in_state > context_.handshake_timeout_ns) return std::unexpected(end_code_);
            return {};
        default:
            if (in_state > context_.handshake_timeout_ns) return std::unexpected(TerminateCode::timeout);
            return {};
    }
}

void Session::close(Moment now) {
    // While establishing the core may yet refuse: a disconnect sent now could then hit the connection that has the
    // session. The gateway sends it when it is established after all.
    if (state_ == SessionState::established) disconnect(now);
    enter(SessionState::over, now);
}

void Session::disconnect(Moment now) {
    Submission last = submission(DisconnectSession{.connection = connection_}, now);
    last.command.header.session = negotiated_.session;
    context_.commands.send_surely(last);
}

}  // namespace dcx::gateway
