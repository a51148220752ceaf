#include "app/watch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/test_feed.h"
#include "app/watch_picture.h"
#include "net/http.h"

using namespace dcx;
using namespace dcx::app;
using namespace dcx::app::testing;

namespace {

// A file in memory that gives back what was written.
class Capture {
  public:
    Capture() : file_(::open_memstream(&text_, &size_)) { REQUIRE(file_ != nullptr); }
    ~Capture() {
        std::fclose(file_);
        std::free(text_);
    }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    [[nodiscard]] std::FILE* file() { return file_; }
    [[nodiscard]] std::string text() {
        std::fflush(file_);
        return {text_, size_};
    }

  private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

// A feed that follows a script: `answers` are what it says to each further request, in order; requests are kept. A
// message "close" ends the connection.
class ScriptedFeed final : net::WebSocketConnection::Owner {
  public:
    explicit ScriptedFeed(std::vector<std::vector<std::string>> answers) : answers_(std::move(answers)) {
        net::WebSocketRoute route;
        route.choose = [](const net::HttpRequest&) -> std::expected<std::string, net::HttpResponse> {
            return "dcx.json";
        };
        route.opened = [this](std::unique_ptr<net::WebSocketConnection> connection, const net::HttpRequest&) {
            connection_ = std::move(connection);
            connection_->set_owner(*this);
            ++connections;
            say(welcome_text());
        };
        http_.websocket("/v1/feed", std::move(route));
        REQUIRE(http_.start());
        port = http_.port();
        thread_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) reactor_.poll(5);
        });
    }
    // Stops the thread; then what it did may be looked at.
    void stop() {
        thread_.request_stop();
        if (thread_.joinable()) thread_.join();
    }
    ~ScriptedFeed() { stop(); }

    std::uint16_t port = 0;
    std::vector<std::string> requests;
    int connections = 0;

  private:
    void on_message(net::WebSocketConnection&, net::MessageKind, std::span<const std::byte> message) override {
        requests.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
        if (next_ == answers_.size()) return;
        for (const std::string& text : answers_[next_++]) {
            if (text == "close") return connection_->close(net::close_code::going_away, "bye");
            say(text);
        }
    }
    void on_closed(net::WebSocketConnection&, std::uint16_t, std::string_view) override { connection_.reset(); }
    void say(const std::string& text) { REQUIRE(connection_->send_text(text)); }

    std::vector<std::vector<std::string>> answers_;
    std::size_t next_ = 0;
    net::Reactor reactor_;
    net::HttpServer http_{reactor_, {}};
    std::unique_ptr<net::WebSocketConnection> connection_;
    std::jthread thread_;
};

struct Run {
    int code = -1;
    std::string out;
    std::string errors;
};
// Watches until `until` shows in the output (or an end of its own); bounded by the seconds of the command.
Run run(WatchOptions options, const std::string& until, bool terminal = false) {
    Capture out;
    Capture errors;
    options.seconds = 20;
    Run result;
    result.code = watch(options, {.out = out.file(), .errors = errors.file(), .terminal = terminal, .stop = [&] {
                                      return !until.empty() && out.text().find(until) != std::string::npos;
                                  }});
    result.out = out.text();
    result.errors = errors.text();
    return result;
}

std::string url_of(const ScriptedFeed& feed) { return "ws://127.0.0.1:" + std::to_string(feed.port) + "/v1/feed"; }

const TestBook kOtherBook{.bids = {{12'000, 10'000}}, .asks = {{12'010, 10'000}}};

}  // namespace

TEST_CASE("watch: addresses of feeds") {
    const auto whole = parse_feed_url("ws://10.0.0.1:8081/v2/feed?format=json");
    REQUIRE(whole);
    CHECK(whole->endpoint.address == "10.0.0.1");
    CHECK(whole->endpoint.port == 8081);
    CHECK(whole->target == "/v2/feed?format=json");
    const auto bare = parse_feed_url("ws://localhost");
    REQUIRE(bare);
    CHECK(bare->endpoint.port == 80);
    CHECK(bare->target == "/v1/feed");
    const auto six = parse_feed_url("ws://[::1]:9000/");
    REQUIRE(six);
    CHECK(six->endpoint.address == "::1");
    CHECK(six->endpoint.port == 9000);
    for (const char* bad : {"", "http://a/", "wss://a/", "ws://", "ws://:80/", "ws://a:/", "ws://a:0/", "ws://a:65536/",
                            "ws://a:8x/", "ws://[::1/"})
        CHECK_FALSE(parse_feed_url(bad));
    CHECK(run({.market = "DEC/USD", .url = "http://a/"}, "").code == kUsage);
}

