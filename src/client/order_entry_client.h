// OrderEntryClient: one session of order entry over one TCP connection, by callbacks on a reactor. It logs in
// (challenge, negotiate, establish), numbers what it sends, sends heartbeats, and ends a connection on which the venue
// falls silent. Many of them share one reactor and its thread. What is sent within a round of the reactor leaves in one
// write.
//
// Life: constructed = connecting; on_ready; reports; on_closed exactly once, from the reactor and never from inside a
// call of the owner's, who may destroy the client there. One object is one connection: to come back, make another with
// the same key and client_session, and the numbers go on. Nothing throws; a send that cannot be done returns 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "client/key_file.h"
#include "model/event.h"
#include "model/frame.h"
#include "model/wire.h"
#include "net/reactor.h"
#include "net/tcp.h"

namespace dcx::client {

struct ClientOptions {
    net::Endpoint endpoint{};
    ClientKey key{};
    std::uint64_t client_session = 1;   // of this key; the same again resumes it
    std::uint32_t heartbeat_ms = 5000;  // 1'000 .. 60'000
    CancelScope cancel_orders{};        // what the venue cancels when the session has been disconnected so long
    std::uint32_t grace_ms = 0;
    std::int64_t handshake_timeout_ns = 15'000'000'000;
    std::size_t output_limit = 4 * 1024 * 1024;
    Clock* clock = nullptr;  // for the frames' sending_time; none: 0 is sent
};

// A report that is no ExecutionReport: an event's kind and body.
struct Report {
    std::uint64_t sequence{};
    EventKind kind{};
    ReportHeader header{};
    std::span<const std::byte> body;  // valid during the call

    // The body as the given type; the caller has looked at kind.
    template <EventBody Body>
    [[nodiscard]] Body as() const {
        DCX_CHECK(Body::kind == kind && body.size() == sizeof(Body));
        Body result;
        std::memcpy(static_cast<void*>(&result), body.data(), sizeof(Body));
        return result;
    }
};

struct ClientClosed {
    TerminateCode code{};    // the venue's last word; 0 when it had none
    RejectReason refused{};  // why it refused the session, when it did
    std::string_view text;   // for a person; valid during the call
};

class OrderEntryClient final : net::TcpConnection::Owner {
  public:
    class Owner {
      public:
        // The session is established; client.session() tells its numbers.
        virtual void on_ready(OrderEntryClient&) {}
        virtual void on_execution(OrderEntryClient&, const ExecutionReport&, std::uint64_t /*sequence*/) {}
        virtual void on_report(OrderEntryClient&, const Report&) {}
        // Of orders, as drop copies and as answers to queries: with sequence 0.
        virtual void on_copy(OrderEntryClient&, const ExecutionReport&) {}
        virtual void on_status(OrderEntryClient&, const ExecutionReport&) {}
        // Answers to queries.
        virtual void on_balance(OrderEntryClient&, const Balance&) {}
        virtual void on_asset(OrderEntryClient&, const AssetListed&) {}
        virtual void on_instrument(OrderEntryClient&, const InstrumentListed&) {}
        // Limits, fees and kill switches: what stands behind the listings, and in AccountQuery's answer.
        virtual void on_limits(OrderEntryClient&, const Report&) {}
        // Any other answer: its block is one of model/wire_query.h, named by header.template_id.
        virtual void on_answer(OrderEntryClient&, const Frame&) {}
        virtual void on_query_done(OrderEntryClient&, const QueryDone&) {}
        virtual void on_closed(OrderEntryClient&, const ClientClosed&) {}

      protected:
        ~Owner() = default;
    };

    OrderEntryClient(net::Reactor& reactor, const ClientOptions& options, Owner& owner);
    OrderEntryClient(const OrderEntryClient&) = delete;
    OrderEntryClient& operator=(const OrderEntryClient&) = delete;

