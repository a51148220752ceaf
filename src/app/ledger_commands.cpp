// dcx ledger: accounts and money. Opening, deposits and withdrawals are the operator's; a transfer is its payer's.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/venue_link.h"
#include "base/ed25519.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

// File names, and what people type: no surprise in either.
bool is_name(const std::string& name) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 32 && name[0] != '-' && std::ranges::all_of(name, plain);
}

// One movement of money as the commands share it.
struct Movement {
    const char* verb;       // of its answer, e.g. "deposited"
    const char* direction;  // before the name
    std::string name;       // whose balance it tells
    Amount available{};     // of that name, afterwards
};

class MoneyCommand {
  public:
    MoneyCommand(const LedgerOptions& options, const std::string& signer)
        : options_(options),
          folder_(options.tool.data),
          link_(folder_, signer),
          asset_(link_.asset(options.asset)),
          id_(options.id.empty() ? link_.new_transfer_id() : value_or_throw(parse_transfer_id(options.id))) {
        amount_ = Amount{value_or_throw(parse_units(options.amount, unit_of(asset_)))};
    }

    [[nodiscard]] client::BlockingClient& client() { return link_.client(); }
    [[nodiscard]] AccountId account_of(const std::string& name) const { return key_of(folder_, name).account; }
    [[nodiscard]] TransferId id() const { return id_; }
    [[nodiscard]] Amount amount() const { return amount_; }
    [[nodiscard]] AssetId asset() const { return asset_.asset; }

    // The answer of the venue. Nothing when the same request had been done before, which is what its id is for.
    [[nodiscard]] std::optional<Transferred> settled(client::Result<Transferred> result) const {
        if (result) return *result;
        const client::ClientError& error = result.error();
        if (error.kind == client::ClientError::Kind::refused) {
            if (error.reason == RejectReason::exists) return std::nullopt;
            throw Refused(error.reason, error.detail);
        }
        throw std::runtime_error(error.text + ": whether it was done is not known; the same command with --id " +
                                 transfer_id_text(id_) + " does it if not");
    }
    void print(const Movement& movement, bool done_before) const {
        const Unit unit = unit_of(asset_);
        const std::string amount = units_text(amount_.value, unit);
        const std::string available = units_text(movement.available.value, unit);
        if (options_.tool.json) {
            Json line{{movement.verb, amount}, {"asset", options_.asset}, {"name", options_.name}};
            if (!options_.to.empty()) line["to"] = options_.to;
            line["id"] = transfer_id_text(id_);
            if (done_before)
                line["done_before"] = true;
            else
                line["available"] = available;
            std::printf("%s\n", line.dump().c_str());
        } else if (done_before) {
            std::printf("%s %s %s %s before, by the same id\n", movement.verb, amount.c_str(), options_.asset.c_str(),
                        movement.direction);
        } else {
            std::printf("%s %s %s %s: %s has %s available\n", movement.verb, amount.c_str(), options_.asset.c_str(),
                        movement.direction, movement.name.c_str(), available.c_str());
        }
    }

  private:
    const LedgerOptions& options_;
    DataFolder folder_;
    VenueLink link_;
    const AssetListed& asset_;
    TransferId id_;
    Amount amount_{};
};

