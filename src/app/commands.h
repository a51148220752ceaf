// The commands of the `dcx` program. Each prints its results (as JSON when asked) on standard output, everything else
// on standard error, and returns the exit code: 0 done, 1 refused or failed, 2 usage; serve() knows more (exit_code.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace dcx::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnknown = 3;  // an order command whose answer did not come: it may have been done

struct ServeOptions {
    std::string config;  // empty: embedded defaults
    std::string data;    // the venue's folder
    bool sim = false;    // as venue.sim
    // Follows the venue that runs on the folder and takes its place.
    bool shadow = false;
    std::uint64_t checkpoints = 3;    // compared before it does
    std::uint32_t grace_ms = 30'000;  // for its sessions to reconnect
};
int serve(const ServeOptions& options);

struct FeedOptions {
    std::string config;  // the venue's; empty: embedded defaults
    std::string data;    // the venue's folder
    std::string name = "feed";
    std::string listen = "127.0.0.1:8090";
    std::string admin = "127.0.0.1:0";
};
// The feed of the venue that runs on the folder, in this process.
int feed_process(const FeedOptions& options);

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
    std::string mirror = {};   // a venue's data folder or the mirror's file: not from a feed but from there
    std::int64_t seconds = 0;  // 0: until stopped
    bool json = false;
};
int watch(const WatchOptions& options);

struct DoctorOptions {
    std::string data;  // where a venue is or will be
    bool json = false;
};
// What the machine allows a venue and what to change. Fails when something is bad (doctor.h), not for what is weak.
int doctor(const DoctorOptions& options);

struct ReplayOptions {
    std::string journal;
    std::optional<std::uint64_t> to;  // the last command to apply; none: all
    std::string archive;              // a folder of archived segments that belong before it; empty: none
    bool json = false;
};
int replay(const ReplayOptions& options);

// ---- A journal's folder, whether a venue is at work in it or not.

struct JournalOptions {
    std::string folder;
    std::string archive;                // a folder of archived segments, shown with the others; empty: none
    std::string to_folder;              // where to archive
    std::uint64_t from = 1;             // sequences to dump; the one to quarantine
    std::uint64_t to = 0;               // 0: to the end
    std::optional<std::uint64_t> keep;  // segments; nothing: none is deleted
    bool partial = false;               // a journal whose oldest segments are gone is well, too
    bool json = false;
};
int journal_ls(const JournalOptions& options);
int journal_dump(const JournalOptions& options);
// One line that names segment, offset and kind when not all is well.
int journal_check(const JournalOptions& options);
int journal_archive(const JournalOptions& options);
int journal_quarantine(const JournalOptions& options);

struct BenchOptions {
    std::string folder;     // where journals are written; empty: the system's folder for temporary files
    bool quick = false;     // seconds instead of a minute
    bool smallest = false;  // shows that it works, measures nothing
    bool json = false;
};
// What this machine does. Fails when an answer is wrong.
int bench(const BenchOptions& options);

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

// A venue of its own, on the disk under `folder`.
struct TransfersOptions {
    std::string folder;  // empty: the system's folder for temporary files
    std::int64_t rate = 10'000;
    std::int64_t seconds = 10;
    bool json = false;
};
int bench_transfers(const TransfersOptions& options);

// ---- Small commands to the venue that runs on a data folder, under the key DATA/keys/NAME.key (the operator's:
// operator). Amounts, prices and quantities are decimal texts and must be exact.

struct ToolOptions {
    std::string data = "data/venue";
    bool json = false;
};

// The state at a moment of the log, from a venue's folder, whether or not it runs.
struct AtOptions {
    ToolOptions tool;
    std::string moment;          // a sequence, "end", or a time as 2026-11-28T22:30:00Z
    std::string market;          // book
    std::uint32_t levels = 10;   // book, a side
    std::uint32_t account = 0;   // balances; 0: of all
    std::uint64_t order_id = 0;  // order
    std::string archive;         // a folder of archived segments; empty: none
};
int at_book(const AtOptions& options);
int at_balances(const AtOptions& options);
int at_order(const AtOptions& options);
int at_state(const AtOptions& options);

