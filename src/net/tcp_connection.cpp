#include <cstring>

#include "base/check.h"
#include "net/tcp.h"

namespace dcx::net {

TcpConnection::TcpConnection(Reactor& reactor, Socket socket, const TcpOptions& options, Owner& owner)
    : reactor_(reactor),
      owner_(&owner),
      socket_(std::move(socket)),
      watch_(reactor, *this),
      timer_(reactor, [this] { on_timeout(); }),
      options_(options),
      input_(options.receive_capacity),
      output_(options.output_limit),
      state_(State::open) {
    DCX_CHECK(options.receive_capacity > 0 && socket_.is_open());
    if (const auto opened = watch_.open(socket_.fd(), {.read = true}); !opened)
        end(CloseCause::error, opened.error().text);
}

TcpConnection::TcpConnection(Reactor& reactor, const Endpoint& endpoint, const TcpOptions& options, Owner& owner)
    : reactor_(reactor),
      owner_(&owner),
      watch_(reactor, *this),
      timer_(reactor, [this] { on_timeout(); }),
      options_(options),
      input_(options.receive_capacity),
      output_(options.output_limit),
      state_(State::connecting) {
    DCX_CHECK(options.receive_capacity > 0);
    auto socket = start_connect(reactor.kernel(), endpoint);
    if (!socket) {
        end(CloseCause::error, socket.error().text);
        return;
    }
    socket_ = std::move(*socket);
    timer_.start_after(options.connect_timeout_ns);
    if (const auto opened = watch_.open(socket_.fd(), {.write = true}); !opened)
        end(CloseCause::error, opened.error().text);
}

TcpConnection::~TcpConnection() { DCX_CHECK(!in_owner_call_); }

// ---- sending

bool TcpConnection::send(std::span<const std::byte> head, std::span<const std::byte> body) {
    const std::size_t size = head.size() + body.size();
    if (size == 0) return is_open() || state_ == State::connecting;
    std::byte* room = prepare(size);
    if (room == nullptr) return false;
    if (!head.empty()) std::memcpy(room, head.data(), head.size());
    if (!body.empty()) std::memcpy(room + head.size(), body.data(), body.size());
    commit(size);
    return true;
}

std::byte* TcpConnection::prepare(std::size_t size) {
    if (state_ != State::open && state_ != State::connecting) return nullptr;
    return output_.prepare(size);
}

void TcpConnection::commit(std::size_t size) {
    output_.commit(size);
    bytes_queued_ += size;
    if (!blocked_ && state_ == State::open) need_round_end();
}

void TcpConnection::flush() {
    if (!blocked_) write_output();
}

void TcpConnection::write_output() {
    if ((state_ != State::open && state_ != State::draining) || output_.empty()) return;
    const auto bytes = output_.bytes();
    const auto n = reactor_.kernel().send(socket_.fd(), bytes);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return end(CloseCause::error, system_error("send").text);
    if (n > 0) {
        output_.consume(static_cast<std::size_t>(n));
        bytes_written_ += static_cast<std::uint64_t>(n);
    }
    blocked_ = !output_.empty();
    update_interest();
    if (output_.empty() && state_ == State::draining) output_left();
}

// ---- receiving

void TcpConnection::receive() {
    const auto scratch = reactor_.read_buffer();
    const auto room =
        input_.empty() ? scratch.first(std::min(scratch.size(), options_.receive_capacity)) : input_.room();
    const auto n = reactor_.kernel().receive(socket_.fd(), room);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) end(CloseCause::error, system_error("receive").text);
        return;
    }
    if (n == 0) return input_ended();
    const auto size = static_cast<std::size_t>(n);
    bytes_received_ += size;
    if (!input_.empty()) {
        input_.commit(size);
        return deliver_buffered();
    }
    const std::size_t taken = deliver(room.first(size));
    if (state_ == State::open) {
        input_.keep(room.subspan(taken, size - taken));
        check_overflow();
    }
}

void TcpConnection::deliver_buffered() {
    if (input_.empty()) return;
    const std::size_t taken = deliver(input_.bytes());
    input_.consume(taken);
    check_overflow();
}

void TcpConnection::check_overflow() {
    if (state_ == State::open && !paused_ && input_.full())
        end(CloseCause::overflow, "a message is longer than the receive buffer");
}

std::size_t TcpConnection::deliver(std::span<std::byte> bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ == State::open && !paused_) {
        Owner* asked = owner_;
        in_owner_call_ = true;
        const std::size_t n = asked->on_data(*this, bytes.subspan(taken));
        in_owner_call_ = false;
        DCX_CHECK(n <= bytes.size() - taken);
        taken += n;
        // The rest waits for newer bytes, unless it has become somebody else's.
        if (owner_ == asked) break;
    }
    return taken;
}

