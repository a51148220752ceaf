// Liabilities: the trees of 1 M accounts and 4 assets (places drawn, keys derived, every node), beside hashing the same
// leaves and nodes with OpenSSL: the same bytes in the same sizes by EVP as its manual has it, one context kept, the
// algorithm fetched once, nothing kept. The HMACs that the trees need besides are not in what it hashes.
// Also: one proof made and checked.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "proof/liabilities.h"

namespace {

using namespace dcx;
using namespace dcx::proof;

constexpr std::uint32_t accounts = 1'000'000;
constexpr std::uint32_t assets = 4;
constexpr unsigned depth = 20;
constexpr std::size_t leaf_size = 108, node_size = 144;
constexpr Secret nonce{std::byte{1}};

const std::vector<Liability>& liabilities() {
    static const std::vector<Liability> all = [] {
        std::vector<Liability> result;
        Random random{1};
        for (std::uint32_t i = 0; i < accounts; ++i)
            result.push_back(
                {.account = AccountId{i + 6}, .amount = Amount{static_cast<std::int64_t>(random.below(1u << 30))}});
        return result;
    }();
    return all;
}

void trees(benchmark::State& state) {
    const auto& all = liabilities();
    Amount owed{};
    for (const Liability& l : all) owed += l.amount;
    for (auto _ : state)
        for (std::uint32_t asset = 1; asset <= assets; ++asset) {
            const SumTree tree({.venue_id = {}, .checkpoint = 1, .asset = AssetId{asset}}, depth, nonce, all);
            if (tree.root().sum != owed) throw std::runtime_error("a tree has another sum");
        }
    state.SetItemsProcessed(state.iterations() * assets * accounts);
}

// As many leaves as accounts, and as many nodes less one: what a tree without empty places has.
void openssl_evp(benchmark::State& state) {
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    if (sha256 == nullptr || context == nullptr) throw std::runtime_error("OpenSSL has no SHA-256");
    std::vector<unsigned char> message(node_size);
    unsigned char digest[32];
    const auto hash = [&](std::size_t size) {
        unsigned written = 0;
        if (EVP_DigestInit_ex2(context, sha256, nullptr) != 1 || EVP_DigestUpdate(context, message.data(), size) != 1 ||
            EVP_DigestFinal_ex(context, digest, &written) != 1)
            throw std::runtime_error("OpenSSL failed");
        message[0] = digest[0];
    };
    for (auto _ : state)
        for (std::uint32_t asset = 0; asset < assets; ++asset) {
            for (std::uint32_t i = 0; i < accounts; ++i) hash(leaf_size);
            for (std::uint32_t i = 1; i < accounts; ++i) hash(node_size);
        }
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
    state.SetItemsProcessed(state.iterations() * assets * accounts);
}

void prove_and_check(benchmark::State& state) {
    const SumTreeName name{.venue_id = {}, .checkpoint = 1, .asset = AssetId{1u}};
    static const SumTree tree(name, depth, nonce, liabilities());
    std::uint32_t account = 6;
    for (auto _ : state) {
        const auto proof = tree.prove(AccountId{account});
        if (!proof || !check_liability(*proof, name, AccountId{account}, depth, tree.root()))
            throw std::runtime_error("a proof is wrong");
        account = account + 7919 > accounts ? 6 : account + 7919;
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(trees)->Unit(benchmark::kMillisecond);
BENCHMARK(openssl_evp)->Unit(benchmark::kMillisecond);
BENCHMARK(prove_and_check)->Unit(benchmark::kMicrosecond);

}  // namespace
