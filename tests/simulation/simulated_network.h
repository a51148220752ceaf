// SimulatedNetwork: the net::Kernel of a simulated venue, and the other end of its connections. Streams as TCP gives
// them: in order, each byte once, cut anywhere, late, with buffers that fill, ends that vanish, resets; never
// duplicated or reordered (clients that send again on a new connection do that).
//
// Connections are made by simulated clients alone; the venue makes none. Everything is decided by the seed and happens
// at a time of the world's clock: deliver() does what is due.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <queue>
#include <span>
#include <vector>

#include "base/random.h"
#include "net/kernel.h"
#include "simulation/scenario.h"
#include "simulation/world.h"

namespace dcx::simulation {

// A client's end. Calls come from deliver() alone.
class Peer {
  public:
    virtual void on_open() = 0;
    // `order`: when the venue handed these bytes to its kernel, counted over all connections.
    virtual void on_bytes(std::span<const std::byte> bytes, std::uint64_t order) = 0;
    // By the venue's end of file or a reset; the connection is gone.
    virtual void on_end() = 0;

  protected:
    ~Peer() = default;
};

using LinkId = std::uint64_t;  // 0: none

class SimulatedNetwork final : public net::Kernel {
  public:
    SimulatedNetwork(World& world, const Scenario& scenario)
        : world_(world), scenario_(scenario), random_(scenario.seed ^ 0x6E657477) {}

    // ---- clients
    LinkId connect(Peer& peer, std::uint16_t port);
    void send(LinkId link, std::span<const std::byte> bytes);
    // No more calls to the peer after these: an orderly end, a reset, or silence.
    void finish(LinkId link);
    void reset(LinkId link);
    void vanish(LinkId link);
    // The venue's kernel once took less than it was given, so what it handed out later may have waited.
    [[nodiscard]] bool was_blocked(LinkId link) const;

    // ---- the run
    // True when anything was due.
    bool deliver();
    // When there is something to deliver next; max when never.
    [[nodiscard]] std::int64_t next_ns() const;
    // The shortest wait that a reactor asked for since the last call, as a time; max when none.
    std::int64_t take_wake_ns();
    // Nothing gets through in either direction until then.
    void partition(std::int64_t until_ns);
    // Some connection is reset in the middle, or loses its client without a word; none when there is none.
    void reset_one();
    void vanish_one();
    // The venue's process is gone: its kernel closes what it had, or, with the power, says nothing.
    void process_gone(bool power);
    [[nodiscard]] std::uint64_t bytes_moved() const { return bytes_moved_; }

    // ---- net::Kernel
    int poll_create() override;
    int poll_control(int poll_fd, int operation, int fd, epoll_event* event) override;
    int poll_wait(int poll_fd, std::span<epoll_event> events, std::int64_t timeout_ns) override;
    std::expected<int, net::Error> listen_on(const net::Endpoint& endpoint, const net::Listening& how) override;
    std::expected<int, net::Error> start_connect(const net::Endpoint& endpoint) override;
    std::expected<std::uint16_t, net::Error> local_port(int fd) override;
    std::string peer(int fd) override;
    int accept(int listener) override;
    ssize_t receive(int fd, std::span<std::byte> out) override;
    ssize_t send(int fd, std::span<const std::byte> bytes) override;
    ssize_t send_pieces(int fd, net::OutputPieces& pieces) override;
    void end_output(int fd) override;
    int socket_error(int fd) override;
    void close(int fd) override;
    bool drain(int event_fd) override;

  private:
    enum class Kind : std::uint8_t { open, bytes, end, reset };
    struct Packet {
        std::int64_t time{};
        std::uint64_t number{};  // ties are delivered in the order of sending
        LinkId link{};
        bool to_client{};
        Kind kind{};
        std::uint64_t order{};
        std::vector<std::byte> bytes;
    };
    struct Later {
        bool operator()(const std::unique_ptr<Packet>& a, const std::unique_ptr<Packet>& b) const {
            return a->time != b->time ? a->time > b->time : a->number > b->number;
        }
    };
    struct Link {
        Peer* peer = nullptr;  // null: the client is gone
        int fd = -1;           // the venue's; -1: not accepted, or closed
        std::uint16_t port{};
        std::vector<std::byte> inbox;  // delivered to the venue, not yet read
        std::size_t read = 0;          // of the inbox
        std::size_t under_way = 0;     // to the client
        std::int64_t last_up = 0;      // when the last packet in each direction arrives
        std::int64_t last_down = 0;
        bool opened = false;        // the venue's kernel knows it
        bool client_ended = false;  // its end of file has arrived
        bool venue_ended = false;   // shut down for writing
        bool reset = false;         // seen by the venue
        bool silent = false;        // nothing it sends arrives, nothing is heard of it
        bool blocked = false;
    };
    struct Listener {
        std::uint16_t port{};
        std::deque<LinkId> backlog;
    };
    struct Poll {
        std::map<int, epoll_event> watched;
    };

    [[nodiscard]] Link* link_of(int fd);
    void post(LinkId id, bool to_client, Kind kind, std::span<const std::byte> bytes, std::uint64_t order);
    void post_stream(LinkId id, bool to_client, std::span<const std::byte> bytes, std::uint64_t order);
    void arrive(Packet& packet);
    void arrive_at_client(Link& link, Packet& packet);
    void arrive_at_venue(LinkId id, Link& link, Packet& packet);
    void forget_if_done(LinkId id);
    [[nodiscard]] std::uint32_t readiness(int fd);
    [[nodiscard]] std::size_t room(const Link& link) const;
    [[nodiscard]] LinkId pick();

    World& world_;
    const Scenario& scenario_;
    Random random_;
    std::map<LinkId, Link> links_;
    std::map<int, LinkId> by_fd_;
    std::map<int, Listener> listeners_;
    std::map<int, Poll> polls_;
    std::priority_queue<std::unique_ptr<Packet>, std::vector<std::unique_ptr<Packet>>, Later> packets_;
    LinkId last_link_ = 0;
    int last_fd_ = 1000;
    std::uint64_t packet_number_ = 0;
    std::uint64_t order_ = 0;
    std::int64_t partition_until_ = 0;
    std::int64_t wake_ns_ = std::numeric_limits<std::int64_t>::max();
    std::uint64_t bytes_moved_ = 0;
};

}  // namespace dcx::simulation
