// WebSocketClient: connects, does the handshake of RFC 6455 and checks the answer, then carries messages. Belongs to
// its reactor's thread. A failure at any stage comes as on_closed with close_code::abnormal and a reason, once, from
// the reactor; there the client may be destroyed. It does not connect again by itself: that is its owner's decision.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/tcp.h"
#include "net/websocket.h"

namespace dcx::net {

class WebSocketClient final : TcpConnection::Owner, WebSocketConnection::Owner {
  public:
    struct Options {
        Endpoint endpoint = {};
        std::string target = "/";  // path and query
        std::vector<std::string> subprotocols = {};
        std::vector<std::pair<std::string, std::string>> headers = {};
        WebSocketOptions websocket{.message_limit = 16 * 1024 * 1024};
        TcpOptions tcp = {};
        std::int64_t handshake_timeout_ns = 5'000'000'000;
    };

    class Owner {
      public:
        virtual void on_open(WebSocketClient&) {}
        virtual void on_message(WebSocketClient& client, MessageKind kind, std::span<const std::byte> message) = 0;
        virtual void on_closed(WebSocketClient& client, std::uint16_t code, std::string_view reason) = 0;

      protected:
        ~Owner() = default;
    };

    // Starts connecting. Must not be destroyed in on_open or on_message: close() it there.
    WebSocketClient(Reactor& reactor, Options options, Owner& owner);
    ~WebSocketClient();

    // False before on_open, after the end, and when the output bound is exceeded.
    [[nodiscard]] bool send_text(std::string_view text);
    [[nodiscard]] bool send_binary(std::span<const std::byte> payload);
    [[nodiscard]] bool send_ping(std::span<const std::byte> payload = {});
    void close(std::uint16_t code, std::string_view reason);

    [[nodiscard]] bool is_open() const { return connection_ != nullptr && connection_->is_open(); }
    // Chosen by the server; empty when none.
    [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }
    // The open connection, nullptr before on_open.
    [[nodiscard]] WebSocketConnection* connection() { return connection_.get(); }

  private:
    void on_connected(TcpConnection& connection) override;
    std::size_t on_data(TcpConnection& connection, std::span<std::byte> bytes) override;
    void on_closed(TcpConnection& connection, const Closed& closed) override;
    void on_message(WebSocketConnection& connection, MessageKind kind, std::span<const std::byte> message) override;
    void on_closed(WebSocketConnection& connection, std::uint16_t code, std::string_view reason) override;
    std::string check_answer(std::string_view head);

    Options options_;
    WebSocketClient::Owner& owner_;
    std::unique_ptr<TcpConnection> tcp_;  // until the handshake is done
    std::unique_ptr<WebSocketConnection> connection_;
    Timer handshake_timer_;
    std::string key_;
    std::string head_;  // of the answer, as far as it has come
    std::string subprotocol_;
};

}  // namespace dcx::net