void TcpConnection::discard() {
    const auto scratch = reactor_.read_buffer();
    const auto n = reactor_.kernel().receive(socket_.fd(), scratch);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return;
    if (state_ == State::draining && n == 0) {
        // They may still read what we have queued.
        input_ended_ = true;
        return update_interest();
    }
    // In lingering an error is as good as an end: everything is out and we wanted to close.
    if (state_ == State::lingering) return finish_close();
    end(CloseCause::error, system_error("receive").text);
}

void TcpConnection::input_ended() {
    input_ended_ = true;
    begin_close(CloseCause::peer,
                input_.empty() ? "closed by the other end" : "closed by the other end within a message");
}

void TcpConnection::pause_reading() {
    paused_ = true;
    update_interest();
}

void TcpConnection::resume_reading() {
    if (!paused_) return;
    paused_ = false;
    // What waits goes first; only then is more read.
    redeliver_ = !input_.empty();
    if (redeliver_) need_round_end();
    update_interest();
}

// ---- events of the reactor

void TcpConnection::on_ready(Ready ready) {
    if (state_ == State::connecting) return finish_connect();
    if (ready.write || (ready.failed && blocked_)) {
        write_output();
        if (!blocked_ && state_ == State::open) {
            in_owner_call_ = true;
            owner_->on_drained(*this);
            in_owner_call_ = false;
        }
    }
    if (state_ == State::open && ready.failed && (paused_ || redeliver_)) return fail_with_socket_error();
    if (state_ == State::open && (ready.read || ready.failed) && !paused_ && !redeliver_) return receive();
    if (state_ == State::draining && ready.failed && input_ended_) return fail_with_socket_error();
    if ((state_ == State::draining || state_ == State::lingering) && (ready.read || ready.failed)) discard();
}

void TcpConnection::finish_connect() {
    const int code = reactor_.kernel().socket_error(socket_.fd());
    if (code != 0) return end(CloseCause::error, system_error("connect", code).text);
    timer_.cancel();
    state_ = State::open;
    update_interest();
    if (!output_.empty()) need_round_end();
    in_owner_call_ = true;
    owner_->on_connected(*this);
    in_owner_call_ = false;
}

void TcpConnection::on_round_end() {
    if (state_ == State::closed) {
        // The owner may destroy us in this call.
        owner_->on_closed(*this, {closed_cause_, closed_text_});
        return;
    }
    if (redeliver_) {
        redeliver_ = false;
        deliver_buffered();
        update_interest();
    }
    flush();
}

void TcpConnection::on_timeout() {
    if (state_ == State::connecting) return end(CloseCause::timeout, "connecting took too long");
    if (state_ == State::lingering) return finish_close();
    end(closed_cause_, closed_text_ + " (the other end did not read what was left)");
}

// ---- closing

void TcpConnection::close_after_flush(std::string_view why) {
    if (state_ == State::connecting) return close_now(why);
    if (state_ == State::open) begin_close(CloseCause::local, why);
}

void TcpConnection::close_now(std::string_view why) { end(CloseCause::local, why); }

void TcpConnection::begin_close(CloseCause cause, std::string_view why) {
    closed_cause_ = cause;
    closed_text_ = why;
    state_ = State::draining;
    timer_.start_after(options_.linger_ns);
    update_interest();
    if (output_.empty())
        output_left();
    else
        need_round_end();
}

void TcpConnection::output_left() {
    if (input_ended_) return finish_close();
    reactor_.kernel().end_output(socket_.fd());
    state_ = State::lingering;
    update_interest();
}

void TcpConnection::finish_close() { end(closed_cause_, std::string{closed_text_}); }

void TcpConnection::fail_with_socket_error() {
    const int code = reactor_.kernel().socket_error(socket_.fd());
    end(CloseCause::error, system_error("connection", code != 0 ? code : ECONNRESET).text);
}

// The one way into the closed state; the owner is told at the end of the round.
void TcpConnection::end(CloseCause cause, std::string_view text) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    closed_cause_ = cause;
    closed_text_ = std::string{text};
    timer_.cancel();
    watch_.close();
    socket_.close();
    need_round_end();
}

void TcpConnection::update_interest() {
    const bool reading = state_ == State::open ? !paused_ && !redeliver_ : !input_ended_;
    watch_.set({.read = reading, .write = state_ == State::connecting || blocked_});
}

void TcpConnection::need_round_end() { reactor_.at_round_end(*this); }

}  // namespace dcx::net
