// A sender of a FeedTape with its crowd, and the ways in which they are measured.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "feed_senders.h"

namespace dcx::bench {

inline std::string subscribe() { return hello_to("orderbook"); }

// A sender with its crowd, and how far they are.
class Lane {
  public:
    static constexpr std::uint64_t kWindow = 512;

    Lane(const FeedTape& tape, std::unique_ptr<FeedRunner> sender, const std::string& hello,
         const FeedCrowd::Options& options)
        : tape_(tape),
          sender_(std::move(sender)),
          crowd_(sender_->port(), tape, hello, options),
          given_ns_(tape.messages()) {
        const std::int64_t begin = monotonic_ns();
        while (sender_->subscribers() < options.connections) {
            if (monotonic_ns() - begin > 30'000'000'000) throw std::runtime_error("the readers were not let in");
            pause_us(1'000);
        }
        crowd_.begin(0);
    }

    // CPU of the process, but for this thread, for one message to one reader, of `count` that are allowed at once.
    double round_ns(std::uint64_t count) {
        const std::int64_t before = cpu_of_others_ns();
        at_ += count;
        sender_->allow(at_);
        crowd_.wait_for(at_);
        pause_us(1'000);
        return static_cast<double>(cpu_of_others_ns() - before) / static_cast<double>(count * crowd_.listening());
    }
    struct Flood {
        double messages = 0;  // to each reader
        double seconds = 0;
        double cpu_seconds = 0;
        Flood& operator+=(const Flood& other) {
            messages += other.messages;
            seconds += other.seconds;
            cpu_seconds += other.cpu_seconds;
            return *this;
        }
        [[nodiscard]] double rate(std::size_t readers) const {
            return messages * static_cast<double>(readers) / seconds;
        }
    };
    // As fast as the slowest reader takes it, with kWindow messages under way.
    Flood flood(std::int64_t for_ns) {
        const std::int64_t begin = monotonic_ns();
        const std::int64_t cpu = cpu_of_others_ns();
        const std::uint64_t from = at_;
        while (monotonic_ns() - begin < for_ns && crowd_.received() + kWindow < tape_.messages()) {
            at_ = std::max(at_, crowd_.received() + kWindow);
            sender_->allow(at_);
            pause_us(100);
        }
        crowd_.wait_for(at_);
        return {.messages = static_cast<double>(at_ - from),
                .seconds = static_cast<double>(monotonic_ns() - begin) * 1e-9,
                .cpu_seconds = static_cast<double>(cpu_of_others_ns() - cpu) * 1e-9};
    }

    // In open loop, `rate` messages a second: from when one was there to when the last reader had it. `each` is called
    // after each that is given.
    template <class Each>
    void offer(double rate, std::int64_t for_ns, NanosecondHistogram& latency, Each&& each) {
        const std::uint64_t from = at_;
        const auto count = static_cast<std::uint64_t>(rate * static_cast<double>(for_ns) * 1e-9);
        if (from + count > tape_.messages()) throw std::runtime_error("the tape is too short");
        const std::int64_t begin = monotonic_ns();
        while (at_ < from + count) {
            const std::int64_t now = monotonic_ns();
            const auto due = from + 1 + static_cast<std::uint64_t>(static_cast<double>(now - begin) * 1e-9 * rate);
            for (; at_ < std::min(due, from + count); ++at_) given_ns_[at_] = now;
            sender_->allow(at_);
            each();
            const auto next = begin + static_cast<std::int64_t>(static_cast<double>(at_ - from) / rate * 1e9);
            if (const std::int64_t wait_ns = next - monotonic_ns(); wait_ns > 1'000) pause_us(wait_ns / 1'000);
        }
        crowd_.wait_for(at_);
        for (std::uint64_t i = from; i < at_; ++i) latency.add(crowd_.last_ns(i) - given_ns_[i]);
    }
    void offer(double rate, std::int64_t for_ns, NanosecondHistogram& latency) {
        offer(rate, for_ns, latency, [] {});
    }
    // Moves on without measuring.
    void pass(std::uint64_t messages) {
        for (const std::uint64_t end = at_ + messages; at_ < end;) {
            at_ = std::min(end, crowd_.received() + kWindow);
            sender_->allow(at_);
            pause_us(100);
        }
        crowd_.wait_for(at_);
    }
    // When message `index` was given.
    [[nodiscard]] std::int64_t given_ns(std::uint64_t index) const { return given_ns_[index]; }
    [[nodiscard]] std::uint64_t at() const { return at_; }
    [[nodiscard]] FeedRunner& sender() { return *sender_; }

  private:
    const FeedTape& tape_;
    std::unique_ptr<FeedRunner> sender_;
    FeedCrowd crowd_;
    std::vector<std::int64_t> given_ns_;
    std::uint64_t at_ = 0;
};

inline double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

template <class Work>
void measured(benchmark::State& state, Work&& work) {
    for (auto _ : state) {
        try {
            work();
        } catch (const std::exception& error) {
            state.SkipWithError(error.what());
            return;
        }
    }
}

}  // namespace dcx::bench
