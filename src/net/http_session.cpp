#include "net/http_session.h"

#include <http_parser.h>

#include <algorithm>

#include "net/websocket_deflate.h"
#include "net/websocket_handshake.h"

namespace dcx::net {

namespace {

// Above this much waiting output the next pipelined request stays unread.
constexpr std::size_t output_high_water = 256 * 1024;

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A handler that lets a client's text into a header must not let it begin another one.
bool headers_are_clean(const HttpResponse& response) {
    return !has_control_character(response.content_type) &&
           std::none_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
               return has_control_character(header.first) || has_control_character(header.second);
           });
}

// Of fields that a handshake has exactly once (RFC 6455, section 4.2.1): with two of them, who is between the client
// and us may have looked at the other one.
bool stands_once(const HttpRequest& request, std::string_view name) {
    return std::count_if(request.headers.begin(), request.headers.end(),
                         [&](const auto& header) { return header.first == name; }) == 1;
}

std::string status_text(int status) { return ::http_status_str(static_cast<http_status>(status)); }

HttpResponse plain(int status, std::string_view why = {}) {
    const std::string text = why.empty() ? status_text(status) : std::string{why};
    return {.status = status, .body = std::to_string(status) + " " + text + "\n"};
}

}  // namespace

HttpSession::HttpSession(HttpServer& server, Socket socket, std::uint64_t number)
    : server_(server),
      number_(number),
      welcome_(!socket.over_limit()),
      parser_(server.options_.limits),
      tcp_(std::make_unique<TcpConnection>(
          server.reactor_, std::move(socket),
          TcpOptions{.output_limit = server.options_.output_limit, .tls = server.options_.tls}, *this)),
      timer_(server.reactor_, [this] { on_timer(); }) {
    // The first request must begin in the time that its head may take: nobody connects to say nothing.
    if (!welcome_) {
        refuse_address();
        return;
    }
    timer_.start_after(server_.options_.header_timeout_ns);
}

void HttpSession::refuse_address() {
    // Without reading what it asks for, which costs the least; under TLS this leaves behind the handshake.
    HttpResponse response = plain(429, "your address has all the connections that it may have");
    response.headers = {{"Retry-After", "10"}};
    respond(response, true, false);
}

void HttpSession::finish() { tcp_->close_after_flush("the server stops"); }

void HttpSession::wait_for_request() {
    timing_head_ = false;
    timer_.start_after(server_.options_.idle_timeout_ns);
}

void HttpSession::on_timer() {
    if (timing_head_) return refuse(408);
    if (tcp_->bytes_written() != written_before_ && tcp_->pending_output() > 0) {
        // Slow, but reading.
        written_before_ = tcp_->bytes_written();
        return wait_for_request();
    }
    if (tcp_->pending_output() > 0) return tcp_->close_now("the other end does not read");
    tcp_->close_after_flush("idle");
}

std::size_t HttpSession::on_data(TcpConnection& connection, std::span<std::byte> bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && connection.is_open()) {
        if (connection.pending_output() > output_high_water) {
            connection.pause_reading();
            // Writing now tells whether the other end reads at all; if all of it left, on_drained will not come.
            connection.flush();
            if (connection.pending_output() > 0) return taken;
            connection.resume_reading();
        }
        const auto outcome = parser_.feed(bytes.subspan(taken));
        taken += outcome.consumed;
        if (outcome.status == 0) {
            if (!timing_head_) timer_.start_after(server_.options_.header_timeout_ns);
            timing_head_ = true;
        } else if (outcome.status == 200) {
            wait_for_request();
            handle(parser_.request());
            if (tcp_ == nullptr) return taken;
        } else {
            refuse(outcome.status);
        }
    }
    return connection.is_open() ? taken : bytes.size();
}

void HttpSession::on_drained(TcpConnection& connection) { connection.resume_reading(); }

void HttpSession::on_closed(TcpConnection&, const Closed&) { server_.retire(*this); }

// ---- answering

void HttpSession::handle(const HttpRequest& request) {
    const bool head = request.method == "HEAD";
    const WebSocketRoute* route = server_.find_websocket(request.path);
    if (route != nullptr && request.method == "GET") return upgrade(request, *route);
    respond(server_.answer(request), !head, request.keep_alive);
}

void HttpSession::refuse(int status) { respond(plain(status), true, false); }

void HttpSession::respond(const HttpResponse& response, bool with_body, bool keep_alive) {
    if (!headers_are_clean(response)) return respond(plain(500), with_body, false);
    head_ = "HTTP/1.1 " + std::to_string(response.status) + " " + status_text(response.status) + "\r\n";
    if (!response.content_type.empty()) head_ += "Content-Type: " + response.content_type + "\r\n";
    head_ += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    for (const auto& [name, value] : response.headers) head_ += name + ": " + value + "\r\n";
    head_ += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    const std::string_view body = with_body ? std::string_view{response.body} : std::string_view{};
    if (!tcp_->send(std::as_bytes(std::span{head_}), std::as_bytes(std::span{body}))) {
        if (response.status != 500) return respond(plain(500, "Response Too Large"), with_body, false);
        return tcp_->close_now("the output is full");
    }
    if (!keep_alive) {
        timer_.cancel();
        tcp_->close_after_flush("the last answer is sent");
    }
}

void HttpSession::upgrade(const HttpRequest& request, const WebSocketRoute& route) {
    const auto version = request.header("sec-websocket-version");
    if (!request.upgrade || !has_token(request.header("upgrade").value_or(""), "websocket") || version != "13") {
        HttpResponse response = plain(426, "Upgrade Required: this path speaks WebSocket, version 13");
        response.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
        return respond(response, true, false);
    }
    for (const char* name : {"host", "sec-websocket-key", "sec-websocket-version"})
        if (!stands_once(request, name)) return refuse(400);
    const auto key = request.header("sec-websocket-key");
    if (!key || !valid_websocket_key(*key)) return refuse(400);
    std::vector<WebSocketExtension> extensions;
    for (const auto& [name, value] : request.headers)
        if (name == "sec-websocket-extensions" && !parse_extensions(value, extensions)) return refuse(400);
    auto chosen = route.choose != nullptr ? route.choose(request) : std::string{};
    if (!chosen) return respond(chosen.error(), true, false);
    // A client fails the connection when it is given what it did not offer.
    if (!request.offers(*chosen)) chosen->clear();
    head_ = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            websocket_accept(*key) + "\r\n";
    if (!chosen->empty()) head_ += "Sec-WebSocket-Protocol: " + *chosen + "\r\n";
    std::optional<DeflateAgreement> deflate;
    if (route.options.deflate) deflate = agree_to_deflate(extensions);
    if (deflate) head_ += "Sec-WebSocket-Extensions: " + deflate->answer + "\r\n";
    head_ += "\r\n";
    if (!tcp_->send(std::as_bytes(std::span{head_}))) return tcp_->close_now("the output is full");
    timer_.cancel();
    auto connection = std::make_unique<WebSocketConnection>(std::move(tcp_), WebSocketRole::server, route.options,
                                                            std::move(*chosen), deflate ? deflate->window_bits : 0);
    server_.retire(*this);
    route.opened(std::move(connection), request);
}

}  // namespace dcx::net
