#include "simulation/session_client.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace dcx::simulation {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

template <class T>
T read(std::span<const std::byte> bytes, std::size_t offset = 0) {
    T value{};
    if (bytes.size() >= offset + sizeof(T)) std::memcpy(static_cast<void*>(&value), bytes.data() + offset, sizeof(T));
    return value;
}

bool is_execution_kind(EventKind kind) {
    return kind == EventKind::order_accepted || kind == EventKind::order_rejected || kind == EventKind::order_filled ||
           kind == EventKind::order_canceled || kind == EventKind::order_amended ||
           kind == EventKind::order_decremented;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

void SessionClient::fail(const std::string& what) {
    world_.broken("client of key " + number(identity_.key.value) + ", session " + number(session_.value) + ": " + what);
}

bool SessionClient::settled() const {
    return established() && next_incoming_ > sent_.size() && next_report_ == witness_.reports(session_) + 1 &&
           asking_ == 0;
}

// ---- what it does by itself

void SessionClient::act() {
    const std::int64_t now = world_.now();
    if (state_ == State::away) {
        connect();
        return;
    }
    // A venue that is silent for three intervals is given up.
    if (now - heard_ns_ > 3 * heartbeat_ns_ + kSecond) {
        leave(true);
        return;
    }
    if (established()) {
        if (now - spoke_ns_ >= heartbeat_ns_ * 9 / 10)
            send_frame(kTemplateHeartbeat, 0, std::as_bytes(std::span{&next_incoming_, 1}));
        if (!resting_ && now >= work_ns_) {
            work();
            work_ns_ = now + pause_ns();
        }
    }
    if (state_ == State::away) return;
    next_ns_ = now + heartbeat_ns_ / 2;
    if (established() && !resting_) next_ns_ = std::min(next_ns_, work_ns_);
    next_ns_ = std::max(next_ns_, now + 1);
}

void SessionClient::connect() {
    state_ = State::connecting;
    inbox_.clear();
    asking_ = 0;
    heartbeat_ns_ = random_.between(2, 15) * kSecond;
    heard_ns_ = spoke_ns_ = world_.now();
    next_ns_ = world_.now() + heartbeat_ns_ / 2;
    link_ = network_.connect(*this, kOrderEntryPort);
}

void SessionClient::leave(bool reset) {
    if (reset)
        network_.reset(link_);
    else
        network_.finish(link_);
    on_end();
}

void SessionClient::on_end() {
    state_ = State::away;
    link_ = 0;
    asking_ = 0;
    // Longer each time, or a venue that is down for long would be asked all the time.
    failures_ = std::min(failures_ + 1, 8u);
    next_ns_ = world_.now() + random_.between(10, 300) * kMs * failures_;
}

void SessionClient::send_frame(std::uint16_t template_id, std::uint64_t sequence, std::span<const std::byte> block) {
    FrameHeader header{};
    header.length = static_cast<std::uint32_t>(sizeof header + block.size());
    header.sequence = sequence;
    header.sending_time = Time{wall_ns()};
    header.block_length = static_cast<std::uint16_t>(block.size());
    header.template_id = template_id;
    std::vector<std::byte> frame(header.length);
    std::memcpy(frame.data(), &header, sizeof header);
    std::memcpy(frame.data() + sizeof header, block.data(), block.size());
    network_.send(link_, frame);
    spoke_ns_ = world_.now();
}

void SessionClient::send_command(std::uint64_t n) {
    const Sent& request = sent_[n - 1];
    send_frame(static_cast<std::uint16_t>(request.kind), n, request.body);
    next_incoming_ = std::max(next_incoming_, n + 1);
}

TransferId SessionClient::new_transfer_id() {
    return make_transfer_id(static_cast<std::uint64_t>(wall_ns() / kMs), random_.next(), random_.next());
}

// ---- what it hears

void SessionClient::on_open() { heard_ns_ = world_.now(); }

void SessionClient::on_bytes(std::span<const std::byte> bytes, std::uint64_t order) {
    heard_ns_ = world_.now();
    inbox_.insert(inbox_.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    const LinkId link = link_;
    while (inbox_.size() - at >= sizeof(FrameHeader)) {
        const auto rest = std::span<const std::byte>{inbox_}.subspan(at);
        const auto header = read<FrameHeader>(rest);
        if (header.magic != kFrameMagic || header.length != sizeof(FrameHeader) + header.block_length)
            return fail("the venue sends a broken frame");
        if (rest.size() < header.length) break;
        // A copy: what it answers can end the connection.
        const std::vector<std::byte> block(rest.begin() + sizeof(FrameHeader), rest.begin() + header.length);
        at += header.length;
        on_frame(header, block, order);
        if (link_ != link) return;
    }
    inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(at));
}

void SessionClient::on_frame(const FrameHeader& header, std::span<const std::byte> block, std::uint64_t order) {
    switch (header.template_id) {
        case kTemplateChallenge: return on_challenge(block);
        case kTemplateNegotiated: return on_negotiated(block);
        case kTemplateEstablished: return on_established();
        case kTemplateHeartbeat:
            if (state_ == State::established && read<Heartbeat>(block).next_sequence != next_report_)
                fail("a heartbeat says that report " + number(read<Heartbeat>(block).next_sequence) +
                     " is next, it is " + number(next_report_));
            return;
        case kTemplateNegotiateRejected: return;
        case kTemplateTerminate: return leave(false);
        default: break;
    }
    if (header.sequence != 0) return take_report(header, block, order);
    take_answer(header, block);
}

void SessionClient::on_challenge(std::span<const std::byte> block) {
    const auto challenge = read<Challenge>(block);
    NegotiateMessage message{};
    message.nonce = challenge.nonce;
    message.venue_id = challenge.venue_id;
    message.client_session = identity_.client_session;
    message.key = identity_.key;
    Negotiate negotiate{};
    negotiate.client_session = identity_.client_session;
    negotiate.key = identity_.key;
    negotiate.signature = ed25519_sign(identity_.seed, std::as_bytes(std::span{&message, 1}));
    state_ = State::negotiating;
    send_frame(kTemplateNegotiate, 0, std::as_bytes(std::span{&negotiate, 1}));
}

void SessionClient::on_negotiated(std::span<const std::byte> block) {
    const auto told = read<Negotiated>(block);
    if (session_ && told.session != session_) fail("its session has another number");
    session_ = told.session;
    if (told.next_incoming <= taken_)
        fail("request " + number(taken_) + " was acknowledged, and the venue says that " + number(told.next_incoming) +
             " is next");
    if (told.next_incoming > sent_.size() + 1) fail("the venue has taken a request that was never sent");
    if (told.next_outgoing < next_report_) fail("the number of reports went back");
    if (told.last_cl_ord_id.value > last_cl_ord_id_) fail("the venue knows an order number that was never used");
    next_incoming_ = told.next_incoming;
    next_report_ = told.next_outgoing;
    state_ = State::establishing;
    Establish establish{};
    establish.heartbeat_ms = static_cast<std::uint32_t>(heartbeat_ns_ / kMs);
    if (random_.chance(25)) {
        establish.cancel_orders = random_.chance(50) ? CancelScope::session : CancelScope::account;
        establish.grace_ms = static_cast<std::uint32_t>(random_.below(3000));
    }
    send_frame(kTemplateEstablish, 0, std::as_bytes(std::span{&establish, 1}));
}

void SessionClient::on_established() {
    state_ = State::established;
    failures_ = 0;
    // What was not taken goes again, byte for byte.
    for (std::uint64_t n = next_incoming_; n <= sent_.size(); ++n) send_command(n);
    work_ns_ = world_.now() + pause_ns();
    next_ns_ = std::min(next_ns_, work_ns_);
}

// ---- reports

void SessionClient::take_report(const FrameHeader& header, std::span<const std::byte> block, std::uint64_t order) {
    if (header.sequence != next_report_)
        return fail("report " + number(header.sequence) + " comes where " + number(next_report_) + " follows");
    ++next_report_;
    const auto report = read<ReportHeader>(block);
    const Event* event = witness_.report(session_, header.sequence);
    if (event == nullptr)
        return fail("report " + number(header.sequence) + " is of something that was not durable or never happened");
    if (event->header.sequence != report.event_sequence || event->header.index != report.event_index)
        return fail("report " + number(header.sequence) + " names another event");
    if (header.template_id == kTemplateExecutionReport) {
        check_execution(*event, block);
    } else {
        const auto body = block.subspan(std::min(block.size(), sizeof(ReportHeader)));
        const bool same = header.template_id == kReportTemplate + static_cast<std::uint16_t>(event->header.kind) &&
                          body.size() <= event->body.size() &&
                          std::memcmp(body.data(), event->body.data(), body.size()) == 0;
        if (!same) return fail("report " + number(header.sequence) + " tells something else than what happened");
    }
    if (event->header.kind == EventKind::order_filled && !network_.was_blocked(link_))
        prints_.on_fill(event->header.sequence.value, order);
    acknowledge(*event);
    on_report(*event);
}

void SessionClient::check_execution(const Event& event, std::span<const std::byte> block) {
    const auto report = read<ExecutionReport>(block);
    const EventKind kind = event.header.kind;
    bool same = is_execution_kind(kind);
    if (kind == EventKind::order_accepted) {
        const auto body = event.as<OrderAccepted>();
        same = report.exec_type == ExecType::accepted && report.order_id == body.order_id &&
               report.cl_ord_id == body.cl_ord_id && report.leaves_qty == body.quantity;
    } else if (kind == EventKind::order_filled) {
        const auto body = event.as<OrderFilled>();
        const Event* trade = witness_.trade_of(event);
        same = trade != nullptr && report.exec_type == ExecType::trade && report.order_id == body.order_id &&
               report.leaves_qty == body.leaves && report.fee == body.fee &&
               report.last_px == trade->as<TradeExecuted>().price &&
               report.last_qty == trade->as<TradeExecuted>().quantity &&
               report.trade_id == trade->as<TradeExecuted>().trade_id;
    } else if (kind == EventKind::order_canceled) {
        const auto body = event.as<OrderCanceled>();
        same = report.order_id == body.order_id && report.cum_qty == body.cum && report.leaves_qty.value == 0 &&
               report.cancel_reason == body.reason;
    } else if (kind == EventKind::order_rejected) {
        const auto body = event.as<OrderRejected>();
        same = report.exec_type == ExecType::rejected && report.cl_ord_id == body.cl_ord_id &&
               report.reject_reason == body.reason;
    }
    if (!same) fail("an execution report tells something else than what happened");
}

void SessionClient::note_reference(const Sent& request) {
    const std::uint64_t n = sent_.size();
    switch (request.kind) {
        case CommandKind::place_order:
        case CommandKind::cancel_order:
        case CommandKind::amend_order:
        case CommandKind::mass_cancel: by_cl_ord_id_[read<std::uint64_t>(request.body)] = n; return;
        case CommandKind::transfer:
        case CommandKind::mint:
        case CommandKind::burn:
        case CommandKind::pend_transfer:
        case CommandKind::post_transfer:
        case CommandKind::void_transfer: by_transfer_id_.try_emplace(read<TransferId>(request.body), n); return;
        default: return;
    }
}

// What this says of requests that were taken.
void SessionClient::acknowledge(const Event& event) {
    const auto by_number = [&](std::uint64_t cl_ord_id) {
        const auto found = by_cl_ord_id_.find(cl_ord_id);
        if (found != by_cl_ord_id_.end()) taken_ = std::max(taken_, found->second);
    };
    switch (event.header.kind) {
        case EventKind::order_accepted: return by_number(event.as<OrderAccepted>().cl_ord_id.value);
        case EventKind::order_rejected: return by_number(event.as<OrderRejected>().cl_ord_id.value);
        case EventKind::cancel_rejected: return by_number(event.as<CancelRejected>().cl_ord_id.value);
        case EventKind::mass_canceled: return by_number(event.as<MassCanceled>().cl_ord_id.value);
        case EventKind::transferred:
        case EventKind::transfer_pended: {
            const auto found = by_transfer_id_.find(read<TransferId>(event.body));
            if (found != by_transfer_id_.end()) taken_ = std::max(taken_, found->second);
            return;
        }
        case EventKind::command_rejected:
            taken_ = std::max(taken_, event.as<CommandRejected>().session_sequence);
            return;
        default: return;
    }
}

// ---- queries

void SessionClient::query_orders(AccountId account) {
    asking_ = kTemplateOpenOrdersQuery;
    asked_account_ = account;
    answers_ = 0;
    ask(OpenOrdersQuery{.reference = 7, .account = account, .instrument = {}});
}

void SessionClient::query_balances(AccountId account) {
    asking_ = kTemplateBalanceQuery;
    asked_account_ = account;
    answers_ = 0;
    ask(BalanceQuery{.reference = 7, .account = account, .zero = 0});
}

void SessionClient::query_order(OrderId order, AccountId account) {
    asking_ = kTemplateOrderStatusQuery;
    asked_account_ = account;
    asked_order_ = order;
    answers_ = 0;
    ask(OrderStatusQuery{.reference = 7, .order_id = order, .cl_ord_id = {}, .account = account, .zero = 0});
}

void SessionClient::query_audit() {
    asking_ = kTemplateAuditQuery;
    answers_ = 0;
    ask(AuditQuery{.reference = 7});
}

void SessionClient::take_answer(const FrameHeader& header, std::span<const std::byte> block) {
    if (header.template_id == kTemplateBalance) {
        const auto told = read<dcx::Balance>(block);
        const auto was = witness_.balance_at(told.account, told.asset, told.as_of.value);
        if (was != Witness::Balance{told.available.value, told.held.value})
            fail("account " + number(told.account.value) + " is said to have " + std::to_string(told.available.value) +
                 " and " + std::to_string(told.held.value) + " held as of sequence " + number(told.as_of.value) +
                 "; it had " + std::to_string(was.available) + " and " + std::to_string(was.held));
    } else if (header.template_id == kTemplateExecutionReport) {
        const auto told = read<ExecutionReport>(block);
        const std::uint64_t as_of = told.header.event_sequence.value;
        const auto was = witness_.order_at(told.order_id, as_of);
        if (!was || was->leaves != told.leaves_qty.value || was->cum != told.cum_qty.value)
            fail("order " + number(told.order_id.value) + " is said to be another one as of " + number(as_of));
        if (asking_ == kTemplateOpenOrdersQuery && was && !was->open) fail("an order is said to be open that is not");
        if (answers_ == 0) answered_from_ = as_of;
    } else if (header.template_id == kTemplateAuditFigures) {
        const auto told = read<AuditFigures>(block);
        if (told.sum.value != 0 || told.misheld != 0 || told.unbalanced != 0 || told.negative != 0)
            fail("the venue's own figures of asset " + number(told.asset.value) + " do not add up");
    } else if (header.template_id == kTemplateQueryDone) {
        const auto done = read<QueryDone>(block);
        const std::uint64_t as_of = done.as_of.value;
        const bool one_moment = answers_ == 0 || answered_from_ == as_of;
        if (asking_ == kTemplateOpenOrdersQuery && done.reason == RejectReason::none && one_moment &&
            answers_ != witness_.open_orders_at(asked_account_, as_of))
            fail(number(answers_) + " orders are said to be open as of " + number(as_of) + ", there were " +
                 number(witness_.open_orders_at(asked_account_, as_of)));
        if (asking_ == kTemplateOrderStatusQuery && done.reason != RejectReason::none) {
            const Witness::Order* order = witness_.order(asked_order_);
            const auto was = witness_.order_at(asked_order_, as_of);
            // Those that are done are kept for a while only, and others' are nobody's business.
            if (was && was->open && order->account == asked_account_)
                fail("order " + number(asked_order_.value) + " is open and said to be unknown");
        }
        asking_ = 0;
        return;
    }
    ++answers_;
}

}  // namespace dcx::simulation
