#include "app/evm_rules.h"

#include <doctest/doctest.h>

#include "chain/evm_contract.h"
#include "chain/evm_transaction.h"

namespace dcx::app {
namespace {

TEST_CASE("evm rules: an anchor is signed, and nothing else") {
    chain::EvmTransaction anchor;
    anchor.nonce = 5;
    anchor.gas_price = 2'000'000'000;
    anchor.gas_limit = 100'000;
    anchor.to = chain::EvmAddress{std::byte{1}};
    anchor.data = chain::anchor_call(7, Digest{std::byte{9}});
    anchor.chain_id = 1;
    CHECK(evm_refusal(chain::unsigned_rlp(anchor)) == "");
    const auto refused = [&](auto change) {
        chain::EvmTransaction other = anchor;
        change(other);
        return evm_refusal(chain::unsigned_rlp(other)) != "";
    };
    CHECK(refused([](auto& t) { t.value = 1; }));
    CHECK(refused([](auto& t) { t.to.reset(); }));
    CHECK(refused([](auto& t) { t.gas_limit = 300'001; }));
    CHECK(refused([](auto& t) { t.gas_price = 1'000'000'000'001; }));
    CHECK(refused([](auto& t) { t.data[0] ^= 1; }));
    CHECK(refused([](auto& t) { t.data.pop_back(); }));
    CHECK(refused([](auto& t) { t.data += 'x'; }));
    CHECK(refused([](auto& t) { t.data.clear(); }));
    CHECK(refused([](auto& t) { t.chain_id = 0; }));
    CHECK(evm_refusal("") != "");
    CHECK(evm_refusal(std::string(2'000, 'x')) != "");
}

}  // namespace
}  // namespace dcx::app
