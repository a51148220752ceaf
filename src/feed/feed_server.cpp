#include "feed/feed_server.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace dcx::feed {

namespace {

constexpr std::string_view kJsonProtocol = "dcx.json";
constexpr std::string_view kMsgpackProtocol = "dcx.msgpack";
// Silence is noticed within this part of the heartbeat's time.
constexpr std::int64_t kBeatsPerHeartbeat = 4;

net::HttpResponse refusal(int status, std::string why) {
    net::HttpResponse response{.status = status, .body = std::move(why) + "\n"};
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
}

std::optional<Format> format_of_subprotocol(std::string_view name) {
    if (name == kJsonProtocol) return Format::json;
    if (name == kMsgpackProtocol) return Format::msgpack;
    return std::nullopt;
}

struct Chosen {
    Format format{};
    std::string subprotocol;  // empty when none was offered
};

// The first subprotocol of ours that is offered, or the query's format, which must not disagree; else JSON.
std::expected<Chosen, net::HttpResponse> choose_format(const net::HttpRequest& request) {
    std::optional<Format> asked;
    if (const auto name = request.parameter("format")) {
        if (*name != "json" && *name != "msgpack")
            return std::unexpected(refusal(400, "format must be json or msgpack"));
        asked = *name == "json" ? Format::json : Format::msgpack;
    }
    const auto offered = request.subprotocols();
    for (const std::string_view name : offered) {
        const auto format = format_of_subprotocol(name);
        if (format && (!asked || *asked == *format)) return Chosen{*format, std::string{name}};
    }
    // Browsers end a connection that chooses none of what they offer; say why instead.
    if (!offered.empty())
        return std::unexpected(refusal(400, "subprotocols are dcx.json and dcx.msgpack, as the query's format if any"));
    return Chosen{asked.value_or(Format::json), {}};
}

}  // namespace

FeedServer::FeedServer(net::HttpServer& http, EventSource& source, Clock& clock, const Options& options)
    : options_{options},
      source_{source},
      clock_{clock},
      publisher_{options.publisher},
      context_{clock, publisher_, options.limits} {
    context_.heartbeat_ns = options.heartbeat_ns;
    net::WebSocketRoute route{
        .choose = [this](const net::HttpRequest& request) { return choose(request); },
        .opened = [this](std::unique_ptr<net::WebSocketConnection> connection,
                         const net::HttpRequest& request) { open(std::move(connection), request); },
        .options = {.message_limit = options.limits.message_bytes}};
    http.websocket(options.path, std::move(route));
}

FeedServer::~FeedServer() = default;

std::expected<std::string, net::HttpResponse> FeedServer::choose(const net::HttpRequest& request) {
    auto refuse = [&](net::HttpResponse response) {
        ++publisher_.counters().connections_refused;
        return std::unexpected(std::move(response));
    };
    if (!publisher_.ready()) return refuse(refusal(503, "the feed is starting"));
    if (stopping_) return refuse(refusal(503, "the feed is shutting down"));
    if (clients_.size() >= options_.max_clients) return refuse(refusal(503, "too many clients"));
    auto chosen = choose_format(request);
    if (!chosen) return refuse(std::move(chosen.error()));
    return std::move(chosen->subprotocol);
}

void FeedServer::open(std::unique_ptr<net::WebSocketConnection> connection, const net::HttpRequest& request) {
    const std::uint64_t id = ++last_client_id_;
    // choose() has accepted the same request.
    const Format format = choose_format(request)->format;
    ++publisher_.counters().connections_opened;
    context_.now_ns = clock_.monotonic_ns();
    ClientOwner& owner = *this;
    clients_.emplace(id, std::make_unique<FeedClient>(owner, context_, std::move(connection), id, format));
}

void FeedServer::on_client_closed(FeedClient& client) { clients_.erase(client.id()); }

bool FeedServer::poll() {
    context_.now_ns = clock_.monotonic_ns();
    context_.wall_ns = clock_.wall_ns();
    bool worked = false;
    if (context_.now_ns - taken_ns_ >= options_.flush_interval_ns && take_events()) {
        taken_ns_ = context_.now_ns;
        worked = true;
    }
    worked |= publisher_.tick(context_.now_ns);
    tell_changes();
    if (context_.now_ns >= beat_due_ns_) beat();
    return worked;
}

bool FeedServer::take_events() {
    const std::span<const Event> events = source_.peek(options_.batch);
    for (const Event& event : events) publisher_.apply(event);
    source_.release(events.size());
    return !events.empty();
}

void FeedServer::tell_changes() {
    const auto changed = publisher_.take_changed();
    if (changed.empty()) return;
    for (const auto& [id, client] : clients_) client->tell_instruments(changed);
}

void FeedServer::beat() {
    beat_due_ns_ = context_.now_ns + options_.heartbeat_ns / kBeatsPerHeartbeat;
    for (const auto& [id, client] : clients_) client->beat();
}

int FeedServer::max_sleep_ms() const {
    std::int64_t due = publisher_.next_due_ns();
    if (!clients_.empty()) due = std::min(due, beat_due_ns_);
    const std::int64_t now = clock_.monotonic_ns();
    // Events may wait for their flush; whether there are any is not known without looking.
    const std::int64_t flush = taken_ns_ + options_.flush_interval_ns;
    if (flush > now) due = std::min(due, flush);
    if (due == Publisher::kNever) return std::numeric_limits<int>::max();
    if (due <= now) return 0;
    return static_cast<int>(std::min<std::int64_t>((due - now + 999'999) / 1'000'000, 60'000));
}

void FeedServer::notice(std::string_view code, std::string_view message) {
    for (const auto& [id, client] : clients_) client->tell_notice(code, message);
}

void FeedServer::shut_down(std::string_view message) {
    stopping_ = true;
    notice("shutdown", message);
    for (const auto& [id, client] : clients_) client->close(net::close_code::going_away, message);
}

}  // namespace dcx::feed
