// TradingClient: order entry that comes back by itself, by callbacks on a reactor. It holds one session of a venue over
// as many connections as it takes. Its promise, whatever is lost between the two and whoever restarts:
//   - a command is applied at most once, and its owner is told what became of it: by its report, or by on_unanswered;
//   - every report of the session is told once and in the order of its numbers (or on_reports_lost names the gap).
//
// How: a command keeps its sequence and its cl_ord_id. After a lost connection the venue says which sequence it waits
// for: commands below it were taken, and their reports are asked for again; those from it on were not, and are sent
// again, unless they are too old by then (`max_age_ns`) or the owner does not want it (`resend`): then they are told as
// not sent, and never are. What the session's throttle refuses is sent again at the pace that the venue allows.
//
// A lost connection, a silent or restarting venue and a session that still hangs on a dead connection are tried again,
// after a wait that doubles up to a bound and has jitter. A wrong key, a refused session, another venue at the same
// address, a venue that has forgotten what it had acknowledged, and whatever shows a fault in a program are not: they
// close the client for good, with a text that says what.
//
// One process has a session at a time, and needs one client_session of its own: what another one sent in between would
// be taken for this one's. A process that begins anew gets the session's numbers from the venue, and its first order is
// above all before; what it was not told before it ended it finds by OpenOrdersQuery, or by giving the number of the
// first report that it wants (`next_report`). With a `state_file` it resumes where it ended: session_file.h.
//
// One thread, the reactor's. Bounded: max_unanswered commands, max_held_reports. No call of the owner's comes from
// inside a call of his own, and he destroys the client in none of them; on_closed is the last. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/order_entry_client.h"
#include "client/outbox.h"
#include "client/report_order.h"
#include "client/session_file.h"
#include "net/reactor.h"

namespace dcx::client {

struct TradingOptions {
    ClientOptions login{};
    bool resend = true;  // what was not taken is sent again, and commands may wait for a connection
    std::int64_t max_age_ns = 5'000'000'000;  // older ones are told as not sent instead; 0: any age is fine
    std::size_t max_unanswered = 10'000;      // at most 16'000
    std::size_t max_held_reports = 50'000;    // while a gap is filled
    std::uint64_t next_report = 0;            // the first one wanted; 0: only what is told from now on
    std::int64_t min_wait_ns = 20'000'000;    // before it connects again
    std::int64_t max_wait_ns = 2'000'000'000;
    std::int64_t give_up_ns = 0;  // so long without a session, and it closes; 0: it never gives up
    std::uint64_t seed = 0;       // of the jitter; 0: by chance
    std::string state_file{};     // "": nothing outlives the process
};

enum class TradingState : std::uint8_t {
    connecting,  // on its way to a session
    resyncing,   // it has one; commands are being sent again, or reports fetched
    current,     // all commands are with the venue, no report is missing
    waiting,     // until it connects again
    closed,      // for good
};
[[nodiscard]] std::string_view to_string(TradingState state);

// Why a command has no report.
enum class Unanswered : std::uint8_t {
    too_old,     // not sent: it waited longer than max_age_ns
    not_resent,  // not sent: the connection was lost and `resend` is off
    closed,      // not sent: the client was closed first
    unknown,     // it may have been done: its reports cannot be had. Ask how the order stands.
};
[[nodiscard]] std::string_view to_string(Unanswered why);

// A query's whole answer: blocks of model/wire_query.h, reports' blocks of status and listings, in the venue's order.
struct QueryAnswer {
    struct Part {
        std::uint16_t template_id{};
        std::vector<std::byte> block;
    };
    std::uint64_t reference{};
    std::vector<Part> parts;
    QueryDone done;

