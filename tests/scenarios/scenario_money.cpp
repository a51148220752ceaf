#include <algorithm>

#include "scenarios/scenario.h"

namespace dcx::scenarios {

ChainAddress chain_address(Words& words) {
    ChainAddress address{.kind = parse_address_kind(words.take("address kind"))};
    const std::string text = words.take("address");
    for (std::size_t i = 0; i < std::min(text.size(), address.hash.size()); ++i) address.hash[i] = std::byte(text[i]);
    return address;
}

const AssetListed& Scenario::take_asset(Words& words) { return asset_named(words.take("asset")); }

// The id made at the first use of its name, `away_ns` from the command's time; without a name a new one.
TransferId Scenario::transfer_id(const std::string& name, std::int64_t away_ns) {
    if (name == "malformed") return TransferId{.low = 1, .high = 1};
    if (const auto found = transfer_ids_.find(name); !name.empty() && found != transfer_ids_.end())
        return found->second;
    // The time that the command will have.
    const std::int64_t ms = (now_ns_ + 1'000'000 + away_ns) / 1'000'000;
    const TransferId id = make_transfer_id(static_cast<std::uint64_t>(ms), 0, ++ids_made_ << 2);
    if (!name.empty()) transfer_ids_[name] = id;
    return id;
}

Scenario::MoneyWords Scenario::money_words(Words& words) {
    MoneyWords result;
    std::string id;
    std::int64_t away_ns = 0;
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "deposit")
            result.deposit = true;
        else if (what == "linked")
            result.linked = true;
        else if (what == "timeout")
            result.timeout_ns = duration_ns(words.take("duration"));
        else if (what == "scope")
            result.scope = account_named(words.take("name"));
        else if (what == "id")
            id = words.take("id");
        else if (what == "at")
            away_ns = duration_ns(words.take("duration"));
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    result.id = transfer_id(id, away_ns);
    return result;
}

std::vector<Event> Scenario::money(const std::string& verb, Words& words) {
    const std::string name = words.take("name");
    const AccountId account = account_named(name);
    AccountId to{};
    if (verb == "transfer" || verb == "pend") {
        words.expect("to");
        to = account_named(words.take("name"));
    }
    const std::string text = words.take("amount");
    const AssetListed& paid = take_asset(words);
    const Amount amount{decimal(text, paid.scale)};
    const MoneyWords more = money_words(words);
    const std::uint8_t linked = more.linked ? 1 : 0;
    if (verb == "transfer")
        return send_from(name, Command::make(Transfer{.id = more.id,
                                                      .amount = amount,
                                                      .debit_account = account,
                                                      .credit_account = to,
                                                      .asset = paid.asset,
                                                      .linked = linked}));
    if (verb == "pend")
        return send_from(name, Command::make(PendTransfer{.id = more.id,
                                                          .amount = amount,
                                                          .timeout_ns = more.timeout_ns,
                                                          .debit_account = account,
                                                          .credit_account = to,
                                                          .asset = paid.asset,
                                                          .linked = linked}));
    if (verb == "burn")
        return send_from("op",
                         Command::make(Burn{.id = more.id, .amount = amount, .account = account, .asset = paid.asset}));
    return send_from("op", Command::make(Mint{.id = more.id,
                                              .amount = amount,
                                              .account = account,
                                              .asset = paid.asset,
                                              .source = more.deposit ? MintSource::deposit : MintSource::issue}));
}

std::vector<Event> Scenario::withdraw(Words& words) {
    const std::string name = words.take("name");
    const std::string text = words.take("amount");
    const AssetListed& paid = take_asset(words);
    const ChainAddress address = chain_address(words);
    const MoneyWords more = money_words(words);
    return send_from(name, Command::make(Withdraw{.id = more.id,
                                                  .amount = Amount{decimal(text, paid.scale)},
                                                  .account = account_named(name),
                                                  .asset = paid.asset,
                                                  .address = address}));
}

// post NAME PENDING 5 USD, void NAME PENDING: the scope is the sender's, unless another is named.
std::vector<Event> Scenario::resolve(const std::string& verb, Words& words) {
    const std::string name = words.take("name");
    const TransferId pending = transfer_id(words.take("pending id"), 0);
    Amount amount{};
    if (verb == "post") {
        const std::string text = words.take("amount");
        amount = Amount{decimal(text, take_asset(words).scale)};
    }
    const MoneyWords more = money_words(words);
    const AccountId scope = more.scope.value_or(party(name).account);
    if (verb == "post")
        return send_from(
            name, Command::make(PostTransfer{.id = more.id, .pending_id = pending, .amount = amount, .scope = scope}));
    return send_from(name, Command::make(VoidTransfer{.id = more.id, .pending_id = pending, .scope = scope}));
}

}  // namespace dcx::scenarios
