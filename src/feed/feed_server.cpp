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
constexpr std::int64_t kShareEveryNs = 200'000'000;

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

Publisher::Options publisher_options(const FeedServer::Options& options) {
    Publisher::Options publisher = options.publisher;
    publisher.behind_bytes = options.limits.output_bytes;
    publisher.flush_ns = options.flush_interval_ns;
    return publisher;
}

}  // namespace

FeedServer::FeedServer(net::HttpServer& http, EventSource& source, Clock& clock, const Options& options)
    : options_{options},
      source_{source},
      clock_{clock},
      publisher_{publisher_options(options)},
      context_{clock, publisher_, options.limits},
      crowd_{options.crowd != nullptr ? *options.crowd : alone_},
      holds_{options.holds},
      flush_timer_{http.reactor(), [] {}} {
    context_.heartbeat_ns = options.heartbeat_ns;
    context_.limits.flush_us = static_cast<std::uint64_t>(options.flush_interval_ns / 1'000);
    if (options.accounts != nullptr) {
        PrivateContext::Secret secret = options.login_secret;
        if (secret == PrivateContext::Secret{}) random_bytes(secret);
        accounts_ =
            std::make_unique<PrivateContext>(options.private_feed, publisher_.counters(), options.login_thread, secret);
        context_.accounts = accounts_.get();
        context_.limits.logins_per_key = options.private_feed.logins_per_key;
    }
    net::WebSocketRoute route{
        .choose = [this](const net::HttpRequest& request) { return choose(request); },
        .opened = [this](std::unique_ptr<net::WebSocketConnection> connection,
                         const net::HttpRequest& request) { open(std::move(connection), request); },
        .options = {.message_limit = options.limits.message_bytes, .deflate = options.compress_snapshots}};
    http.websocket(options.path, std::move(route));
}

FeedServer::~FeedServer() { crowd_.clients.fetch_sub(clients_.size(), std::memory_order_relaxed); }

std::expected<std::string, net::HttpResponse> FeedServer::choose(const net::HttpRequest& request) {
    auto refuse = [&](Refusal why, net::HttpResponse response) {
        ++publisher_.counters().connections_refused[static_cast<std::size_t>(why)];
        return std::unexpected(std::move(response));
    };
    if (!ready()) return refuse(Refusal::starting, refusal(503, "the feed is starting"));
    if (stopping_) return refuse(Refusal::stopping, refusal(503, "the feed is shutting down"));
    if (crowd_.clients.load(std::memory_order_relaxed) >= options_.max_clients)
        return refuse(Refusal::full, refusal(503, "too many clients"));
    auto chosen = choose_format(request);
    if (!chosen) return refuse(Refusal::request, std::move(chosen.error()));
    return std::move(chosen->subprotocol);
}

void FeedServer::open(std::unique_ptr<net::WebSocketConnection> connection, const net::HttpRequest& request) {
    const std::uint64_t id = crowd_.last_client_id.fetch_add(1, std::memory_order_relaxed) + 1;
    crowd_.clients.fetch_add(1, std::memory_order_relaxed);
    // choose() has accepted the same request.
    const Format format = choose_format(request)->format;
    ++publisher_.counters().connections_opened;
    context_.now_ns = clock_.monotonic_ns();
    ClientOwner& owner = *this;
    clients_.emplace(id, std::make_unique<FeedClient>(owner, context_, std::move(connection), id, format));
}

void FeedServer::on_client_closed(FeedClient& client) {
    crowd_.clients.fetch_sub(1, std::memory_order_relaxed);
    clients_.erase(client.id());
}

bool FeedServer::poll() {
    context_.now_ns = clock_.monotonic_ns();
    context_.wall_ns = clock_.wall_ns();
    bool worked = accounts_ != nullptr && take_private();
    // Nobody listens; what is told of conflated rates begins with the first who does.
    if (holds_) return take_events() || worked;
    const bool news = take_events();
    worked |= news;
    // While events come, the log says how late it is.
    worked |= publisher_.tick(context_.now_ns, news ? 0 : context_.wall_ns);
    // Finer than max_sleep_ms() can say.
    if (const std::int64_t due = publisher_.flush_due_ns(); due != Publisher::kNever && !flush_timer_.running())
        flush_timer_.start_after(due - context_.now_ns);
    tell_changes();
    if (context_.now_ns >= beat_due_ns_) beat();
    if (crowd_.in_use.size() > 1 && context_.now_ns >= share_due_ns_) share_variants();
    return worked;
}

bool FeedServer::take_events() {
    const std::span<const Event> events = source_.peek(options_.batch);
    for (const Event& event : events) publisher_.apply(event);
    source_.release(events.size());
    return !events.empty();
}

// Not kept back for the public feed's flush: few are told, and it is they who traded.
bool FeedServer::take_private() {
    bool worked = take_verdicts();
    const std::span<const Event> events = options_.accounts->peek(options_.batch);
    accounts_->feed.apply(events);
    accounts_->feed.hand_over();
    // What is seen behind this is no news to its owners any more.
    options_.accounts->release(events.size());
    worked |= !events.empty();
    worked |= accounts_->feed.tick(context_.now_ns);
    return worked;
}

bool FeedServer::take_verdicts() {
    const auto verdict = accounts_->logins.take();
    if (!verdict) return false;
    if (const auto client = clients_.find(verdict->client); client != clients_.end())
        client->second->on_login_verdict(verdict->genuine != 0);
    return true;
}

void FeedServer::tell_changes() {
    const auto changed = publisher_.take_changed();
    if (changed.empty()) return;
    for (const auto& [id, client] : clients_) client->tell_instruments(changed);
}

void FeedServer::share_variants() {
    if (!publisher_.ready()) return;
    share_due_ns_ = context_.now_ns + kShareEveryNs;
    auto own = publisher_.variants(true);
    std::vector<VariantUse> others;
    {
        const std::lock_guard lock(crowd_.mutex);
        for (std::size_t place = 0; place < crowd_.in_use.size(); ++place)
            if (place != options_.place)
                others.insert(others.end(), crowd_.in_use[place].begin(), crowd_.in_use[place].end());
        crowd_.in_use[options_.place] = std::move(own);
    }
    if (!others.empty()) publisher_.begin_variants(std::move(others));
}

void FeedServer::beat() {
    beat_due_ns_ = context_.now_ns + options_.heartbeat_ns / kBeatsPerHeartbeat;
    for (const auto& [id, client] : clients_) client->beat();
}

int FeedServer::max_sleep_ms() const {
    if (accounts_ != nullptr && accounts_->feed.page_due()) return 0;
    std::int64_t due = publisher_.next_due_ns();
    if (!clients_.empty()) due = std::min(due, beat_due_ns_);
    if (crowd_.in_use.size() > 1) due = std::min(due, share_due_ns_);
    const std::int64_t now = clock_.monotonic_ns();
    // Nobody rings when a signature is checked.
    if (accounts_ != nullptr && !accounts_->logins.idle()) due = std::min(due, now + 1'000'000);
    if (due == Publisher::kNever) return std::numeric_limits<int>::max();
    if (due <= now) return 0;
    return static_cast<int>(std::min<std::int64_t>((due - now + 999'999) / 1'000'000, 60'000));
}

void FeedServer::notice(std::string_view code, std::string_view message) {
    for (const auto& [id, client] : clients_) client->tell_notice(code, message);
}

void FeedServer::begin_serving() {
    holds_ = false;
    (void)publisher_.take_changed();
    publisher_.start_lingering(clock_.monotonic_ns());
}

void FeedServer::shut_down(std::string_view message, std::uint16_t code) {
    stopping_ = true;
    notice("shutdown", message);
    for (const auto& [id, client] : clients_) client->close(code, message);
}

}  // namespace dcx::feed
