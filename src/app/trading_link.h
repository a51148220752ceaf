// TradingLink: what the order commands have in common: a session under a key of the venue's folder that comes back by
// itself while a command waits, the venue's markets by name, and how each of them ends. One command, one thread.
//
// A refusal is a Refused; whatever else keeps an answer away is a NotAnswered, which says whether the command may have
// been done.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "app/commands.h"
#include "app/market_directory.h"
#include "app/venue_link.h"
#include "client/blocking_trading_client.h"

namespace dcx::app {

class NotAnswered : public std::runtime_error {
  public:
    NotAnswered(const std::string& text, bool may_be_done, ClOrdId cl_ord_id)
        : std::runtime_error(text), may_be_done_(may_be_done), cl_ord_id_(cl_ord_id) {}

    [[nodiscard]] bool may_be_done() const { return may_be_done_; }
    // Of the command, by which its status can be asked; 0: none was given.
    [[nodiscard]] ClOrdId cl_ord_id() const { return cl_ord_id_; }

  private:
    bool may_be_done_;
    ClOrdId cl_ord_id_;
};

class TradingLink : public MarketDirectory {
  public:
    TradingLink(const DataFolder& folder, const std::string& name);

    [[nodiscard]] client::BlockingTradingClient& client() { return *client_; }
    [[nodiscard]] AccountId account() const { return client_->account(); }

    // The answer of a command, or why there is none, thrown.
    template <class T>
    T answer(client::Result<T> result) {
        if (result) return std::move(*result);
        fail(result.error(), true);
    }
    // The same of a question, which changes nothing.
    template <class T>
    T told(client::Result<T> result) {
        if (result) return std::move(*result);
        fail(result.error(), false);
    }

  private:
    [[noreturn]] void fail(const client::ClientError& error, bool changes);

    platform::SystemClock clock_;
    std::unique_ptr<client::BlockingTradingClient> client_;
};

int end_without_answer(const ToolOptions& options, const NotAnswered& why);

// Runs an order command: what went wrong becomes its line (with --json one of JSON, too) and the exit code.
template <class Command>
int run_order(const ToolOptions& options, const Command& command) {
    try {
        return run_tool(options, command);
    } catch (const NotAnswered& why) {
        return end_without_answer(options, why);
    }
}

}  // namespace dcx::app
