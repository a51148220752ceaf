// dcx ledger, the part that moves money. Each request has an id: asked again with the same one, it is done once.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/venue_link.h"
#include "model/chain_address.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// What a request did, as all of them tell it.
struct Movement {
    const char* verb;              // of its answer, e.g. "deposited"
    bool to_be_resolved = false;   // by its id, later
    std::string direction;         // e.g. "to alice"
    std::string name;              // whose balance it tells
    Amount available{};            // of that name, afterwards
    std::optional<Amount> held{};  // likewise, where it changed
    std::string pending{};         // id of the pending transfer it is about
    std::string address{};         // of a withdrawal
};

class MoneyCommand {
  public:
    MoneyCommand(const LedgerOptions& options, const std::string& signer)
        : options_(options),
          folder_(options.tool.data),
          link_(folder_, signer),
          id_(options.id.empty() ? link_.new_transfer_id() : value_or_throw(parse_transfer_id(options.id))) {
        if (options.asset.empty()) return;
        asset_ = link_.asset(options.asset);
        amount_ = Amount{value_or_throw(parse_units(options.amount, unit_of(asset_)))};
    }

    [[nodiscard]] client::BlockingClient& client() { return link_.client(); }
    [[nodiscard]] AccountId account_of(const std::string& name) const { return named_account(folder_, name).id; }
    [[nodiscard]] TransferId id() const { return id_; }
    [[nodiscard]] Amount amount() const { return amount_; }
    [[nodiscard]] AssetId asset() const { return asset_.asset; }
    // For what names no asset and amount itself.
    void set(AssetId asset, Amount amount) {
        asset_ = link_.asset(asset);
        amount_ = amount;
    }

    // The answer of the venue. Nothing when the same request had been done before, which is what its id is for.
    template <class Body>
    [[nodiscard]] std::optional<Body> settled(client::Result<Body> result) const {
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
        const std::string symbol(asset_.symbol.view());
        const std::string amount = units_text(amount_.value, unit);
        if (options_.tool.json) return print_json(movement, done_before);
        std::string text = std::string(movement.verb) + " " + amount + " " + symbol + " " + movement.direction;
        if (done_before) {
            text += " before, by the same id";
        } else {
            text += ": " + movement.name + " has " + units_text(movement.available.value, unit) + " available";
            if (movement.held) text += ", " + units_text(movement.held->value, unit) + " held";
        }
        std::printf("%s\n", text.c_str());
        if (movement.to_be_resolved) std::printf("id %s\n", transfer_id_text(id_).c_str());
    }

  private:
    void print_json(const Movement& movement, bool done_before) const {
        const Unit unit = unit_of(asset_);
        Json line{{movement.verb, units_text(amount_.value, unit)}, {"asset", asset_.symbol.view()}};
        line["name"] = options_.name;
        if (!options_.to.empty()) line["to"] = options_.to;
        if (!movement.address.empty()) line["address"] = movement.address;
        if (!movement.pending.empty()) line["pending"] = movement.pending;
        line["id"] = transfer_id_text(id_);
        if (done_before) {
            line["done_before"] = true;
        } else {
            line["available"] = units_text(movement.available.value, unit);
            if (movement.held) line["held"] = units_text(movement.held->value, unit);
        }
        std::printf("%s\n", line.dump().c_str());
    }

    const LedgerOptions& options_;
    DataFolder folder_;
    VenueLink link_;
    TransferId id_;
    AssetListed asset_{};
    Amount amount_{};
};

void deposit(const LedgerOptions& options) {
    MoneyCommand command(options, kOperator);
    const auto done = command.settled(command.client().mint({.id = command.id(),
                                                             .amount = command.amount(),
                                                             .account = command.account_of(options.name),
                                                             .asset = command.asset(),
                                                             .source = MintSource::issue,
                                                             .zero = {}}));
    command.print({.verb = "deposited",
                   .direction = "to " + options.name,
                   .name = options.name,
                   .available = done ? done->credit_after : Amount{}},
                  !done);
}

void burn(const LedgerOptions& options) {
    MoneyCommand command(options, kOperator);
    const auto done = command.settled(command.client().burn({.id = command.id(),
                                                             .amount = command.amount(),
                                                             .account = command.account_of(options.name),
                                                             .asset = command.asset()}));
    command.print({.verb = "burned",
                   .direction = "of " + options.name,
                   .name = options.name,
                   .available = done ? done->debit_after : Amount{}},
                  !done);
}

