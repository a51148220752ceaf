// OrderEntryClient: one session of order entry over one connection (transport.h), by callbacks on a reactor. It logs in
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
#include <string>
#include <string_view>

#include "base/clock.h"
#include "client/key_file.h"
#include "client/transport.h"
#include "model/event.h"
#include "model/frame.h"
#include "model/wire.h"
#include "net/reactor.h"

namespace dcx::client {

struct ClientOptions {
    net::Endpoint endpoint{};
    std::string shm{};      // path of the venue's socket: shared memory instead of the endpoint
    bool spinning = false;  // shared memory: the owner calls poll() all the time and need not be woken
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

class OrderEntryClient final : Transport::Owner {
  public:
    class Owner {
      public:
        // client.session() tells its numbers. Reports can come from here on, commands go from on_ready on.
        virtual void on_negotiated(OrderEntryClient&) {}
        // The session is established.
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
        // A command was not taken; none that was sent behind it is either. The client counts from next_sequence again.
        virtual void on_not_applied(OrderEntryClient&, const NotApplied&) {}
        virtual void on_retransmit_done(OrderEntryClient&, const RetransmitDone&) {}
        virtual void on_notice(OrderEntryClient&, const Notice&) {}
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
    [[nodiscard]] std::size_t pending_output() { return transport_.pending_output(); }

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
        if (!ready() || !transport_.send(make_command_frame(body, sending_time(), next_sequence_).bytes())) return 0;
        sent_something_ = true;
        return next_sequence_++;
    }
    // The same with a body that was kept as bytes.
    std::uint64_t send_bytes(CommandKind kind, std::span<const std::byte> body);
    // Of the command that was sent last; 0 before the first.
    [[nodiscard]] std::uint64_t last_sequence() const { return next_sequence_ > 0 ? next_sequence_ - 1 : 0; }
    [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }
    // Any query. The answers come contiguously among themselves, QueryDone with the reference behind them.
    template <WireBlock Query>
    bool query(const Query& query) {
        DCX_CHECK(is_query(Query::template_id));
        return ready() && send_message(query);
    }
    // A query that was kept as bytes.
    bool query_bytes(std::uint16_t template_id, std::span<const std::byte> block);
    bool query_balances(AccountId account, std::uint64_t reference);
    bool query_listings(std::uint64_t reference);
    // Reports again, by their numbers, among the new ones; on_retransmit_done behind them. One request at a time.
    bool request_reports(std::uint64_t from, std::uint32_t count);

    // Takes what has come through shared memory, without a system call; true when there was any. For loops that spin;
    // without it, and over TCP, polling the reactor is enough.
    bool poll() { return transport_.poll(); }
    // Writes what was sent now rather than at the end of the reactor's round.
    void flush() { transport_.flush(); }
    // Ends the session in order: what was sent is answered before on_closed.
    void finish();
    // At once; answers under way are not heard.
    void close() { fail("closed by this client"); }

  private:
    enum class State : std::uint8_t { connecting, negotiating, establishing, ready, finishing, closing };

    std::size_t on_bytes(std::span<const std::byte> bytes) override;
    void on_transport_closed(std::string_view why) override;
    void on_frame(const Frame& frame);
    void on_challenge(const Frame& frame);
    void on_negotiated(const Frame& frame);
    void on_established(const Frame& frame);
    void on_report_frame(const Frame& frame);
    void on_execution_frame(const Frame& frame);
    void on_listing(const Report& listing);
    void on_not_applied(const NotApplied& refused);
    void count_report(std::uint64_t sequence);
    void on_tick();
    template <WireBlock Block>
    bool send_message(const Block& block) {
        sent_something_ = true;
        return transport_.send(make_frame(block, sending_time()).bytes());
    }
    bool send_frame(const FrameOptions& options, std::span<const std::byte> block);
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
    bool retransmitting_ = false;  // so numbers may come that were there before
    ClOrdId last_cl_ord_id_{};
    std::int64_t last_heard_ns_ = 0;
    bool sent_something_ = false;  // since the last tick
    net::Timer ticker_;
    Transport transport_;
};

}  // namespace dcx::client
