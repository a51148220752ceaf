// HttpServer: HTTP/1.1 for GET, HEAD and POST without a body (keep-alive, pipelining) and the way into WebSocket.
// Belongs to its reactor's thread.
//
// Handlers answer at once, from memory. Requests with a body are refused (413). A connection that takes longer than
// header_timeout for its request head gets 408; one that does not begin its first in that time, or is idle later, is
// closed. One above the listener's limit of its address gets 429 (of many at once the first; the others are closed). A
// broken request ends its connection with 400, 413, 414, 431 or 505. A handler that throws gives 500. What a path does
// not do gives 405.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/http_request.h"
#include "net/tcp.h"
#include "net/websocket.h"

namespace dcx::net {

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body = {};
    // Further header fields; must hold no control characters.
    std::vector<std::pair<std::string, std::string>> headers = {};
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct WebSocketRoute {
    // Chooses one of request.subprotocols() (empty: none) or refuses with a response.
    std::function<std::expected<std::string, HttpResponse>(const HttpRequest&)> choose = {};
    // Takes the open connection and must set its owner before it returns. May send at once.
    std::function<void(std::unique_ptr<WebSocketConnection>, const HttpRequest&)> opened = {};
    WebSocketOptions options = {};
};

class HttpSession;  // one connection before its upgrade, in http_session.h

class HttpServer {
  public:
    struct Options {
        TcpListener::Options listener = {};
        HttpLimits limits = {};
        // Also bounds a WebSocket's waiting output.
        std::size_t output_limit = 8 * 1024 * 1024;
        std::int64_t header_timeout_ns = 10'000'000'000;
        std::int64_t idle_timeout_ns = 60'000'000'000;
        std::shared_ptr<const TlsContext> tls = {};  // none: plain
    };

    HttpServer(Reactor& reactor, Options options);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Exactly this (decoded) path.
    void get(std::string path, HttpHandler handler);
    // Every path that begins so and matches no exact route; the longest prefix wins.
    void get_below(std::string prefix, HttpHandler handler);
    // Every path that begins so: what changes something. All there is to say stands in path, parameters and headers.
    void post_below(std::string prefix, HttpHandler handler);
    void websocket(std::string path, WebSocketRoute route);

    [[nodiscard]] std::expected<void, Error> start();
    // No new connections; open ones finish what they are answering. WebSockets belong to their owners.
    void stop();
    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] Reactor& reactor() { return reactor_; }
    // HTTP and WebSocket connections that came through this server.
    [[nodiscard]] std::size_t connections() const { return listener_.connections(); }

  private:
    friend class HttpSession;
    struct Graveyard;

    void accept(Socket socket);
    [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;
    [[nodiscard]] const WebSocketRoute* find_websocket(std::string_view path) const;
    void retire(HttpSession& session);

    Reactor& reactor_;
    Options options_;
    TcpListener listener_;
    std::unordered_map<std::string, HttpHandler> exact_;
    std::vector<std::pair<std::string, HttpHandler>> below_;
    std::vector<std::pair<std::string, HttpHandler>> posts_below_;
    std::unordered_map<std::string, WebSocketRoute> websockets_;
    std::map<std::uint64_t, std::unique_ptr<HttpSession>>
        sessions_;  // by number, so that what is done to all has an order
    std::uint64_t last_session_ = 0;
    std::size_t refusing_ = 0;  // of the sessions, those whose address has too many
    std::unique_ptr<Graveyard> graveyard_;
};

}  // namespace dcx::net
