// TCP with bounded buffers on a Reactor; everything here belongs to the reactor's thread.
//
// Life of a TcpConnection: (connecting →) open → closed. Its owner hears on_closed exactly once, from the reactor's
// round end and never from inside a call of his own, also when he closed it himself; there he may destroy it.
// Destroying it earlier closes it without a call; that is allowed anywhere but in its own on_connected, on_data and
// on_drained. Failures (refused, reset, timed out, receive buffer too small for a message) come as on_closed with a
// reason. With TLS all of it is the same: what is sent during the handshake leaves behind it, on_connected comes after
// it, and what owners see and count are plain bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/error.h"
#include "net/output_buffer.h"
#include "net/output_pieces.h"
#include "net/reactor.h"
#include "net/receive_buffer.h"
#include "net/socket.h"
#include "net/tls.h"

namespace dcx::net {

enum class CloseCause : std::uint8_t {
    peer,      // the other end closed
    local,     // the owner closed
    error,     // the system reported an error
    timeout,   // connecting took too long
    overflow,  // the owner left a full receive buffer unconsumed
};

struct Closed {
    CloseCause cause = CloseCause::local;
    // Valid during the call.
    std::string_view text;
};

struct TcpOptions {
    // The longest message that can be decoded in place. Memory is taken only while a partial message waits.
    std::size_t receive_capacity = 64 * 1024;
    // Bytes that may wait for a slow reader.
    std::size_t output_limit = 1024 * 1024;
    std::int64_t connect_timeout_ns = 5'000'000'000;
    // How long close_after_flush() waits for the output to leave and for the other end to close.
    std::int64_t linger_ns = 2'000'000'000;
    // None: nothing is encrypted. Of accepted sockets; a connection that is made has that of its endpoint.
    std::shared_ptr<const TlsContext> tls = {};
    // Of an accepted socket; a connection that is made has its connect_timeout_ns for all of it.
    std::int64_t tls_handshake_timeout_ns = 5'000'000'000;
};

class TcpConnection final : StreamHandler, RoundTask {
  public:
    class Owner {
      public:
        // Only for connections made by connecting.
        virtual void on_connected(TcpConnection&) {}
        // Returns how many bytes it has dealt with; the rest comes again, in front of newer bytes. It may write into
        // the bytes (unmasking, decoding in place); what it wrote to the rest is kept.
        virtual std::size_t on_data(TcpConnection& connection, std::span<std::byte> bytes) = 0;
        // Output that could not be written at once has all been written now.
        virtual void on_drained(TcpConnection&) {}
        virtual void on_closed(TcpConnection& connection, const Closed& closed) = 0;

      protected:
        ~Owner() = default;
    };

    // An accepted socket.
    TcpConnection(Reactor& reactor, Socket socket, const TcpOptions& options, Owner& owner);
    // Starts connecting; what is sent before on_connected leaves with the connection.
    TcpConnection(Reactor& reactor, const Endpoint& endpoint, const TcpOptions& options, Owner& owner);
    ~TcpConnection();

    // Queues all or nothing; written at the end of the reactor's round or by flush(). False: the bound is exceeded (or
    // the connection is closing) and nothing was queued; a stream with a hole is worthless, so the owner drops it.
    [[nodiscard]] bool send(std::span<const std::byte> bytes) { return send(bytes, {}); }
    [[nodiscard]] bool send(std::span<const std::byte> head, std::span<const std::byte> body);
    // Room to encode into, then commit() what was used; nullptr as send() returns false.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit(std::size_t size);
    // What stands in the source leaves behind all that is queued, while the connection is open; none: nothing more of
    // it. It lives until it is replaced or the connection is gone.
    void set_source(OutputSource* source) { source_ = source; }
    // The source has something; asked for as send() is, at the round's end or by flush().
    void source_ready();
    // Writes now what the system takes; the rest follows when it can.
    void flush();

    // Takes no more input, writes what is queued, then closes (bounded by linger_ns).
    void close_after_flush(std::string_view why = "closed");
    // Closes at once; queued output is lost.
    void close_now(std::string_view why = "closed");

    // Between these on_data is not called; the other end is slowed by TCP itself.
    void pause_reading();
    void resume_reading();
    [[nodiscard]] bool reading_paused() const { return paused_; }

    // The next owner gets all later calls, beginning with the bytes left by the on_data in which this is called.
    void set_owner(Owner& owner) { owner_ = &owner; }

