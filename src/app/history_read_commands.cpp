#include "app/history_read_commands.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "app/decimals.h"
#include "app/history_listing.h"
#include "app/history_store.h"
#include "app/venue_link.h"
#include "history/contacts.h"
#include "history/queries.h"

namespace dcx::app {
namespace {

using history::Bound;
using history::PageRequest;

template <class Number>
std::optional<Number> whole(std::string_view text) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

// "2026-11-28", "2026-11-28T22:30:00Z", "2026-11-28T22:30:00.123456789Z", or a sequence.
Bound bound_of(const std::string& text) {
    if (text.empty()) return {};
    if (const auto sequence = whole<std::uint64_t>(text)) return Sequence{*sequence};
    std::string seconds = text.size() == 10 ? text + "T00:00:00Z" : text;
    std::int64_t fraction = 0;
    if (const auto point = text.find('.'); point != text.npos && text.back() == 'Z') {
        std::string digits = text.substr(point + 1, text.size() - point - 2);
        digits.resize(std::max<std::size_t>(digits.size(), 9), '0');
        const bool plain = text.size() > point + 2 && digits.find_first_not_of("0123456789") == digits.npos;
        const auto parsed = digits.size() == 9 && plain ? whole<std::int64_t>(digits) : std::nullopt;
        if (parsed) {
            fraction = *parsed;
            seconds = text.substr(0, point) + "Z";
        }
    }
    // What a time can hold, in nanoseconds: until 2262.
    const bool fits = seconds.size() == 20 && seconds >= "1970" && seconds < "2262";
    const auto time = fits ? parse_utc(seconds) : std::nullopt;
    if (!time)
        throw std::runtime_error("\"" + text + "\" is no sequence, no day and no time as 2026-11-28T22:30:00.5Z");
    return Time{time->value + fraction};
}

history::StoreOptions store_of(const HistoryReadOptions& options) {
    Config config = Config::defaults();
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw std::runtime_error(read.error().text);
        config = std::move(*read);
    }
    if (config.history.store == "none") throw std::runtime_error("history.store is \"none\": there is nothing to read");
    return history_store_of(config, DataFolder(options.tool.data));
}

AccountId account_of(const HistoryReadOptions& options) {
    if (const auto number = whole<std::uint32_t>(options.account)) return AccountId{*number};
    constexpr std::array names{"issuance", "fees", "deposits", "withdrawals", "errors"};
    const auto found = std::ranges::find(names, options.account);
    if (found != names.end()) return AccountId{static_cast<std::uint32_t>(found - names.begin()) + 1};
    return key_of(DataFolder(options.tool.data), options.account).account;
}

// One command's reader, its queries, and its options as they take them.
class Reading {
  public:
    explicit Reading(const HistoryReadOptions& options)
        : options_(options), reader_(history::open_reader(store_of(options))), queries_(*reader_) {}

    history::Queries& operator*() { return queries_; }
    history::Queries* operator->() { return &queries_; }
    std::optional<AssetId> asset() {
        return options_.asset.empty() ? std::nullopt : std::optional(queries_.asset(options_.asset));
    }
    std::optional<InstrumentId> market() {
        return options_.market.empty() ? std::nullopt : std::optional(queries_.market(options_.market));
    }
    // By its word.
    template <class State, std::size_t N>
    std::optional<State> state(const std::array<State, N>& states) const {
        for (const State state : states)
            if (history::word(state) == options_.status) return state;
        return std::nullopt;
    }
    template <class Query>
    int list(std::vector<std::string> columns, const Query& query) {
        HistoryListing listing(options_.tool.json, std::move(columns));
        listing.list(
            {.from = bound_of(options_.from),
             .to = bound_of(options_.to),
             .direction = options_.newest ? history::Direction::newest_first : history::Direction::oldest_first,
             .after = options_.after},
            options_.count, query);
        return kDone;
    }

  private:
    const HistoryReadOptions& options_;
    std::unique_ptr<history::StoreReader> reader_;
    history::Queries queries_;
};

constexpr std::array kStates{PendingState::pending, PendingState::posted, PendingState::voided, PendingState::expired};

}  // namespace

int history_statement(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    Reading read(options);
    const auto asset = read.asset();
    if (options.daily)
        return read.list({"day", "asset", "opening", "credits", "debits", "fees", "closing"},
                         [&](const PageRequest& page) { return read->daily(account, asset, page); });
    return read.list({"time", "sequence", "kind", "other_account", "asset", "change", "balance"},
                     [&](const PageRequest& page) { return read->statement(account, asset, page); });
}

int history_orders(const HistoryReadOptions& options) {
    using history::OrderStatus;
    const std::vector<std::string> columns{"order_id", "time",     "market", "side",   "type",   "time_in_force",
                                           "price",    "quantity", "cum",    "leaves", "status", "reason"};
    if (options.order != 0) {
        Reading read(options);
        const OrderId order{options.order};
        const history::OrderPage first = read->order(order, {.limit = 1});
        HistoryListing(options.tool.json, columns).add({history::fields_of(first.order, first.executions.names)});
        return read.list(
            {"time", "sequence", "exec_type", "detail", "price", "quantity", "leaves", "cum", "fee", "fee_asset"},
            [&](const PageRequest& page) { return read->order(order, page).executions; });
    }
    if (options.account.empty()) throw std::runtime_error("--account or --order says whose orders");
    history::OrderFilter filter{.account = account_of(options)};
    Reading read(options);
    filter.market = read.market();
    filter.status =
        read.state(std::array{OrderStatus::open, OrderStatus::filled, OrderStatus::canceled, OrderStatus::expired});
    if (!options.side.empty()) filter.side = options.side == "buy" ? Side::buy : Side::sell;
    return read.list(columns, [&](const PageRequest& page) { return read->orders(filter, page); });
}

