// Gateway: the native door of the venue. Connections of one listener and of one door to shared memory (shm/door.h) on a
// net::Reactor, one session each; commands go into one channel to the engine, reports come from one EventSource and are
// released only when they have been handed to the links: whoever stays behind this reader's cursor publishes nothing
// that its owner was not told before.
//
// One thread, the reactor's: the caller polls the reactor and then poll(). request_stop(), ready(), stopped() and
// metrics() may be called from any thread. Limits: max_connections, and output_limit bytes waiting for one reader; when
// the command channel is full, connections wait unread, in order. A fault ends the session it came from.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ed25519.h"
#include "gateway/binary/connection.h"
#include "gateway/binary/drop_copies.h"
#include "gateway/binary/login_check.h"
#include "gateway/binary/reports.h"
#include "gateway/binary/retransmissions.h"
#include "gateway/binary/session_table.h"
#include "gateway/command_port.h"
#include "gateway/metrics.h"
#include "gateway/read_model.h"
#include "gateway/report_archive.h"
#include "gateway/report_store.h"
#include "gateway/shm/door.h"
#include "model/event_source.h"
#include "net/reactor.h"
#include "net/tcp.h"

namespace dcx::gateway {

inline constexpr std::size_t kMinOutputLimit = 64 * 1024;
// Notices that the gateway has yet to tell.
inline constexpr std::size_t kMaxNotices = 16;

struct GatewayOptions {
    net::Endpoint listen{};     // port 0: the system chooses
    std::uint32_t gateway = 1;  // unique among the gateways of one engine
    Durability durability = Durability::disk;
    std::size_t max_connections = 10'000;
    std::size_t output_limit = 1024 * 1024;  // a smaller one than kMinOutputLimit is raised to it
    std::int64_t handshake_timeout_ns = 10'000'000'000;
    std::size_t event_batch = 1024;  // events between two writes to a socket; fewer where output bounds are small
    ShmOptions shm{};                // for clients of this machine; its handshake_timeout_ns is this one's
    MessageLimit messages{};         // of each session
    std::size_t recent_reports = 4 * 1024 * 1024;  // bytes for reports that can be had again at once
    std::shared_ptr<const net::TlsContext> tls{};  // none: plain
    // Signatures of logins are checked on a thread of their own; else one a round, on this one.
    bool login_thread = false;
    // What a client has to sign must never come again; a simulation, whose run is its seed's, has its own.
    void (*fill_nonce)(std::span<std::byte>) = random_bytes;
};

class Gateway {
  public:
    // All references must outlive the gateway, which reads from the source's very first (restored) event.
    struct Wiring {
        net::Reactor& reactor;
        Clock& clock;
        ring::Channel<Submission>& commands;
        EventSource& events;
        ReportArchive* archive = nullptr;  // none: reports that are not recent are gone
    };
    Gateway(const Wiring& wiring, const GatewayOptions& options);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    // Listens at both doors. Connections are challenged as soon as the gateway is ready.
    [[nodiscard]] std::expected<void, net::Error> start();
    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    // Of the socket that admits to shared memory; empty when there is none.
    [[nodiscard]] const std::string& shm_path() const { return door_.path(); }

    // A bounded amount of work without blocking, beside that of the reactor; true when there was any.
    bool poll();
    // Asked after a poll() that did nothing: how long the thread may sleep if nothing wakes it.
    [[nodiscard]] int max_sleep_ms();

    // ---- any thread
    // Ends every session, with reports of what was handed to the engine told before, and accepts no more connections.
    // not_accepting instead: the engine tells nothing more; sessions end at once and later ones hear the same.
    void request_stop(TerminateCode code) { stop_wanted_.store(code, std::memory_order_release); }
    // Tells every session that is established; false: too many are waiting to be told.
    bool request_notice(const Notice& notice);
    // The restored state is known and sessions can be served.
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    // After request_stop(): no connection is left.
    [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_acquire); }
    [[nodiscard]] const GatewayMetrics& metrics() const { return metrics_; }