void open(const LedgerOptions& options) {
    if (!is_name(options.name)) throw std::runtime_error("a name has 1 to 32 letters, digits, dashes and underscores");
    const DataFolder folder(options.tool.data);
    const std::string file = folder.key(options.name);
    if (std::filesystem::exists(file))
        throw std::runtime_error(file + " exists: \"" + options.name + "\" has an account");
    VenueLink link(folder, kOperator);
    client::BlockingClient& venue = link.client();
    const auto account =
        value_or_throw(venue.open_account(
                           {.reference = 0,
                            .account_kind = options.market_maker ? AccountKind::market_maker : AccountKind::customer,
                            .zero = {}}))
            .account;
    client::ClientKey key{.account = account};
    random_bytes(key.seed);
    key.key = value_or_throw(venue.add_key({.public_key = ed25519_public_key(key.seed),
                                            .account = account,
                                            .permissions = kPermitRead | kPermitTrade | kPermitTransfer}))
                  .key;
    if (const auto written = client::write_key_file(file, key); !written) {
        // A key that nobody has must not stay valid.
        (void)venue.revoke_key({.key = key.key, .zero = 0});
        throw std::runtime_error(written.error());
    }
    if (options.tool.json)
        std::printf("%s\n",
                    Json{{"name", options.name}, {"account", account.value}, {"key", key.key.value}, {"file", file}}
                        .dump()
                        .c_str());
    else
        std::printf("%s has account %u, key in %s\n", options.name.c_str(), account.value, file.c_str());
}

void deposit(const LedgerOptions& options) {
    MoneyCommand command(options, kOperator);
    const auto done = command.settled(command.client().mint({.id = command.id(),
                                                             .amount = command.amount(),
                                                             .account = command.account_of(options.name),
                                                             .asset = command.asset(),
                                                             .source = MintSource::issue,
                                                             .zero = {}}));
    const std::string direction = "to " + options.name;
    command.print({.verb = "deposited",
                   .direction = direction.c_str(),
                   .name = options.name,
                   .available = done ? done->credit_available : Amount{}},
                  !done);
}

void withdraw(const LedgerOptions& options) {
    MoneyCommand command(options, kOperator);
    const auto done = command.settled(command.client().burn({.id = command.id(),
                                                             .amount = command.amount(),
                                                             .account = command.account_of(options.name),
                                                             .asset = command.asset()}));
    const std::string direction = "from " + options.name;
    command.print({.verb = "withdrew",
                   .direction = direction.c_str(),
                   .name = options.name,
                   .available = done ? done->debit_available : Amount{}},
                  !done);
}

void transfer(const LedgerOptions& options) {
    MoneyCommand command(options, options.name);
    const auto done = command.settled(command.client().transfer({.id = command.id(),
                                                                 .amount = command.amount(),
                                                                 .debit_account = command.account_of(options.name),
                                                                 .credit_account = command.account_of(options.to),
                                                                 .asset = command.asset(),
                                                                 .zero = 0}));
    const std::string direction = "from " + options.name + " to " + options.to;
    command.print({.verb = "transferred",
                   .direction = direction.c_str(),
                   .name = options.name,
                   .available = done ? done->debit_available : Amount{}},
                  !done);
}

void balance(const LedgerOptions& options) {
    VenueLink link(DataFolder(options.tool.data), options.name);
    auto balances = value_or_throw(link.client().balances(link.account()));
    std::ranges::sort(balances, {}, &Balance::asset);
    Json lines = Json::array();
    bool any = false;
    for (const Balance& balance : balances) {
        const AssetListed& asset = link.asset(balance.asset);
        const std::string symbol(asset.symbol.view());
        const std::string available = units_text(balance.available.value, unit_of(asset));
        const std::string held = units_text(balance.held.value, unit_of(asset));
        if (options.tool.json) {
            lines.push_back({{"asset", symbol}, {"available", available}, {"held", held}});
        } else if (balance.available || balance.held) {
            std::printf("%s %s available, %s held\n", symbol.c_str(), available.c_str(), held.c_str());
            any = true;
        }
    }
    if (options.tool.json)
        std::printf("%s\n", Json{{"name", options.name}, {"balances", lines}}.dump().c_str());
    else if (!any)
        std::printf("nothing\n");
}

}  // namespace

int ledger_open(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { open(options); });
}
int ledger_deposit(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { deposit(options); });
}
int ledger_withdraw(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { withdraw(options); });
}
int ledger_transfer(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { transfer(options); });
}
int ledger_balance(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { balance(options); });
}

}  // namespace dcx::app
