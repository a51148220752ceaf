#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "net/tcp.h"

namespace dcx::net {

TcpConnection::TcpConnection(Reactor& reactor, Socket socket, const TcpOptions& options, Owner& owner)
    : reactor_(reactor),
      owner_(&owner),
      socket_(std::move(socket)),
      watch_(reactor, *this),
      linger_ns_(options.linger_ns),
      tls_context_(options.tls),
      input_(options.receive_capacity, reactor.memory()),
      output_(options.output_limit, reactor.memory()),
      state_(State::open) {
    DCX_CHECK(options.receive_capacity > 0 && socket_.is_open());
    begin_tls();
    if (tls_ != nullptr) start_timer(options.tls_handshake_timeout_ns);
    if (const auto opened = watch_.open(socket_.fd(), {.read = true}); !opened)
        end(CloseCause::error, opened.error().text);
}

TcpConnection::TcpConnection(Reactor& reactor, const Endpoint& endpoint, const TcpOptions& options, Owner& owner)
    : reactor_(reactor),
      owner_(&owner),
      watch_(reactor, *this),
      linger_ns_(options.linger_ns),
      tls_context_(endpoint.tls),
      input_(options.receive_capacity, reactor.memory()),
      output_(options.output_limit, reactor.memory()),
      state_(State::connecting) {
    DCX_CHECK(options.receive_capacity > 0);
    auto socket = start_connect(reactor.kernel(), endpoint);
    if (!socket) {
        end(CloseCause::error, socket.error().text);
        return;
    }
    socket_ = std::move(*socket);
    start_timer(options.connect_timeout_ns);
    if (const auto opened = watch_.open(socket_.fd(), {.write = true}); !opened)
        end(CloseCause::error, opened.error().text);
}

TcpConnection::~TcpConnection() { DCX_CHECK(!in_owner_call_); }

// ---- sending

bool TcpConnection::send(std::span<const std::byte> head, std::span<const std::byte> body) {
    const std::size_t size = head.size() + body.size();
    if (size == 0) return is_open() || state_ == State::connecting || state_ == State::securing;
    std::byte* room = prepare(size);
    if (room == nullptr) return false;
    if (!head.empty()) std::memcpy(room, head.data(), head.size());
    if (!body.empty()) std::memcpy(room + head.size(), body.data(), body.size());
    commit(size);
    return true;
}

std::byte* TcpConnection::prepare(std::size_t size) {
    if (state_ != State::open && state_ != State::connecting && state_ != State::securing) return nullptr;
    return output_.prepare(size);
}

void TcpConnection::commit(std::size_t size) {
    output_.commit(size);
    bytes_queued_ += size;
    if (!blocked_ && state_ == State::open && !shaking_hands()) need_round_end();
}

void TcpConnection::source_ready() {
    source_ready_ = true;
    if (!blocked_ && source_waits()) need_round_end();
}

void TcpConnection::flush() {
    // More than once with TLS, which encrypts a part at a time, and when the source had more than one write takes.
    while (!blocked_ && write_output()) {
    }
}

bool TcpConnection::write_output() {
    if (!something_to_send()) return false;
    OutputPieces pieces;
    to_send(pieces);
    if (pieces.empty()) return false;
    const auto n = reactor_.kernel().send_pieces(socket_.fd(), pieces);
    on_sent(n < 0 ? -errno : n);
    return true;
}

void TcpConnection::to_send(OutputPieces& pieces) {
    offered_ = 0;
    if (state_ != State::open && state_ != State::draining && state_ != State::securing) return;
    pieces.add_whole(tls_ != nullptr ? encrypt() : output_.bytes());
    if (tls_ == nullptr && source_waits()) {
        source_->gather(pieces);
        source_more_ = pieces.full();
    }
    offered_ = pieces.bytes();
    if (offered_ == 0) source_ready_ = false;
}

void TcpConnection::on_sent(std::ptrdiff_t result) {
    if (result < 0 && result != -EAGAIN && result != -EINTR)
        return end(CloseCause::error, system_error("send", static_cast<int>(-result)).text);
    const std::size_t taken = result > 0 ? static_cast<std::size_t>(result) : 0;
    blocked_ = taken < offered_;
    if (taken > 0) consume_output(taken);
    update_interest();
    if (state_ == State::draining && nothing_waits()) return output_left();
    if (blocked_) return;
    if (tls_ == nullptr) source_ready_ = source_ready_ && source_more_;
    if (something_to_send()) need_round_end();
}

void TcpConnection::consume_output(std::size_t size) {
    if (tls_ == nullptr) {
        bytes_written_ += size;
        const std::size_t queued = std::min(size, output_.size());
        output_.consume(queued);
        if (size > queued) source_taken(size - queued);
        return;
    }
    tls_->wire().consume(size);
    // Which plain bytes a part of the encrypted ones stands for, nobody knows.
    if (!tls_->wire().empty()) return;
    bytes_written_ = bytes_queued_ - output_.size();
}

// The queue is empty when this is called, so the rest of a message that was cut comes first in it.
void TcpConnection::source_taken(std::size_t size) {
    OutputPieces rest(std::numeric_limits<std::size_t>::max());
    source_->taken(size, rest);
    bytes_queued_ += size + rest.bytes();
    for (std::size_t i = 0; i < rest.count(); ++i) output_.append(rest[i]);
}

// ---- receiving

void TcpConnection::receive() {
    const auto scratch = reactor_.read_buffer();
    // No more than can be kept, if the owner holds it back.
    const auto room = state_ == State::open ? scratch.first(std::min(scratch.size(), input_.room())) : scratch;
    const auto n = reactor_.kernel().receive(socket_.fd(), room);
    if (n >= 0) return on_received(room.first(static_cast<std::size_t>(n)));
    if (errno != EAGAIN && errno != EINTR) on_receive_failed(errno);
}

void TcpConnection::on_received(std::span<std::byte> bytes) {
    if (bytes.empty()) return input_ended();
    // What comes while we say goodbye is not read, but our last words may still need a handshake.
    if (tls_ != nullptr && state_ != State::lingering && (state_ != State::draining || shaking_hands()))
        return decrypt(bytes);
    if (state_ == State::open) take(bytes);
}

void TcpConnection::take(std::span<std::byte> bytes) {
    bytes_received_ += bytes.size();
    const bool held = paused_ || redeliver_;
    if (input_.empty() && !held) {
        // In place; only what is left is copied.
        const std::size_t taken = deliver(bytes);
        if (state_ == State::open) {
            input_.append(bytes.subspan(taken));
            check_overflow();
        }
        return;
    }
    input_.append(bytes);
    if (!held) deliver_buffered();
}

void TcpConnection::on_receive_failed(int code) {
    // In lingering an error is as good as an end: everything is out and we wanted to close.
    if (state_ == State::lingering) return finish_close();
    end(CloseCause::error, system_error("receive", code).text);
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

void TcpConnection::input_ended() {
    if (state_ == State::lingering) return finish_close();
    if (state_ == State::securing) return end(CloseCause::peer, "closed by the other end in the TLS handshake");
    if (state_ == State::draining) {
        // They may still read what we have queued.
        input_ended_ = true;
        return update_interest();
    }
    end_waits_ = paused_ || redeliver_;
    if (end_waits_) return update_interest();
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
    redeliver_ = !input_.empty() || end_waits_;
    if (redeliver_) need_round_end();
    update_interest();
}

// ---- events of the reactor

void TcpConnection::on_ready(Ready ready) {
    if (state_ == State::connecting) return finish_connect();
    if (ready.write || (ready.failed && blocked_)) {
        blocked_ = false;
        flush();
        if (!blocked_ && state_ == State::open) {
            in_owner_call_ = true;
            owner_->on_drained(*this);
            in_owner_call_ = false;
        }
    }
    const bool held = paused_ || redeliver_ || end_waits_;
    if (state_ == State::open && ready.failed && held) return fail_with_socket_error();
    if (state_ == State::draining && ready.failed && input_ended_) return fail_with_socket_error();
    // Receiving tells what has failed.
    if (state_ == State::closed || reactor_.backend().receives()) return;
    if ((ready.read || ready.failed) && !(state_ == State::open && held)) receive();
}

void TcpConnection::finish_connect() {
    const int code = reactor_.kernel().socket_error(socket_.fd());
    if (code != 0) return end(CloseCause::error, system_error("connect", code).text);
    begin_tls();
    state_ = tls_ != nullptr ? State::securing : State::open;
    update_interest();
    if (tls_ == nullptr) return connected();
    if (!tls_->begin()) return tls_failed();
    need_round_end();
}

void TcpConnection::connected() {
    stop_timer();
    if (something_to_send()) need_round_end();
    in_owner_call_ = true;
    owner_->on_connected(*this);
    in_owner_call_ = false;
}

void TcpConnection::on_round_end() {
    if (state_ == State::closed) {
        // The owner may destroy us in this call.
        owner_->on_closed(*this, {closed_cause_, *closed_text_});
        return;
    }
    if (redeliver_) {
        redeliver_ = false;
        deliver_buffered();
        if (end_waits_ && !paused_ && state_ == State::open) input_ended();
        update_interest();
    }
    if (blocked_ || !something_to_send()) return;
    if (!reactor_.send_later(watch_)) write_output();
}

void TcpConnection::start_timer(std::int64_t delay_ns) {
    if (timer_ == nullptr) timer_ = std::make_unique<Timer>(reactor_, [this] { on_timeout(); });
    timer_->start_after(delay_ns);
}

void TcpConnection::stop_timer() {
    if (timer_ != nullptr) timer_->cancel();
}

void TcpConnection::on_timeout() {
    if (state_ == State::connecting) return end(CloseCause::timeout, "connecting took too long");
    if (state_ == State::securing || state_ == State::open)
        return end(CloseCause::timeout, "the TLS handshake took too long");
    if (state_ == State::lingering) return finish_close();
    end(closed_cause_, *closed_text_ + " (the other end did not read what was left)");
}

// ---- closing

void TcpConnection::close_after_flush(std::string_view why) {
    if (state_ == State::connecting || state_ == State::securing) return close_now(why);
    if (state_ == State::open) begin_close(CloseCause::local, why);
}

void TcpConnection::close_now(std::string_view why) { end(CloseCause::local, why); }

void TcpConnection::begin_close(CloseCause cause, std::string_view why) {
    closed_cause_ = cause;
    closed_text_ = std::make_unique<std::string>(why);
    state_ = State::draining;
    start_timer(linger_ns_);
    update_interest();
    if (nothing_waits())
        output_left();
    else
        need_round_end();
}

void TcpConnection::output_left() {
    if (tls_ != nullptr && tls_->established() && !tls_->told_end()) {
        tls_->notify_end();
        return need_round_end();
    }
    if (input_ended_) return finish_close();
    reactor_.kernel().end_output(socket_.fd());
    state_ = State::lingering;
    update_interest();
}

void TcpConnection::finish_close() { end(closed_cause_, std::string{*closed_text_}); }

void TcpConnection::fail_with_socket_error() {
    const int code = reactor_.kernel().socket_error(socket_.fd());
    end(CloseCause::error, system_error("connection", code != 0 ? code : ECONNRESET).text);
}

// The one way into the closed state; the owner is told at the end of the round.
void TcpConnection::end(CloseCause cause, std::string_view text) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    closed_cause_ = cause;
    closed_text_ = std::make_unique<std::string>(text);
    stop_timer();
    watch_.close();
    socket_.close();
    need_round_end();
}

void TcpConnection::update_interest() {
    const bool reading = state_ == State::open ? !paused_ && !redeliver_ && !end_waits_ : !input_ended_;
    watch_.set({.read = reading, .write = state_ == State::connecting || blocked_});
}

void TcpConnection::need_round_end() { reactor_.at_round_end(*this); }

}  // namespace dcx::net