    // Those of one type; reports of other than executions are named by the event's body, e.g. of<AssetListed>().
    template <WireBlock Block>
    [[nodiscard]] std::vector<Block> of() const {
        std::vector<Block> blocks;
        for (const Part& part : parts) {
            std::span<const std::byte> bytes = part.block;
            if constexpr (EventBody<Block>) {
                if (part.template_id != kReportTemplate + static_cast<std::uint16_t>(Block::kind)) continue;
                bytes = bytes.subspan(sizeof(ReportHeader));
            } else if (part.template_id != Block::template_id) {
                continue;
            }
            std::memcpy(static_cast<void*>(&blocks.emplace_back()), bytes.data(), sizeof(Block));
        }
        return blocks;
    }
};

class TradingClient final : OrderEntryClient::Owner {
  public:
    class Owner {
      public:
        // `why` is for a person: what ended the last connection, when it was lost.
        virtual void on_state(TradingClient&, TradingState, std::string_view /*why*/) {}
        // In the order of their numbers, each once.
        virtual void on_execution(TradingClient&, const ExecutionReport&, std::uint64_t /*sequence*/) {}
        // With the command that it answers; nullptr: it answers none.
        virtual void on_report(TradingClient&, const Report&, const OutboxCommand*) {}
        virtual void on_unanswered(TradingClient&, const OutboxCommand&, Unanswered) {}
        // Reports that the venue cannot tell again: from the first to the one before `end`.
        virtual void on_reports_lost(TradingClient&, const ReportGap&, RejectReason) {}
        virtual void on_answer(TradingClient&, const QueryAnswer&) {}
        virtual void on_notice(TradingClient&, const Notice&) {}
        // The venue takes nothing more for so long; commands wait.
        virtual void on_throttled(TradingClient&, std::int64_t /*wait_ns*/) {}
        virtual void on_closed(TradingClient&, const ClientClosed&) {}

      protected:
        ~Owner() = default;
    };

    TradingClient(net::Reactor& reactor, TradingOptions options, Owner& owner);
    ~TradingClient() = default;
    TradingClient(const TradingClient&) = delete;
    TradingClient& operator=(const TradingClient&) = delete;

    [[nodiscard]] TradingState state() const { return state_; }
    // The numbers of the newest connection; the account is known from the first one on.
    [[nodiscard]] const Negotiated& session() const { return session_; }
    [[nodiscard]] std::size_t unanswered() const { return outbox_.size(); }
    [[nodiscard]] const std::deque<OutboxCommand>& unanswered_commands() const { return outbox_.commands(); }
    [[nodiscard]] std::uint64_t next_report() const { return order_.next(); }
    // The highest number that was given in this session.
    [[nodiscard]] ClOrdId last_cl_ord_id() const { return last_cl_ord_id_; }
    [[nodiscard]] std::uint64_t connections() const { return connections_; }
    // Where the next connection goes.
    void set_endpoint(const net::Endpoint& endpoint) { options_.login.endpoint = endpoint; }

    // Sent now, or as soon as the venue takes it. Orders take the session's account where theirs is 0 and the next
    // cl_ord_id where theirs is 0, which they return. 0: nothing was done, because the client is closed or has never
    // had a session, too many are unanswered, the number is not above the last, or it is away and `resend` is off.
    ClOrdId place(PlaceOrder order);
    ClOrdId cancel(CancelOrder cancel);
    ClOrdId amend(AmendOrder amend);
    ClOrdId mass_cancel(MassCancel cancel);
    // Any other command, as it is. False: as above.
    template <MessageBody Body>
    bool send(const Body& body) {
        return give(Body::kind, std::as_bytes(std::span{&body, 1}));
    }
    // Takes back what is known not to be with the venue. False: it may be there.
    bool withdraw(ClOrdId cl_ord_id) { return outbox_.withdraw(cl_ord_id); }
    // Any query but DropCopyRequest. Asked again when the connection is lost before its answer is whole. Returns the
    // reference, which it gives; 0: closed, or too many wait.
    template <WireBlock Query>
    std::uint64_t query(Query query) {
        static_assert(!std::is_same_v<Query, DropCopyRequest>);
        query.reference = next_reference_;
        return ask(Query::template_id, std::as_bytes(std::span{&query, 1}));
    }