    [[nodiscard]] bool ready() const { return state_ == State::ready; }
    [[nodiscard]] const Negotiated& session() const { return negotiated_; }
    [[nodiscard]] Durability durability() const { return durability_; }
    [[nodiscard]] const Challenge& venue() const { return challenge_; }
    // Reports whose numbers were passed over on this connection; not 0 is a fault of the venue. What was told while the
    // session had no connection shows in session().next_outgoing.
    [[nodiscard]] std::uint64_t skipped_reports() const { return skipped_reports_; }
    [[nodiscard]] std::size_t pending_output() const { return tcp_.pending_output(); }

    // Orders take the session's account where theirs is 0, and the next cl_ord_id where theirs is 0, which they return.
    ClOrdId place(PlaceOrder order);
    ClOrdId cancel(CancelOrder cancel);
    ClOrdId amend(AmendOrder amend);
    ClOrdId mass_cancel(MassCancel cancel);
    // Any command (Transfer, Mint, Burn, SetSelfTradeRule, OpenAccount, AddKey, RevokeKey, ListAsset, ListInstrument,
    // SetPhase and the orders, as they are). Returns its sequence, which CommandRejected.session_sequence names; 0: not
    // ready, or output waits up to the bound.
    template <MessageBody Body>
    std::uint64_t send(const Body& body) {
        if (!ready() || !tcp_.send(make_command_frame(body, sending_time(), next_sequence_).bytes())) return 0;
        sent_something_ = true;
        return next_sequence_++;
    }
    // Of the command that was sent last; 0 before the first.
    [[nodiscard]] std::uint64_t last_sequence() const { return next_sequence_ > 0 ? next_sequence_ - 1 : 0; }
    // Any query. The answers come contiguously among themselves, QueryDone with the reference behind them.
    template <WireBlock Query>
    bool query(const Query& query) {
        DCX_CHECK(is_query(Query::template_id));
        return ready() && send_message(query);
    }
    bool query_balances(AccountId account, std::uint64_t reference);
    bool query_listings(std::uint64_t reference);

    // Writes what was sent now rather than at the end of the reactor's round.
    void flush() { tcp_.flush(); }
    // Ends the session in order: what was sent is answered before on_closed.
    void finish();
    // At once; answers under way are not heard.
    void close() { fail("closed by this client"); }

  private:
    enum class State : std::uint8_t { connecting, negotiating, establishing, ready, finishing, closing };

    std::size_t on_data(net::TcpConnection& connection, std::span<std::byte> bytes) override;
    void on_closed(net::TcpConnection& connection, const net::Closed& closed) override;
    void on_frame(const Frame& frame);
    void on_challenge(const Frame& frame);
    void on_negotiated(const Frame& frame);
    void on_established(const Frame& frame);
    void on_report_frame(const Frame& frame);
    void on_execution_frame(const Frame& frame);
    void on_listing(const Report& listing);
    void count_report(std::uint64_t sequence);
    void on_tick();
    template <WireBlock Block>
    bool send_message(const Block& block) {
        sent_something_ = true;
        return tcp_.send(make_frame(block, sending_time()).bytes());
    }
    [[nodiscard]] Time sending_time() const { return Time{clock_ != nullptr ? clock_->wall_ns() : 0}; }
    template <class Order>
    ClOrdId send_order(Order& order);
    void fail(std::string_view why);

    net::Reactor& reactor_;
    Owner& owner_;
    Clock* clock_;
    ClientKey key_;
    std::uint64_t client_session_;
    std::uint32_t heartbeat_ms_;
    CancelScope cancel_orders_;
    std::uint32_t grace_ms_;
    State state_ = State::connecting;
    Challenge challenge_;
    Negotiated negotiated_;
    Durability durability_{};
    ClientClosed closed_;
    std::uint64_t next_sequence_ = 0;
    std::uint64_t next_report_ = 0;
    std::uint64_t skipped_reports_ = 0;
    ClOrdId last_cl_ord_id_{};
    std::int64_t last_heard_ns_ = 0;
    bool sent_something_ = false;  // since the last tick
    net::Timer ticker_;
    net::TcpConnection tcp_;
};

}  // namespace dcx::client
