#include "feed/feed_client.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"

namespace dcx::feed {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
// Acknowledgements and errors may use more than what books and trades may, so that a client that is behind still gets
// its answers; beyond that it does not read at all.
constexpr std::size_t kControlBound = 2;

}  // namespace

FeedClient::FeedClient(ClientOwner& owner, ClientContext& context, std::unique_ptr<net::WebSocketConnection> connection,
                       std::uint64_t id, Format format)
    : owner_{owner},
      context_{context},
      connection_{std::move(connection)},
      id_{id},
      format_{format},
      connected_ns_{context.clock.monotonic_ns()},
      last_sent_ns_{connected_ns_},
      tokens_{static_cast<std::int64_t>(context.limits.request_burst) * kSecondNs},
      tokens_at_ns_{connected_ns_} {
    connection_->set_owner(*this);
    connection_->set_source(this);
    const Publisher& publisher = context_.publisher;
    std::optional<Digest> challenge;
    if (context_.accounts != nullptr) challenge = context_.accounts->challenge(id_);
    send(encode_welcome(context_.frame, format_,
                        {.client_id = id_,
                         .epoch = publisher.epoch(),
                         .time_ns = context_.clock.wall_ns(),
                         .heartbeat_ms = context_.heartbeat_ns / 1'000'000,
                         .limits = context_.limits,
                         .markets = publisher.markets(),
                         .challenge = challenge ? &*challenge : nullptr,
                         .venue_id = challenge ? context_.accounts->feed.venue_id() : std::array<std::byte, 16>{}}));
}

FeedClient::~FeedClient() {
    connection_->set_source(nullptr);
    for (auto& [key, subscription] : subscriptions_) context_.publisher.detach(subscription);
}

// ---- out

void FeedClient::count(std::uint64_t messages, std::size_t bytes) {
    messages_ += messages;
    bytes_ += bytes;
    last_sent_ns_ = context_.now_ns;
}

void FeedClient::send(std::span<const std::byte> frame) {
    if (ended_) return;
    const bool fits = connection_->pending_output() + frame.size() <= kControlBound * context_.limits.output_bytes ||
                      connection_->pending_output() == 0;
    if (!fits || !connection_->send_raw_frame(frame)) {
        ended_ = true;
        connection_->drop("the client does not read");
        return;
    }
    count(1, frame.size());
    ++context_.publisher.counters().session_messages;
    context_.publisher.counters().session_bytes += frame.size();
}

bool FeedClient::offer(std::span<const std::byte> frame) {
    if (ended_) return true;
    const auto has_room = [&] {
        const std::size_t pending = connection_->pending_output();
        return pending + frame.size() <= context_.limits.output_bytes || pending == 0;
    };
    if (!has_room()) [[unlikely]] {
        // What waits may only be this round's output; a reader is behind when the system takes no more.
        connection_->flush();
        if (!has_room()) return false;
    }
    if (!connection_->send_raw_frame(frame)) {
        if (connection_->is_open() && connection_->pending_output() > 0) return false;
        // Closing already, or one message alone is more than the connection takes: waiting would not help.
        ended_ = true;
        connection_->drop("a message is larger than the connection's bound");
        return true;
    }
    count(1, frame.size());
    return true;
}

void FeedClient::add_latency(std::int64_t ns, std::uint64_t messages) {
    if (latency_ == nullptr) latency_ = std::make_unique<LatencyHistogram>();
    latency_->add(ns, messages);
    context_.publisher.counters().delay.add(ns, messages);
}

void FeedClient::wake(Subscription& subscription, bool now) {
    if (ended_) return;
    if (!subscription.in_queue) enqueue(subscription);
    connection_->source_ready();
    if (now) connection_->flush();
}

void FeedClient::enqueue(Subscription& subscription) {
    subscription.in_queue = true;
    subscription.next_in_queue = nullptr;
    (queue_last_ != nullptr ? queue_last_->next_in_queue : queue_first_) = &subscription;
    queue_last_ = &subscription;
}

void FeedClient::dequeue_first() {
    queue_first_->in_queue = false;
    queue_first_ = queue_first_->next_in_queue;
    if (queue_first_ == nullptr) queue_last_ = nullptr;
}

