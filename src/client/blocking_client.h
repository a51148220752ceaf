// BlockingClient: order entry one request at a time, for tools and tests: each call sends, waits for the answer at most
// `wait_ms`, and returns it or why there is none. Reports that come meanwhile (fills of resting orders) are kept, in
// order, for next_execution(). It has a reactor of its own and lives on one thread; heartbeats are sent while it waits,
// so a caller that does other things for minutes calls poll() now and then.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/order_entry_client.h"

namespace dcx::client {

struct ClientError {
    enum class Kind : std::uint8_t {
        refused,   // by the venue: reason (and detail) say why
        timeout,   // no answer within the bound; whether it was done is not known
        closed,    // the connection is gone: text says why, and code when the venue said one
        not_sent,  // the session is not open, or the command was given up before the venue took it: nothing was done
        unknown,   // it may have been done, and its report cannot be had: ask how the order stands
    };
    Kind kind{};
    RejectReason reason{};
    RejectReason detail{};
    std::int64_t wait_ns{};  // when throttled: until the same would pass
    TerminateCode code{};
    std::string text{};
};
template <class T>
using Result = std::expected<T, ClientError>;

// As they stand: limits of every asset and instrument, fees of the tiers that were set, switches that are on.
struct Listings {
    std::vector<AssetListed> assets;
    std::vector<InstrumentListed> instruments;
    std::vector<AssetLimitsSet> asset_limits;
    std::vector<MarketLimitsSet> market_limits;
    std::vector<FeesSet> fees;
    std::vector<KillSwitchSet> kill_switches;
};
// The answer to a query that has many parts.
template <class Part>
struct Answer {
    std::vector<Part> parts;
    QueryDone done;
};
// A report that is no execution report and answered nothing.
struct KeptReport {
    ReportHeader header;
    Event event;  // kind and body alone
};

class BlockingClient final : OrderEntryClient::Owner {
  public:
    // Connected and established, or why not.
    [[nodiscard]] static Result<std::unique_ptr<BlockingClient>> connect(ClientOptions options, int wait_ms = 10'000);
    // Ends the session in order when it is still open (bounded by the wait).
    ~BlockingClient();

    [[nodiscard]] const Negotiated& session() const { return client_->session(); }
    [[nodiscard]] OrderEntryClient& client() { return *client_; }
    [[nodiscard]] bool open() const { return !closed_; }

    // Accepted, not yet what it traded: its fills come by next_execution().
    Result<ExecutionReport> place(const PlaceOrder& order);
    Result<ExecutionReport> cancel(const CancelOrder& cancel);
    Result<ExecutionReport> amend(const AmendOrder& amend);
    // Its orders' reports came before, by next_execution(). Not complete: orders are left, ask again.
    Result<MassCanceled> mass_cancel(const MassCancel& cancel);
    Result<SelfTradeRuleSet> set_self_trade_rule(const SetSelfTradeRule& rule) { return ask<SelfTradeRuleSet>(rule); }
    Result<Transferred> transfer(const Transfer& transfer) { return ask<Transferred>(transfer); }
    // Any request whose answer is one report of this kind, e.g. request<TransferPended>(PendTransfer{...}).
    template <EventBody Body, MessageBody Request>
    Result<Body> request(const Request& request) {
        return ask<Body>(request);
    }
    Result<std::vector<Balance>> balances(AccountId account);
    Result<Listings> listings();
    // Any other query; its reference is given here. e.g. query<StatementEntry>(StatementQuery{...}); for the states of
    // orders query<ExecutionReport>(OpenOrdersQuery{...}).
    template <WireBlock Part, WireBlock Query>
    Result<Answer<Part>> query(Query query) {
        begin();
        query.reference = ++query_;
        if (auto asked = ask_query(client_->query(query)); !asked) return std::unexpected(asked.error());
        Answer<Part> answer{.parts = {}, .done = *query_done_};
        for (const auto& bytes : parts_) {
            if (bytes.size() != sizeof(Part)) continue;
            std::memcpy(static_cast<void*>(&answer.parts.emplace_back()), bytes.data(), sizeof(Part));
        }
        return answer;
    }
    // From here on the account's execution reports come by next_copy().
    Result<void> drop_copy(AccountId account);
    Result<ExecutionReport> next_copy();
    // Operators'
    Result<Transferred> mint(const Mint& mint) { return ask<Transferred>(mint); }
    Result<Transferred> burn(const Burn& burn) { return ask<Transferred>(burn); }
    Result<AccountOpened> open_account(const OpenAccount& open) { return ask<AccountOpened>(open); }
    Result<KeyAdded> add_key(const AddKey& key) { return ask<KeyAdded>(key); }
    Result<KeyRevoked> revoke_key(const RevokeKey& key) { return ask<KeyRevoked>(key); }
    Result<AssetListed> list_asset(const ListAsset& asset) { return ask<AssetListed>(asset); }
    Result<InstrumentListed> list_instrument(const ListInstrument& listing) { return ask<InstrumentListed>(listing); }
    Result<PhaseChanged> set_phase(const SetPhase& phase) { return ask<PhaseChanged>(phase); }

    // The next report that no call has returned.
    Result<ExecutionReport> next_execution();
    // Reports beside the answer of the last request.
    [[nodiscard]] const std::vector<KeptReport>& others() const { return others_; }
    // Hears what has come, without waiting.
    void poll() { reactor_.poll(0); }
    // Ends the session; everything sent before is answered. True when the venue agreed.
    bool finish();

  private:
    explicit BlockingClient(int wait_ms) : wait_ms_(wait_ms) {}

    // What the one request under way waits for; nothing is under way when both are 0.
    struct Awaited {
        std::uint64_t sequence = 0;
        ClOrdId cl_ord_id{};
        EventKind kind{};  // of the report that answers; none: the first ExecutionReport of this cl_ord_id
    };
    template <EventBody Body, MessageBody Request>
    Result<Body> ask(const Request& request) {
        begin();
        awaited_ = {.sequence = client_->send(request), .cl_ord_id = {}, .kind = Body::kind};
        if (awaited_.sequence == 0) return std::unexpected(not_sent());
        if (auto waited = wait_for_answer(); !waited) return std::unexpected(waited.error());
        if (refusal_) return std::unexpected(*refusal_);
        return answer_->template as<Body>();
    }
    Result<ExecutionReport> ask_order(ClOrdId sent);
    Result<void> ask_query(bool sent);
    template <WireBlock Part>
    void keep_part(const Part& part) {
        const auto bytes = std::as_bytes(std::span{&part, 1});
        parts_.emplace_back(bytes.begin(), bytes.end());
    }
    void begin();
    void keep(const Report& report);
    Result<void> wait_for_answer();
    // Defined in one place, so that ask() can be used from any file.
    Result<void> wait(const std::function<bool()>& done);
    [[nodiscard]] ClientError not_sent() const;

    void on_execution(OrderEntryClient&, const ExecutionReport& report, std::uint64_t sequence) override;
    void on_report(OrderEntryClient&, const Report& report) override;
    void on_balance(OrderEntryClient&, const Balance& balance) override { balances_.push_back(balance); }
    void on_asset(OrderEntryClient&, const AssetListed& asset) override { listings_.assets.push_back(asset); }
    void on_instrument(OrderEntryClient&, const InstrumentListed& instrument) override {
        listings_.instruments.push_back(instrument);
    }
    void on_copy(OrderEntryClient&, const ExecutionReport& report) override { copies_.push_back(report); }
    void on_status(OrderEntryClient&, const ExecutionReport& report) override { keep_part(report); }
    void on_limits(OrderEntryClient&, const Report& report) override;
    void on_answer(OrderEntryClient&, const Frame& frame) override {
        parts_.emplace_back(frame.block, frame.block + frame.header.block_length);
    }
    void on_query_done(OrderEntryClient&, const QueryDone& done) override;
    void on_not_applied(OrderEntryClient&, const NotApplied& refused) override;
    void on_closed(OrderEntryClient&, const ClientClosed& closed) override;

    int wait_ms_;
    net::Reactor reactor_;
    Awaited awaited_;
    std::optional<Event> answer_;  // kind and body alone
    std::optional<ExecutionReport> execution_;
    std::optional<ClientError> refusal_;
    std::deque<ExecutionReport> executions_;
    std::uint64_t query_ = 0;
    std::optional<QueryDone> query_done_;
    std::vector<Balance> balances_;
    Listings listings_;
    std::vector<std::vector<std::byte>> parts_;  // blocks of an answer
    std::vector<KeptReport> others_;
    std::deque<ExecutionReport> copies_;
    std::optional<ClientError> closed_;
    std::unique_ptr<OrderEntryClient> client_;
};

}  // namespace dcx::client