struct ForkOptions {
    std::string data;
    std::string moment;      // as of AtOptions
    std::string target;      // a folder that is not there yet
    bool with_keys = false;  // the venue's keys too
    std::string archive;     // a folder of archived segments; empty: none
};
int fork_venue(const ForkOptions& options);

struct LedgerOptions {
    ToolOptions tool;
    std::string name;
    std::string to;  // of a transfer
    std::string asset;
    std::string amount;
    std::string id;       // a UUID of version 7, so that the same may be asked twice and is done once; empty: a new one
    std::string owner;    // of a sub-account
    std::string pending;  // id of a pending transfer
    std::string address;  // of the chain
    std::string market;   // whose position is limited
    std::string max_position;  // decimal; "0": any
    std::string max_daily_loss;
    std::int64_t timeout_s = 0;  // of a pending transfer; 0: none
    std::uint32_t count = 0;     // of entries; 0: all that are kept
    std::optional<std::uint32_t> max_open_orders;
    std::optional<std::uint32_t> orders_per_second;
    std::optional<std::uint32_t> burst;
    std::optional<std::uint32_t> tier;
    bool market_maker = false;
    bool by_operator = false;
};
// A new account and its key, in keys/NAME.key.
int ledger_open(const LedgerOptions& options);
int ledger_deposit(const LedgerOptions& options);
int ledger_burn(const LedgerOptions& options);
int ledger_withdraw(const LedgerOptions& options);
int ledger_transfer(const LedgerOptions& options);
int ledger_pend(const LedgerOptions& options);
int ledger_post(const LedgerOptions& options);
int ledger_void(const LedgerOptions& options);
int ledger_pendings(const LedgerOptions& options);
int ledger_balance(const LedgerOptions& options);
int ledger_statement(const LedgerOptions& options);
// Fails when an invariant does not hold.
int ledger_audit(const LedgerOptions& options);
int ledger_freeze(const LedgerOptions& options);
int ledger_thaw(const LedgerOptions& options);
// The deposit addresses, or registers one more.
int ledger_address(const LedgerOptions& options);
// What limits an account, after setting what is given.
int ledger_limits(const LedgerOptions& options);

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
    std::uint64_t cl_ord_id = 0;  // of a status: the order by the number it was given, instead
    std::string rule;             // one of kSelfTradeRules
    std::string time_in_force;    // gtc, ioc, fok, day, gtd; empty: as the flags say
    std::string expire;           // of gtd: "+SECONDS" or a time in RFC 3339, UTC
    std::string budget;           // of a market buy
    std::uint32_t count = 0;      // of done orders; 0: all that are kept
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
int order_status(const OrderOptions& options);
int order_open(const OrderOptions& options);
int order_history(const OrderOptions& options);

struct AdminOptions {
    ToolOptions tool;
    std::string key = "operator";  // whose key: a name in keys/
    std::string market;            // empty: all
    std::string account;           // a name
    std::string asset;
    std::string amount;
    std::string to;
    std::string id;
    std::string action;        // of the admin listener
    std::string text;          // of a notice
    std::string delay = "0s";  // until what it tells of begins
    bool maintenance = false;
    std::uint64_t number = 0;  // of a proposal, a trade or a version
    // Limits: what is not given stays as it is.
    std::string min_quantity;
    std::string max_quantity;
    std::string min_notional;
    std::string max_notional;
    std::string reference_price;
    std::string day_end;  // HH:MM, UTC
    std::optional<std::uint32_t> collar_bp;
    std::optional<std::uint32_t> max_orders;
    std::string mint_ceiling;
    std::string dual_control_above;
    std::optional<std::int32_t> transfer_fee;
    std::optional<std::int32_t> maker_fee;
    std::optional<std::int32_t> taker_fee;
    std::uint32_t tier = 0;
    std::int64_t lifetime_s = 86'400;  // of a proposal
    bool propose = false;              // rather than send it
    bool market_maker = false;
};
int admin_halt(const AdminOptions& options);
int admin_resume(const AdminOptions& options);
int admin_kill(const AdminOptions& options);
int admin_unkill(const AdminOptions& options);
// A market's limits, after setting what is given; likewise an asset's, and the fees of a tier.
int admin_limits(const AdminOptions& options);
int admin_asset_limits(const AdminOptions& options);
int admin_fees(const AdminOptions& options);
int admin_key(const AdminOptions& options);  // one more operator's key, for `number` as the person
// By proposal alone, or above an asset's limit.
int admin_mint(const AdminOptions& options);
int admin_burn(const AdminOptions& options);
int admin_transfer(const AdminOptions& options);
int admin_bust(const AdminOptions& options);
int admin_activate_rules(const AdminOptions& options);  // one version above those in force
int admin_proposals(const AdminOptions& options);
int admin_approve(const AdminOptions& options);
// Of the admin listener: whether the venue takes commands (fails when not), what can be done, and doing it.
int admin_ready(const AdminOptions& options);
int admin_actions(const AdminOptions& options);
int admin_call(const AdminOptions& options);
int admin_notice(const AdminOptions& options);
int admin_snapshot(const AdminOptions& options);

