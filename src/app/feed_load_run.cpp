#include "app/feed_load_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "app/feed_envelope.h"
#include "net/websocket_client.h"

namespace dcx::app {

namespace {

using Json = nlohmann::json;

feed::Format format_of(const FeedLoadOptions& options) {
    return options.format == "json" ? feed::Format::json : feed::Format::msgpack;
}

std::string request_text(const FeedLoadOptions& options) {
    Json request{{"type", "subscribe"}, {"channel", options.channel}, {"symbol", options.market}};
    if (options.channel == "orderbook") {
        request["depth"] = options.depth;
        request["rate"] = options.rate_ms;
    }
    if (options.channel == "candles") request["interval"] = options.interval;
    if (format_of(options) == feed::Format::json) return request.dump();
    const auto packed = Json::to_msgpack(request);
    return {packed.begin(), packed.end()};
}

}  // namespace

class FeedLoadRun::Client final : net::WebSocketClient::Owner {
  public:
    explicit Client(FeedLoadRun& run) : run_(run) {
        net::WebSocketClient::Options options{.endpoint = run.address_.endpoint, .target = run.address_.target};
        options.subprotocols = {"dcx." + run.options_.format};
        socket_ = std::make_unique<net::WebSocketClient>(run.reactor_, std::move(options),
                                                         static_cast<net::WebSocketClient::Owner&>(*this));
    }

  private:
    void on_message(net::WebSocketClient&, net::MessageKind, std::span<const std::byte> bytes) override {
        const auto message = read_envelope(format_of(run_.options_), bytes);
        if (!message) {
            ++run_.tally_.broken;
            return;
        }
        if (message->type == "welcome") return subscribe();
        if (message->type == "error") {
            ++run_.tally_.errors[message->code];
            if (!following_) run_.why_ = message->message + " (" + std::to_string(message->code) + ")";
            return;
        }
        if (message->channel == run_.options_.channel && (message->type == "snapshot" || message->type == "update"))
            take(*message, bytes.size());
    }
    void subscribe() {
        const bool json = format_of(run_.options_) == feed::Format::json;
        const std::string& request = run_.request_;
        // When it can't be sent the connection is ending, which on_closed tells.
        (void)(json ? socket_->send_text(request) : socket_->send_binary(std::as_bytes(std::span{request})));
    }
    void take(const FeedEnvelope& message, std::size_t bytes) {
        FeedLoadTally& tally = run_.tally_;
        if (!chain_.follow(message)) ++tally.gaps;
        ++tally.messages;
        tally.bytes += bytes;
        tally.skipped += message.skipped;
        if (message.type == "snapshot")
            ++tally.snapshots;
        else if (run_.measuring_)
            tally.latency.add(run_.clock_.wall_ns() - message.time);
        if (!following_) ++run_.following_;
        following_ = true;
    }
    void on_closed(net::WebSocketClient&, std::uint16_t code, std::string_view reason) override {
        const std::string why = reason.empty() ? "closed with " + std::to_string(code) : std::string{reason};
        if (!following_) run_.why_ = why;
        if (run_.tally_.closed++ == 0) run_.tally_.why_closed = why;
    }

    FeedLoadRun& run_;
    std::unique_ptr<net::WebSocketClient> socket_;
    FeedChain chain_;
    bool following_ = false;
};

FeedLoadRun::FeedLoadRun(const FeedLoadOptions& options, const FeedAddress& address)
    : options_{options}, address_{address}, request_{request_text(options)} {}

FeedLoadRun::~FeedLoadRun() = default;

void FeedLoadRun::connect() {
    std::size_t before = 0;
    std::int64_t moved_ns = reactor_.now_ns();
    while (following_ < options_.clients) {
        while (clients_.size() < options_.clients && clients_.size() < following_ + kConnecting)
            clients_.push_back(std::make_unique<Client>(*this));
        reactor_.poll(100);
        if (!why_.empty()) throw std::runtime_error("the feed lets nobody in: " + why_);
        if (following_ != before) {
            before = following_;
            moved_ns = reactor_.now_ns();
        } else if (reactor_.now_ns() - moved_ns > kSilenceNs) {
            throw std::runtime_error("the feed does not answer: " + std::to_string(following_) + " of " +
                                     std::to_string(options_.clients) + " subscriptions");
        }
    }
}

FeedLoadTally FeedLoadRun::measure(double seconds) {
    // A connection that ended before counts all the same.
    FeedLoadTally before = std::exchange(tally_, {});
    tally_.closed = before.closed;
    tally_.why_closed = std::move(before.why_closed);
    tally_.gaps = before.gaps;
    tally_.broken = before.broken;
    measuring_ = true;
    const std::int64_t begin = reactor_.now_ns();
    const std::int64_t end = begin + static_cast<std::int64_t>(seconds * 1e9);
    std::int64_t now = begin;
    while (now < end && tally_.closed < clients_.size()) {
        reactor_.poll(static_cast<int>(std::min<std::int64_t>((end - now) / 1'000'000 + 1, 100)));
        now = reactor_.now_ns();
    }
    measuring_ = false;
    tally_.seconds = static_cast<double>(now - begin) * 1e-9;
    return std::exchange(tally_, {});
}

}  // namespace dcx::app
