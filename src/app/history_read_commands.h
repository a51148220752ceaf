// dcx history statement, orders, trades, candles, balance, deposits, withdrawals, pending, audit, contact: the history
// read for people (tables) and programs (JSON, one object a line), from the store that the configuration names, whether
// or not a venue runs. What each tells stands in history/queries.h.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/commands.h"

namespace dcx::app {

struct HistoryReadOptions {
    ToolOptions tool;     // the venue's folder
    std::string config;   // its dcx.toml; empty: embedded defaults
    std::string account;  // its number, the name of its key, or one of the venue's own
    std::string asset;    // symbols
    std::string market;
    std::string side;    // buy, sell
    std::string status;  // open, filled, canceled, expired; of transfers in two phases pending, posted, voided, expired
    std::string from;    // a sequence, a day, or a time
    std::string to;
    std::string at;               // of a balance
    std::string interval = "1m";  // of candles
    std::string after;            // a token: go on behind it
    std::uint64_t count = 100;    // of entries; 0: all
    std::uint64_t order = 0;      // that one, with what became of it
    bool daily = false;
    bool newest = false;  // first
    bool erase = false;
    std::optional<std::string> name;  // of a contact
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> address;
    std::optional<std::string> note;
};

int history_statement(const HistoryReadOptions& options);
int history_orders(const HistoryReadOptions& options);
int history_trades(const HistoryReadOptions& options);
int history_candles(const HistoryReadOptions& options);
int history_balance(const HistoryReadOptions& options);
int history_deposits(const HistoryReadOptions& options);
int history_withdrawals(const HistoryReadOptions& options);
int history_pending(const HistoryReadOptions& options);
int history_audit(const HistoryReadOptions& options);
int history_contact(const HistoryReadOptions& options);

// Adds them to the group `dcx history`.
void add_history_reading(CLI::App* group, HistoryReadOptions& o, std::function<int()>& run);

}  // namespace dcx::app
