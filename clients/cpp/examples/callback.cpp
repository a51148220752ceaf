// The same by callbacks: each report starts what comes next. usage: callback PORT KEY_FILE
#include <cstdio>
#include <cstdlib>

#include "client/trading_client.h"

using namespace dcx;

struct Trader final : client::TradingClient::Owner {
    bool placed = false, closed = false;

    void on_state(client::TradingClient& client, client::TradingState state, std::string_view) override {
        if (state == client::TradingState::current && !std::exchange(placed, true))
            client.place({.price = Price{12'500L},
                          .quantity = Quantity{200'000L},
                          .instrument = InstrumentId{1u},
                          .side = Side::buy,
                          .type = OrderType::limit,
                          .time_in_force = TimeInForce::gtc});
    }
    void on_execution(client::TradingClient& client, const ExecutionReport& report, std::uint64_t) override {
        std::printf("order %ju: %s\n", std::uintmax_t{report.order_id.value}, to_string(report.exec_type).data());
        if (report.exec_type == ExecType::accepted) client.cancel({.order_id = report.order_id});
        if (report.exec_type == ExecType::canceled || report.exec_type == ExecType::rejected) client.finish();
    }
    void on_closed(client::TradingClient&, const client::ClientClosed&) override { closed = true; }
};

int main(int, char** argv) {
    net::Reactor reactor;
    client::TradingOptions options;
    options.login.endpoint.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    options.login.key = client::read_key_file(argv[2]).value();
    Trader trader;
    const client::TradingClient client(reactor, options, trader);
    while (!trader.closed) reactor.poll(100);
}
