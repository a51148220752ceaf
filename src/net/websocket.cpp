#include "net/websocket.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/ed25519.h"

namespace dcx::net {

namespace {

constexpr std::size_t close_reason_max = control_payload_max - 2;

// Keys must not be predictable (RFC 6455, section 10.3); asking the system for each frame would cost a call.
std::array<std::byte, 4> next_mask_key() {
    thread_local std::array<std::byte, 1024> pool;
    thread_local std::size_t used = pool.size();
    if (used == pool.size()) {
        random_bytes(pool);
        used = 0;
    }
    std::array<std::byte, 4> key;
    std::memcpy(key.data(), pool.data() + used, key.size());
    used += key.size();
    return key;
}

// At most close_reason_max bytes, without cutting a UTF-8 sequence.
std::string_view fitting_reason(std::string_view reason) {
    if (reason.size() <= close_reason_max) return reason;
    std::size_t size = close_reason_max;
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) --size;
    return reason.substr(0, size);
}

}  // namespace

WebSocketConnection::WebSocketConnection(std::unique_ptr<TcpConnection> tcp, WebSocketRole role,
                                         const WebSocketOptions& options, std::string subprotocol,
                                         unsigned deflate_window_bits)
    : tcp_(std::move(tcp)),
      role_(role),
      close_timeout_ns_(options.close_timeout_ns),
      parser_(role, options.message_limit, deflate_window_bits != 0),
      subprotocol_(subprotocol.empty() ? nullptr : std::make_unique<const std::string>(std::move(subprotocol))),
      timer_(tcp_->reactor(), [this] { on_timer(); }),
      deflate_window_bits_(static_cast<std::uint8_t>(deflate_window_bits)) {
    tcp_->set_owner(*this);
    if (options.output_limit > 0) tcp_->set_output_limit(options.output_limit);
    if (options.ping_interval_ns > 0) timer_.start_every(options.ping_interval_ns);
}

WebSocketConnection::~WebSocketConnection() = default;

// ---- sending

bool WebSocketConnection::send_frame(Opcode opcode, std::span<const std::byte> payload) {
    if (role_ == WebSocketRole::client) return send_masked(opcode, payload);
    const FrameHeader header = encode_header(opcode, payload.size());
    return tcp_->send(header.bytes(), payload);
}

bool WebSocketConnection::send_masked(Opcode opcode, std::span<const std::byte> payload) {
    FrameHeader header = encode_header(opcode, payload.size());
    header.memory[1] |= std::byte{0x80};
    const auto key = next_mask_key();
    const std::size_t size = header.size + key.size() + payload.size();
    std::byte* room = tcp_->prepare(size);
    if (room == nullptr) return false;
    std::memcpy(room, header.memory.data(), header.size);
    std::memcpy(room + header.size, key.data(), key.size());
    const std::span<std::byte> body{room + header.size + key.size(), payload.size()};
    if (!payload.empty()) std::memcpy(body.data(), payload.data(), payload.size());
    apply_mask(body, key);
    tcp_->commit(size);
    return true;
}

bool WebSocketConnection::send_text(std::string_view text) {
    return is_open() && send_frame(Opcode::text, std::as_bytes(std::span{text}));
}

bool WebSocketConnection::send_binary(std::span<const std::byte> payload) {
    return is_open() && send_frame(Opcode::binary, payload);
}

bool WebSocketConnection::send_raw_frame(std::span<const std::byte> frames) {
    DCX_CHECK(role_ == WebSocketRole::server);
    return is_open() && tcp_->send(frames);
}

void WebSocketConnection::set_source(OutputSource* source) {
    DCX_CHECK(role_ == WebSocketRole::server);
    tcp_->set_source(is_open() ? source : nullptr);
}

bool WebSocketConnection::send_ping(std::span<const std::byte> payload) {
    DCX_CHECK(payload.size() <= control_payload_max);
    return is_open() && send_frame(Opcode::ping, payload);
}

// ---- receiving