void withdraw(const LedgerOptions& options) {
    const auto address = parse_address(options.address);
    if (!address)
        throw std::runtime_error("\"" + options.address +
                                 "\" is no address: " + std::string(to_string(address.error())));
    MoneyCommand command(options, options.name);
    const auto done = command.settled(
        command.client().request<WithdrawalRequested>(Withdraw{.id = command.id(),
                                                               .amount = command.amount(),
                                                               .account = command.account_of(options.name),
                                                               .asset = command.asset(),
                                                               .address = *address,
                                                               .zero = {}}));
    command.print({.verb = "requested",
                   .to_be_resolved = true,
                   .direction = "from " + options.name + " to " + options.address,
                   .name = options.name,
                   .available = done ? done->available : Amount{},
                   .held = done ? done->held : Amount{},
                   .address = options.address},
                  !done);
}

void transfer(const LedgerOptions& options) {
    const auto signer =
        options.by_operator ? kOperator : named_account(DataFolder(options.tool.data), options.name).signer;
    MoneyCommand command(options, signer);
    const auto done = command.settled(command.client().transfer({.id = command.id(),
                                                                 .amount = command.amount(),
                                                                 .debit_account = command.account_of(options.name),
                                                                 .credit_account = command.account_of(options.to),
                                                                 .asset = command.asset(),
                                                                 .zero = {}}));
    command.print({.verb = "transferred",
                   .direction = "from " + options.name + " to " + options.to,
                   .name = options.name,
                   .available = done ? done->debit_after : Amount{}},
                  !done);
}

void pend(const LedgerOptions& options) {
    MoneyCommand command(options, options.by_operator ? kOperator : options.name);
    const auto done = command.settled(
        command.client().request<TransferPended>(PendTransfer{.id = command.id(),
                                                              .amount = command.amount(),
                                                              .timeout_ns = options.timeout_s * kNsPerSecond,
                                                              .debit_account = command.account_of(options.name),
                                                              .credit_account = command.account_of(options.to),
                                                              .asset = command.asset(),
                                                              .zero = {}}));
    command.print({.verb = "pended",
                   .to_be_resolved = true,
                   .direction = "from " + options.name + " to " + options.to,
                   .name = options.name,
                   .available = done ? done->available : Amount{},
                   .held = done ? done->held : Amount{}},
                  !done);
}

// The pending transfer of an account with this id; none when it is resolved, which the venue then says better.
std::optional<PendingTransfer> find_pending(MoneyCommand& command, AccountId account, TransferId id) {
    const auto answer = value_or_throw(command.client().query<PendingTransfer>(PendingsQuery{.account = account}));
    for (const PendingTransfer& pending : answer.parts)
        if (pending.id == id) return pending;
    return std::nullopt;
}

void post(const LedgerOptions& options) {
    MoneyCommand command(options, options.by_operator ? kOperator : options.name);
    const TransferId pending = value_or_throw(parse_transfer_id(options.pending));
    const AccountId account = command.account_of(options.name);
    const auto known = find_pending(command, account, pending);
    const auto done =
        command.settled(command.client().request<Transferred>(PostTransfer{.id = command.id(),
                                                                           .pending_id = pending,
                                                                           .amount = command.amount(),
                                                                           .scope = known ? known->scope : account}));
    command.print({.verb = "posted",
                   .direction = "from " + options.name,
                   .name = options.name,
                   .available = done ? done->debit_after : Amount{},
                   .pending = options.pending},
                  !done);
}

void void_pending(const LedgerOptions& options) {
    MoneyCommand command(options, options.by_operator ? kOperator : options.name);
    const TransferId pending = value_or_throw(parse_transfer_id(options.pending));
    const AccountId account = command.account_of(options.name);
    const auto known = find_pending(command, account, pending);
    const auto done = command.settled(command.client().request<PendingResolved>(
        VoidTransfer{.id = command.id(), .pending_id = pending, .scope = known ? known->scope : account}));
    if (known) {
        command.set(known->asset, known->amount);
        return command.print({.verb = "voided",
                              .direction = "of " + options.name,
                              .name = options.name,
                              .available = done ? done->available : Amount{},
                              .held = done ? done->held : Amount{},
                              .pending = options.pending},
                             !done);
    }
    // It was resolved before, by this very request: what it was about is no longer told.
    if (options.tool.json)
        std::printf(
            "%s\n",
            Json{{"voided", nullptr}, {"name", options.name}, {"pending", options.pending}, {"done_before", true}}
                .dump()
                .c_str());
    else
        std::printf("voided before, by the same id\n");
}

}  // namespace

int ledger_deposit(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { deposit(options); });
}
int ledger_burn(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { burn(options); });
}
int ledger_withdraw(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { withdraw(options); });
}
int ledger_transfer(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { transfer(options); });
}
int ledger_pend(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { pend(options); });
}
int ledger_post(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { post(options); });
}
int ledger_void(const LedgerOptions& options) {
    return run_tool(options.tool, [&] { void_pending(options); });
}

}  // namespace dcx::app
