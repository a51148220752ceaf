// TraderSession: one simulated trader at the venue: its connection, its login, and its requests and reports on their
// way. After every login it takes back what may still be open from before (the last kOpenIdWindow numbers) and asks for
// its balances; only then it trades. A lost connection is made again with the same client_session after a growing,
// jittered pause, for ever. Belongs to its reactor's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "client/order_entry_client.h"
#include "market/statistics.h"
#include "market/trader.h"

namespace dcx::market {

class TraderSession final : client::OrderEntryClient::Owner {
  public:
    TraderSession(net::Reactor& reactor, const client::ClientOptions& options, std::unique_ptr<Trader> trader,
                  Statistics& statistics);

    // Connects again when it is time.
    void tick(std::int64_t now_ns);
    // When tick() has something to do next; nothing while connected.
    [[nodiscard]] std::optional<std::int64_t> due_ns() const;
    // One act of the trader, when it is trading. True when something was sent.
    bool act(double reference);
    // Ends the session in order and stays away.
    void finish();

    [[nodiscard]] bool trading() const { return state_ == State::trading; }
    [[nodiscard]] bool closed() const { return client_ == nullptr; }
    [[nodiscard]] const Trader& trader() const { return *trader_; }
    // Why the last connection ended.
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

  private:
    enum class State : std::uint8_t { away, connecting, taking_back, asking, trading };

    void connect();
    void on_ready(client::OrderEntryClient& client) override;
    void on_execution(client::OrderEntryClient& client, const ExecutionReport& report, std::uint64_t sequence) override;
    void on_report(client::OrderEntryClient& client, const client::Report& report) override;
    void on_balance(client::OrderEntryClient& client, const Balance& balance) override;
    void on_query_done(client::OrderEntryClient& client, const QueryDone& done) override;
    void on_closed(client::OrderEntryClient& client, const client::ClientClosed& closed) override;
    void on_cancel_rejected(const CancelRejected& report);
    void taken_back();
    void ask_balances();

    net::Reactor& reactor_;
    client::ClientOptions options_;
    std::unique_ptr<Trader> trader_;
    Statistics& statistics_;
    // Apart from the trader's: when connections break must not change what it decides.
    Random jitter_;
    std::unique_ptr<client::OrderEntryClient> client_;
    State state_ = State::away;
    bool finished_ = false;
    std::uint64_t to_take_back_ = 0;  // cancels of old orders whose answers are to come
    std::uint64_t reference_ = 0;     // of the last balance query
    unsigned failures_ = 0;           // in a row
    std::int64_t connect_at_ns_ = 0;
    std::string last_error_;
};

}  // namespace dcx::market
