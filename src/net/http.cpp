#include "net/http.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.h"
#include "net/http_session.h"

namespace dcx::net {

// Sessions that are done, until no call of theirs is running any more.
namespace {

constexpr std::size_t refusals_at_once = 64;

using Below = std::vector<std::pair<std::string, HttpHandler>>;

// Longest first, so that the first that fits is the longest; of equal length in the order of their making.
void put_below(Below& below, std::string prefix, HttpHandler handler) {
    const auto place =
        std::find_if(below.begin(), below.end(), [&](const auto& other) { return other.first.size() < prefix.size(); });
    below.emplace(place, std::move(prefix), std::move(handler));
}

const HttpHandler* find_below(const Below& below, std::string_view path) {
    const auto found =
        std::find_if(below.begin(), below.end(), [&](const auto& one) { return path.starts_with(one.first); });
    return found == below.end() ? nullptr : &found->second;
}

HttpResponse call(const HttpHandler& handler, const HttpRequest& request) {
    try {
        return handler(request);
    } catch (const std::exception&) {
        return {.status = 500, .body = "500 Internal Server Error\n"};
    }
}

}  // namespace

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
    put_below(below_, std::move(prefix), std::move(handler));
}

void HttpServer::post_below(std::string prefix, HttpHandler handler) {
    put_below(posts_below_, std::move(prefix), std::move(handler));
}

void HttpServer::websocket(std::string path, WebSocketRoute route) {
    DCX_CHECK(route.opened != nullptr);
    websockets_[std::move(path)] = std::move(route);
}

std::expected<void, Error> HttpServer::start() { return listener_.start(); }

void HttpServer::stop() {
    listener_.stop();
    for (auto& [number, session] : sessions_) session->finish();
}

void HttpServer::accept(Socket socket) {
    // To tell somebody why takes a place until he has read it; so not everybody is told.
    if (socket.over_limit() && refusing_ == refusals_at_once) return;
    if (socket.over_limit()) ++refusing_;
    const std::uint64_t number = ++last_session_;
    sessions_.emplace(number, std::make_unique<HttpSession>(*this, std::move(socket), number));
}

void HttpServer::retire(HttpSession& session) {
    auto node = sessions_.extract(session.number());
    DCX_CHECK(!node.empty());
    if (!session.within_limits()) --refusing_;
    graveyard_->sessions.push_back(std::move(node.mapped()));
    reactor_.at_round_end(*graveyard_);
}

const WebSocketRoute* HttpServer::find_websocket(std::string_view path) const {
    const auto found = websockets_.find(std::string{path});
    return found == websockets_.end() ? nullptr : &found->second;
}

HttpResponse HttpServer::answer(const HttpRequest& request) const {
    const HttpHandler* handler = nullptr;
    const HttpHandler* post = find_below(posts_below_, request.path);
    if (request.method == "POST" && post != nullptr) return call(*post, request);
    if (const auto exact = exact_.find(request.path); exact != exact_.end()) handler = &exact->second;
    if (handler == nullptr) handler = find_below(below_, request.path);
    if (handler == nullptr && post == nullptr && find_websocket(request.path) == nullptr)
        return {.status = 404, .body = "404 Not Found\n"};
    if (handler == nullptr && post != nullptr)
        return {.status = 405, .body = "405 Method Not Allowed\n", .headers = {{"Allow", "POST"}}};
    if (handler == nullptr || (request.method != "GET" && request.method != "HEAD"))
        return {.status = 405, .body = "405 Method Not Allowed\n", .headers = {{"Allow", "GET, HEAD"}}};
    return call(*handler, request);
}

}  // namespace dcx::net
