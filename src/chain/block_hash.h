// The hash of a block of the DeCoin chain, from all that it covers (docs/protocols/decoin.md). REST tells too little of
// a block for it; its link to the block before is all that a client checks. Genesis is known whole. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/sha256.h"

namespace dcx::chain {

struct BlockHeader {
    std::uint64_t index{};
    double timestamp{};
    Digest merkle_root{};
    std::string previous_hash;  // "0" for genesis
    std::uint64_t nonce{};
    std::uint64_t difficulty{};
    std::string validator;  // empty: none
    double stake_weight{};
    double work_weight{};
};
// Numbers with a fraction stand there as Python writes them.
[[nodiscard]] std::string block_preimage(const BlockHeader& header);
[[nodiscard]] Digest block_hash(const BlockHeader& header);
// The shortest digits that give the same number, as repr() of Python: 5.0, 0.1, 1e-05, 1e+16. Finite numbers.
[[nodiscard]] std::string python_repr(double number);

// Of the chain that everybody has.
inline constexpr const char* kDecoinGenesis = "0d3bf34c655704e92389df134316544dbee2eb9f8c340f819b26f3976c66def8";

}  // namespace dcx::chain
