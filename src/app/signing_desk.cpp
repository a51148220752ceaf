#include "app/signing_desk.h"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/evm_rules.h"
#include "chain/evm_transaction.h"
#include "chain/transaction.h"
#include "model/chain_address.h"
#include "wallet/chain_key.h"

namespace dcx::app {
namespace {

using chain::KeyPath;
using chain::TransferRequest;

constexpr std::int64_t kDayNs = 86'400ll * 1'000'000'000;
// What a JSON number of the chain carries without loss.
constexpr std::uint64_t kMaxNonce = std::uint64_t{1} << 53;

}  // namespace

SigningRules read_signing_rules(const std::string& path) {
    SigningRules rules;
    try {
        const toml::table table = toml::parse_file(path);
        for (const auto& [key, node] : table) {
            const auto whole = node.value<std::int64_t>();
            const auto bad = [&] {
                throw std::runtime_error(path + ": " + std::string{key.str()} + " is out of range");
            };
            const auto number = [&](std::int64_t least, std::int64_t most) {
                if (!node.is_integer() || *whole < least || *whole > most) bad();
                return *whole;
            };
            if (key == "max_amount") {
                rules.max_amount = number(1, INT64_MAX);
            } else if (key == "max_per_day") {
                rules.max_per_day = number(0, INT64_MAX);
            } else if (key == "hot_addresses") {
                rules.hot_addresses = static_cast<std::uint32_t>(number(1, 4096));
            } else if (key == "addresses_per_account") {
                rules.addresses_per_account = static_cast<std::uint32_t>(number(1, 1'000'000));
            } else if (key == "evm") {
                if (!node.is_boolean()) bad();
                rules.evm = *node.value<bool>();
            } else {
                throw std::runtime_error(path + ": there is no rule " + std::string{key.str()});
            }
        }
    } catch (const toml::parse_error& e) {
        throw std::runtime_error(path + ": " + std::string{e.description()});
    }
    return rules;
}

std::string SigningDesk::path_refusal(const KeyPath& path) const {
    if (path.account == chain::kHotPath)
        return path.index >= 1 && path.index <= rules_.hot_addresses ? "" : "no hot address has this index";
    if (path.account == chain::kAnchorPath) return path.index < 1'000 ? "" : "no anchor's address has this index";
    if (path.account < kFirstCustomer.value) return "nothing is signed for this account";
    return path.index <= rules_.addresses_per_account ? "" : "no deposit address has this index";
}

std::string SigningDesk::evm_path_refusal(const KeyPath& path) const {
    if (!rules_.evm) return "this signer signs nothing of an EVM chain";
    return path.account == chain::kEvmPath && path.index == 0 ? "" : "no key of an EVM chain has this path";
}

std::expected<wallet::PrivateKey, std::string> SigningDesk::key(const KeyPath& path) const {
    const auto keys = wallet::AccountKeys::of(seed_.bytes(), path.account);
    if (!keys) return std::unexpected(std::string{to_string(keys.error())});
    auto key = keys->key(path.index);
    if (!key) return std::unexpected(std::string{to_string(key.error())});
    return std::move(*key);
}

std::expected<std::string, std::string> SigningDesk::address(const KeyPath& path) {
    if (auto refusal = path_refusal(path); !refusal.empty()) return std::unexpected(refusal);
    const auto own = key(path);
    if (!own) return std::unexpected(own.error());
    return address_text(wallet::address_of(*wallet::public_key_of(*own)));
}

bool SigningDesk::is_hot(const std::string& address) {
    while (!hot_.contains(address) && hot_.size() < rules_.hot_addresses) {
        const auto next = static_cast<std::uint32_t>(hot_.size()) + 1;
        const auto made = this->address({chain::kHotPath, next});
        // A number that BIP32 leaves out keeps its place, so that the count goes on.
        hot_.emplace(made ? *made : "none " + std::to_string(next), next);
    }
    return hot_.contains(address);
}

std::string SigningDesk::transfer_refusal(const TransferRequest& request, const std::string& sender) {
    const auto to = parse_address(request.recipient);
    if (!to) return "the recipient is no address: " + std::string{to_string(to.error())};
    if (request.amount < 1 || request.amount > rules_.max_amount)
        return "an amount of 1 to " + std::to_string(rules_.max_amount) + " is signed";
    if (request.nonce > kMaxNonce) return "the nonce is too large";
    if (request.from.account == chain::kAnchorPath) {
        if (request.recipient != sender || request.amount != 1) return "an anchor sends one unit to itself";
        if (request.type != "data_storage") return "an anchor is a data_storage transaction";
        const auto metadata = nlohmann::json::parse(request.metadata, nullptr, false);
        if (!metadata.is_object() || metadata.value("fee", nlohmann::json(0)) != 0) return "an anchor pays no fee";
        return {};
    }
    if (request.type != "standard" || request.metadata != "{}") return "a payment is standard, without metadata";
    if (request.recipient == sender) return "it would pay itself";
    if (request.from.account != chain::kHotPath && !is_hot(request.recipient))
        return "a deposit address pays hot addresses alone";
    return {};
}

std::expected<chain::SignedTransfer, std::string> SigningDesk::sign(const TransferRequest& request) {
    if (auto refusal = path_refusal(request.from); !refusal.empty()) return std::unexpected(refusal);
    const auto own = key(request.from);
    if (!own) return std::unexpected(own.error());
    const wallet::PublicKey shown = *wallet::public_key_of(*own);
    const std::string sender = address_text(wallet::address_of(shown));
    if (auto refusal = transfer_refusal(request, sender); !refusal.empty()) return std::unexpected(refusal);
    const chain::Transaction transaction{.type = request.type,
                                         .sender = sender,
                                         .recipient = request.recipient,
                                         .amount = request.amount,
                                         .nonce = request.nonce,
                                         .timestamp_s = request.timestamp_s,
                                         .metadata = request.metadata};
    const auto hash = chain::transaction_hash(transaction);
    if (!hash) return std::unexpected(std::string{to_string(hash.error())});
    const bool leaves = request.from.account == chain::kHotPath && !is_hot(request.recipient);
    const SignedList::Line line{.address = sender,
                                .nonce = request.nonce,
                                .hash = *hash,
                                .amount = leaves ? request.amount : 0,
                                .day = clock_.wall_ns() / kDayNs};
    if (auto refusal = list_.refusal(line); !refusal.empty()) return std::unexpected(refusal);
    if (leaves && rules_.max_per_day != 0 && !list_.contains(line) &&
        request.amount > rules_.max_per_day - std::min(rules_.max_per_day, list_.sum_of(line.day)))
        return std::unexpected("more than is paid in a day: " + std::to_string(rules_.max_per_day));
    const auto signature = wallet::sign(*own, *hash);
    if (!signature) return std::unexpected("no signature could be made");
    auto body = chain::post_body(transaction, &*signature, &shown);
    if (!body) return std::unexpected(std::string{to_string(body.error())});
    // Before anybody has it.
    list_.add(line);
    return chain::SignedTransfer{.hash = *hash, .body = std::move(*body)};
}

// No list of nonces here: a chain takes one transaction for each by itself, and a dearer one in the place of one that
// waits has the same. None of them pays anybody.
std::expected<chain::EvmSignature, std::string> SigningDesk::sign_evm(const KeyPath& path,
                                                                      const std::string& unsigned_rlp) {
    if (auto refusal = evm_path_refusal(path); !refusal.empty()) return std::unexpected(refusal);
    if (auto refusal = evm_refusal(unsigned_rlp); !refusal.empty()) return std::unexpected(refusal);
    const auto own = key(path);
    if (!own) return std::unexpected(own.error());
    const auto made = wallet::sign_recoverable(*own, chain::evm_hash(unsigned_rlp));
    if (!made) return std::unexpected("no signature could be made");
    return chain::EvmSignature{.rs = made->rs, .recovery = made->recovery};
}

std::expected<std::array<std::byte, 20>, std::string> SigningDesk::evm_address(const KeyPath& path) {
    if (auto refusal = evm_path_refusal(path); !refusal.empty()) return std::unexpected(refusal);
    const auto own = key(path);
    if (!own) return std::unexpected(own.error());
    return chain::evm_address_of(*wallet::public_key_of(*own));
}

}  // namespace dcx::app
