// dcx bench transfers: durable transfers through the native door at a fixed rate, timed from when each was due until
// its answer was heard. The venue is one of its own, in a folder that is removed afterwards.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/bench_venue.h"
#include "app/commands.h"
#include "base/random.h"
#include "client/order_entry_client.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

using Clock = std::chrono::steady_clock;

// Two accounts of one venue, paid back and forth.
class TransferLoad final : client::OrderEntryClient::Owner {
  public:
    TransferLoad(const client::ClientOptions& options, AccountId other, std::int64_t wall_ms)
        : account_(options.key.account), other_(other), wall_ms_(wall_ms), client_(reactor_, options, *this) {}

    // Latencies in ns, from due to heard; empty when the venue refused or closed (why() tells).
    std::vector<std::int64_t> run(std::int64_t rate, std::int64_t count) {
        while (!client_.ready() && why_.empty()) reactor_.poll(1);
        const auto start = Clock::now();
        const auto due = [&](std::int64_t i) { return start + std::chrono::nanoseconds(i * 1'000'000'000 / rate); };
        due_.reserve(static_cast<std::size_t>(count));
        heard_.reserve(static_cast<std::size_t>(count));
        const auto end = due(count) + std::chrono::seconds(10);
        for (std::int64_t sent = 0; why_.empty() && static_cast<std::int64_t>(heard_.size()) < count;) {
            const auto now = Clock::now();
            if (now > end) why_ = "answers are missing after ten seconds";
            for (; sent < count && due(sent) <= now; ++sent) {
                due_.push_back(due(sent));
                send(sent, now - start);
            }
            reactor_.poll(0);
        }
        if (!why_.empty()) return {};
        client_.finish();
        return heard_;
    }
    [[nodiscard]] const std::string& why() const { return why_; }

  private:
    void send(std::int64_t number, Clock::duration since_start) {
        const auto ms = static_cast<std::uint64_t>(
            wall_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count());
        const Transfer transfer{.id = make_transfer_id(ms, random_.next(), random_.next()),
                                .amount = Amount{1 + number % 1000},
                                .debit_account = account_,
                                .credit_account = other_,
                                .asset = AssetId{1u},
                                .linked = 0,
                                .zero = {}};
        if (client_.send(transfer) == 0) why_ = "the session takes no more";
    }
    void on_report(client::OrderEntryClient&, const client::Report& report) override {
        if (report.kind != EventKind::transferred) {
            why_ = "a transfer was refused";
            return;
        }
        // One session's answers come in the order of its commands.
        heard_.push_back(
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - due_[heard_.size()]).count());
    }
    void on_closed(client::OrderEntryClient&, const client::ClientClosed& closed) override {
        why_ = "the session ended: " + std::string(closed.text);
    }

    AccountId account_;
    AccountId other_;
    std::int64_t wall_ms_;
    Random random_{1};
    std::vector<Clock::time_point> due_;
    std::vector<std::int64_t> heard_;
    std::string why_;
    net::Reactor reactor_;
    client::OrderEntryClient client_;
};

double ms_at(const std::vector<std::int64_t>& sorted, double quantile) {
    const auto at = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::min(sorted.size(), std::max<std::size_t>(at, 1)) - 1]) / 1e6;
}

}  // namespace

int bench_transfers(const TransfersOptions& options) {
    Config config = Config::defaults();
    config.gateway.messages_per_second = 0;
    BenchVenue venue(options.folder, config);
    const client::ClientKey payer = venue.open_customer(1, kPermitRead | kPermitTransfer, AssetId{1u});
    const client::ClientKey receiver = venue.open_customer(2, kPermitRead | kPermitTransfer, AssetId{1u});
    TransferLoad load({.endpoint = venue.order_entry(), .key = payer}, receiver.account,
                      platform::SystemClock().wall_ns() / 1'000'000);
    std::vector<std::int64_t> latencies = load.run(options.rate, options.rate * options.seconds);
    venue.stop();
    if (latencies.empty()) {
        std::fprintf(stderr, "dcx bench transfers: %s\n", load.why().c_str());
        return kFailed;
    }
    std::ranges::sort(latencies);
    const nlohmann::ordered_json line{{"transfers", latencies.size()},      {"rate", options.rate},
                                      {"p50_ms", ms_at(latencies, 0.5)},    {"p99_ms", ms_at(latencies, 0.99)},
                                      {"p999_ms", ms_at(latencies, 0.999)}, {"max_ms", ms_at(latencies, 1.0)}};
    if (options.json)
        std::printf("%s\n", line.dump().c_str());
    else
        for (const auto& [name, value] : line.items()) std::printf("%s %s\n", name.c_str(), value.dump().c_str());
    return kDone;
}

}  // namespace dcx::app
