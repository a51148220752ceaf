// The commands of the `dcx` program. Each prints its results (as JSON when asked) on standard output, everything else
// on standard error, and returns the exit code: 0 done, 1 refused or failed, 2 usage.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace dcx::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

struct ServeOptions {
    std::string config;  // empty: embedded defaults
    std::string data;    // the venue's folder
    bool sim = false;    // as venue.sim
};
int serve(const ServeOptions& options);

struct SimOptions {
    std::string config;
    std::string data;
    std::int64_t seconds = 0;  // 0: until stopped
};
// Simulated traders against the running venue whose folder this is.
int sim(const SimOptions& options);

struct WatchOptions {
    std::string market;
    std::string url;
    std::int64_t seconds = 0;  // 0: until stopped
    bool json = false;
};
int watch(const WatchOptions& options);

struct ReplayOptions {
    std::string journal;
    bool json = false;
};
int replay(const ReplayOptions& options);

struct WorkloadOptions {
    std::string file;      // the public format, plain or .zst; empty: generate
    std::string generate;  // kind of flow
    std::uint64_t messages = 1'000'000;
    std::uint64_t seed = 1;
    std::int64_t runs = 5;
    std::uint32_t orders = 1u << 19;  // that can rest at a time
    std::uint32_t price_levels = 200'000;
    bool json = false;
};
int bench_workload(const WorkloadOptions& options);

// ---- Small commands to the venue that runs on a data folder, under the key DATA/keys/NAME.key (the operator's:
// operator). Amounts, prices and quantities are decimal texts and must be exact.

struct ToolOptions {
    std::string data = "data/venue";
    bool json = false;
};

struct LedgerOptions {
    ToolOptions tool;
    std::string name;
    std::string to;  // of a transfer
    std::string asset;
    std::string amount;
    std::string id;  // a UUID of version 7, so that the same may be asked twice and is done once; empty: a new one
    bool market_maker = false;
};
// A new account and its key, in keys/NAME.key.
int ledger_open(const LedgerOptions& options);
int ledger_deposit(const LedgerOptions& options);
int ledger_withdraw(const LedgerOptions& options);
int ledger_transfer(const LedgerOptions& options);
int ledger_balance(const LedgerOptions& options);

// By the number of SelfTradeRule.
inline constexpr std::array kSelfTradeRules{"none", "cancel_taker", "cancel_maker", "cancel_both",
                                            "decrement_and_cancel"};

struct OrderOptions {
    ToolOptions tool;
    std::string name;
    std::string market;
    std::string side;
    std::string quantity;
    std::string price;
    std::uint64_t order_id = 0;
    std::string rule;  // one of kSelfTradeRules
    bool ioc = false;
    bool fok = false;
    bool post_only = false;
    bool market_order = false;  // the price protects it
    bool replace = false;
};
// Each prints the reports that answer it, a line each.
int order_place(const OrderOptions& options);
int order_cancel(const OrderOptions& options);
int order_amend(const OrderOptions& options);
// All of an account, or those of a market (empty: of all) and a side (empty: both); a last line tells how many.
int order_cancel_all(const OrderOptions& options);
int order_self_trade(const OrderOptions& options);

struct AdminOptions {
    ToolOptions tool;
    std::string market;  // empty: all
};
int admin_halt(const AdminOptions& options);
int admin_resume(const AdminOptions& options);

}  // namespace dcx::app
