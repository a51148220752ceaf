#include "net/http.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.h"
#include "net/http_session.h"

namespace dcx::net {

// Sessions that are done, until no call of theirs is running any more.
struct HttpServer::Graveyard final : RoundTask {
    std::vector<std::unique_ptr<HttpSession>> sessions;
    void on_round_end() override { sessions.clear(); }
};

HttpServer::HttpServer(Reactor& reactor, Options options)
    : reactor_(reactor),
      options_(std::move(options)),
      listener_(reactor, options_.listener, [this](Socket socket) { accept(std::move(socket)); }),
      graveyard_(std::make_unique<Graveyard>()) {}

HttpServer::~HttpServer() = default;

void HttpServer::get(std::string path, HttpHandler handler) { exact_[std::move(path)] = std::move(handler); }

void HttpServer::get_below(std::string prefix, HttpHandler handler) {
    // Longest first, so that the first that fits is the longest; of equal length in the order of their making.
    const auto place = std::find_if(below_.begin(), below_.end(),
                                    [&](const auto& other) { return other.first.size() < prefix.size(); });
    below_.emplace(place, std::move(prefix), std::move(handler));
}

void HttpServer::websocket(std::string path, WebSocketRoute route) {
    DCX_CHECK(route.opened != nullptr);
    websockets_[std::move(path)] = std::move(route);
}

std::expected<void, Error> HttpServer::start() { return listener_.start(); }

void HttpServer::stop() {
    listener_.stop();
    for (auto& [key, session] : sessions_) session->finish();
}

void HttpServer::accept(Socket socket) {
    auto session = std::make_unique<HttpSession>(*this, std::move(socket));
    HttpSession* key = session.get();
    sessions_.emplace(key, std::move(session));
}

void HttpServer::retire(HttpSession& session) {
    auto node = sessions_.extract(&session);
    DCX_CHECK(!node.empty());
    graveyard_->sessions.push_back(std::move(node.mapped()));
    reactor_.at_round_end(*graveyard_);
}

const WebSocketRoute* HttpServer::find_websocket(std::string_view path) const {
    const auto found = websockets_.find(std::string{path});
    return found == websockets_.end() ? nullptr : &found->second;
}

HttpResponse HttpServer::answer(const HttpRequest& request) const {
    const HttpHandler* handler = nullptr;
    if (const auto exact = exact_.find(request.path); exact != exact_.end()) handler = &exact->second;
    for (auto below = below_.begin(); handler == nullptr && below != below_.end(); ++below)
        if (request.path.starts_with(below->first)) handler = &below->second;
    if (handler == nullptr && find_websocket(request.path) == nullptr)
        return {.status = 404, .body = "404 Not Found\n"};
    if (handler == nullptr || (request.method != "GET" && request.method != "HEAD"))
        return {.status = 405, .body = "405 Method Not Allowed\n", .headers = {{"Allow", "GET, HEAD"}}};
    try {
        return (*handler)(request);
    } catch (const std::exception&) {
        return {.status = 500, .body = "500 Internal Server Error\n"};
    }
}

}  // namespace dcx::net
