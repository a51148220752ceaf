// What a signer signs for an EVM chain: calls of anchor(uint64, bytes32) that pay nobody, with gas that costs at most
// so much. Which chain and which contract makes no difference: no such call takes anything from the key but its gas.
// Any thread.
#pragma once

#include <string>
#include <string_view>

namespace dcx::app {

// Empty, or why a transaction without signature (RLP) is not signed.
[[nodiscard]] std::string evm_refusal(std::string_view unsigned_rlp);

}  // namespace dcx::app
