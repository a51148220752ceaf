#include "client/blocking_client.h"

#include <algorithm>

namespace dcx::client {
namespace {
constexpr std::int64_t kNsPerMs = 1'000'000;

Event event_of(const Report& report) {
    Event event;
    event.header.kind = report.kind;
    std::ranges::copy(report.body, event.body.begin());
    return event;
}

}  // namespace

Result<void> BlockingClient::wait(const std::function<bool()>& done) {
    const std::int64_t deadline = reactor_.now_ns() + wait_ms_ * kNsPerMs;
    while (!done()) {
        if (closed_) return std::unexpected(*closed_);
        const std::int64_t left = deadline - reactor_.now_ns();
        if (left <= 0)
            return std::unexpected(ClientError{.kind = ClientError::Kind::timeout, .text = "no answer in time"});
        reactor_.poll(static_cast<int>(left / kNsPerMs) + 1);
    }
    return {};
}

Result<std::unique_ptr<BlockingClient>> BlockingClient::connect(ClientOptions options, int wait_ms) {
    std::unique_ptr<BlockingClient> self{new BlockingClient(wait_ms)};
    options.heartbeat_ms = std::max(options.heartbeat_ms, 20'000u);  // its owner may be busy elsewhere
    options.handshake_timeout_ns = wait_ms * kNsPerMs;
    OrderEntryClient::Owner& owner = *self;
    self->client_ = std::make_unique<OrderEntryClient>(self->reactor_, options, owner);
    if (auto ready = self->wait([&] { return self->client_->ready(); }); !ready) return std::unexpected(ready.error());
    return self;
}

BlockingClient::~BlockingClient() {
    if (client_ != nullptr && client_->ready()) finish();
}

bool BlockingClient::finish() {
    client_->finish();
    const auto waited = wait([this] { return closed_.has_value(); });
    return waited.has_value() && closed_->code == TerminateCode::finished;
}

void BlockingClient::begin() {
    awaited_ = {};
    answer_.reset();
    execution_.reset();
    refusal_.reset();
    query_done_.reset();
    balances_.clear();
    listings_ = {};
    parts_.clear();
    others_.clear();
}

ClientError BlockingClient::not_sent() const {
    return closed_ ? *closed_ : ClientError{.kind = ClientError::Kind::not_sent, .text = "the session is not open"};
}

// ---- orders

Result<ExecutionReport> BlockingClient::place(const PlaceOrder& order) {
    begin();
    return ask_order(client_->place(order));
}
Result<ExecutionReport> BlockingClient::cancel(const CancelOrder& cancel) {
    begin();
    return ask_order(client_->cancel(cancel));
}
Result<ExecutionReport> BlockingClient::amend(const AmendOrder& amend) {
    begin();
    return ask_order(client_->amend(amend));
}

Result<MassCanceled> BlockingClient::mass_cancel(const MassCancel& cancel) {
    begin();
    const ClOrdId sent = client_->mass_cancel(cancel);
    if (!sent) return std::unexpected(not_sent());
    awaited_ = {.sequence = client_->last_sequence(), .cl_ord_id = sent, .kind = EventKind::mass_canceled};
    if (auto waited = wait_for_answer(); !waited) return std::unexpected(waited.error());
    if (refusal_) return std::unexpected(*refusal_);
    return answer_->as<MassCanceled>();
}

Result<ExecutionReport> BlockingClient::ask_order(ClOrdId sent) {
    if (!sent) return std::unexpected(not_sent());
    awaited_ = {.sequence = client_->last_sequence(), .cl_ord_id = sent, .kind = EventKind::none};
    if (auto waited = wait([this] { return execution_.has_value() || refusal_.has_value(); }); !waited)
        return std::unexpected(waited.error());
    if (refusal_) return std::unexpected(*refusal_);
    return *execution_;
}

void BlockingClient::on_execution(OrderEntryClient&, const ExecutionReport& report, std::uint64_t) {
    // The first report of the request's own number is its answer; a trade never is.
    const bool answers = awaited_.kind == EventKind::none && awaited_.cl_ord_id &&
                         report.cl_ord_id == awaited_.cl_ord_id && report.exec_type != ExecType::trade && !execution_ &&
                         !refusal_;
    if (!answers) return executions_.push_back(report);
    if (report.exec_type == ExecType::rejected)
        refusal_ = ClientError{.kind = ClientError::Kind::refused,
                               .reason = report.reject_reason,
                               .wait_ns = report.wait_ns,
                               .text = std::string{to_string(report.reject_reason)}};
    else
        execution_ = report;
}

Result<ExecutionReport> BlockingClient::next_execution() {
    if (auto waited = wait([this] { return !executions_.empty(); }); !waited) return std::unexpected(waited.error());
    const ExecutionReport first = executions_.front();
    executions_.pop_front();
    return first;
}

// ---- everything else

Result<void> BlockingClient::wait_for_answer() {
    return wait([this] { return answer_.has_value() || refusal_.has_value(); });
}

void BlockingClient::on_report(OrderEntryClient&, const Report& report) {
    if (awaited_.sequence == 0 || answer_ || refusal_) return keep(report);
    ClientError refused{.kind = ClientError::Kind::refused};
    if (report.kind == EventKind::command_rejected) {
        const auto rejected = report.as<CommandRejected>();
        if (rejected.session_sequence != awaited_.sequence) return keep(report);
        refused.reason = rejected.reason;
        refused.detail = rejected.detail;
    } else if (report.kind == EventKind::cancel_rejected) {
        const auto rejected = report.as<CancelRejected>();
        if (!awaited_.cl_ord_id || rejected.cl_ord_id != awaited_.cl_ord_id) return keep(report);
        refused.reason = rejected.reason;
        refused.wait_ns = rejected.wait_ns;
    } else {
        if (report.kind != awaited_.kind) return keep(report);
        answer_ = event_of(report);
        return;
    }
    refused.text = to_string(refused.reason);
    refusal_ = std::move(refused);
}

void BlockingClient::keep(const Report& report) {
    others_.push_back({.header = report.header, .event = event_of(report)});
}

void BlockingClient::on_limits(OrderEntryClient&, const Report& report) {
    switch (report.kind) {
        case EventKind::asset_limits_set: return listings_.asset_limits.push_back(report.as<AssetLimitsSet>());
        case EventKind::market_limits_set: return listings_.market_limits.push_back(report.as<MarketLimitsSet>());
        case EventKind::fees_set: return listings_.fees.push_back(report.as<FeesSet>());
        case EventKind::kill_switch_set: return listings_.kill_switches.push_back(report.as<KillSwitchSet>());
        default: return keep(report);  // limits of a position, beside AccountState
    }
}

Result<void> BlockingClient::drop_copy(AccountId account) {
    begin();
    return ask_query(client_->query(DropCopyRequest{.reference = ++query_, .account = account}));
}

Result<ExecutionReport> BlockingClient::next_copy() {
    if (auto waited = wait([this] { return !copies_.empty(); }); !waited) return std::unexpected(waited.error());
    const ExecutionReport first = copies_.front();
    copies_.pop_front();
    return first;
}

Result<void> BlockingClient::ask_query(bool sent) {
    if (!sent) return std::unexpected(not_sent());
    if (auto waited = wait([this] { return query_done_.has_value(); }); !waited) return std::unexpected(waited.error());
    if (query_done_->reason == RejectReason::none) return {};
    return std::unexpected(ClientError{.kind = ClientError::Kind::refused,
                                       .reason = query_done_->reason,
                                       .text = std::string{to_string(query_done_->reason)}});
}

Result<std::vector<Balance>> BlockingClient::balances(AccountId account) {
    begin();
    if (auto asked = ask_query(client_->query_balances(account, ++query_)); !asked)
        return std::unexpected(asked.error());
    return std::move(balances_);
}

Result<Listings> BlockingClient::listings() {
    begin();
    if (auto asked = ask_query(client_->query_listings(++query_)); !asked) return std::unexpected(asked.error());
    return std::move(listings_);
}

void BlockingClient::on_query_done(OrderEntryClient&, const QueryDone& done) {
    // An earlier one, whose call gave up waiting, is not the answer.
    if (done.reference == query_) query_done_ = done;
}

void BlockingClient::on_not_applied(OrderEntryClient&, const NotApplied& refused) {
    // One request at a time, so it is the one that is waited for; the next has its number.
    if (refused.sequence != awaited_.sequence || answer_ || execution_) return;
    refusal_ = ClientError{.kind = ClientError::Kind::refused,
                           .reason = refused.reason,
                           .wait_ns = refused.wait_ns,
                           .text = std::string{to_string(refused.reason)}};
}

void BlockingClient::on_closed(OrderEntryClient&, const ClientClosed& closed) {
    closed_ = ClientError{.kind = ClientError::Kind::closed,
                          .reason = closed.refused,
                          .code = closed.code,
                          .text = std::string{closed.text}};
}

}  // namespace dcx::client