void FeedClient::dequeue(Subscription& subscription) {
    if (!subscription.in_queue) return;
    Subscription* before = nullptr;
    for (Subscription* at = queue_first_; at != &subscription; at = at->next_in_queue) before = at;
    if (before == nullptr) return dequeue_first();
    before->next_in_queue = subscription.next_in_queue;
    if (queue_last_ == &subscription) queue_last_ = before;
    subscription.in_queue = false;
}

void FeedClient::gather(net::OutputPieces& pieces) {
    for (const Subscription* at = queue_first_; at != nullptr; at = at->next_in_queue)
        if (!at->stream->gather(*at, pieces)) return;
}

void FeedClient::taken(std::size_t bytes, net::OutputPieces& rest) {
    const std::int64_t now = context_.clock.wall_ns();
    std::size_t messages = 0;
    std::size_t left = bytes;
    while (queue_first_ != nullptr) {
        Subscription& subscription = *queue_first_;
        const std::size_t waiting = subscription.stream->waiting_bytes(subscription);
        const std::size_t part = std::min(waiting, left);
        if (part > 0) {
            const Stream::Taken taken = subscription.stream->take(subscription, part, rest);
            left -= part;
            messages += taken.messages;
            if (taken.news > 0) add_latency(now - taken.time.value, taken.news);
        }
        if (part < waiting && left == 0) {
            // The next write begins with another, or a busy stream would keep the others back.
            if (part > 0 && subscription.next_in_queue != nullptr) {
                dequeue_first();
                enqueue(subscription);
            }
            break;
        }
        dequeue_first();
    }
    DCX_CHECK(left == 0);
    count(messages, bytes + rest.bytes());
}

bool FeedClient::drained() const {
    return ended_ || (!connection_->is_blocked() && connection_->pending_output() <= context_.limits.output_bytes / 4);
}

void FeedClient::conflated(std::uint64_t skipped) {
    ++conflations_;
    skipped_ += skipped;
}

void FeedClient::overrun() {
    refuse({}, ErrorCode::too_slow, "the reader is behind; trades can't be skipped");
    close(net::close_code::try_later, "too slow");
}

bool FeedClient::tell(std::span<const std::byte> frame, Time time) {
    if (ended_) return true;
    const auto fits = [&] {
        const std::size_t pending = connection_->pending_output();
        return pending + frame.size() <= context_.limits.output_bytes || pending == 0;
    };
    if (!fits()) [[unlikely]]
        // What waits may only be this round's output.
        connection_->flush();
    if (!fits() || !connection_->send_raw_frame(frame)) {
        refuse({}, ErrorCode::too_slow, "the reader is behind; private messages can't be skipped");
        close(net::close_code::try_later, "too slow");
        return false;
    }
    count(1, frame.size());
    if (time.value != 0) add_latency(context_.wall_ns - time.value, 1);
    return true;
}

void FeedClient::hand_over() {
    if (!ended_) connection_->flush();
}

void FeedClient::end_for_failed_logins() { close(net::close_code::policy, "too many failed logins"); }

void FeedClient::on_login_verdict(bool genuine) {
    if (private_ != nullptr && !ended_) private_->on_verdict(genuine);
}

PrivateSession& FeedClient::private_session() {
    PrivateConnection& connection = *this;
    if (private_ == nullptr) private_ = std::make_unique<PrivateSession>(*context_.accounts, connection, id_, format_);
    return *private_;
}

std::size_t FeedClient::subscriptions() const {
    return subscriptions_.size() + (private_ != nullptr ? private_->subscriptions() : 0);
}

void FeedClient::close(std::uint16_t code, std::string_view reason) {
    if (ended_) return;
    ended_ = true;
    connection_->close(code, reason);
}

void FeedClient::beat() {
    if (context_.now_ns - last_sent_ns_ >= context_.heartbeat_ns) heartbeat({});
}

void FeedClient::tell_instruments(std::span<const Market* const> markets) {
    send(encode_instruments(context_.frame, format_, {}, markets));
}

void FeedClient::tell_notice(std::string_view code, std::string_view message) {
    send(encode_notice(context_.frame, format_, code, message));
}

void FeedClient::refuse(const RequestId& id, ErrorCode code, std::string_view message) {
    ++context_.publisher.counters().errors;
    send(encode_error(context_.frame, format_, id, code, message));
}

