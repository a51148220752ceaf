// dcx decoin URL: what can be tried against a live node without harm: its status, genesis, links of its blocks, a
// balance, a transaction that is not there; and an anchor from a key that is made here and forgotten, when that key has
// funds, which only --allow-test-mint gives it. Nothing that exists on the chain is touched.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include "app/commands.h"
#include "chain/decoin_anchor.h"
#include "chain/decoin_node.h"
#include "chain/transaction.h"
#include "platform/system_clock.h"
#include "wallet/chain_key.h"
#include "wallet/derivation.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kLookedBack = 100;  // blocks

template <class T>
T need(chain::NodeAnswer<T> answer, const char* step) {
    if (answer) {
        if constexpr (std::is_void_v<T>)
            return;
        else
            return std::move(*answer);
    }
    throw std::runtime_error(std::string{step} + ": " + std::string{to_string(answer.error().kind)} + " (" +
                             std::to_string(static_cast<unsigned>(answer.error().kind)) + "): " + answer.error().seen);
}

class Check {
  public:
    explicit Check(const DecoinOptions& options)
        : options_(options), node_({.url = options.url, .genesis = options.genesis, .limits = {}}) {}

    int run() {
        const auto status = need(node_.status(), "status");
        tell("status", {{"blocks", status.blocks}, {"uptime_s", status.uptime_s}});
        tell("genesis", {{"hash", to_hex(need(node_.block(0), "genesis").hash)}});
        links(status.blocks - 1);
        unknown();
        anchor();
        return kDone;
    }

  private:
    void tell(const char* step, Json more) {
        if (options_.json) {
            Json line{{"step", step}};
            line.update(more);
            std::printf("%s\n", line.dump().c_str());
        } else {
            std::string text;
            for (const auto& [name, value] : more.items())
                text += " " + name + " " + (value.is_string() ? value.get<std::string>() : value.dump());
            std::printf("%s:%s\n", step, text.c_str());
        }
        std::fflush(stdout);
    }

    void links(std::uint64_t tip) {
        const std::uint64_t from = tip > kLookedBack ? tip - kLookedBack : 0;
        Digest previous = need(node_.block(from), "blocks").hash;
        std::uint64_t transactions = 0;
        std::uint64_t minted = 0;
        for (std::uint64_t height = from + 1; height <= tip; ++height) {
            const auto block = need(node_.block(height), "blocks");
            if (block.previous != previous)
                throw std::runtime_error("block " + std::to_string(height) + " does not follow the one before it");
            previous = block.hash;
            transactions += block.transactions.size();
            minted += static_cast<std::uint64_t>(std::ranges::count_if(
                block.transactions, [](const chain::ChainTransaction& t) { return chain::is_minter(t.sender); }));
        }
        tell("blocks", {{"from", from}, {"to", tip}, {"transactions", transactions}, {"of_minters", minted}});
    }

    void unknown() {
        const auto found = node_.transaction(Sha256::of({}));
        if (found || found.error().kind != chain::NodeErrorKind::unknown)
            throw std::runtime_error("a transaction that is not there should be unknown");
        tell("unknown", {{"transaction", "is told to be unknown"}});
    }

    void anchor() {
        const wallet::Seed seed = wallet::new_seed();
        const auto keys = wallet::AccountKeys::of(seed.bytes(), chain::kAnchorPath);
        if (!keys) throw std::runtime_error("no key");
        const auto key = keys->key(0);
        const wallet::PublicKey shown = *wallet::public_key_of(*key);
        const std::string address = address_text(wallet::address_of(shown));
        const std::int64_t balance = need(node_.balance(address), "balance");
        tell("balance", {{"address", address}, {"balance", balance}});
        if (!options_.allow_test_mint) {
            tell("anchor", {{"skipped", "the address has no funds; --allow-test-mint makes some"}});
            return;
        }
        mint(address);
        const Digest digest = Sha256::of(std::as_bytes(std::span{address}));
        const chain::Transaction transaction{.type = "data_storage",
                                             .sender = address,
                                             .recipient = address,
                                             .amount = 1,
                                             .nonce = static_cast<std::uint64_t>(clock_.wall_ns() / 1'000'000),
                                             .timestamp_s = clock_.wall_ns() / 1'000'000'000,
                                             .metadata = chain::anchor_metadata(1, digest)};
        const auto hash = transaction_hash(transaction);
        const auto signature = wallet::sign(*key, *hash);
        const auto body = post_body(transaction, &*signature, &shown);
        need(node_.post(*body), "post");
        const auto found = wait_for(*hash);
        if (!says_anchor(found, 1, digest)) throw std::runtime_error("the anchor says something else than was sent");
        tell("anchor", {{"transaction", to_hex(*hash)}, {"height", *found.height}});
    }

    void mint(const std::string& address) {
        const chain::Transaction transaction{
            .sender = "system", .recipient = address, .amount = 1, .timestamp_s = clock_.wall_ns() / 1'000'000'000};
        const auto body = post_body(transaction, nullptr, nullptr);
        need(node_.post(*body), "mint");
        const auto found = wait_for(*transaction_hash(transaction));
        tell("mint", {{"transaction", to_hex(found.hash)}, {"height", *found.height}});
    }

    chain::ChainTransaction wait_for(const Digest& hash) {
        using clock = std::chrono::steady_clock;
        const auto end = clock::now() + std::chrono::seconds(options_.wait_s);
        for (;;) {
            auto found = node_.transaction(hash);
            if (found && found->height) return std::move(*found);
            if (clock::now() >= end)
                throw std::runtime_error("transaction " + to_hex(hash) + " was not mined within " +
                                         std::to_string(options_.wait_s) + " s");
            std::this_thread::sleep_for(std::chrono::seconds(1));
        }
    }

    const DecoinOptions& options_;
    platform::SystemClock clock_;
    chain::DecoinNode node_;
};

}  // namespace

int decoin_check(const DecoinOptions& options) { return Check(options).run(); }

}  // namespace dcx::app
