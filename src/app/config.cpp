#include "app/config.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <arpa/inet.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "app/decimals.h"
#include "chain/evm_transaction.h"
#include "history/history_error.h"
#include "history/redis_url.h"
#include "model/command.h"
#include "model/mirror.h"

namespace dcx::app {
namespace {

// One table of the file: remembers which keys were asked for, so that the others can be refused by name.
class Section {
  public:
    Section(const toml::table* table, std::string name, std::string& error)
        : table_(table), name_(std::move(name)), error_(error) {}
    ~Section() = default;
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

    void number(const char* key, std::int64_t& field, std::int64_t low, std::int64_t high) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const auto* value = node->as_integer();
        if (value == nullptr) return fail(*node, key, "must be a whole number");
        if (value->get() < low || value->get() > high)
            return fail(*node, key, "must be from " + std::to_string(low) + " to " + std::to_string(high));
        field = value->get();
    }
    void flag(const char* key, bool& field) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        if (const auto* value = node->as_boolean())
            field = value->get();
        else
            fail(*node, key, "must be true or false");
    }
    void text(const char* key, std::string& field, std::initializer_list<std::string_view> choices = {}) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const auto* value = node->as_string();
        if (value == nullptr) return fail(*node, key, "must be a text");
        bool known = choices.size() == 0;
        std::string list;
        for (const auto choice : choices) {
            known = known || value->get() == choice;
            list += (list.empty() ? "" : ", ") + std::string(choice);
        }
        if (!known) return fail(*node, key, "must be one of: " + list);
        field = value->get();
    }
    void texts(const char* key, std::vector<std::string>& field) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const auto* array = node->as_array();
        std::vector<std::string> read;
        for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
            if (const auto* value = array->get(i)->as_string(); value != nullptr && !value->get().empty())
                read.push_back(value->get());
        if (array == nullptr || read.size() != array->size()) return fail(*node, key, "must be a list of texts");
        field = std::move(read);
    }
    // A decimal number with at most 18 decimals, not negative; `zero` says whether it may be 0.
    void decimal(const char* key, std::string& field, bool zero) {
        std::string read = field;
        text(key, read);
        if (!error_.empty() || find(key) == nullptr) return;
        std::optional<std::int64_t> value;  // at the smallest scale that takes all decimals
        for (unsigned scale = 0; scale <= 18 && !value; ++scale) value = parse_decimal(read, scale);
        if (!value || *value < (zero ? 0 : 1)) return fail(*find(key), key, "must be a decimal number in quotes");
        field = read;
    }
    void time_of_day(const char* key, std::string& field) {
        text(key, field);
        if (const toml::node* node = find(key); node != nullptr && !seconds_of_day(field))
            fail(*node, key, "must be a time of day, \"HH:MM\"");
    }
    // "90s", "15m", "1h", "7d"; "0": none.
    void duration(const char* key, std::int64_t& field_s, std::int64_t high_s) {
        std::string read;
        text(key, read);
        const toml::node* node = find(key);
        if (node == nullptr || !error_.empty()) return;
        const auto seconds = parse_duration(read);
        if (!seconds || *seconds > high_s)
            return fail(*node, key, "must be a duration such as \"90s\", \"15m\", \"1h\", \"1d\", or \"0\"");
        field_s = *seconds;
    }
    // Empty, or http and a host.
    void url(const char* key, std::string& field) {
        text(key, field);
        const toml::node* node = find(key);
        if (node == nullptr || !error_.empty() || field.empty()) return;
        const bool web = field.starts_with("http://") || field.starts_with("https://");
        if (!web || field.back() == '/')
            fail(*node, key, "must be like http://127.0.0.1:8080, without a slash at its end");
    }
    // Empty, or the hexadecimal text of so many bytes.
    void hex(const char* key, std::string& field, std::size_t bytes, std::string_view prefix = {}) {
        text(key, field);
        const toml::node* node = find(key);
        if (node == nullptr || !error_.empty() || field.empty()) return;
        const bool good = field.size() == prefix.size() + 2 * bytes && field.starts_with(prefix) &&
                          field.find_first_not_of("0123456789abcdefABCDEF", prefix.size()) == field.npos;
        if (!good)
            fail(*node, key,
                 "must be " + std::string(prefix) + " and " + std::to_string(2 * bytes) + " hexadecimal digits");
    }
    void core(const char* key, ThreadCore& field) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        constexpr std::int64_t high = 4095;
        const auto* word = node->as_string();
        const auto* number = node->as_integer();
        if (word != nullptr && word->get() == "auto")
            field.choice = ThreadCore::Choice::automatic;
        else if (word != nullptr && word->get() == "none")
            field.choice = ThreadCore::Choice::none;
        else if (word != nullptr && word->get() == "policy")
            field.choice = ThreadCore::Choice::policy;
        else if (number != nullptr && number->get() >= 0 && number->get() <= high)
            field = {.choice = ThreadCore::Choice::fixed, .number = number->get()};
        else
            fail(*node, key, "must be \"policy\", \"auto\", \"none\" or a core from 0 to " + std::to_string(high));
    }
    void lock(const char* key, MemoryLock& field) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const auto* word = node->as_string();
        const auto* flag = node->as_boolean();
        if (flag != nullptr)
            field = flag->get() ? MemoryLock::yes : MemoryLock::no;
        else if (word != nullptr && word->get() == "auto")
            field = MemoryLock::automatic;
        else
            fail(*node, key, "must be true, false or \"auto\"");
    }
    void know(const char* key) { asked_.insert(key); }
    // Everything has been asked for: what else stands in the table is an error.
    void done() {
        if (table_ == nullptr || !error_.empty()) return;
        for (const auto& [key, node] : *table_)
            if (!asked_.contains(std::string(key.str()))) return fail(node, std::string(key.str()), "is unknown");
    }
    [[nodiscard]] const toml::node* find(const char* key) {
        asked_.insert(key);
        if (table_ == nullptr || !error_.empty()) return nullptr;
        return table_->get(key);
    }
    // The key's value can't be together with others. An error that was found before stays.
    void refuse(const char* key, const std::string& what) {
        if (const toml::node* node = find(key)) fail(*node, key, what);
    }
    void fail(const toml::node& node, const std::string& key, const std::string& what) {
        std::ostringstream out;
        out << "line " << node.source().begin.line << ": " << (name_.empty() ? "" : name_ + ".") << key << " " << what;
        if (error_.empty()) error_ = out.str();
    }

  private:
    const toml::table* table_;
    std::string name_;
    std::string& error_;
    std::set<std::string> asked_;
};