void FeedClient::heartbeat(const RequestId& id) {
    std::vector<ChannelPosition> positions;
    positions.reserve(subscriptions_.size());
    for (const auto& [key, subscription] : subscriptions_)
        positions.push_back({.market = &subscription.market, .channel = key.second, .seq = subscription.seq});
    std::vector<PrivatePosition> private_positions;
    if (private_ != nullptr) private_->list_positions(private_positions);
    send(encode_heartbeat(context_.frame, format_, id, context_.clock.wall_ns(), positions, private_positions));
}

void FeedClient::stats(const RequestId& id) {
    static const LatencyHistogram none;
    std::size_t waiting = connection_->pending_output();
    for (const Subscription* at = queue_first_; at != nullptr; at = at->next_in_queue)
        waiting += at->stream->waiting_bytes(*at);
    const std::int64_t connected_ns = context_.clock.monotonic_ns() - connected_ns_;
    send(encode_stats(context_.frame, format_, id,
                      {.client_id = id_,
                       .connected_ms = static_cast<std::uint64_t>(connected_ns / 1'000'000),
                       .messages = messages_,
                       .bytes = bytes_,
                       .received = received_,
                       .queue_bytes = waiting,
                       .subscriptions = subscriptions(),
                       .conflations = conflations_,
                       .skipped = skipped_,
                       .latency = latency_ != nullptr ? *latency_ : none}));
}

// ---- in