std::size_t WebSocketConnection::on_data(TcpConnection&, std::span<std::byte> bytes) {
    std::span<std::byte> input = bytes;
    while (state_ != State::ended) {
        const WebSocketEvent event = parser_.next(input);
        if (event.type == WebSocketEvent::Type::need_more) break;
        handle(event);
        if (tcp_->reading_paused()) return bytes.size() - input.size();
    }
    return bytes.size();
}

void WebSocketConnection::handle(const WebSocketEvent& event) {
    switch (event.type) {
        case WebSocketEvent::Type::need_more: return;
        case WebSocketEvent::Type::message:
            // After our close frame theirs is all that is waited for.
            if (is_open()) owner_->on_message(*this, event.kind, event.payload);
            return;
        case WebSocketEvent::Type::ping:
            if (is_open() && !send_frame(Opcode::pong, event.payload))
                drop("pings come faster than their answers leave");
            return;
        case WebSocketEvent::Type::pong:
            if (is_open()) owner_->on_pong(*this, event.payload);
            return;
        case WebSocketEvent::Type::close: return peer_closed(event.code, event.payload);
        case WebSocketEvent::Type::error: return fail(event.code, event.text);
    }
}

void WebSocketConnection::on_drained(TcpConnection&) {
    if (is_open()) owner_->on_drained(*this);
}

void WebSocketConnection::on_timer() {
    if (state_ == State::close_sent) return finish("the other end did not answer the close");
    if (state_ != State::open) return;
    const std::uint64_t received = tcp_->bytes_received();
    if (received != received_before_) {
        received_before_ = received;
        ping_unanswered_ = false;
    } else if (ping_unanswered_) {
        drop("no answer to a ping");
    } else {
        ping_unanswered_ = true;
        if (!send_ping()) drop("the output is full");
    }
}

// ---- closing

void WebSocketConnection::send_close(std::uint16_t code, std::string_view reason) {
    // Nothing may follow it.
    tcp_->set_source(nullptr);
    std::array<std::byte, control_payload_max> payload;
    std::size_t size = 0;
    if (code != close_code::none) {
        payload[0] = static_cast<std::byte>(code >> 8);
        payload[1] = static_cast<std::byte>(code & 0xFF);
        size = 2 + reason.size();
        if (!reason.empty()) std::memcpy(payload.data() + 2, reason.data(), reason.size());
    }
    if (!send_frame(Opcode::close, {payload.data(), size})) tcp_->close_now("the output is full");
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
    DCX_CHECK(valid_close_code(code));
    if (!is_open()) return;
    code_ = code;
    reason_ = std::make_unique<std::string>(fitting_reason(reason));
    state_ = State::close_sent;
    timer_.start_after(close_timeout_ns_);
    send_close(code_, *reason_);
}

void WebSocketConnection::peer_closed(std::uint16_t code, std::span<const std::byte> reason) {
    if (is_open()) {
        code_ = code;
        reason_ = std::make_unique<std::string>(reinterpret_cast<const char*>(reason.data()), reason.size());
        send_close(code, {});
    }
    finish("closed by the WebSocket's close handshake");
}

void WebSocketConnection::fail(std::uint16_t code, std::string_view text) {
    if (is_open()) {
        code_ = code;
        reason_ = std::make_unique<std::string>(text);
        send_close(code_, *reason_);
    }
    finish("the WebSocket failed");
}

void WebSocketConnection::finish(std::string_view why) {
    state_ = State::ended;
    timer_.cancel();
    tcp_->close_after_flush(why);
}

void WebSocketConnection::drop(std::string_view why) {
    if (state_ == State::ended) return;
    state_ = State::ended;
    timer_.cancel();
    tcp_->close_now(why);
}

void WebSocketConnection::on_closed(TcpConnection&, const Closed& closed) {
    DCX_CHECK(owner_ != nullptr);
    state_ = State::ended;
    timer_.cancel();
    // On the stack, because the owner may destroy us and still look at it.
    const std::string reason = code_ == close_code::abnormal ? std::string{closed.text} : std::move(*reason_);
    owner_->on_closed(*this, code_, reason);
}

}  // namespace dcx::net
