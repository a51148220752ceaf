#include "net/websocket_client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/websocket_handshake.h"

namespace dcx::net {

namespace {

constexpr std::size_t answer_head_max = 16 * 1024;
constexpr std::string_view end_of_head = "\r\n\r\n";

}  // namespace

WebSocketClient::WebSocketClient(Reactor& reactor, Options options, Owner& owner)
    : options_(std::move(options)),
      owner_(owner),
      tcp_(std::make_unique<TcpConnection>(reactor, options_.endpoint, options_.tcp,
                                           static_cast<TcpConnection::Owner&>(*this))),
      handshake_timer_(reactor, [this] { tcp_->close_now("the handshake took too long"); }),
      key_(make_websocket_key()) {
    handshake_timer_.start_after(options_.handshake_timeout_ns);
}

WebSocketClient::~WebSocketClient() = default;

bool WebSocketClient::send_text(std::string_view text) { return is_open() && connection_->send_text(text); }

bool WebSocketClient::send_binary(std::span<const std::byte> payload) {
    return is_open() && connection_->send_binary(payload);
}

bool WebSocketClient::send_ping(std::span<const std::byte> payload) {
    return is_open() && connection_->send_ping(payload);
}

void WebSocketClient::close(std::uint16_t code, std::string_view reason) {
    if (connection_ != nullptr) return connection_->close(code, reason);
    tcp_->close_now("closed before the handshake was done");
}

// ---- handshake

void WebSocketClient::on_connected(TcpConnection& connection) {
    std::string request = "GET " + options_.target + " HTTP/1.1\r\nHost: " + options_.endpoint.text() +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: " +
                          key_ + "\r\n";
    for (std::size_t i = 0; i < options_.subprotocols.size(); ++i)
        request += (i == 0 ? "Sec-WebSocket-Protocol: " : ", ") + options_.subprotocols[i];
    if (!options_.subprotocols.empty()) request += "\r\n";
    for (const auto& [name, value] : options_.headers) request += name + ": " + value + "\r\n";
    request += "\r\n";
    if (!connection.send(std::as_bytes(std::span{request}))) connection.close_now("the request is too long");
}

std::size_t WebSocketClient::on_data(TcpConnection& connection, std::span<std::byte> bytes) {
    const std::size_t had = head_.size();
    head_.append(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), answer_head_max - had));
    const auto end = head_.find(end_of_head, had < 3 ? 0 : had - 3);
    if (end == head_.npos) {
        if (head_.size() == answer_head_max) connection.close_now("the answer's head is too long");
        return bytes.size();
    }
    const std::size_t taken = end + end_of_head.size() - had;
    if (const std::string fault = check_answer(std::string_view{head_}.substr(0, end)); !fault.empty()) {
        connection.close_now(fault);
        return bytes.size();
    }
    handshake_timer_.cancel();
    connection_ =
        std::make_unique<WebSocketConnection>(std::move(tcp_), WebSocketRole::client, options_.websocket, subprotocol_);
    connection_->set_owner(*this);
    owner_.on_open(*this);
    return taken;
}

// What is wrong with the answer; empty when it is good.
std::string WebSocketClient::check_answer(std::string_view head) {
    const std::string_view status = head.substr(0, head.find("\r\n"));
    if (!status.starts_with("HTTP/1.1 101")) return "the server refuses: " + std::string{status};
    bool upgrade = false;
    bool connection = false;
    bool accepted = false;
    std::string_view rest = head.substr(std::min(head.size(), status.size() + 2));
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == line.npos) return "a broken header in the answer";
        const std::string name = lower_case(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (name == "upgrade") upgrade = lower_case(value) == "websocket";
        if (name == "connection") connection = has_token(value, "upgrade");
        if (name == "sec-websocket-accept") accepted = value == websocket_accept(key_);
        if (name == "sec-websocket-extensions") return "the server chose an extension that was not offered";
        if (name == "sec-websocket-protocol") {
            subprotocol_ = value;
            const auto& offered = options_.subprotocols;
            if (std::find(offered.begin(), offered.end(), value) == offered.end())
                return "the server chose a subprotocol that was not offered";
        }
    }
    if (!upgrade || !connection) return "the answer does not upgrade to a WebSocket";
    if (!accepted) return "the answer's Sec-WebSocket-Accept is wrong";
    return {};
}

// ---- after the handshake, or instead of it

void WebSocketClient::on_closed(TcpConnection&, const Closed& closed) {
    handshake_timer_.cancel();
    const std::string reason{closed.text};
    owner_.on_closed(*this, close_code::abnormal, reason);
}

void WebSocketClient::on_message(WebSocketConnection&, MessageKind kind, std::span<const std::byte> message) {
    owner_.on_message(*this, kind, message);
}

void WebSocketClient::on_closed(WebSocketConnection&, std::uint16_t code, std::string_view reason) {
    owner_.on_closed(*this, code, reason);
}

}  // namespace dcx::net