bool FeedClient::take_token() {
    const std::int64_t now = context_.clock.monotonic_ns();
    const auto burst = static_cast<std::int64_t>(context_.limits.request_burst) * kSecondNs;
    const auto per_second = static_cast<std::int64_t>(context_.limits.requests_per_second);
    // A long pause fills the bucket; capped first so that the product can't overflow.
    const std::int64_t pause = std::min(now - tokens_at_ns_, 1'000 * kSecondNs);
    tokens_ = std::min(burst, tokens_ + pause * per_second);
    tokens_at_ns_ = now;
    if (tokens_ < kSecondNs) return false;
    tokens_ -= kSecondNs;
    return true;
}

void FeedClient::on_message(net::WebSocketConnection&, net::MessageKind kind, std::span<const std::byte> message) {
    if (ended_) return;
    ++received_;
    ++context_.publisher.counters().requests;
    if (!take_token()) {
        refuse({}, ErrorCode::too_many_requests, "too many requests");
        if (++refused_in_a_row_ > context_.limits.request_burst) close(net::close_code::policy, "too many requests");
        return;
    }
    refused_in_a_row_ = 0;
    if ((kind == net::MessageKind::text) != (format_ == Format::json)) {
        refuse({}, ErrorCode::wrong_frame_kind, "JSON comes in text frames, MessagePack in binary ones");
        return;
    }
    const auto request = parse_request(format_, message);
    if (request)
        answer(*request);
    else
        refuse(request.error().id, request.error().code, request.error().message);
}

void FeedClient::on_closed(net::WebSocketConnection&, std::uint16_t, std::string_view) {
    ended_ = true;
    owner_.on_client_closed(*this);
}

void FeedClient::answer(const Request& request) {
    const bool accounts =
        request.type == RequestType::login || (!request.channels.empty() && is_private(request.channels.front()));
    if (accounts && context_.accounts == nullptr) {
        refuse(request.id, ErrorCode::not_applicable, "there are no private channels here");
        return;
    }
    if (accounts) {
        switch (request.type) {
            case RequestType::login: return private_session().log_in(request);
            case RequestType::subscribe:
                return private_session().subscribe(request, context_.limits.subscriptions - subscriptions());
            default: return private_session().unsubscribe(request);
        }
    }
    switch (request.type) {
        case RequestType::subscribe: subscribe(request); break;
        case RequestType::unsubscribe: unsubscribe(request); break;
        case RequestType::heartbeat: heartbeat(request.id); break;
        case RequestType::stats: stats(request.id); break;
        case RequestType::login: break;
        case RequestType::instruments:
            send(encode_instruments(context_.frame, format_, request.id, context_.publisher.markets()));
            break;
    }
}

std::optional<std::vector<const Market*>> FeedClient::markets_of(const Request& request) {
    if (request.symbols.empty()) return context_.publisher.markets();
    std::vector<const Market*> markets;
    for (const std::string& symbol : request.symbols) {
        const Market* market = context_.publisher.find(symbol);
        if (market == nullptr) {
            // Echoed only as what a symbol can be: in MessagePack a text may be any bytes.
            const bool printable = symbol.size() <= sizeof(Symbol) &&
                                   std::ranges::all_of(symbol, [](char c) { return c > ' ' && c < 127; });
            refuse(request.id, ErrorCode::unknown_symbol, "no such symbol" + (printable ? ": " + symbol : ""));
            return std::nullopt;
        }
        markets.push_back(market);
    }
    return markets;
}

// All or nothing: what can be refused is refused before the first change.
void FeedClient::subscribe(const Request& request) {
    const auto markets = markets_of(request);
    if (!markets) return;
    std::size_t added = 0;
    for (const Market* market : *markets)
        for (const Channel channel : request.channels)
            if (!subscriptions_.contains(key_of(*market, channel))) ++added;
    if (subscriptions() + added > context_.limits.subscriptions) {
        refuse(request.id, ErrorCode::too_many_subscriptions, "too many subscriptions");
        return;
    }
    if (markets->empty()) refuse(request.id, ErrorCode::unknown_symbol, "no instrument is listed yet");
    for (const Market* market : *markets)
        for (const Channel channel : request.channels) subscribe_to(request, *market, channel);
}

// What its stream still holds for the client is not sent any more.
void FeedClient::drop(Subscription& subscription) {
    dequeue(subscription);
    context_.publisher.detach(subscription);
}

// A second subscription to a channel of a symbol replaces the first: messages don't tell their depth and rate.
void FeedClient::subscribe_to(const Request& request, const Market& market, Channel channel) {
    Publisher& publisher = context_.publisher;
    const Key key = key_of(market, channel);
    if (const auto old = subscriptions_.find(key); old != subscriptions_.end()) {
        drop(old->second);
        subscriptions_.erase(old);
    }
    const VariantKey variant{.channel = channel,
                             .depth = has_depth(channel) ? request.depth.value_or(kDefaultDepth) : 0,
                             .rate_ms = has_rate(channel) ? request.rate_ms.value_or(0) : 0,
                             .interval_s = has_interval(channel) ? request.interval_s.value_or(kDefaultInterval) : 0};
    Subscription& subscription =
        subscriptions_
            .emplace(std::piecewise_construct, std::forward_as_tuple(key),
                     std::forward_as_tuple(static_cast<FrameSink&>(*this), market, variant, format_))
            .first->second;
    std::optional<bool> resumed;
    if (request.from) resumed = publisher.can_resume(subscription, *request.from);
    if (resumed == false) ++publisher.counters().resumes_refused;
    send(encode_subscribed(context_.frame, format_,
                           {.id = request.id, .market = market, .key = variant, .resumed = resumed}));
    publisher.attach(subscription, resumed == true ? request.from : std::nullopt);
}

bool FeedClient::matches(const Request& request, const Subscription& subscription) const {
    const VariantKey& key = subscription.key;
    if (std::ranges::find(request.channels, key.channel) == request.channels.end()) return false;
    if (!request.symbols.empty() &&
        std::ranges::find(request.symbols, subscription.market.symbol()) == request.symbols.end())
        return false;
    const auto agrees = [](bool has, std::optional<std::uint32_t> asked, std::uint32_t is) {
        return !has || asked.value_or(is) == is;
    };
    return agrees(has_depth(key.channel), request.depth, key.depth) &&
           agrees(has_rate(key.channel), request.rate_ms, key.rate_ms) &&
           agrees(has_interval(key.channel), request.interval_s, key.interval_s);
}

void FeedClient::unsubscribe(const Request& request) {
    if (!markets_of(request)) return;
    std::size_t ended = 0;
    for (auto at = subscriptions_.begin(); at != subscriptions_.end();) {
        if (!matches(request, at->second)) {
            ++at;
            continue;
        }
        drop(at->second);
        send(encode_unsubscribed(
            context_.frame, format_,
            {.id = request.id, .market = at->second.market, .key = at->second.key, .resumed = std::nullopt}));
        at = subscriptions_.erase(at);
        ++ended;
    }
    if (ended == 0) refuse(request.id, ErrorCode::not_subscribed, "no such subscription");
}

}  // namespace dcx::feed
