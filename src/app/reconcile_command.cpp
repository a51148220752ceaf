// dcx reconcile decoin: the ledger, as the journal tells it from its first command on, against every block of the
// chain. Beside a running venue or without one; no keys are needed.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/custody_commands.h"
#include "app/history_ground.h"
#include "app/history_source.h"
#include "chain/decoin_node.h"
#include "chain/reconciliation.h"
#include "chain/signer.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;
using chain::CustodyBooks;
using chain::Reconciliation;

CustodyBooks read_books(const HistoryGround& ground) {
    CustodyBooks books;
    JournalSource log(ground.log(), engine::JournalLog::Options{.from = {}, .until = ground.end().sequence});
    while (log.busy()) {
        const auto events = log.peek(4096);
        for (const Event& event : events) books.apply(event);
        log.release(events.size());
    }
    return books;
}

Json hashes(const std::vector<Digest>& list) {
    Json out = Json::array();
    for (const Digest& hash : list) out.push_back(to_hex(hash));
    return out;
}

// All that somebody needs who looks after it, or sends it once more.
Json payouts(const CustodyBooks& books, const std::vector<Digest>& list) {
    Json out = Json::array();
    for (const Digest& hash : list) {
        const PayoutPrepared& payout = books.payouts().at(hash).prepared;
        const bool sweep = payout.payout_kind == PayoutKind::sweep;
        const auto& withdrawals = books.view().withdrawals();
        const auto withdrawal = withdrawals.find({payout.account.value, payout.id});
        std::string to{sweep ? books.view().address({{}, payout.to_index}) : std::string_view{}};
        if (withdrawal != withdrawals.end()) to = withdrawal->second.address;
        out.push_back({{"hash", to_hex(hash)},
                       {"kind", sweep ? "sweep" : "withdrawal"},
                       {"units", payout.amount.value},
                       {"nonce", payout.nonce},
                       {"path_account", sweep ? payout.account.value : chain::kHotPath},
                       {"path_index", payout.index},
                       {"to", to}});
    }
    return out;
}

Json json_of(const CustodyBooks& books, const Reconciliation& told) {
    Json out{{"reconciles", told.good()},
             {"sequence", books.view().sequence().value},
             {"chain_tip", told.tip},
             {"issued", told.issued},
             {"on_chain", told.on_chain},
             {"other_income", told.other_income},
             {"not_confirmed", told.not_confirmed},
             {"gone_deposits", told.gone_deposits},
             {"gone_payouts", told.gone_payouts},
             {"in_progress", told.in_progress},
             {"foreign_spends", told.foreign_spends},
             {"issued_otherwise", told.issued_otherwise},
             {"unbacked", told.unbacked},
             {"unexplained", told.unexplained}};
    out["addresses"] = Json::array();
    for (const auto& address : told.addresses)
        out["addresses"].push_back({{"address", address.address},
                                    {"account", address.own.account.value},
                                    {"index", address.own.index},
                                    {"units", address.on_chain},
                                    {"retired", address.retired}});
    out["orphaned_deposits"] = hashes(told.orphaned_deposits);
    out["missing_deposits"] = hashes(told.missing_deposits);
    out["uncredited_deposits"] = hashes(told.uncredited_deposits);
    out["unresolved_payouts"] = payouts(books, told.unresolved_payouts);
    out["missing_payouts"] = payouts(books, told.missing_payouts);
    out["foreign"] = hashes(told.foreign);
    out["problems"] = told.problems;
    return out;
}

void print_table(const Json& told) {
    for (const auto& [key, value] : told.items()) {
        if (value.is_number_integer())
            std::printf("%-20s %24s\n", key.c_str(), value.dump().c_str());
        else if (value.is_array() && !value.empty() && key != "problems")
            for (const Json& item : value) {
                std::string line = item.is_string() ? item.get<std::string>() : "";
                if (item.is_object())
                    for (const auto& [name, field] : item.items())
                        line += (line.empty() ? "" : ", ") + name + " " +
                                (field.is_string() ? field.get<std::string>() : field.dump());
                std::printf("  %s: %s\n", key.c_str(), line.c_str());
            }
    }
    for (const Json& problem : told["problems"]) std::printf("PROBLEM %s\n", problem.get<std::string>().c_str());
    std::printf("%s\n", told["reconciles"].get<bool>() ? "ledger and chain agree" : "ledger and chain do not agree");
}

}  // namespace

int reconcile_decoin(const ReconcileOptions& options) {
    const HistoryGround ground(options.ground);
    const Config::Custody& config = ground.config().custody;
    const std::string url = options.url.empty() ? config.url : options.url;
    if (url.empty()) throw std::runtime_error("which node? custody.url or --url names it");
    chain::DecoinNode node({.url = url, .genesis = options.genesis.empty() ? config.genesis : options.genesis});
    // The chain may go on, and fork, while it is read; then once more.
    for (int attempt = 1;; ++attempt) {
        const CustodyBooks books = read_books(ground);
        const auto told = chain::reconcile(books, node);
        if (!told && told.error().kind == chain::NodeErrorKind::malformed && attempt < 3) continue;
        if (!told)
            throw std::runtime_error("the node: " + std::string{to_string(told.error().kind)} + ": " +
                                     told.error().seen);
        const Json json = json_of(books, *told);
        if (options.ground.tool.json)
            std::printf("%s\n", json.dump().c_str());
        else
            print_table(json);
        return told->good() ? kDone : kFailed;
    }
}

}  // namespace dcx::app
