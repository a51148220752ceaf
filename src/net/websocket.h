// WebSocketConnection: messages over one TCP connection after the handshake (HttpServer's upgrade or WebSocketClient),
// either end. Belongs to its reactor's thread. Pings are answered, fragments joined, text is checked for UTF-8; a
// violation closes with the code RFC 6455 gives it. The owner hears on_closed once, from the reactor's round end and
// never from inside his own call; there (or anywhere outside its other callbacks) he may destroy it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/tcp.h"
#include "net/websocket_frame.h"

namespace dcx::net {

struct WebSocketOptions {
    // A longer message closes with 1009.
    std::size_t message_limit = 64 * 1024;
    // Bytes that may wait for a slow reader; 0: as the TCP connection has it.
    std::size_t output_limit = 1024 * 1024;
    // A ping after one to two such times without input; still without any after another, the connection is dropped. 0:
    // never.
    std::int64_t ping_interval_ns = 30'000'000'000;
    // How long our close waits for the other end's.
    std::int64_t close_timeout_ns = 2'000'000'000;
    // A server agrees to permessage-deflate when a client offers it. Nothing is compressed by itself: what shall be is
    // made with append_deflated_frame (websocket_deflate.h).
    bool deflate = false;
};

class WebSocketConnection final : TcpConnection::Owner {
  public:
    class Owner {
      public:
        // The bytes are valid during the call.
        virtual void on_message(WebSocketConnection& connection, MessageKind kind,
                                std::span<const std::byte> message) = 0;
        virtual void on_pong(WebSocketConnection&, std::span<const std::byte>) {}
        // Output that could not be written at once has all been written now.
        virtual void on_drained(WebSocketConnection&) {}
        // The code of the close frame that began the end (ours or theirs), close_code::none when it had none,
        // close_code::abnormal when there was no such frame; then the reason tells what happened.
        virtual void on_closed(WebSocketConnection& connection, std::uint16_t code, std::string_view reason) = 0;

      protected:
        ~Owner() = default;
    };

    WebSocketConnection(std::unique_ptr<TcpConnection> tcp, WebSocketRole role, const WebSocketOptions& options,
                        std::string subprotocol, unsigned deflate_window_bits = 0);
    ~WebSocketConnection();

    // Must be set before the reactor's next round.
    void set_owner(Owner& owner) { owner_ = &owner; }

    // Queued and written as TcpConnection does. False: the bound is exceeded (nothing was queued) or it is closing;
    // drop() such a reader.
    [[nodiscard]] bool send_text(std::string_view text);
    [[nodiscard]] bool send_binary(std::span<const std::byte> payload);
    // One or more whole server frames made with append_frame, append_deflated_frame or encode_header, shared by many
    // connections. Server only.
    [[nodiscard]] bool send_raw_frame(std::span<const std::byte> frames);
    [[nodiscard]] bool send_ping(std::span<const std::byte> payload = {});
    void flush() { tcp_->flush(); }
    // Whole server frames that leave behind what is queued, from memory of the source; as TcpConnection has it. Not
    // asked any more once the connection closes.
    void set_source(OutputSource* source);
    void source_ready() { tcp_->source_ready(); }
    [[nodiscard]] bool is_blocked() const { return tcp_->is_blocked(); }

    // Sends a close frame, waits for the other end's, closes. The reason is cut at 123 bytes.
    void close(std::uint16_t code, std::string_view reason);
    // Closes the TCP connection at once, without a close frame (the output is full, the reader is dead).
    void drop(std::string_view why);

    [[nodiscard]] bool is_open() const { return state_ == State::open; }
    // Compressed frames may be sent, and with which window at most (9 to 15; 0 when not).
    [[nodiscard]] bool deflates() const { return deflate_window_bits_ != 0; }
    [[nodiscard]] unsigned deflate_window_bits() const { return deflate_window_bits_; }
    // The one that was agreed to; valid as long as the connection is.
    [[nodiscard]] std::string_view subprotocol() const {
        return subprotocol_ != nullptr ? std::string_view{*subprotocol_} : std::string_view{};
    }
    [[nodiscard]] std::size_t pending_output() const { return tcp_->pending_output(); }
    [[nodiscard]] std::size_t output_limit() const { return tcp_->output_limit(); }
    [[nodiscard]] std::uint64_t bytes_queued() const { return tcp_->bytes_queued(); }
    [[nodiscard]] std::uint64_t bytes_written() const { return tcp_->bytes_written(); }
    [[nodiscard]] std::uint64_t bytes_received() const { return tcp_->bytes_received(); }
    [[nodiscard]] std::string peer() const { return tcp_->peer(); }
    // Input is not read meanwhile (nor are pings answered).
    void pause_reading() { tcp_->pause_reading(); }
    void resume_reading() { tcp_->resume_reading(); }

  private:
    enum class State : std::uint8_t { open, close_sent, ended };

    std::size_t on_data(TcpConnection& connection, std::span<std::byte> bytes) override;
    void on_drained(TcpConnection& connection) override;
    void on_closed(TcpConnection& connection, const Closed& closed) override;
    void handle(const WebSocketEvent& event);
    bool send_frame(Opcode opcode, std::span<const std::byte> payload);
    bool send_masked(Opcode opcode, std::span<const std::byte> payload);
    void send_close(std::uint16_t code, std::string_view reason);
    void peer_closed(std::uint16_t code, std::span<const std::byte> reason);
    void fail(std::uint16_t code, std::string_view text);
    void finish(std::string_view why);
    void on_timer();

    std::unique_ptr<TcpConnection> tcp_;
    Owner* owner_ = nullptr;
    WebSocketRole role_;
    std::int64_t close_timeout_ns_;
    WebSocketParser parser_;
    std::unique_ptr<const std::string> subprotocol_;  // none: there is none
    Timer timer_;
    std::uint64_t received_before_ = 0;  // as of the last tick of the timer
    std::unique_ptr<std::string> reason_;
    std::uint16_t code_ = close_code::abnormal;
    State state_ = State::open;
    std::uint8_t deflate_window_bits_;
    bool ping_unanswered_ = false;
};

}  // namespace dcx::net
