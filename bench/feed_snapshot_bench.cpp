// How long a client waits for the snapshot of a book of 5,000 levels a side, from its request to the last byte, beside
// a server that answers with as many bytes that it has ready. They take turns. Checked: the snapshot is whole, and is
// one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "feed_lane.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::uint32_t kLevels = 5'000;
constexpr int kRounds = 41;

// Answers whatever comes with the same bytes; one connection.
class RawAnswer {
  public:
    explicit RawAnswer(std::size_t size) : bytes_(size, 'x'), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t length = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 1) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
            throw std::runtime_error("the raw answer can't listen");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] {
            const int fd = ::accept(listener_, nullptr, nullptr);
            char request[256];
            while (::recv(fd, request, sizeof request, 0) > 0)
                if (::send(fd, bytes_.data(), bytes_.size(), MSG_NOSIGNAL) < 0) break;
            ::close(fd);
        }};
    }
    ~RawAnswer() {
        thread_.join();  // the client has closed
        ::close(listener_);
    }
    RawAnswer(const RawAnswer&) = delete;
    RawAnswer& operator=(const RawAnswer&) = delete;
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    std::string bytes_;
    int listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

class Asking {
  public:
    explicit Asking(std::uint16_t port) : fd_(connect_to(port)), buffer_(1 << 20, '\0') {}
    ~Asking() { ::close(fd_); }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

    void say(std::string_view text) { write_all(fd_, text); }
    // The next frame.
    std::string frame() {
        for (;;) {
            if (const std::size_t size = detail::frame_size(waiting_)) {
                std::string frame = waiting_.substr(0, size);
                waiting_.erase(0, size);
                return frame;
            }
            waiting_.append(buffer_, 0, more());
        }
    }
    void skip_answer_to_upgrade() {
        for (;;) {
            if (const std::size_t end = waiting_.find("\r\n\r\n"); end != std::string::npos) {
                waiting_.erase(0, end + 4);
                return;
            }
            waiting_.append(buffer_, 0, more());
        }
    }
    void skip(std::size_t bytes) {
        for (std::size_t had = 0; had < bytes;) had += more();
    }

  private:
    std::size_t more() {
        const ssize_t got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) throw std::runtime_error("the server has closed");
        return static_cast<std::size_t>(got);
    }
    int fd_;
    std::string buffer_;
    std::string waiting_;
};

void snapshot(benchmark::State& state, const std::string& format) {
    static const FeedTape tape = FeedTape::record(16, kLevels);
    const std::string request = request_frame(format, subscribe_request(format, "orderbook", kLevels));
    measured(state, [&] {
        FeedSender sender{tape, {.connections = 1, .output_bytes = 16 << 20}};
        Asking client{sender.port()};
        client.say(hello_text(format, ""));
        client.skip_answer_to_upgrade();
        (void)client.frame();  // welcome
        std::size_t size = 0;
        const auto ask = [&] {
            const std::int64_t begin = monotonic_ns();
            client.say(request);
            std::string frame = client.frame();
            while (frame.find("snapshot") == std::string::npos) frame = client.frame();
            size = frame.size();
            return static_cast<double>(monotonic_ns() - begin);
        };
        ask();
        RawAnswer raw{size};
        Asking beside{raw.port()};
        std::vector<double> times;
        std::vector<double> raw_times;
        std::vector<double> cpu;
        for (int round = 0; round < kRounds; ++round) {
            const std::int64_t before = cpu_of_others_ns();
            times.push_back(ask());
            pause_us(1'000);
            cpu.push_back(static_cast<double>(cpu_of_others_ns() - before));
            const std::int64_t begin = monotonic_ns();
            beside.say("x");
            beside.skip(size);
            raw_times.push_back(static_cast<double>(monotonic_ns() - begin));
            pause_us(1'000);
        }
        state.SetIterationTime(median(times) * 1e-9);
        state.counters["raw"] = median(raw_times);
        // A millisecond on top of the network.
        state.counters["bound"] = median(raw_times) + 1e6;
        state.counters["cpu"] = median(cpu);
        state.counters["bytes"] = static_cast<double>(size);
    });
}
BENCHMARK_CAPTURE(snapshot, msgpack, std::string{"msgpack"})->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(snapshot, json, std::string{"json"})->UseManualTime()->Iterations(1);

}  // namespace