    [[nodiscard]] const ReadModel& model() const { return model_; }

    // ---- for its connections
    [[nodiscard]] SessionContext& session_context() { return context_; }
    [[nodiscard]] net::Reactor& reactor() { return reactor_; }
    [[nodiscard]] std::size_t output_limit() const { return options_.output_limit; }
    [[nodiscard]] Moment moment() { return {Time{clock_.wall_ns()}, reactor_.woke_ns()}; }
    void flush_commands() { commands_.flush(); }
    // Says why and closes when that is out.
    void terminate(Connection& connection, TerminateCode code);
    void wait_for_room(Connection& connection, Moment since);
    // The session may have something to be done for it: a signature to check, a query to answer.
    void after_frame(Connection& connection, Moment now);
    // Destroys it.
    void forget(Connection& connection);

  private:
    struct Slot {
        std::unique_ptr<Connection> connection;
        std::uint32_t generation = 0;
    };
    // A report that waits for the end of its batch, where it was encoded.
    struct Staged {
        Connection* to = nullptr;
        const ReportBytes* bytes = nullptr;
        std::size_t size = 0;
    };

    void accept(net::Socket socket);
    void admit(ShmClient client);
    [[nodiscard]] std::uint64_t take_slot();
    void welcome(Connection& connection);
    [[nodiscard]] Connection* find(std::uint64_t number);
    void open();
    void tick();
    void end_or_terminate(Connection& connection, TerminateCode code, Moment now);
    bool obey_stop();
    bool tell_notices();
    bool verify_some();
    bool verify_here();
    bool take_verdicts();
    bool give_logins();
    [[nodiscard]] Connection* next_to_verify();
    bool resume_waiting();
    bool continue_queries();
    bool read_events();
    void on_event(const Event& event, Moment now);
    void stage_report(const Event& event, Moment now);
    void stage_copies(const Event& event, Moment now);
    void stage(const Staged& staged);
    [[nodiscard]] ReportContext report_context(std::uint64_t sequence, Moment now) const;
    void on_session_event(const Event& event, Moment now);
    void on_negotiated(const SessionNegotiated& event, Moment now);
    void on_established(const SessionEstablished& event, Moment now);
    void on_disconnected(const Event& event);
    void on_rejected(const Event& event, Moment now);
    void deliver_staged();
    void write_reports();

    net::Reactor& reactor_;
    Clock& clock_;
    EventSource& events_;
    GatewayOptions options_;
    GatewayMetrics metrics_;
    ReadModel model_;
    ReportStore reports_;
    CommandPort commands_;
    SessionContext context_;
    SessionTable sessions_;
    Retransmissions retransmissions_;
    net::TcpOptions tcp_options_;
    ShmDoor door_;  // outlives its connections

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_slots_;
    // By connection number; numbers of connections that are gone are passed over.
    std::deque<std::uint64_t> to_verify_;
    std::unique_ptr<LoginCheck> login_check_;
    std::deque<std::uint64_t> waiting_for_room_;
    std::vector<std::uint64_t> querying_;

    DropCopies copies_;
    std::vector<Staged> staged_;  // as many as there are events in a batch
    std::size_t staged_count_ = 0;
    std::size_t stored_ = 0;           // reports in the store since staged ones were delivered
    std::vector<ReportBytes> copied_;  // drop copies staged, one for all who hear it
    std::vector<Connection*> dirty_;

    std::optional<TerminateCode> stopping_;
    std::size_t tick_position_ = 0;
    std::atomic<TerminateCode> stop_wanted_{};
    std::atomic<bool> notices_wanted_{false};
    std::mutex notices_mutex_;
    std::vector<Notice> notices_;
    std::atomic<bool> ready_{false};
    std::atomic<bool> stopped_{false};
    net::Timer ticker_;
    net::TcpListener listener_;
};

}  // namespace dcx::gateway
