#include "app/watch.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include "app/stop_signals.h"
#include "app/watch_screen.h"
#include "app/watch_text.h"
#include "base/ed25519.h"
#include "base/random.h"
#include "net/websocket_client.h"

namespace dcx::app {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kRedrawNs = 100 * kNsPerMs;
constexpr std::int64_t kTickerLineNs = kNsPerSecond;
// Before the first connection somebody waits for an answer; after it the venue is probably coming back.
constexpr unsigned kFirstTries = 4;
constexpr unsigned kLaterTries = 14;
constexpr std::int64_t kFirstPauseNs = 200 * kNsPerMs;
constexpr std::int64_t kLongestPauseNs = 5 * kNsPerSecond;
// A book that does not become right by asking again is a fault of the feed or of ours.
constexpr unsigned kGapsInARow = 5;

// Events a second over about the last two seconds.
class Rate {
  public:
    void add(std::uint64_t events, std::int64_t now_ns) {
        turn(now_ns);
        buckets_[static_cast<std::size_t>(bucket_) % buckets_.size()] += events;
    }
    double per_second(std::int64_t now_ns) {
        turn(now_ns);
        std::uint64_t sum = 0;
        for (const std::uint64_t bucket : buckets_) sum += bucket;
        return static_cast<double>(sum) / (static_cast<double>(buckets_.size()) * kBucketNs / kNsPerSecond);
    }

  private:
    static constexpr std::int64_t kBucketNs = 250 * kNsPerMs;
    void turn(std::int64_t now_ns) {
        const std::int64_t bucket = now_ns / kBucketNs;
        for (std::size_t i = 0; bucket_ < bucket && i < buckets_.size(); ++i)
            buckets_[static_cast<std::size_t>(++bucket_) % buckets_.size()] = 0;
        bucket_ = bucket;
    }
    std::array<std::uint64_t, 8> buckets_{};
    std::int64_t bucket_ = 0;
};

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    random_bytes(std::as_writable_bytes(std::span{&seed, 1}));
    return seed;
}

class Watcher final : net::WebSocketClient::Owner {
  public:
    Watcher(const WatchOptions& options, const FeedAddress& address, const WatchOutput& output)
        : options_(options), address_(address), output_(output), picture_(options.market), jitter_(random_seed()) {}

    int run() {
        {
            std::unique_ptr<Screen> screen;
            if (output_.terminal && !options_.json) screen = std::make_unique<Screen>(output_.out);
            screen_ = screen.get();
            loop();
            screen_ = nullptr;
        }
        // Only now: on the alternate screen nobody would see it.
        if (!error_.empty()) std::fprintf(output_.errors, "dcx: %s\n", error_.c_str());
        return error_.empty() ? kDone : kFailed;
    }

  private:
    void loop() {
        const std::int64_t start = reactor_.now_ns();
        const std::int64_t end = options_.seconds > 0 ? start + options_.seconds * kNsPerSecond : 0;
        connect();
        while (!done_ && error_.empty() && !output_.stop()) {
            reactor_.poll(static_cast<int>(kRedrawNs / kNsPerMs));
            const std::int64_t now = reactor_.now_ns();
            if (end != 0 && now >= end) {
                if (!ever_open_) error_ = "no connection to " + url() + ": " + status_;
                break;
            }
            if (client_ == nullptr && error_.empty() && now >= connect_at_ns_) connect();
            if (screen_ != nullptr && now >= next_draw_ns_) draw(now);
        }
    }

    // ---- connection

    void connect() {
        net::WebSocketClient::Options options{.endpoint = address_.endpoint, .target = address_.target};
        options.subprotocols = {"dcx.json"};
        client_ = std::make_unique<net::WebSocketClient>(reactor_, std::move(options),
                                                         static_cast<net::WebSocketClient::Owner&>(*this));
    }

    void on_open(net::WebSocketClient&) override {
        ever_open_ = true;
        status_ = url();
    }

    void on_closed(net::WebSocketClient&, std::uint16_t, std::string_view reason) override {
        picture_.disconnected();
        client_.reset();
        status_ = reason.empty() ? "the feed closed the connection" : std::string(reason);
        const unsigned most = ever_open_ ? kLaterTries : kFirstTries;
        if (++tries_ >= most) {
            error_ = (ever_open_ ? "the feed at " : "no feed at ") + url() + (ever_open_ ? " is gone: " : ": ") +
                     status_ + " (" + std::to_string(tries_) + " tries)";
            return;
        }
        const std::int64_t pause = std::min(kLongestPauseNs, kFirstPauseNs << std::min(tries_ - 1, 10u));
        connect_at_ns_ = reactor_.now_ns() + pause / 2 + jitter_.between(0, pause / 2);
        if (screen_ == nullptr && ever_open_) note("connection lost: " + status_ + "; trying again");
    }

    void subscribe(std::string_view type, std::string_view channel) {
        // When it can't be sent the connection is ending, which on_closed tells.
        (void)client_->send_text(picture_.request(type, channel));
    }

    // ---- messages

    void on_message(net::WebSocketClient&, net::MessageKind, std::span<const std::byte> message) override {
        const std::int64_t now = reactor_.now_ns();
        messages_.add(1, now);
        switch (picture_.apply({reinterpret_cast<const char*>(message.data()), message.size()})) {
            case Applied::nothing: return;
            case Applied::welcome:
                for (const char* channel : {"orderbook", "trades", "ticker"}) subscribe("subscribe", channel);
                if (screen_ == nullptr) note("connected to " + url());
                return;
            case Applied::unknown_market: return fail(unknown_market());
            case Applied::book:
                tries_ = 0;
                gaps_in_a_row_ = 0;
                return show_book();
            case Applied::trades: return show_trades(now);
            case Applied::ticker: return show_ticker(now);
            case Applied::gap: return ask_again();
            case Applied::notice:
                status_ = picture_.error();
                if (screen_ == nullptr) note(status_);
                return;
            case Applied::failed: return fail(picture_.error());
        }
    }

