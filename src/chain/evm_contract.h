// The calls of contracts/CheckpointAnchor.sol as bytes, and their answers. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "chain/evm_transaction.h"

namespace dcx::chain {

[[nodiscard]] std::string anchor_call(std::uint64_t number, const Digest& digest);
[[nodiscard]] std::string digest_of_call(std::uint64_t number);
[[nodiscard]] std::string latest_call();
[[nodiscard]] std::string owner_call();
// Of event Anchored, and its indexed number.
[[nodiscard]] Digest anchored_topic();
[[nodiscard]] Digest word_of(std::uint64_t number);

// An answer is one word of 32 bytes; anything else is nothing.
[[nodiscard]] std::optional<Digest> word_answer(std::string_view bytes);
[[nodiscard]] std::optional<std::uint64_t> number_answer(std::string_view bytes);
[[nodiscard]] std::optional<EvmAddress> address_answer(std::string_view bytes);

}  // namespace dcx::chain