TEST_CASE("watch: an unknown market is named with the known ones") {
    ScriptedFeed feed({});
    const Run result = run({.market = "DOGE/USD", .url = url_of(feed)}, "");
    CHECK(result.code == kFailed);
    CHECK(result.errors == "dcx: no market DOGE/USD; known: DEC/USD BTC/USD\n");
    CHECK(result.out.empty());
}

TEST_CASE("watch: nothing listens") {
    std::uint16_t port = 0;
    {
        const ScriptedFeed gone({});
        port = gone.port;
    }
    const std::string url = "ws://127.0.0.1:" + std::to_string(port) + "/v1/feed";
    const Run result = run({.market = "DEC/USD", .url = url}, "");
    CHECK(result.code == kFailed);
    CHECK(result.errors.find("no feed at " + url) != std::string::npos);
    CHECK(result.errors.find("(4 tries)") != std::string::npos);
}

TEST_CASE("watch: lines, and a gap asks for the book again") {
    ScriptedFeed feed({{book_text(0, 10, test_book())},
                       {trades_text(0, 10, {{1, "buy"}})},
                       {ticker_text(0, 10), trades_text(10, 12, {{2, "sell"}}), trades_text(12, 13, {}, {{1, "buy"}}),
                        // 11 is missing.
                        book_text(11, 12, kOtherBook)},
                       {},  // unsubscribe
                       {book_text(0, 13, kOtherBook)}});
    const Run result = run({.market = "DEC/USD", .url = url_of(feed)}, "1.2010");
    feed.stop();
    CHECK(result.code == kDone);
    CHECK(result.out ==
          "22:13:20.133 book  1.2499 x 4.0000 | 1.2501 x 2.0000  spread 0.0002\n"
          "22:13:20.133 24 h  last 1.2501 low 1.2300 high 1.2600 volume 1000.5000 DEC trades 42\n"
          "22:13:20.456 trade sell 12.5000 @ 1.2501  #2\n"
          "22:13:20.136 bust  buy 12.5000 @ 1.2501  #1 of 22:13:20.456\n"
          "22:13:20.136 book  1.2000 x 1.0000 | 1.2010 x 1.0000  spread 0.0010\n");
    CHECK(result.errors.find("gap in orderbook: asking for a snapshot") != std::string::npos);
    const MarketPicture picture("DEC/USD");
    CHECK(feed.requests ==
          std::vector<std::string>{picture.request("subscribe", "orderbook"), picture.request("subscribe", "trades"),
                                   picture.request("subscribe", "ticker"), picture.request("unsubscribe", "orderbook"),
                                   picture.request("subscribe", "orderbook")});
}

TEST_CASE("watch: JSON lines come one per change") {
    ScriptedFeed feed({{book_text(0, 10, test_book()), book_text(10, 11, kOtherBook, 0)},
                       {},
                       {},
                       {},
                       {book_text(0, 13, kOtherBook), trades_text(0, 13, {}), trades_text(13, 14, {{9, "buy"}})}});
    const Run result = run({.market = "DEC/USD", .url = url_of(feed), .json = true}, "\"id\":9");
    CHECK(result.code == kDone);
    CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 3);
    CHECK(result.out.find('\x1b') == std::string::npos);
    CHECK(result.out.find(R"("bids":[["1.2000","1.0000",1]],"asks":[["1.2010","1.0000",1]])") != std::string::npos);
}

TEST_CASE("watch: a lost connection is made again") {
    ScriptedFeed feed({{book_text(0, 10, test_book())}, {}, {"close"}, {book_text(0, 30, kOtherBook)}});
    const Run result = run({.market = "DEC/USD", .url = url_of(feed)}, "1.2010");
    feed.stop();
    CHECK(result.code == kDone);
    CHECK(feed.connections == 2);
    CHECK(result.errors.find("connection lost: bye") != std::string::npos);
}

TEST_CASE("watch: a feed whose book never fits is given up") {
    std::vector<std::vector<std::string>> answers(30, {book_text(0, 10, test_book(), 1)});
    ScriptedFeed feed(std::move(answers));
    const Run result = run({.market = "DEC/USD", .url = url_of(feed)}, "");
    CHECK(result.code == kFailed);
    CHECK(result.errors.find("does not fit together") != std::string::npos);
}

TEST_CASE("watch: a terminal gets the picture and is as before afterwards") {
    ScriptedFeed feed({{book_text(0, 10, test_book())}});
    const Run result = run({.market = "DEC/USD", .url = url_of(feed)}, "1.2503", true);
    CHECK(result.code == kDone);
    CHECK(result.out.starts_with("\x1b[?1049h\x1b[?25l\x1b[?7l"));
    CHECK(result.out.ends_with("\x1b[?7h\x1b[?25h\x1b[?1049l"));
    CHECK(result.out.find("spread 0.0002 (1.60 bp)") != std::string::npos);
}
