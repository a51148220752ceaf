#include "market/trader_session.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace dcx::market {

namespace {

constexpr std::int64_t kFirstPauseNs = 200'000'000;
constexpr unsigned kMaxDoublings = 5;  // 6.4 s

}  // namespace

TraderSession::TraderSession(net::Reactor& reactor, const client::ClientOptions& options,
                             std::unique_ptr<Trader> trader, Statistics& statistics)
    : reactor_(reactor),
      options_(options),
      trader_(std::move(trader)),
      statistics_(statistics),
      jitter_(options.key.key.value) {
    connect();
}

void TraderSession::connect() {
    state_ = State::connecting;
    client_ = std::make_unique<client::OrderEntryClient>(reactor_, options_,
                                                         static_cast<client::OrderEntryClient::Owner&>(*this));
}

void TraderSession::tick(std::int64_t now_ns) {
    if (const auto due = due_ns(); due && *due <= now_ns) connect();
}

std::optional<std::int64_t> TraderSession::due_ns() const {
    if (client_ != nullptr || finished_) return std::nullopt;
    return connect_at_ns_;
}

void TraderSession::finish() {
    finished_ = true;
    state_ = State::away;
    if (client_ != nullptr) client_->finish();
}

// ---- sending

bool TraderSession::act(double reference) {
    if (!trading()) return false;
    const auto request = trader_->act(reference);
    if (!request) return false;
    const auto send = [this](const auto& body) -> std::uint64_t {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (Body::kind == CommandKind::place_order) ++statistics_.places;
        if constexpr (Body::kind == CommandKind::cancel_order) ++statistics_.cancels;
        if constexpr (Body::kind == CommandKind::amend_order) ++statistics_.amends;
        return client_->send(body);
    };
    if (std::visit(send, *request) == 0) {
        // The venue takes nothing any more. What the trader believes to be under way never was: begin anew.
        client_->close();
        return false;
    }
    return true;
}

// ---- login

void TraderSession::on_ready(client::OrderEntryClient& client) {
    ++statistics_.logins;
    failures_ = 0;
    const Negotiated& session = client.session();
    TraderAccount& account = trader_->account();
    account.restart(session.account, session.last_cl_ord_id);
    const std::uint64_t last = session.last_cl_ord_id.value;
    to_take_back_ = std::min(last, kOpenIdWindow);
    state_ = State::taking_back;
    for (std::uint64_t id = last - to_take_back_ + 1; id <= last; ++id)
        if (client.send(account.cancel_unknown(ClOrdId{id})) == 0) return client.close();
    if (to_take_back_ == 0) ask_balances();
}

void TraderSession::taken_back() {
    if (state_ == State::taking_back && --to_take_back_ == 0) ask_balances();
}

void TraderSession::ask_balances() {
    state_ = State::asking;
    if (!client_->query_balances(trader_->account().account(), ++reference_)) client_->close();
}

void TraderSession::on_balance(client::OrderEntryClient&, const Balance& balance) {
    if (balance.reference == reference_)
        trader_->account().set_balance(balance.asset, balance.available + balance.held);
}

void TraderSession::on_query_done(client::OrderEntryClient& client, const QueryDone& done) {
    if (done.reference != reference_) return;
    if (done.reason != RejectReason::none) {
        ++statistics_.rejects[done.reason];
        if (state_ == State::asking) client.close();
        return;
    }
    if (state_ == State::asking) state_ = State::trading;
}

// ---- reports

void TraderSession::on_execution(client::OrderEntryClient& client, const ExecutionReport& report, std::uint64_t) {
    if (report.exec_type == ExecType::accepted) ++statistics_.accepted;
    if (report.exec_type == ExecType::trade) ++statistics_.fills;
    if (report.exec_type == ExecType::rejected) ++statistics_.rejects[report.reject_reason];
    trader_->on_execution(report);
    if (report.exec_type == ExecType::canceled && report.cancel_reason == CancelReason::requested) taken_back();
    // What it believes to own is wrong; the truth is a question away.
    if (report.exec_type == ExecType::rejected && report.reject_reason == RejectReason::insufficient_funds && trading())
        (void)client.query_balances(trader_->account().account(), ++reference_);
}

void TraderSession::on_report(client::OrderEntryClient&, const client::Report& report) {
    if (report.kind == EventKind::cancel_rejected) on_cancel_rejected(report.as<CancelRejected>());
    if (report.kind == EventKind::command_rejected) ++statistics_.rejects[report.as<CommandRejected>().reason];
}

void TraderSession::on_cancel_rejected(const CancelRejected& report) {
    // That most of the old orders are gone already is no news.
    if (state_ == State::taking_back) return taken_back();
    ++statistics_.rejects[report.reason];
    trader_->on_cancel_rejected(report);
}

void TraderSession::on_closed(client::OrderEntryClient& client, const client::ClientClosed& closed) {
    statistics_.skipped_reports += client.skipped_reports();
    state_ = State::away;
    if (finished_) return client_.reset();
    ++statistics_.disconnects;
    last_error_ = closed.text;
    if (closed.refused != RejectReason::none) last_error_ += ": " + std::string(to_string(closed.refused));
    const std::int64_t pause = kFirstPauseNs << std::min(failures_++, kMaxDoublings);
    connect_at_ns_ = reactor_.now_ns() + pause / 2 + jitter_.between(0, pause);
    client_.reset();
}

}  // namespace dcx::market
