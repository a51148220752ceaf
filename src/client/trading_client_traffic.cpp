// What a TradingClient sends and hears within a session: commands, reports, queries.
#include <algorithm>
#include <utility>

#include "client/trading_client.h"

namespace dcx::client {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kMaxQueries = 1'000;
// Reports that are asked for at once, so that a lost connection does not lose the work of minutes.
constexpr std::uint64_t kReportsAtOnce = 10'000;
// A throttle says when the next command passes; nothing is sent in closer steps than these.
constexpr std::int64_t kMinPaceNs = 1'000;
constexpr std::int64_t kMaxPaceNs = 1'000 * kNsPerMs;
constexpr std::int64_t kAskAgainNs = 50 * kNsPerMs;

}  // namespace

// ---- commands

template <class Order>
ClOrdId TradingClient::give_order(Order& order) {
    if (connections_ == 0) return {};
    if (!order.account) order.account = session_.account;
    if (!order.cl_ord_id) order.cl_ord_id = ClOrdId{last_cl_ord_id_.value + 1};
    if (order.cl_ord_id <= last_cl_ord_id_ || !send(order)) return {};
    last_cl_ord_id_ = order.cl_ord_id;
    return order.cl_ord_id;
}

ClOrdId TradingClient::place(PlaceOrder order) { return give_order(order); }
ClOrdId TradingClient::cancel(CancelOrder cancel) { return give_order(cancel); }
ClOrdId TradingClient::amend(AmendOrder amend) { return give_order(amend); }
ClOrdId TradingClient::mass_cancel(MassCancel cancel) { return give_order(cancel); }

bool TradingClient::give(CommandKind kind, std::span<const std::byte> body) {
    if (finishing_ || state_ == TradingState::closed || outbox_.full()) return false;
    if (!options_.resend && !ready()) return false;
    OutboxCommand command{.cl_ord_id = cl_ord_id_of(kind, body),
                          .kind = kind,
                          .size = static_cast<std::uint16_t>(body.size()),
                          .given_ns = reactor_.now_ns()};
    std::ranges::copy(body, command.body.begin());
    outbox_.add(command);
    send_waiting();
    if (!outbox_.all_sent() && !sweeper_.running() && options_.max_age_ns != 0)
        sweeper_.start_after(std::clamp(options_.max_age_ns / 4, kNsPerMs, 250 * kNsPerMs));
    return true;
}

std::size_t TradingClient::may_send() {
    if (pace_ns_ == 0) return outbox_.size();
    const std::int64_t steps = (reactor_.now_ns() - paced_from_ns_) / pace_ns_;
    if (steps <= 0) return 0;
    paced_from_ns_ += steps * pace_ns_;
    return static_cast<std::size_t>(steps);
}

void TradingClient::send_waiting() {
    if (!ready() || outbox_.all_sent()) return;
    std::size_t left = may_send();
    for (OutboxCommand* next = outbox_.next_unsent(); next != nullptr && left > 0; next = outbox_.next_unsent()) {
        const std::uint64_t sequence = client_->next_sequence();
        if (file_) file_->sending(*next, sequence);
        if (client_->send_bytes(next->kind, next->bytes()) == 0) break;  // its output is full
        last_sent_ = sequence;
        outbox_.sent(sequence);
        --left;
    }
    if (outbox_.all_sent())
        pace_ns_ = 0;
    else if (!pacer_.running())
        pacer_.start_after(std::max(pace_ns_, kNsPerMs));
}

void TradingClient::on_not_applied(OrderEntryClient&, const NotApplied& refused) {
    if (refused.reason == RejectReason::exists) return outbox_.taken_below(refused.next_sequence);
    outbox_.venue_expects(refused.next_sequence);
    last_sent_ = refused.next_sequence - 1;
    if (file_) file_->venue_expects(refused.next_sequence);
    if (refused.reason == RejectReason::throttled) {
        // Once it is told the pace, a second refusal says that it was still too fast.
        pace_ns_ = std::clamp(std::max(refused.wait_ns, pace_ns_ * 2), kMinPaceNs, kMaxPaceNs);
        paced_from_ns_ = reactor_.now_ns();
        pacer_.start_after(std::max(pace_ns_, kNsPerMs));
        owner_.on_throttled(*this, refused.wait_ns);
    }
    drop_old();
    send_waiting();
    settle();
}

// ---- reports

void TradingClient::on_execution(OrderEntryClient&, const ExecutionReport& report, std::uint64_t sequence) {
    if (!order_.comes(sequence, [&] { return copy_of(report, sequence); })) return fetch_missing();
    tell(report, sequence);
    told();
}

void TradingClient::on_report(OrderEntryClient&, const Report& report) {
    if (!order_.comes(report.sequence, [&] { return copy_of(report); })) return fetch_missing();
    tell(report);
    told();
}

