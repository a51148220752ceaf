#include "client/blocking_trading_client.h"

#include <algorithm>

namespace dcx::client {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kHeartbeatMs = 20'000;  // its owner may be busy elsewhere

ClientError refused(RejectReason reason, std::int64_t wait_ns = 0, RejectReason detail = {}) {
    return {.kind = ClientError::Kind::refused,
            .reason = reason,
            .detail = detail,
            .wait_ns = wait_ns,
            .text = std::string{to_string(reason)}};
}

}  // namespace

Result<std::unique_ptr<BlockingTradingClient>> BlockingTradingClient::connect(TradingOptions options, int wait_ms) {
    std::unique_ptr<BlockingTradingClient> self{new BlockingTradingClient(wait_ms)};
    options.login.heartbeat_ms = std::max(options.login.heartbeat_ms, kHeartbeatMs);
    TradingClient::Owner& owner = *self;
    self->client_ = std::make_unique<TradingClient>(self->reactor_, std::move(options), owner);
    if (auto settled = self->settle(); !settled) return std::unexpected(settled.error());
    return self;
}

BlockingTradingClient::~BlockingTradingClient() {
    if (client_ != nullptr && !closed_) finish();
}

bool BlockingTradingClient::finish() {
    client_->finish();
    const auto waited = wait(wait_ms_, [this] { return closed_.has_value(); });
    return closed_ && closed_->code == TerminateCode::finished;
}

Result<void> BlockingTradingClient::wait(int wait_ms, const std::function<bool()>& done) {
    const std::int64_t deadline = reactor_.now_ns() + wait_ms * kNsPerMs;
    while (!done()) {
        if (closed_) return std::unexpected(*closed_);
        const std::int64_t left = deadline - reactor_.now_ns();
        if (left <= 0)
            return std::unexpected(ClientError{
                .kind = ClientError::Kind::timeout,
                .text = client_->state() == TradingState::current || away_.empty() ? "no answer in time" : away_});
        reactor_.poll(static_cast<int>(left / kNsPerMs) + 1);
    }
    return {};
}

Result<void> BlockingTradingClient::settle() {
    return wait(wait_ms_, [this] { return client_->state() == TradingState::current && client_->unanswered() == 0; });
}

// ---- commands

Result<ExecutionReport> BlockingTradingClient::ask_order(ClOrdId given) {
    awaited_ = {.cl_ord_id = given, .kind = {}};
    if (auto done = wait_for_answer(static_cast<bool>(given)); !done) return std::unexpected(done.error());
    if (!execution_) return std::unexpected(other_answer());
    return *execution_;
}

Result<MassCanceled> BlockingTradingClient::mass_cancel(const MassCancel& cancel) {
    const ClOrdId given = hear().mass_cancel(cancel);
    // Reports of the orders carry its number, too: only the answer itself is waited for.
    awaited_ = {.cl_ord_id = {}, .kind = CommandKind::mass_cancel};
    if (auto done = wait_for_answer(static_cast<bool>(given)); !done) return std::unexpected(done.error());
    if (answer_->header.kind != EventKind::mass_canceled) return std::unexpected(other_answer());
    return answer_->as<MassCanceled>();
}

Result<void> BlockingTradingClient::wait_for_answer(bool given) {
    execution_.reset();
    answer_.reset();
    failure_.reset();
    if (!given) {
        awaited_ = {};
        return std::unexpected(not_given());
    }
    const auto waited = wait(wait_ms_, [this] { return execution_ || answer_ || failure_; });
    const ClOrdId cl_ord_id = std::exchange(awaited_, {}).cl_ord_id;
    if (failure_) return std::unexpected(*failure_);
    if (waited || waited.error().kind != ClientError::Kind::timeout) return waited;
    if (!cl_ord_id || !client_->withdraw(cl_ord_id)) return waited;
    return std::unexpected(
        ClientError{.kind = ClientError::Kind::not_sent, .text = "taken back: " + waited.error().text});
}

ClientError BlockingTradingClient::not_given() const {
    return closed_ ? *closed_
                   : ClientError{.kind = ClientError::Kind::not_sent,
                                 .text =
                                     "the client does not take it now: its number is not above the last, too many "
                                     "are unanswered, or the session is away"};
}

ClientError BlockingTradingClient::other_answer() const {
    return {.kind = ClientError::Kind::unknown, .text = "the venue answered with a report of another kind"};
}

bool BlockingTradingClient::awaits(const OutboxCommand& command) const {
    if (awaited_.cl_ord_id) return command.cl_ord_id == awaited_.cl_ord_id;
    return awaited_.kind != CommandKind::none && command.kind == awaited_.kind;
}

