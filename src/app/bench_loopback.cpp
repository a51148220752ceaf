#include "app/bench_loopback.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "app/bench_venue.h"
#include "client/order_entry_client.h"

namespace dcx::app {
namespace {

using Clock = std::chrono::steady_clock;

class OrderLoad final : client::OrderEntryClient::Owner {
  public:
    explicit OrderLoad(const client::ClientOptions& options) : client_(reactor_, options, *this) {}

    NanosecondHistogram run(std::int64_t rate, std::int64_t count) {
        const auto ready_by = Clock::now() + std::chrono::seconds(10);
        while (!client_.ready() && why_.empty() && Clock::now() < ready_by) reactor_.poll(1);
        if (!client_.ready() && why_.empty()) why_ = "the session is not established after ten seconds";
        rate_ = rate;
        start_ = Clock::now();
        const auto end = due(count) + std::chrono::seconds(10);
        for (std::int64_t sent = 0; why_.empty() && heard_ < count;) {
            const auto now = Clock::now();
            if (now > end) why_ = "reports are missing after ten seconds";
            for (; sent < count && due(sent) <= now; ++sent) send(sent);
            reactor_.poll(0);
        }
        if (!why_.empty()) throw std::runtime_error("loopback: " + why_);
        client_.finish();
        return latency_;
    }

  private:
    [[nodiscard]] Clock::time_point due(std::int64_t i) const {
        return start_ + std::chrono::nanoseconds(i * 1'000'000'000 / rate_);
    }
    static bool places(std::int64_t number) { return number % 2 == 0; }
    // The default market DEC/USD below its start price: nothing trades.
    void send(std::int64_t number) {
        ClOrdId sent;
        if (places(number))
            sent = last_ = client_.place({.price = Price{std::int64_t{12'000}},
                                          .quantity = Quantity{std::int64_t{100'000}},
                                          .instrument = InstrumentId{1u},
                                          .side = Side::buy,
                                          .type = OrderType::limit,
                                          .time_in_force = TimeInForce::gtc});
        else
            sent = client_.cancel({.orig_cl_ord_id = last_});
        if (!sent) why_ = "the session takes no more";
    }
    void on_execution(client::OrderEntryClient&, const ExecutionReport& report, std::uint64_t) override {
        // One session's answers come in the order of its commands.
        const ExecType wanted = places(heard_) ? ExecType::accepted : ExecType::canceled;
        if (report.exec_type != wanted) {
            why_ = "another report than the order's";
            return;
        }
        latency_.add(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - due(heard_)).count());
        ++heard_;
    }
    void on_report(client::OrderEntryClient&, const client::Report&) override { why_ = "a command was refused"; }
    void on_closed(client::OrderEntryClient&, const client::ClientClosed& closed) override {
        why_ = "the session ended: " + std::string(closed.text);
    }

    std::int64_t rate_ = 1;
    Clock::time_point start_;
    std::int64_t heard_ = 0;
    ClOrdId last_{};
    NanosecondHistogram latency_;
    std::string why_;
    net::Reactor reactor_;
    client::OrderEntryClient client_;
};

}  // namespace

NanosecondHistogram order_to_report(const LoopbackOptions& options) {
    Config config = Config::defaults();
    if (!options.durable) config.venue.durability = "memory";
    config.gateway.messages_per_second = 0;
    BenchVenue venue(options.folder, config);
    const client::ClientKey key = venue.open_customer(1, kPermitRead | kPermitTrade, AssetId{2u});
    NanosecondHistogram latency;
    {
        OrderLoad load({.endpoint = venue.order_entry(), .key = key});
        latency = load.run(options.rate, options.orders);
    }
    if (!venue.stop()) throw std::runtime_error("loopback: the venue failed");
    return latency;
}

}  // namespace dcx::app
