// What the liabilities' trees of one checkpoint were made of, kept so that an owner's proof can be made at any later
// time. Integers little-endian:
//
//   "dcxliab1", venue id 16, checkpoint u64, depth u32, accounts u32 (the last one's id), assets u32, zero u32
//   for each asset: asset u32, count u32, count times (account u32, amount i64), by rising account
//   SHA-256 of all before it
//
// Accounts with nothing are in the trees too, and left out here. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "proof/liabilities.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct AssetLiabilities {
    AssetId asset{};
    std::vector<Liability> liabilities;  // of all customers' accounts, by rising account
};
struct KeptLiabilities {
    journal::VenueId venue_id{};
    std::uint64_t checkpoint{};
    unsigned depth{};
    std::uint32_t accounts{};
    std::vector<AssetLiabilities> assets;
};

[[nodiscard]] std::string kept_liabilities_name(std::uint64_t checkpoint);
[[nodiscard]] std::string kept_liabilities_bytes(const KeptLiabilities& kept);
[[nodiscard]] std::expected<KeptLiabilities, ProofError> parse_kept_liabilities(std::string_view bytes);
[[nodiscard]] std::expected<void, ProofError> keep_liabilities(const std::string& folder, const KeptLiabilities& kept);
[[nodiscard]] std::expected<KeptLiabilities, ProofError> read_kept_liabilities(const std::string& folder,
                                                                               std::uint64_t checkpoint);

}  // namespace dcx::proof