void BlockingTradingClient::on_execution(TradingClient&, const ExecutionReport& report, std::uint64_t) {
    // The first report of the command's own number is its answer; a trade never is.
    const bool is_answer = awaited_.cl_ord_id && report.cl_ord_id == awaited_.cl_ord_id && !execution_ && !failure_ &&
                           report.exec_type != ExecType::trade;
    if (!is_answer) return executions_.push_back(report);
    if (report.exec_type == ExecType::rejected)
        failure_ = refused(report.reject_reason, report.wait_ns);
    else
        execution_ = report;
}

void BlockingTradingClient::on_report(TradingClient&, const Report& report, const OutboxCommand* command) {
    if (command == nullptr || !awaits(*command)) return;
    if (report.kind == EventKind::command_rejected) {
        const auto rejected = report.as<CommandRejected>();
        failure_ = refused(rejected.reason, 0, rejected.detail);
    } else if (report.kind == EventKind::cancel_rejected) {
        const auto rejected = report.as<CancelRejected>();
        failure_ = refused(rejected.reason, rejected.wait_ns);
    } else {
        answer_.emplace();
        answer_->header.kind = report.kind;
        std::ranges::copy(report.body, answer_->body.begin());
    }
}

void BlockingTradingClient::on_unanswered(TradingClient&, const OutboxCommand& command, Unanswered why) {
    if (!awaits(command)) return;
    failure_ =
        ClientError{.kind = why == Unanswered::unknown ? ClientError::Kind::unknown : ClientError::Kind::not_sent,
                    .text = std::string{to_string(why)}};
}

Result<ExecutionReport> BlockingTradingClient::next_execution(int wait_ms) {
    if (auto waited = wait(wait_ms, [this] { return !executions_.empty(); }); !waited)
        return std::unexpected(waited.error());
    const ExecutionReport first = executions_.front();
    executions_.pop_front();
    return first;
}

// ---- queries

Result<QueryAnswer> BlockingTradingClient::ask(std::uint64_t reference) {
    if (reference == 0) return std::unexpected(not_given());
    asked_ = reference;
    query_answer_.reset();
    if (auto waited = wait(wait_ms_, [this] { return query_answer_.has_value(); }); !waited)
        return std::unexpected(waited.error());
    if (query_answer_->done.reason != RejectReason::none) return std::unexpected(refused(query_answer_->done.reason));
    return std::move(*query_answer_);
}

void BlockingTradingClient::on_answer(TradingClient&, const QueryAnswer& answer) {
    // An earlier one, whose call gave up waiting, is not the answer.
    if (answer.reference == asked_) query_answer_ = answer;
}

Result<ExecutionReport> BlockingTradingClient::ask_status(const OrderStatusQuery& query) {
    auto answer = ask(hear().query(query));
    if (!answer) return std::unexpected(answer.error());
    const auto reports = answer->of<ExecutionReport>();
    if (reports.empty()) return std::unexpected(refused(RejectReason::unknown_order));
    return reports.front();
}

Result<ExecutionReport> BlockingTradingClient::status(OrderId order_id) {
    return ask_status({.order_id = order_id, .cl_ord_id = {}, .account = account()});
}
Result<ExecutionReport> BlockingTradingClient::status(ClOrdId cl_ord_id) {
    return ask_status({.order_id = {}, .cl_ord_id = cl_ord_id, .account = account()});
}

Result<std::vector<ExecutionReport>> BlockingTradingClient::open_orders(InstrumentId instrument) {
    auto answer = ask(hear().query(OpenOrdersQuery{.account = account(), .instrument = instrument}));
    if (!answer) return std::unexpected(answer.error());
    return answer->of<ExecutionReport>();
}

Result<std::vector<Balance>> BlockingTradingClient::balances() {
    auto answer = ask(hear().query(BalanceQuery{.account = account()}));
    if (!answer) return std::unexpected(answer.error());
    return answer->of<Balance>();
}

Result<Listings> BlockingTradingClient::listings() {
    auto answer = ask(hear().query(ListQuery{}));
    if (!answer) return std::unexpected(answer.error());
    return Listings{.assets = answer->of<AssetListed>(),
                    .instruments = answer->of<InstrumentListed>(),
                    .asset_limits = answer->of<AssetLimitsSet>(),
                    .market_limits = answer->of<MarketLimitsSet>(),
                    .fees = answer->of<FeesSet>(),
                    .kill_switches = answer->of<KillSwitchSet>()};
}

// ---- the session

void BlockingTradingClient::on_state(TradingClient&, TradingState state, std::string_view why) {
    if (state == TradingState::waiting) away_ = "no session: " + std::string{why};
}

void BlockingTradingClient::on_closed(TradingClient&, const ClientClosed& closed) {
    closed_ = ClientError{.kind = ClientError::Kind::closed,
                          .reason = closed.refused,
                          .code = closed.code,
                          .text = std::string{closed.text}};
}

}  // namespace dcx::client
