#include "app/evm_rules.h"

#include <cstdint>

#include "chain/evm_contract.h"
#include "chain/evm_transaction.h"

namespace dcx::app {
namespace {

constexpr std::uint64_t kMaxGas = 300'000;
constexpr std::uint64_t kMaxGasPrice = 1'000'000'000'000;  // wei: 0.3 of a whole coin for the most gas
constexpr std::size_t kMaxRlp = 1'000;

}  // namespace

std::string evm_refusal(std::string_view unsigned_rlp) {
    if (unsigned_rlp.size() > kMaxRlp) return "an anchor's transaction is shorter";
    const auto transaction = chain::parse_unsigned_rlp(unsigned_rlp);
    if (!transaction) return transaction.error();
    if (!transaction->to) return "no contract is made";
    if (transaction->value != 0) return "nothing is paid";
    const std::string example = chain::anchor_call(0, {});
    if (transaction->data.size() != example.size() || !transaction->data.starts_with(example.substr(0, 4)))
        return "it is no call of anchor(uint64, bytes32)";
    if (transaction->gas_limit > kMaxGas) return "at most " + std::to_string(kMaxGas) + " gas is paid for";
    if (transaction->gas_price > kMaxGasPrice)
        return "gas is paid for with at most " + std::to_string(kMaxGasPrice) + " wei";
    return {};
}

}  // namespace dcx::app