// A number: a name could come to mean another address later.
bool loopback(const std::string& address) {
    in_addr parsed{};
    return address == "::1" || (::inet_pton(AF_INET, address.c_str(), &parsed) == 1 && address.starts_with("127."));
}

class FileReader {
  public:
    explicit FileReader(const toml::table& file) : root_(&file, "", error_) {}

    std::expected<Config, ConfigError> read() {
        read_venue();
        read_capacity();
        read_edges();
        read_operations();
        read_projections();
        read_list("asset", config_.assets, [this](Section& s, AssetConfig& a) { read_asset(s, a); });
        read_list("market", config_.markets, [this](Section& s, MarketConfig& m) { read_market(s, m); });
        root_.done();
        if (!error_.empty()) return std::unexpected(ConfigError{error_});
        return config_;
    }

  private:
    // The named table, empty when the file has none.
    template <class Read>
    void section(const char* name, Read&& read) {
        const toml::node* node = root_.find(name);
        const toml::table* table = node == nullptr ? nullptr : node->as_table();
        if (node != nullptr && table == nullptr) return root_.fail(*node, name, "must be a table");
        Section s(table, name, error_);
        read(s);
        s.done();
    }
    // A table within a table.
    template <class Read>
    void subsection(Section& outer, const char* outer_name, const char* name, Read&& read) {
        const toml::node* node = outer.find(name);
        const toml::table* table = node == nullptr ? nullptr : node->as_table();
        if (node != nullptr && table == nullptr) return outer.fail(*node, name, "must be a table");
        Section s(table, std::string(outer_name) + "." + name, error_);
        read(s);
        s.done();
    }
    // [[asset]] and [[market]]: a file that names any replaces all of the default ones.
    template <class Item, class Read>
    void read_list(const char* name, std::vector<Item>& items, Read&& read) {
        const toml::node* node = root_.find(name);
        if (node == nullptr) return;
        const toml::array* array = node->as_array();
        if (array == nullptr) return root_.fail(*node, name, "must be a list of tables, [[" + std::string(name) + "]]");
        items.clear();
        for (const auto& entry : *array) {
            if (!entry.is_table()) return root_.fail(entry, name, "must be a list of tables");
            Section s(entry.as_table(), name, error_);
            read(s, items.emplace_back());
            s.done();
        }
    }
    void read_venue() {
        section("venue", [&](Section& s) {
            s.flag("sim", config_.venue.sim);
            s.flag("dual_control", config_.venue.dual_control);
            if (config_.venue.sim && config_.venue.dual_control)
                s.refuse("dual_control", "and sim exclude each other: simulated traders need keys");
            s.text("durability", config_.venue.durability, {"disk", "memory"});
            s.text("layout", config_.venue.layout, {"split", "single"});
            s.text("idle", config_.venue.idle, {"polite", "spin"});
        });
        section("threads", [&](Section& s) { read_threads(s); });
        section("memory", [&](Section& s) { s.lock("lock", config_.memory.lock); });
        section("journal", [&](Section& s) {
            s.number("segment_mib", config_.journal.segment_mib, 1, 4096);
            s.number("checkpoint_every", config_.journal.checkpoint_every, 100, 1'000'000'000);
            s.number("keep_segments", config_.journal.keep_segments, 0, 1'000'000'000);
            s.text("archive", config_.journal.archive);
            if (config_.journal.keep_segments != 0 && config_.journal.archive.empty())
                s.refuse("keep_segments", "needs journal.archive: no segment goes that isn't packed away");
        });
        section("snapshots", [&](Section& s) {
            s.number("keep", config_.snapshots.keep, 1, 1000);
            s.number("every_commands", config_.snapshots.every_commands, 0, 1'000'000'000'000);
            s.number("every_s", config_.snapshots.every_s, 0, 1'000'000'000);
        });
        section("auditor", [&](Section& s) {
            s.flag("enabled", config_.auditor.enabled);
            s.number("invariants_s", config_.auditor.invariants_s, 0, 1'000'000'000);
        });
        section("proof", [&](Section& s) {
            s.flag("enabled", config_.proof.enabled);
            s.number("interval_s", config_.proof.interval_s, 0, 1'000'000'000);
            s.text("vault", config_.proof.vault);
            s.text("passphrase_file", config_.proof.passphrase_file);
            if (!config_.proof.vault.empty() && config_.proof.passphrase_file.empty())
                s.refuse("vault", "needs proof.passphrase_file: a start asks nobody");
        });
        read_chains();
        section("sim", [&](Section& s) {
            s.number("seed", config_.sim.seed, 0, INT64_MAX);
            s.number("traders", config_.sim.traders, 1, 1000);
            s.number("orders_per_second", config_.sim.orders_per_second, 1, 10'000'000);
        });
    }
    void read_chains() {
        section("custody", [&](Section& s) {
            Config::Custody& custody = config_.custody;
            s.flag("enabled", custody.enabled);
            s.url("url", custody.url);
            s.hex("genesis", custody.genesis, 32);
            s.text("signer", custody.signer);
            s.number("confirmations", custody.confirmations, 1, kMaxConfirmations);
            s.number("poll_s", custody.poll_s, 1, 3'600);
            s.number("block_cap", custody.block_cap, 1'000, INT64_MAX);
            s.number("sweep_above", custody.sweep_above, 1, INT64_MAX);
            if (custody.enabled && (custody.url.empty() || custody.signer.empty()))
                s.refuse("enabled", "needs custody.url and custody.signer");
        });
        section("anchor", [&](Section& s) {
            Config::Anchor& anchor = config_.anchor;
            s.duration("interval", anchor.interval_s, 366 * 86'400);
            s.text("digest_file", anchor.digest_file);
            const auto signs = [&](Section& place) {
                if (config_.custody.signer.empty())
                    place.refuse("url", "needs custody.signer: who signs the transactions");
            };
            subsection(s, "anchor", "decoin", [&](Section& place) {
                place.url("url", anchor.decoin.url);
                place.hex("genesis", anchor.decoin.genesis, 32);
                if (!anchor.decoin.url.empty()) signs(place);
            });
            subsection(s, "anchor", "evm", [&](Section& place) {
                place.url("url", anchor.evm.url);
                place.hex("contract", anchor.evm.contract, 20, "0x");
                if (!anchor.evm.contract.empty() && !chain::parse_evm_address(anchor.evm.contract))
                    place.refuse("contract", "has a letter in the wrong case (EIP-55): mistyped?");
                place.number("chain_id", anchor.evm.chain_id, 0, std::int64_t{chain::kMaxEvmChainId});
                place.number("confirmations", anchor.evm.confirmations, 1, 10'000);
                if (anchor.evm.url.empty()) return;
                signs(place);
                if (anchor.evm.contract.empty() || anchor.evm.chain_id == 0)
                    place.refuse("url", "needs anchor.evm.contract and anchor.evm.chain_id");
            });
        });
    }
    void read_threads(Section& s) {
        Config::Threads& threads = config_.threads;
        s.text("policy", threads.policy, {"auto", "none"});
        s.core("gateway", threads.gateway);
        s.core("engine", threads.engine);
        s.core("journal", threads.journal);
        s.core("feed", threads.feed);
        s.core("auditor", threads.auditor);
        s.core("mirror", threads.mirror);
        s.number("realtime", threads.realtime, 0, 99);
        for (const auto& [key, core] : {std::pair{"gateway", threads.gateway}, std::pair{"feed", threads.feed}})
            if (config_.venue.layout == "single" && core.choice == ThreadCore::Choice::fixed)
                s.refuse(key, "can't be placed in layout \"single\": threads.engine runs it");
    }
    void read_operations() {
        section("admin", [&](Section& s) {
            s.text("address", config_.admin.address);
            s.number("port", config_.admin.port, 0, 65535);
            if (!loopback(config_.admin.address)) s.refuse("address", "must be of the loopback, 127.x.x.x or ::1");
        });
        section("log", [&](Section& s) {
            s.text("format", config_.log.format, {"text", "json"});
            s.text("level", config_.log.level, {"debug", "info", "warning", "error"});
            s.text("file", config_.log.file);
            s.number("max_mib", config_.log.max_mib, 0, 1 << 20);
            s.number("keep", config_.log.keep, 0, 1000);
        });
    }
    void read_capacity() {
        section("capacity", [&](Section& s) {
            auto& c = config_.capacity;
            s.number("accounts", c.accounts, 6, 1 << 24);
            s.number("assets", c.assets, 1, 1024);
            s.number("instruments", c.instruments, 1, 65536);
            s.number("orders", c.orders, 1, 1 << 26);
            s.number("sessions", c.sessions, 1, 1 << 20);
            s.number("keys", c.keys, 1, 1 << 24);
            s.number("price_levels", c.price_levels, 1, 1 << 26);
            s.number("fills_per_command", c.fills_per_command, 1, 1 << 20);
            s.number("transfer_ids", c.transfer_ids, 1, 1 << 26);
        });
        section("rings", [&](Section& s) {
            s.number("commands", config_.rings.commands, 64, 1 << 24);
            s.number("events", config_.rings.events, 1024, 1 << 26);
        });
    }
    void read_edges() {
        section("listen", [&](Section& s) {
            s.text("address", config_.listen.address);
            s.number("order_entry", config_.listen.order_entry, 0, 65535);
            s.number("http", config_.listen.http, 0, 65535);
        });
        section("tls", [&](Section& s) {
            s.text("certificate", config_.tls.certificate);
            s.text("key", config_.tls.key);
            s.flag("order_entry", config_.tls.order_entry);
            s.flag("http", config_.tls.http);
        });
        section("net", [&](Section& s) { s.text("backend", config_.net.backend, {"auto", "io_uring", "epoll"}); });
        section("gateway", [&](Section& s) {
            s.number("max_connections", config_.gateway.max_connections, 1, 1'000'000);
            s.number("output_kib", config_.gateway.output_kib, 64, 1 << 20);
            s.number("handshake_ms", config_.gateway.handshake_ms, 100, 600'000);
            s.number("messages_per_second", config_.gateway.messages_per_second, 0, 1'000'000'000);
            s.number("burst", config_.gateway.burst, 1, 1'000'000'000);
            s.number("recent_reports_mib", config_.gateway.recent_reports_mib, 1, 1 << 18);
        });
        section("shm", [&](Section& s) {
            s.flag("enabled", config_.shm.enabled);
            s.text("socket", config_.shm.socket);
            s.text("group", config_.shm.group);
            s.texts("allow_users", config_.shm.allow_users);
            s.number("max_clients", config_.shm.max_clients, 1, 10'000);
            s.number("request_kib", config_.shm.request_kib, 128, 1 << 16);
            s.number("report_kib", config_.shm.report_kib, 128, 1 << 16);
        });
        section("feed", [&](Section& s) {
            s.flag("enabled", config_.feed.enabled);
            s.number("threads", config_.feed.threads, 1, 64);
            if (config_.feed.threads > 1 && config_.venue.layout == "single")
                s.refuse("threads", "must be 1 in layout \"single\", which has one thread for all");
            s.number("max_connections", config_.feed.max_connections, 1, 1'000'000);
            s.number("max_connections_per_address", config_.feed.max_connections_per_address, 0, 1'000'000);
            s.flag("count_loopback", config_.feed.count_loopback);
            s.flag("compress_snapshots", config_.feed.compress_snapshots);
            s.number("output_kib", config_.feed.output_kib, 64, 1 << 20);
            s.number("flush_us", config_.feed.flush_us, 0, 1'000'000);
            s.flag("private_channels", config_.feed.private_channels);
            s.flag("publish_events", config_.feed.publish_events);
            s.number("events_mib", config_.feed.events_mib, 1, 1 << 16);
            s.text("events_folder", config_.feed.events_folder);
        });
        section("mirror", [&](Section& s) {
            s.flag("enabled", config_.mirror.enabled);
            s.number("levels", config_.mirror.levels, 1, kMaxMirrorLevels);
            s.text("folder", config_.mirror.folder);
            s.text("thread", config_.mirror.thread, {"feed", "own"});
        });
    }
    void read_projections() {
        section("history", [&](Section& s) {
            s.text("store", config_.history.store, {"sqlite", "postgresql", "none"});
            s.text("url", config_.history.url);
            const std::string& url = config_.history.url;
            const bool postgresql = url.starts_with("postgresql://") || url.starts_with("postgres://");
            if (config_.history.store == "postgresql" && url.empty())
                s.refuse("store", "is \"postgresql\", which needs history.url");
            if (config_.history.store == "sqlite" && postgresql)
                s.refuse("url", "is one of PostgreSQL, but history.store is \"sqlite\"");
        });
        section("cache", [&](Section& s) {
            s.text("redis", config_.cache.redis);
            if (config_.cache.redis.empty()) return;
            try {
                (void)history::parse_redis_url(config_.cache.redis);
            } catch (const history::HistoryError& e) {
                s.refuse("redis", std::string("can't be read: ") + e.what());
            }
        });
    }
    void read_asset(Section& s, AssetConfig& asset) {
        s.text("symbol", asset.symbol);
        std::int64_t scale = asset.scale;
        s.number("scale", scale, 0, 9);
        asset.scale = static_cast<unsigned>(scale);
        s.decimal("issue_cap", asset.issue_cap, false);
    }
    void read_market(Section& s, MarketConfig& market) {
        s.text("symbol", market.symbol);
        s.text("base", market.base);
        s.text("quote", market.quote);
        s.decimal("tick", market.tick, false);
        s.decimal("lot", market.lot, false);
        s.decimal("max_quantity", market.max_quantity, false);
        s.decimal("min_notional", market.min_notional, true);
        s.number("maker_fee", market.maker_fee, -1'000'000, 1'000'000);
        s.number("taker_fee", market.taker_fee, 0, 1'000'000);
        s.decimal("start_price", market.start_price, false);
        s.decimal("max_notional", market.max_notional, true);
        s.number("collar_bp", market.collar_bp, 0, 1'000'000);
        s.number("max_orders", market.max_orders, 0, UINT32_MAX);
        s.time_of_day("day_end", market.day_end);
    }

    Config config_ = Config::defaults();
    std::string error_;
    Section root_;
};

}  // namespace

Config Config::defaults() {
    Config config;
    config.assets = {{.symbol = "DEC", .scale = 8, .issue_cap = "10000000000"},
                     {.symbol = "USD", .scale = 8, .issue_cap = "40000000000"},
                     {.symbol = "BTC", .scale = 8, .issue_cap = "21000000"},
                     {.symbol = "ETH", .scale = 8, .issue_cap = "500000000"}};
    // One tick times one lot is one minor unit of the quote asset in each, so every notional is exact.
    config.markets = {
        {"DEC/USD", "DEC", "USD", "0.0001", "0.0001", "10000000", "5", 1000, 2000, "1.25", "20000000"},
        {"BTC/USD", "BTC", "USD", "0.01", "0.000001", "1000", "5", 1000, 2000, "65000", "20000000"},
        {"ETH/USD", "ETH", "USD", "0.01", "0.000001", "10000", "5", 1000, 2000, "3200", "20000000"},
        {"DEC/BTC", "DEC", "BTC", "0.0000001", "0.1", "10000000", "0.00008", 1000, 2000, "0.0000192", "300"}};
    return config;
}

std::expected<Config, ConfigError> parse_config(std::string_view text) {
    try {
        const toml::table file = toml::parse(text);
        return FileReader(file).read();
    } catch (const toml::parse_error& e) {
        std::ostringstream out;
        out << "line " << e.source().begin.line << ": " << e.description();
        return std::unexpected(ConfigError{out.str()});
    }
}

std::expected<Config, ConfigError> read_config(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected(ConfigError{path + ": cannot be read"});
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto config = parse_config(text);
    if (!config) return std::unexpected(ConfigError{path + ": " + config.error().text});
    return config;
}

}  // namespace dcx::app