    void ask_again() {
        if (++gaps_in_a_row_ >= kGapsInARow)
            return fail("the feed's " + std::string(picture_.gap_channel()) + " does not fit together: " +
                        std::to_string(gaps_in_a_row_) + " gaps or wrong checksums in a row");
        if (screen_ == nullptr) note("gap in " + std::string(picture_.gap_channel()) + ": asking for a snapshot");
        subscribe("unsubscribe", picture_.gap_channel());
        subscribe("subscribe", picture_.gap_channel());
    }

    [[nodiscard]] std::string unknown_market() const {
        std::string text = "no market " + picture_.symbol() + "; known:";
        for (const std::string& market : picture_.known_markets()) text += " " + market;
        return text;
    }

    void fail(std::string text) {
        error_ = std::move(text);
        client_->close(net::close_code::normal, "done");
    }

    // ---- showing

    void show_book() {
        if (screen_ != nullptr) return;
        if (options_.json) return write(book_json(picture_));
        // A line per change of what it tells: the rest of the book moves more often than anybody reads.
        std::string line = book_line(picture_);
        std::string top = line.substr(line.find(' '));
        if (top == shown_top_) return;
        shown_top_ = std::move(top);
        write(line);
    }

    void show_trades(std::int64_t now) {
        trades_.add(picture_.new_trades(), now);
        if (screen_ != nullptr) return;
        for (std::size_t i = picture_.new_trades(); i > 0; --i) {
            const PictureTrade& trade = picture_.trades()[i - 1];
            write(options_.json ? trade_json(picture_, trade) : trade_line(trade));
        }
        for (const PictureTrade& trade : picture_.new_busts())
            write(options_.json ? trade_json(picture_, trade) : bust_line(picture_, trade));
    }

    void show_ticker(std::int64_t now) {
        if (screen_ != nullptr) return;
        if (options_.json) return write(ticker_json(picture_));
        if (now < next_ticker_ns_) return;
        next_ticker_ns_ = now + kTickerLineNs;
        write(ticker_line(picture_));
    }

    void draw(std::int64_t now) {
        next_draw_ns_ = now + kRedrawNs;
        const PictureStatus status{.messages_per_second = messages_.per_second(now),
                                   .trades_per_second = trades_.per_second(now),
                                   .text = status_};
        const PictureStyle style{.levels = screen_->levels(), .color = true, .unicode = is_utf8_terminal()};
        screen_->draw(ladder_text(picture_, status, style));
    }

    void write(const std::string& line) {
        std::fprintf(output_.out, "%s\n", line.c_str());
        // Nobody reads any more.
        if (std::fflush(output_.out) != 0) done_ = true;
    }
    void note(const std::string& text) { std::fprintf(output_.errors, "dcx: %s\n", text.c_str()); }

    [[nodiscard]] std::string url() const { return "ws://" + address_.endpoint.text() + address_.target; }

    const WatchOptions& options_;
    const FeedAddress& address_;
    const WatchOutput& output_;
    net::Reactor reactor_;
    MarketPicture picture_;
    Random jitter_;
    std::unique_ptr<net::WebSocketClient> client_;
    Screen* screen_ = nullptr;
    Rate messages_;
    Rate trades_;
    std::string status_ = "connecting";
    std::string error_;
    std::string shown_top_;
    bool ever_open_ = false;
    bool done_ = false;
    unsigned tries_ = 0;
    unsigned gaps_in_a_row_ = 0;
    std::int64_t connect_at_ns_ = 0;
    std::int64_t next_draw_ns_ = 0;
    std::int64_t next_ticker_ns_ = 0;
};

}  // namespace

std::expected<FeedAddress, std::string> parse_feed_url(const std::string& url) {
    constexpr std::string_view scheme = "ws://";
    std::string_view rest = url;
    if (!rest.starts_with(scheme)) return std::unexpected("a feed's address begins with ws://, not as " + url);
    rest.remove_prefix(scheme.size());
    const std::size_t path = rest.find_first_of("/?");
    std::string_view authority = rest.substr(0, path);
    FeedAddress result{.endpoint = {.address = {}, .port = 80}, .target = "/v1/feed"};
    if (path != rest.npos) result.target = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));

    std::string_view host = authority;
    std::string_view port;
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == authority.npos) return std::unexpected("no ] in " + url);
    if (const std::size_t colon = authority.find(':', bracket); colon != authority.npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.endpoint.port);
        if (error != std::errc{} || end != port.data() + port.size() || result.endpoint.port == 0)
            return std::unexpected("no port in " + url);
    }
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return std::unexpected("no host in " + url);
    result.endpoint.address = host;
    return result;
}

int watch(const WatchOptions& options, const WatchOutput& output) {
    const auto address = parse_feed_url(options.url.empty() ? "ws://127.0.0.1:8080/v1/feed" : options.url);
    if (!address) {
        std::fprintf(output.errors, "dcx: %s\n", address.error().c_str());
        return kUsage;
    }
    return Watcher(options, *address, output).run();
}

int watch(const WatchOptions& options) {
    const StopSignals signals;
    const WatchOutput output{.out = stdout, .errors = stderr, .terminal = ::isatty(STDOUT_FILENO) == 1, .stop = [&] {
                                 return signals.wait_ms(0);
                             }};
    return options.mirror.empty() ? watch(options, output) : watch_mirror(options, output);
}

}  // namespace dcx::app