    [[nodiscard]] bool is_open() const { return state_ == State::open; }
    [[nodiscard]] std::size_t pending_output() const {
        return output_.size() + (tls_ != nullptr ? tls_->wire().size() : 0);
    }
    [[nodiscard]] std::size_t output_limit() const { return output_.limit(); }
    void set_output_limit(std::size_t limit) { output_.set_limit(limit); }
    // The system took less than it was given; it is asked again when it can take more.
    [[nodiscard]] bool is_blocked() const { return blocked_; }
    // Bytes accepted by send() or taken of the source so far, and how many of them the kernel has. What an owner sent
    // is out when bytes_written() has reached the bytes_queued() he read after sending.
    [[nodiscard]] std::uint64_t bytes_queued() const { return bytes_queued_; }
    [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }
    [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
    [[nodiscard]] std::string peer() const { return socket_.peer(); }
    [[nodiscard]] Reactor& reactor() { return reactor_; }

  private:
    // draining: no input, output leaves; lingering: output has left and the other end is told, its bytes are discarded
    // until it closes, because closing with unread input would reset the connection and destroy our last words on the
    // way.
    // securing: a connection that was made, in the TLS handshake.
    enum class State : std::uint8_t { connecting, securing, open, draining, lingering, closed };

    void on_ready(Ready ready) override;
    void on_received(std::span<std::byte> bytes) override;
    void on_receive_failed(int code) override;
    void to_send(OutputPieces& pieces) override;
    void on_sent(std::ptrdiff_t result) override;
    void on_round_end() override;
    void on_timeout();
    void finish_connect();
    bool write_output();
    void source_taken(std::size_t size);
    void receive();
    void take(std::span<std::byte> bytes);
    void connected();
    void begin_tls();
    void start_timer(std::int64_t delay_ns);
    void stop_timer();
    void decrypt(std::span<std::byte> bytes);
    std::span<const std::byte> encrypt();
    void tls_failed();
    [[nodiscard]] bool shaking_hands() const { return tls_ != nullptr && !tls_->established(); }
    void consume_output(std::size_t size);
    void encrypt_source();
    [[nodiscard]] bool nothing_waits() const { return pending_output() == 0; }
    [[nodiscard]] bool something_to_send() const { return !nothing_waits() || source_waits(); }
    [[nodiscard]] bool source_waits() const {
        return source_ready_ && source_ != nullptr && state_ == State::open && !shaking_hands();
    }
    void deliver_buffered();
    std::size_t deliver(std::span<std::byte> bytes);
    void check_overflow();
    void input_ended();
    void begin_close(CloseCause cause, std::string_view why);
    void output_left();
    void finish_close();
    void fail_with_socket_error();
    void end(CloseCause cause, std::string_view text);
    void update_interest();
    void need_round_end();

    Reactor& reactor_;
    Owner* owner_;
    Socket socket_;
    FdWatch watch_;
    std::unique_ptr<Timer> timer_;  // from the first wait on, which an idle connection never has
    std::int64_t linger_ns_;
    std::shared_ptr<const TlsContext> tls_context_;  // until it has its session
    ReceiveBuffer input_;
    OutputBuffer output_;
    std::unique_ptr<TlsSession> tls_;
    OutputSource* source_ = nullptr;
    std::size_t offered_ = 0;  // by the last to_send()
    std::uint64_t bytes_queued_ = 0;
    std::uint64_t bytes_written_ = 0;
    std::uint64_t bytes_received_ = 0;
    std::unique_ptr<std::string> closed_text_;
    State state_;
    CloseCause closed_cause_ = CloseCause::local;
    bool in_owner_call_ = false;
    bool paused_ = false;
    bool redeliver_ = false;
    bool source_ready_ = false;
    bool source_more_ = false;  // than the last to_send() had room for
    bool blocked_ = false;      // the kernel took only a part; wait until it is writable
    bool input_ended_ = false;
    bool end_waits_ = false;  // behind input that is held back
};

class TcpListener final : ListenHandler, RoundTask {
  public:
    struct Options {
        Endpoint endpoint = {};  // port 0: the system chooses
        // At most what the system allows (net.core.somaxconn); who finds it full tries again after a second.
        int backlog = 4096;
        // So that several threads, each with a reactor and a listener of its own, share one port (net/kernel.h).
        bool reuse_port = false;
        // Accepted sockets alive at once; further ones wait in the backlog.
        std::size_t max_connections = 1024;
        // Who is beyond them is accepted all the same, and says so by over_limit().
        std::shared_ptr<AddressLimits> addresses = {};
    };
    using Accept = std::function<void(Socket)>;

    TcpListener(Reactor& reactor, Options options, Accept accept);
    ~TcpListener();

    [[nodiscard]] std::expected<void, Error> start();
    // No new connections; those accepted live on.
    void stop();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t connections() const { return count_->live; }

  private:
    friend class Socket;
    void on_ready(Ready ready) override;
    void on_accepted(int result) override;
    void on_round_end() override;
    void hand_over(int fd);
    void accept_failed(int code);
    [[nodiscard]] bool full() const { return count_->live >= options_.max_connections; }
    void room_again();

    Reactor& reactor_;
    Kernel& kernel_;
    Options options_;
    Accept accept_;
    Socket socket_;
    std::shared_ptr<AcceptCount> count_ = std::make_shared<AcceptCount>();
    FdWatch watch_;
    Timer retry_;
    // Accepted at the limit, or too many for one round, by a backend that does it by itself; at most about a backlog of
    // them.
    std::vector<int> waiting_;
    int handed_ = 0;  // in this round
    std::uint16_t port_ = 0;
};

}  // namespace dcx::net
