// dcx.toml: every key has a default, an unknown key or a value out of range is an error that names it. The embedded
// defaults are those of the structs below and of Config::defaults(); dcx.toml in the project's root shows them all.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "model/decimal.h"

namespace dcx::app {

struct AssetConfig {
    std::string symbol;
    unsigned scale = 8;
    std::string issue_cap;  // decimal, whole units
};
struct MarketConfig {
    std::string symbol;
    std::string base;
    std::string quote;
    std::string tick;            // decimal
    std::string lot;             // decimal
    std::string max_quantity;    // decimal, of base
    std::string min_notional;    // decimal, of quote
    std::int64_t maker_fee = 0;  // hundredths of a basis point
    std::int64_t taker_fee = 0;
    std::string start_price;  // decimal; where simulated trading begins, and what the collar refers to until a trade
    // Limits that the market gets when it is listed; 0 is none.
    std::string max_notional = "0";    // decimal, of quote, of one order
    std::int64_t collar_bp = 1000;     // how far beyond the last price an order may reach, basis points
    std::int64_t max_orders = 10'000;  // open orders of one account
    std::string day_end = "00:00";     // when DAY orders expire, HH:MM UTC
};

// Where a thread runs: a core by number, "auto", "none", or what threads.policy says.
struct ThreadCore {
    enum class Choice : std::uint8_t { policy, none, automatic, fixed };
    Choice choice = Choice::policy;
    std::int64_t number = 0;  // of `fixed`, as the system numbers them
    bool operator==(const ThreadCore&) const = default;
};
enum class MemoryLock : std::uint8_t { automatic, yes, no };

struct Config {
    struct Venue {
        bool sim = false;                 // simulated traders; such a venue refuses real deposits for ever
        bool dual_control = false;        // keys, listings and limits need two persons; fixed at the first start
        std::string durability = "disk";  // "memory": for benchmarks, nothing survives
        std::string layout = "split";     // "single": gateway, engine and feed on one thread
        std::string idle = "polite";      // "spin": lowest latency, whole cores
    } venue;
    struct Threads {                  // docs/tuning.md
        std::string policy = "none";  // "auto": a core each, when there are enough of them
        ThreadCore gateway;           // this and feed: not in layout single, where the engine's thread runs them
        ThreadCore engine;
        ThreadCore journal;
        ThreadCore feed;
        ThreadCore auditor;
        ThreadCore mirror;
        std::int64_t realtime = 0;  // SCHED_FIFO priority of gateway, engine, journal and feed; 0: none
    } threads;
    struct Memory {
        MemoryLock lock = MemoryLock::automatic;  // yes: a start that can't is refused
    } memory;
    struct Listen {
        std::string address = "127.0.0.1";
        std::int64_t order_entry = 7001;  // 0: the system chooses
        std::int64_t http = 8080;         // feed, health
    } listen;
    struct Admin {  // for operators: loopback alone
        std::string address = "127.0.0.1";
        std::int64_t port = 8081;  // health, readiness, metrics, actions; 0: the system chooses
    } admin;
    struct Log {
        std::string format = "text";  // "json"
        std::string level = "info";   // "debug", "warning", "error": records below it are left out
        std::string file;             // empty: standard error
        std::int64_t max_mib = 64;    // of the file before it is rotated; 0: never
        std::int64_t keep = 8;        // rotated files
    } log;
    struct Journal {
        std::int64_t segment_mib = 64;
        std::int64_t checkpoint_every = 100'000;  // commands
        std::int64_t keep_segments = 0;           // older ones go once a snapshot covers them; 0: all stay
        std::string archive;                      // a folder that they are packed into first; empty: none
    } journal;
    struct Snapshots {
        std::int64_t keep = 3;
        std::int64_t every_commands = 10'000'000;  // 0: not by count
        std::int64_t every_s = 600;                // 0: not by time
    } snapshots;
    struct Auditor {
        bool enabled = true;             // false: no second core, and no snapshots
        std::int64_t invariants_s = 10;  // between two checks of all of them
    } auditor;
    struct Proof {  // docs/proofs.md; none with durability = "memory" or without the auditor
        bool enabled = true;
        std::int64_t interval_s = 3'600;  // between checkpoints; 0: on demand alone
        std::string vault;                // of the keys; empty: the file proof.keys in the data folder
        std::string passphrase_file;      // of the vault
    } proof;
    struct Anchor {  // digests of checkpoints, published (docs/proofs.md); each place that is named
        std::int64_t interval_s = 3'600;  // in the file as text: "1h"; 0: on demand alone
        std::string digest_file;          // a file that they are added to; empty: none
        struct Decoin {
            std::string url;      // of a node; empty: none
            std::string genesis;  // hash of its block 0; empty: the public chain's
        } decoin;
        struct Evm {
            std::string url;  // JSON-RPC; empty: none
            std::string contract;
            std::int64_t chain_id = 0;
            std::int64_t confirmations = 12;
        } evm;
    } anchor;
    struct Custody {  // deposits and withdrawals on the DeCoin chain (docs/custody.md)
        bool enabled = false;
        std::string url;      // of the node
        std::string genesis;  // hash of its block 0; empty: the public chain's
        std::string signer;   // socket of `dcx signer serve`; anchors use it too
        std::int64_t confirmations = 6;
        std::int64_t poll_s = 2;
        std::int64_t block_cap = 899'950;    // base units that one block of the chain can move
        std::int64_t sweep_above = 100'000;  // base units on a deposit address, from which on it is swept
    } custody;
    struct Capacity {  // fixed at the first start
        std::int64_t accounts = 10'000;
        std::int64_t assets = 16;
        std::int64_t instruments = 64;
        std::int64_t orders = 1'000'000;
        std::int64_t sessions = 10'000;
        std::int64_t keys = 20'000;
        std::int64_t price_levels = 200'000;  // of all books together
        std::int64_t fills_per_command = 16'384;
        std::int64_t transfer_ids = 4'194'304;
    } capacity;
    struct Rings {  // slots, rounded up to a power of two
        std::int64_t commands = 65'536;
        std::int64_t events = 262'144;
    } rings;
    struct Tls {  // of the listeners that say true
        std::string certificate;
        std::string key;
        bool order_entry = false;
        bool http = false;
    } tls;
    struct Net {
        std::string backend = "auto";  // "io_uring" or "epoll"
    } net;
    struct Gateway {
        std::int64_t max_connections = 10'000;
        std::int64_t output_kib = 1'024;  // unread reports a session may have
        std::int64_t handshake_ms = 10'000;
        std::int64_t messages_per_second = 50'000;  // of a session, everything counted; 0: any number
        std::int64_t burst = 100'000;               // of them at once
        std::int64_t recent_reports_mib = 64;       // reports that can be had again without a replay of the journal
    } gateway;
    struct Shm {  // order entry through memory, for programs of this machine (docs/protocols/order-entry.md)
        bool enabled = true;
        std::string socket;                    // empty: order-entry.sock in the data folder
        std::string group;                     // whose members are let in, too; empty: none
        std::vector<std::string> allow_users;  // names or numbers
        std::int64_t max_clients = 64;
        std::int64_t request_kib = 256;  // the two rings of a client; raised to a power of two
        std::int64_t report_kib = 1'024;
    } shm;
    struct Feed {
        bool enabled = true;       // false: market data comes from feed processes alone (dcx feed)
        std::int64_t threads = 1;  // that serve it, with nothing in common
        std::int64_t max_connections = 10'000;
        std::int64_t max_connections_per_address = 256;  // 0: any number
        bool count_loopback = false;                     // those of this machine have that limit too
        bool compress_snapshots = false;                 // for clients that offer permessage-deflate
        std::int64_t output_kib = 1'024;
        std::int64_t flush_us = 500;
        bool private_channels = true;            // executions and balances, after a login
        bool publish_events = false;             // for feed processes: the public part of the log in shared memory
        std::int64_t events_mib = 32;            // of that; raised to a power of two
        std::string events_folder = "/dev/shm";  // of a file system in memory
    } feed;
    struct Mirror {  // the books as a file in memory (docs/protocols/mirror.md)
        bool enabled = true;
        std::int64_t levels = 20;         // a side
        std::string folder = "/dev/shm";  // of a file system in memory
        std::string thread = "feed";      // "own": one more thread, one more reader of the event ring
    } mirror;
    struct History {                   // projections of the log (docs/history.md); none with durability = "memory"
        std::string store = "sqlite";  // "postgresql", "none"
        std::string url;  // sqlite: the file, empty: history.sqlite in the data folder; postgresql: libpq's
    } history;
    struct Cache {          // of balances, in Redis
        std::string redis;  // redis://host:port/db or unix:///path; empty: none
    } cache;
    struct Sim {
        std::int64_t seed = 1;
        std::int64_t traders = 8;              // a market
        std::int64_t orders_per_second = 400;  // of all traders together
    } sim;
    std::vector<AssetConfig> assets;
    std::vector<MarketConfig> markets;

    // With the four default markets.
    static Config defaults();
};

struct ConfigError {
    std::string text;  // names the key, and the line where there is one
};

// Defaults overlaid with the text.
[[nodiscard]] std::expected<Config, ConfigError> parse_config(std::string_view toml);
[[nodiscard]] std::expected<Config, ConfigError> read_config(const std::string& path);

}  // namespace dcx::app
