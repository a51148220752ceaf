// SessionClient: one client of order entry as the protocol's page describes it, written from that page and not from the
// venue's code. It keeps everything it ever sent, connects again when the connection ends, sends again what the venue
// says it has not taken, and holds each report and answer against what the witness has seen.
//
// It finds broken: a report of something that did not happen, one that was told twice, out of order or otherwise than
// it happened; numbers of the session that went back; an answer that was never true.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ed25519.h"
#include "base/random.h"
#include "model/wire.h"
#include "model/wire_query.h"
#include "simulation/print_order.h"
#include "simulation/scenario.h"
#include "simulation/simulated_network.h"
#include "simulation/witness.h"
#include "simulation/world.h"

namespace dcx::simulation {

// What all clients stand on; outlives them.
struct Outside {
    World& world;
    SimulatedNetwork& network;
    Witness& witness;
    PrintOrder& prints;
    const Scenario& scenario;
};
inline constexpr std::uint16_t kOrderEntryPort = 9000;
inline constexpr std::uint16_t kHttpPort = 8080;

class SessionClient : public Peer {
  public:
    struct Identity {
        KeyId key{};
        Ed25519Seed seed{};
        std::uint64_t client_session = 1;
        std::uint64_t random_seed = 0;
    };
    struct Sent {
        CommandKind kind{};
        std::vector<std::byte> body;
    };

    SessionClient(const Outside& outside, const Identity& identity)
        : world_(outside.world),
          network_(outside.network),
          witness_(outside.witness),
          prints_(outside.prints),
          scenario_(outside.scenario),
          random_(identity.random_seed),
          identity_(identity) {}
    virtual ~SessionClient() = default;
    SessionClient(const SessionClient&) = delete;
    SessionClient& operator=(const SessionClient&) = delete;

    // When it has something to do next.
    [[nodiscard]] std::int64_t next_ns() const { return next_ns_; }
    // Does it.
    void act();
    // No new work from now on; it still connects and hears what is told.
    void rest() { resting_ = true; }

    [[nodiscard]] SessionId session() const { return session_; }
    [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }
    [[nodiscard]] bool established() const { return state_ == State::established; }
    // Everything sent is taken and every report that the venue has for it has come.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] LinkId link() const { return link_; }

  protected:
    // New requests, when it is established.
    virtual void work() = 0;
    // A report's event, after it was checked.
    virtual void on_report(const Event& event) = 0;
    [[nodiscard]] virtual std::int64_t pause_ns() = 0;

    template <class Body>
    void submit(const Body& body) {
        const auto bytes = std::as_bytes(std::span{&body, 1});
        sent_.push_back({Body::kind, {bytes.begin(), bytes.end()}});
        note_reference(sent_.back());
        if (established()) send_command(sent_.size());
    }
    template <class Query>
    void ask(const Query& query) {
        send_frame(Query::template_id, 0, std::as_bytes(std::span{&query, 1}));
    }
    // Sends what was sent as the n-th request once more, as it was.
    void send_command(std::uint64_t number);
    [[nodiscard]] std::uint64_t next_cl_ord_id() { return ++last_cl_ord_id_; }
    [[nodiscard]] TransferId new_transfer_id();
    [[nodiscard]] std::int64_t wall_ns() { return world_.clock.wall_ns(); }
    // An answer to a query of this account was asked for and has not ended.
    [[nodiscard]] bool asking() const { return asking_ != 0; }
    void query_orders(AccountId account);
    void query_balances(AccountId account);
    void query_order(OrderId order, AccountId account);
    void query_audit();

    World& world_;
    SimulatedNetwork& network_;
    Witness& witness_;
    PrintOrder& prints_;
    const Scenario& scenario_;
    Random random_;

  private:
    enum class State : std::uint8_t { away, connecting, negotiating, establishing, established };

    void on_open() override;
    void on_bytes(std::span<const std::byte> bytes, std::uint64_t order) override;
    void on_end() override;
    void on_frame(const FrameHeader& header, std::span<const std::byte> block, std::uint64_t order);
    void on_challenge(std::span<const std::byte> block);
    void on_negotiated(std::span<const std::byte> block);
    void on_established();
    void take_report(const FrameHeader& header, std::span<const std::byte> block, std::uint64_t order);
    void check_execution(const Event& event, std::span<const std::byte> block);
    void take_answer(const FrameHeader& header, std::span<const std::byte> block);
    void note_reference(const Sent& sent);
    void acknowledge(const Event& event);
    void connect();
    void leave(bool reset);
    void send_frame(std::uint16_t template_id, std::uint64_t sequence, std::span<const std::byte> block);
    void fail(const std::string& what);

    Identity identity_;
    State state_ = State::away;
    LinkId link_ = 0;
    std::vector<std::byte> inbox_;
    std::int64_t next_ns_ = 0;
    std::int64_t work_ns_ = 0;
    std::int64_t heard_ns_ = 0;
    std::int64_t spoke_ns_ = 0;
    std::int64_t heartbeat_ns_ = 0;
    bool resting_ = false;
    std::uint32_t failures_ = 0;

    SessionId session_{};
    std::vector<Sent> sent_;
    std::uint64_t taken_ = 0;          // the venue has acknowledged requests up to this one
    std::uint64_t next_incoming_ = 1;  // of this connection
    std::uint64_t next_report_ = 1;
    std::uint64_t last_cl_ord_id_ = 0;
    std::map<std::uint64_t, std::uint64_t> by_cl_ord_id_;
    std::map<TransferId, std::uint64_t> by_transfer_id_;

    // The query that is under way.
    std::uint16_t asking_ = 0;
    AccountId asked_account_{};
    OrderId asked_order_{};
    std::uint64_t answers_ = 0;
    std::uint64_t answered_from_ = 0;  // as_of of the first part
};

}  // namespace dcx::simulation