// ---- Anchors: digests of checkpoints, published (docs/proofs.md).

struct AnchorOptions {
    ToolOptions tool;
    std::string config;       // dcx.toml of the venue, for the places
    std::string url;          // of a DeCoin node, instead
    std::string genesis;      // of that one
    std::string transaction;  // of the anchor, where the venue's queue is not at hand
    std::string checkpoint;   // a file, instead of that in the folder
    std::uint64_t number = 0;
    std::int64_t wait_s = 60;
};
int anchor_list(const AnchorOptions& options);
int anchor_show(const AnchorOptions& options);
// Fails when no place has it.
int anchor_verify(const AnchorOptions& options);
// A checkpoint of all that is durable now, published.
int anchor_now(const AnchorOptions& options);

struct DecoinOptions {
    std::string url;
    std::string genesis;
    std::int64_t wait_s = 30;
    bool allow_test_mint = false;
    bool json = false;
};
// Looks at a node that somebody runs, and sends it an anchor when it has funds for one.
int decoin_check(const DecoinOptions& options);

// ---- Backup of a data folder, also while its venue runs (backup.h).

struct BackupOptions {
    std::string data;
    std::string destination;
    std::string archive;
    std::string config;
    std::string vault;
    bool incremental = false;
    bool check = false;  // of a restore: no more than that
    bool json = false;
};
int backup(const BackupOptions& options);
// Ends with the last command and the state's hash of what was restored, by a replay.
int restore(const BackupOptions& options);

// ---- The vault: secrets by name in an encrypted file. Without a venue.

struct VaultOptions {
    std::string vault;
    std::string passphrase_file;      // empty: asked for on the terminal
    std::string new_passphrase_file;  // likewise
    std::string name;
    std::string file;          // what is put, or where to; "-": standard input or output
    std::uint32_t random = 0;  // bytes to make instead of a file
    bool replace = false;
    bool json = false;
};
int vault_init(const VaultOptions& options);
// Names and sizes.
int vault_list(const VaultOptions& options);
int vault_put(const VaultOptions& options);
// To a new file for its owner alone, or to standard output, which must not be a terminal.
int vault_get(const VaultOptions& options);
int vault_remove(const VaultOptions& options);
int vault_change_passphrase(const VaultOptions& options);
int vault_backup(const VaultOptions& options);
// Opens the vault, and looks at the file before it.
int vault_check(const VaultOptions& options);

// ---- The signer: keys of the DeCoin chain, from a seed in an encrypted file. Without a venue.

struct SignerOptions {
    std::string vault;
    std::string passphrase_file;  // empty: asked for on the terminal
    std::string text;             // to be checked
    std::uint32_t account = 0;
    std::uint32_t index = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool json = false;
    std::string socket;  // of serve, this and the rest
    std::string group;   // whose members may use it; empty: its owner alone
    std::string rules;   // empty: the rules that are built in
    std::string signed_list;
};
// A new vault with a new seed.
int signer_init(const SignerOptions& options);
// One deposit address of an account, and `count` of them from `first` on.
int signer_address(const SignerOptions& options);
int signer_addresses(const SignerOptions& options);
// Signs for a venue until it is told to stop.
int signer_serve(const SignerOptions& options);
// Fails when the text is no address.
int signer_check_address(const SignerOptions& options);

}  // namespace dcx::app
