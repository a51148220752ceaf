// Buys 20 DEC at 1.25 USD, asks how the order stands, and cancels what is open. usage: sync PORT KEY_FILE
#include <cstdio>
#include <cstdlib>

#include "client/blocking_trading_client.h"

using namespace dcx;

int main(int, char** argv) {
    client::TradingOptions options;
    options.login.endpoint.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    options.login.key = client::read_key_file(argv[2]).value();
    const auto trader = client::BlockingTradingClient::connect(options).value();
    const auto order = trader->place({.price = Price{12'500L},
                                      .quantity = Quantity{200'000L},
                                      .instrument = InstrumentId{1u},
                                      .side = Side::buy,
                                      .type = OrderType::limit,
                                      .time_in_force = TimeInForce::gtc});
    if (!order) return std::puts(order.error().text.c_str()), 1;
    const auto status = trader->status(order->order_id).value();
    std::printf("order %ju: %jd lots open\n", std::uintmax_t{status.order_id.value},
                std::intmax_t{status.leaves_qty.value});
    trader->cancel({.order_id = order->order_id}).value();
}
