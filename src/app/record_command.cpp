#include "app/record_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "app/commands.h"
#include "app/recording_file.h"
#include "app/stop_signals.h"
#include "app/watch.h"
#include "base/ed25519.h"
#include "base/random.h"
#include "feed/feed_recorder.h"
#include "net/websocket_client.h"
#include "platform/system_clock.h"

namespace dcx::app {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kAskNs = 100 * kNsPerMs;
constexpr int kPollMs = 50;
constexpr std::int64_t kFirstPauseNs = 20 * kNsPerMs;
constexpr std::int64_t kLongestPauseNs = 5'000 * kNsPerMs;
// Before the first connection somebody waits for an answer; after it the recording waits for the venue for ever.
constexpr unsigned kFirstTries = 4;
// What the end waits for the feed's last word.
constexpr std::int64_t kLastWordNs = 2'000 * kNsPerMs;

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    random_bytes(std::as_writable_bytes(std::span{&seed, 1}));
    return seed;
}

class Recording final : net::WebSocketClient::Owner {
  public:
    Recording(const RecordOptions& options, FeedAddress address, NewFile file, const StopSignals& signals)
        : options_(options),
          address_(std::move(address)),
          file_(std::move(file)),
          signals_(signals),
          recorder_(platform::SystemClock{}.wall_ns(), {}),
          jitter_(random_seed()) {}

    int run() {
        const std::int64_t end = options_.seconds > 0 ? reactor_.now_ns() + options_.seconds * 1'000 * kNsPerMs : 0;
        connect();
        while (error_.empty() && !signals_.wait_ms(0) && (end == 0 || reactor_.now_ns() < end)) turn();
        finish();
        if (error_.empty() && !recorder_.writer().begun()) error_ = "nothing was recorded: " + status_;
        if (!error_.empty()) std::fprintf(stderr, "dcx: %s\n", error_.c_str());
        report();
        return error_.empty() ? kDone : kFailed;
    }

  private:
    void turn() {
        reactor_.poll(kPollMs);
        const std::int64_t now = reactor_.now_ns();
        if (client_ == nullptr && now >= connect_at_ns_) connect();
        if (now >= ask_at_ns_) {
            ask_at_ns_ = now + kAskNs;
            recorder_.ask();
            send();
        }
        if (now >= flush_at_ns_) {
            flush_at_ns_ = now + options_.flush_ms * kNsPerMs;
            recorder_.writer().flush();
            write();
        }
    }

    // What the feed has said is whole before the file is closed.
    void finish() {
        if (error_.empty() && client_ != nullptr && client_->is_open() && recorder_.writer().begun()) {
            const std::uint64_t heard = heard_;
            const std::int64_t until = reactor_.now_ns() + kLastWordNs;
            recorder_.ask();
            send();
            while (error_.empty() && client_ != nullptr && heard_ == heard && reactor_.now_ns() < until)
                reactor_.poll(kPollMs);
        }
        recorder_.writer().close();
        write();
        if (const auto synced = file_.sync(); !synced && error_.empty()) error_ = synced.error();
    }

    void connect() {
        net::WebSocketClient::Options options{.endpoint = address_.endpoint, .target = address_.target};
        options.subprotocols = {"dcx.msgpack"};
        client_ = std::make_unique<net::WebSocketClient>(reactor_, std::move(options),
                                                         static_cast<net::WebSocketClient::Owner&>(*this));
    }

    void on_open(net::WebSocketClient&) override {
        ever_open_ = true;
        tries_ = 0;
        recorder_.opened();
    }

    void on_message(net::WebSocketClient& client, net::MessageKind, std::span<const std::byte> message) override {
        const std::uint64_t before = recorder_.writer().state().seq;
        if (const auto taken = recorder_.take(message); !taken) {
            status_ = taken.error();
            if (recorder_.fatal())
                error_ = status_;
            else
                note(status_ + "; connecting anew");
            client.close(net::close_code::normal, "");
            return;
        }
        if (recorder_.writer().state().seq != before) ++heard_;
        for (const std::string& news : recorder_.take_news()) note(news);
        send();
        write();
    }

    void on_closed(net::WebSocketClient&, std::uint16_t, std::string_view reason) override {
        recorder_.closed();
        client_.reset();
        if (!reason.empty()) status_ = reason;
        if (!ever_open_ && ++tries_ >= kFirstTries) error_ = "no feed at " + options_.url + ": " + status_;
        if (ever_open_ && tries_++ == 0) note("connection lost: " + status_ + "; trying again");
        const std::int64_t pause = std::min(kLongestPauseNs, kFirstPauseNs << std::min(tries_, 10u));
        connect_at_ns_ = reactor_.now_ns() + pause / 2 + jitter_.between(0, pause / 2);
    }

    void send() {
        for (const std::vector<std::uint8_t>& request : recorder_.take_requests())
            // When it can't be sent the connection is ending, which on_closed tells.
            if (client_ != nullptr) (void)client_->send_binary(std::as_bytes(std::span{request}));
    }

    void write() {
        const std::vector<std::byte> bytes = recorder_.writer().take();
        if (bytes.empty() || !error_.empty()) return;
        if (const auto written = file_.append(bytes); !written) error_ = written.error();
    }

    static void note(const std::string& text) { std::fprintf(stderr, "dcx: %s\n", text.c_str()); }

    void report() {
        const auto& told = recorder_.counts();
        const auto& made = recorder_.writer().counts();
        const nlohmann::json json{{"commands", made.commands},
                                  {"entries", made.entries},
                                  {"states", made.states},
                                  {"bytes", made.bytes},
                                  {"messages", told.messages},
                                  {"message_bytes", told.bytes},
                                  {"record_bytes", made.record_bytes},
                                  {"resumed", told.resumed},
                                  {"gaps", told.gaps}};
        if (options_.json)
            std::printf("%s\n", json.dump().c_str());
        else
            std::printf("%llu commands in %llu bytes (as the feed told them: %llu), %llu gaps\n",
                        static_cast<unsigned long long>(made.commands), static_cast<unsigned long long>(made.bytes),
                        static_cast<unsigned long long>(told.bytes), static_cast<unsigned long long>(told.gaps));
    }

    const RecordOptions& options_;
    FeedAddress address_;
    NewFile file_;
    const StopSignals& signals_;
    net::Reactor reactor_;
    feed::FeedRecorder recorder_;
    Random jitter_;
    std::unique_ptr<net::WebSocketClient> client_;
    std::string status_ = "connecting";
    std::string error_;
    bool ever_open_ = false;
    unsigned tries_ = 0;
    std::uint64_t heard_ = 0;  // how often more was written
    std::int64_t connect_at_ns_ = 0;
    std::int64_t ask_at_ns_ = 0;
    std::int64_t flush_at_ns_ = 0;
};

}  // namespace

int record(const RecordOptions& options) {
    auto address = parse_feed_url(options.url);
    if (!address) {
        std::fprintf(stderr, "dcx: %s\n", address.error().c_str());
        return kUsage;
    }
    const StopSignals signals;
    auto file = NewFile::create(options.file);
    if (!file) {
        std::fprintf(stderr, "dcx: %s\n", file.error().c_str());
        return kFailed;
    }
    return Recording(options, std::move(*address), std::move(*file), signals).run();
}

}  // namespace dcx::app
