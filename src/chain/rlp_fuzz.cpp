// Any bytes as a transaction that a signer is asked to sign: refused, or exactly what the transaction is written as.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "chain/evm_transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto transaction = dcx::chain::parse_unsigned_rlp(text);
    if (transaction && dcx::chain::unsigned_rlp(*transaction) != text) std::abort();
    return 0;
}