void TradingClient::told() {
    while (const auto held = order_.take_held()) {
        if (held->kind == EventKind::none)
            tell(std::get<ExecutionReport>(held->content), held->sequence);
        else
            tell(Report{.sequence = held->sequence,
                        .kind = held->kind,
                        .header = held->header,
                        .body = std::span{std::get<1>(held->content)}.first(held->body_size)});
    }
    next_told();
    if (state_ == TradingState::resyncing) settle();
}

void TradingClient::next_told() {
    if (file_) file_->next_report(order_.next());
}

void TradingClient::answered(const std::vector<OutboxCommand>& commands) {
    if (file_ && !commands.empty()) file_->answered(commands.back().sequence);
}

void TradingClient::tell(const ExecutionReport& report, std::uint64_t sequence) {
    // A trade is never the answer to anything, and most reports of a busy maker are trades.
    if (report.exec_type != ExecType::trade) answered(outbox_.answered(report.cl_ord_id));
    owner_.on_execution(*this, report, sequence);
}

void TradingClient::tell(const Report& report) {
    const std::vector<OutboxCommand> commands = outbox_.answered(report);
    answered(commands);
    owner_.on_report(*this, report, commands.empty() ? nullptr : &commands.back());
}

void TradingClient::fetch_missing() {
    if (!ready() || retransmit_from_ != 0) return;
    const auto gap = order_.gap();
    if (!gap) return;
    const std::uint64_t count = std::min({gap->count(), kReportsAtOnce, std::uint64_t{kMaxRetransmit}});
    if (client_->request_reports(gap->from, static_cast<std::uint32_t>(count))) retransmit_from_ = gap->from;
}

void TradingClient::on_retransmit_done(OrderEntryClient&, const RetransmitDone& done) {
    const std::uint64_t from = std::exchange(retransmit_from_, 0);
    const auto gap = order_.gap();
    // Somebody else's request is under way, or there were too many of ours.
    const bool later = done.reason == RejectReason::retransmit_running || done.reason == RejectReason::throttled;
    if (later) return pacer_.start_after(kAskAgainNs);
    if (gap && order_.next() == from) {
        order_.give_up_gap();
        tell_unanswered(outbox_.drop_taken(), Unanswered::unknown);
        owner_.on_reports_lost(*this, *gap, done.reason);
        told();
    }
    fetch_missing();
    settle();
}

// ---- queries

std::uint64_t TradingClient::ask(std::uint16_t template_id, std::span<const std::byte> block) {
    if (finishing_ || state_ == TradingState::closed || queries_.size() >= kMaxQueries) return 0;
    queries_.push_back({.template_id = template_id,
                        .block = {block.begin(), block.end()},
                        .answer = {.reference = next_reference_, .parts = {}, .done = {}}});
    send_query();
    return next_reference_++;
}

void TradingClient::send_query() {
    // One at a time: not every part of an answer says which query it belongs to.
    if (!ready() || query_sent_ || queries_.empty()) return;
    queries_.front().answer.parts.clear();
    query_sent_ = client_->query_bytes(queries_.front().template_id, queries_.front().block);
}

void TradingClient::keep_part(std::uint16_t template_id, std::span<const std::byte> block,
                              std::span<const std::byte> more) {
    if (!query_sent_) return;
    QueryAnswer::Part& part = queries_.front().answer.parts.emplace_back();
    part.template_id = template_id;
    part.block.assign(block.begin(), block.end());
    part.block.insert(part.block.end(), more.begin(), more.end());
}

void TradingClient::on_status(OrderEntryClient&, const ExecutionReport& report) {
    keep_part(kTemplateExecutionReport, std::as_bytes(std::span{&report, 1}));
}
void TradingClient::on_balance(OrderEntryClient&, const Balance& balance) {
    keep_part(kTemplateBalance, std::as_bytes(std::span{&balance, 1}));
}
void TradingClient::on_listed(const Report& report) {
    keep_part(static_cast<std::uint16_t>(kReportTemplate + static_cast<std::uint16_t>(report.kind)),
              std::as_bytes(std::span{&report.header, 1}), report.body);
}
void TradingClient::on_asset(OrderEntryClient&, const AssetListed& asset) {
    on_listed({.sequence = 0, .kind = AssetListed::kind, .header = {}, .body = std::as_bytes(std::span{&asset, 1})});
}
void TradingClient::on_instrument(OrderEntryClient&, const InstrumentListed& instrument) {
    on_listed({.sequence = 0,
               .kind = InstrumentListed::kind,
               .header = {},
               .body = std::as_bytes(std::span{&instrument, 1})});
}
void TradingClient::on_limits(OrderEntryClient&, const Report& report) { on_listed(report); }
void TradingClient::on_answer(OrderEntryClient&, const Frame& frame) {
    keep_part(frame.header.template_id, std::span{frame.block, frame.header.block_length});
}

void TradingClient::on_query_done(OrderEntryClient&, const QueryDone& done) {
    if (!query_sent_ || done.reference != queries_.front().answer.reference) return;
    query_sent_ = false;
    QueryAnswer answer = std::move(queries_.front().answer);
    queries_.pop_front();
    answer.done = done;
    send_query();
    owner_.on_answer(*this, answer);
}

}  // namespace dcx::client