    void flush() {
        if (client_ != nullptr) client_->flush();
    }
    // Ends the session in order, with everything answered that was sent; at once when there is no connection.
    void finish();
    // Gives up the connection, as if the network had: for tests, and when the owner knows better. It comes back.
    void disconnect();

  private:
    struct Query {
        std::uint16_t template_id{};
        std::vector<std::byte> block;
        QueryAnswer answer;
    };

    template <class Order>
    ClOrdId give_order(Order& order);
    bool give(CommandKind kind, std::span<const std::byte> body);
    std::uint64_t ask(std::uint16_t template_id, std::span<const std::byte> block);

    void connect();
    void come_back();
    [[nodiscard]] bool ready() const { return client_ != nullptr && client_->ready(); }
    void set_state(TradingState state, std::string_view why = {});
    void send_waiting();
    [[nodiscard]] std::size_t may_send();
    void drop_old();
    void tell_unanswered(const std::vector<OutboxCommand>& commands, Unanswered why);
    void fetch_missing();
    void send_query();
    void keep_part(std::uint16_t template_id, std::span<const std::byte> block, std::span<const std::byte> more = {});
    void settle();
    void told();
    void answered(const std::vector<OutboxCommand>& commands);
    void next_told();
    void on_listed(const Report& report);
    void give_up(std::string text);
    void close_for_good(const ClientClosed& closed);

    void on_negotiated(OrderEntryClient& client) override;
    void on_ready(OrderEntryClient& client) override;
    void on_execution(OrderEntryClient&, const ExecutionReport& report, std::uint64_t sequence) override;
    void on_report(OrderEntryClient&, const Report& report) override;
    void on_status(OrderEntryClient&, const ExecutionReport& report) override;
    void on_balance(OrderEntryClient&, const Balance& balance) override;
    void on_asset(OrderEntryClient&, const AssetListed& asset) override;
    void on_instrument(OrderEntryClient&, const InstrumentListed& instrument) override;
    void on_limits(OrderEntryClient&, const Report& report) override;
    void on_answer(OrderEntryClient&, const Frame& frame) override;
    void on_query_done(OrderEntryClient&, const QueryDone& done) override;
    void on_not_applied(OrderEntryClient&, const NotApplied& refused) override;
    void on_retransmit_done(OrderEntryClient&, const RetransmitDone& done) override;
    void on_notice(OrderEntryClient&, const Notice& notice) override { owner_.on_notice(*this, notice); }
    void on_closed(OrderEntryClient&, const ClientClosed& closed) override;

    void tell(const ExecutionReport& report, std::uint64_t sequence);
    void tell(const Report& report);

    net::Reactor& reactor_;
    TradingOptions options_;
    Owner& owner_;
    Random random_;
    TradingState state_ = TradingState::connecting;
    Negotiated session_;
    std::optional<std::array<std::byte, 16>> venue_id_;
    std::uint64_t connections_ = 0;
    bool ours_ = false;  // it was established here, or by a process whose file we have
    ClOrdId last_cl_ord_id_{};
    std::uint64_t last_sent_ = 0;  // the highest sequence under which a command was sent
    Outbox outbox_;
    ReportOrder order_;
    std::uint64_t retransmit_from_ = 0;  // of the request under way; 0: none
    std::deque<Query> queries_;
    bool query_sent_ = false;
    std::uint64_t next_reference_ = 1;
    // Of the throttle: one command in so many ns; 0: as they come.
    std::int64_t pace_ns_ = 0;
    std::int64_t paced_from_ns_ = 0;
    unsigned attempts_ = 0;  // since it was current
    std::int64_t away_since_ns_ = 0;
    bool finishing_ = false;
    std::string gave_up_;   // why, when it was decided here
    std::string why_away_;  // what ended the last connection
    RejectReason refused_{};
    std::optional<SessionFile> file_;
    net::Timer again_;    // connects
    net::Timer pacer_;    // sends what waits
    net::Timer sweeper_;  // looks for what is too old
    std::unique_ptr<OrderEntryClient> client_;
};

}  // namespace dcx::client