int history_trades(const HistoryReadOptions& options) {
    if (!options.account.empty()) {
        const AccountId account = account_of(options);
        Reading read(options);
        const auto market = read.market();
        return read.list(
            {"time", "trade_id", "market", "side", "detail", "price", "quantity", "fee", "fee_asset", "order_id"},
            [&](const PageRequest& page) { return read->my_trades(account, market, page); });
    }
    Reading read(options);
    const auto market = read.market();
    if (!market) throw std::runtime_error("--account or --market says which trades");
    return read.list({"time", "trade_id", "price", "quantity", "taker_side", "maker_account", "taker_account"},
                     [&](const PageRequest& page) { return read->trades(*market, page); });
}

int history_candles(const HistoryReadOptions& options) {
    constexpr std::array<const char*, 7> kNames{"1s", "1m", "5m", "15m", "1h", "4h", "1d"};
    const auto found = std::ranges::find(kNames, options.interval);
    if (found == kNames.end())
        throw std::runtime_error("--interval: 1s, 1m, 5m, 15m, 1h, 4h or 1d, not \"" + options.interval + "\"");
    const std::uint32_t seconds = history::kCandleIntervals[static_cast<std::size_t>(found - kNames.begin())];
    Reading read(options);
    const auto market = read.market();
    return read.list({"start", "open", "high", "low", "close", "volume", "trades"},
                     [&](const PageRequest& page) { return read->candles(*market, seconds, page); });
}

int history_balance(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    Reading read(options);
    std::vector<history::Fields> lines;
    if (options.at.empty()) {
        const history::Balances now = read->balances(account);
        for (const history::BalanceRow& row : now.entries) lines.push_back(history::fields_of(row, now.names));
        HistoryListing listing(options.tool.json, {"asset", "available", "held"});
        listing.add(lines);
        listing.end(now.as_of.sequence);
        return kDone;
    }
    const history::PastBalances past = read->balances_at(account, bound_of(options.at));
    for (const history::PastBalance& entry : past.entries) {
        history::FieldsVisitor visitor(past.names);
        visitor.integer("asset_id", entry.asset);
        visitor.amount("total", entry.total, entry.asset);
        visitor.number("version", entry.version);
        lines.push_back(std::move(visitor.fields));
    }
    HistoryListing listing(options.tool.json, {"asset", "total"});
    listing.add(lines);
    listing.end(past.at);
    return kDone;
}

int history_deposits(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    Reading read(options);
    return read.list({"time", "sequence", "asset", "amount", "from_account", "id"},
                     [&](const PageRequest& page) { return read->deposits(account, page); });
}

int history_withdrawals(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    Reading read(options);
    return read.list({"time", "sequence", "asset", "amount", "state", "posted", "address", "id"},
                     [&](const PageRequest& page) { return read->withdrawals(account, read.state(kStates), page); });
}

int history_pending(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    Reading read(options);
    return read.list(
        {"time", "sequence", "debit_account", "credit_account", "asset", "amount", "state", "posted", "expires", "id"},
        [&](const PageRequest& page) { return read->pending_transfers(account, read.state(kStates), page); });
}

int history_audit(const HistoryReadOptions& options) {
    Reading read(options);
    return read.list({"time", "sequence", "kind", "key_id", "person_id", "detail"},
                     [&](const PageRequest& page) { return read->audit(page); });
}

int history_contact(const HistoryReadOptions& options) {
    const AccountId account = account_of(options);
    const auto contacts = history::open_contacts(store_of(options));
    const history::ContactChange change{.name = options.name,
                                        .email = options.email,
                                        .phone = options.phone,
                                        .address = options.address,
                                        .note = options.note};
    const bool changes =
        std::ranges::any_of(fields_of(change), [](const auto& field) { return field.text.has_value(); });
    if (options.erase && changes) throw std::runtime_error("--erase goes alone");
    if (options.erase) {
        const auto erased = contacts->erase(account);
        if (options.tool.json)
            std::printf("{\"account\":%u,\"erased\":%s}\n", account.value, erased.found ? "true" : "false");
        else
            std::printf("account %u: %s\n", account.value, erased.found ? "erased" : "there was nothing");
        if (!erased.kept.empty()) std::fprintf(stderr, "dcx: %s\n", erased.kept.c_str());
        return erased.kept.empty() ? kDone : kFailed;
    }
    if (changes) contacts->change(account, change, Time{platform::SystemClock().wall_ns()});
    const auto contact = contacts->read(account);
    if (!contact && !options.tool.json) return std::printf("nothing\n"), kDone;
    const history::Contact shown = contact.value_or(history::Contact{.account = account});
    const history::Names none;
    history::FieldsVisitor visitor(none);
    visitor.integer("account_id", shown.account);
    for (const auto& [name, text] : {std::pair{"name", shown.name},
                                     {"email", shown.email},
                                     {"phone", shown.phone},
                                     {"address", shown.address},
                                     {"note", shown.note}})
        visitor.text(name, text);
    visitor.time("changed_time", shown.changed);
    if (options.tool.json) return std::printf("%s\n", history::to_json(visitor.fields).c_str()), kDone;
    HistoryListing(false, {"account_id", "name", "email", "phone", "address", "note", "changed_time"})
        .add({visitor.fields});
    return kDone;
}

}  // namespace dcx::app
