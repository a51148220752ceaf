// BlockingTradingClient: a TradingClient for programs that do one thing after another: each call gives a command or a
// query, waits for its answer at most `wait_ms` (over lost connections, too), and returns it or why there is none. What
// a TradingClient promises holds: nothing is done twice, and every execution report is told once and in order, either
// as the answer of a call or by next_execution().
//
// A call that timed out: `not_sent` when the command could still be taken back, else `timeout`, and its report comes by
// next_execution() when it comes. It has a reactor of its own and lives on one thread. Nothing runs between calls: who
// calls nothing for three heartbeat intervals (60 s) loses the connection, and the next call comes back by itself.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/blocking_client.h"
#include "client/trading_client.h"

namespace dcx::client {

class BlockingTradingClient final : TradingClient::Owner {
  public:
    // With a session whose reports are all told, or why not.
    [[nodiscard]] static Result<std::unique_ptr<BlockingTradingClient>> connect(TradingOptions options,
                                                                                int wait_ms = 10'000);
    // Ends the session in order when there is one (bounded by the wait).
    ~BlockingTradingClient();

    [[nodiscard]] AccountId account() const { return client_->session().account; }
    [[nodiscard]] TradingClient& client() { return *client_; }
    void set_wait_ms(int wait_ms) { wait_ms_ = wait_ms; }

    // Accepted, not yet what it traded: its fills come by next_execution().
    Result<ExecutionReport> place(const PlaceOrder& order) { return ask_order(hear().place(order)); }
    Result<ExecutionReport> cancel(const CancelOrder& cancel) { return ask_order(hear().cancel(cancel)); }
    Result<ExecutionReport> amend(const AmendOrder& amend) { return ask_order(hear().amend(amend)); }
    // Its orders' reports came before, by next_execution(). Not complete: orders are left, ask again.
    Result<MassCanceled> mass_cancel(const MassCancel& cancel);
    // Any request whose answer is one report of this kind, e.g. request<Transferred>(Transfer{...}).
    template <EventBody Body, MessageBody Request>
    Result<Body> request(const Request& request) {
        awaited_ = {.cl_ord_id = {}, .kind = Request::kind};
        const bool given = hear().send(request);
        if (auto done = wait_for_answer(given); !done) return std::unexpected(done.error());
        if (answer_->header.kind != Body::kind) return std::unexpected(other_answer());
        return answer_->as<Body>();
    }

    // Of the session's account.
    Result<ExecutionReport> status(OrderId order_id);
    Result<ExecutionReport> status(ClOrdId cl_ord_id);
    Result<std::vector<ExecutionReport>> open_orders(InstrumentId instrument = {});
    Result<std::vector<Balance>> balances();
    Result<Listings> listings();
    template <WireBlock Query>
    Result<QueryAnswer> query(const Query& query) {
        return ask(hear().query(query));
    }

    // The next execution report that no call has returned.
    Result<ExecutionReport> next_execution(int wait_ms = 10'000);
    [[nodiscard]] bool has_execution() const { return !executions_.empty(); }
    // Reports that cannot be had any more: what they told can only be asked for by queries.
    [[nodiscard]] const std::vector<ReportGap>& lost() const { return lost_; }
    [[nodiscard]] std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }
    // Hears what has come, and comes back if need be.
    void poll(int wait_ms = 0) { reactor_.poll(wait_ms); }
    // Waits until no command is on its way and no report is missing.
    Result<void> settle();
    // Ends the session; everything sent before is answered. True when the venue agreed.
    bool finish();

  private:
    explicit BlockingTradingClient(int wait_ms) : wait_ms_(wait_ms) {}

    // Nothing was heard since the last call: first what has come, so that a lost connection is known.
    TradingClient& hear() {
        reactor_.poll(0);
        return *client_;
    }
    struct Awaited {
        ClOrdId cl_ord_id{};
        CommandKind kind{};  // of another command than an order's; none: nothing of that kind
    };
    Result<ExecutionReport> ask_order(ClOrdId given);
    Result<ExecutionReport> ask_status(const OrderStatusQuery& query);
    Result<QueryAnswer> ask(std::uint64_t reference);
    Result<void> wait_for_answer(bool given);
    Result<void> wait(int wait_ms, const std::function<bool()>& done);
    [[nodiscard]] ClientError not_given() const;
    [[nodiscard]] ClientError other_answer() const;
    [[nodiscard]] bool awaits(const OutboxCommand& command) const;

    void on_state(TradingClient&, TradingState state, std::string_view why) override;
    void on_execution(TradingClient&, const ExecutionReport& report, std::uint64_t sequence) override;
    void on_report(TradingClient&, const Report& report, const OutboxCommand* command) override;
    void on_unanswered(TradingClient&, const OutboxCommand& command, Unanswered why) override;
    void on_reports_lost(TradingClient&, const ReportGap& gap, RejectReason) override { lost_.push_back(gap); }
    void on_answer(TradingClient&, const QueryAnswer& answer) override;
    void on_notice(TradingClient&, const Notice& notice) override { notices_.push_back(notice); }
    void on_closed(TradingClient&, const ClientClosed& closed) override;

    int wait_ms_;
    net::Reactor reactor_;
    Awaited awaited_;
    std::optional<ExecutionReport> execution_;
    std::optional<Event> answer_;  // kind and body alone
    std::optional<ClientError> failure_;
    std::uint64_t asked_ = 0;  // reference of the query that is waited for
    std::optional<QueryAnswer> query_answer_;
    std::deque<ExecutionReport> executions_;
    std::vector<ReportGap> lost_;
    std::vector<Notice> notices_;
    std::string away_;  // what ended the last connection
    std::optional<ClientError> closed_;
    std::unique_ptr<TradingClient> client_;
};

}  // namespace dcx::client
