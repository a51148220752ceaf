// How far the private folder of proofs is known to have come on the disk: what stands in the trees and in the match log
// behind it is cut off at the next start and made again. One small file, replaced whole.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/sha256.h"
#include "journal/format.h"
#include "model/layout.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct RecordedMark {
    journal::VenueId venue_id{};
    std::uint64_t sequence{};  // the last command, at a batch's end; 0: none
    std::uint64_t events{};    // leaves of the event tree
    std::uint64_t epoch{};     // whose salts the last command has
    std::uint64_t batch{};     // that ends there, and its hash in the journal's chain
    Digest batch_hash{};
};
static_assert(FixedLayout<RecordedMark> && sizeof(RecordedMark) == 80);

[[nodiscard]] std::expected<void, ProofError> write_mark(const std::string& path, const RecordedMark& mark);
// `missing`, or `malformed`: then everything is made again.
[[nodiscard]] std::expected<RecordedMark, ProofError> read_mark(const std::string& path);

}  // namespace dcx::proof
