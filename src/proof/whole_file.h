// Files that are there whole or not at all: written beside, synced, renamed, their folder synced. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "proof/proof_error.h"

namespace dcx::proof {

// In the place of what may be there. `mode`: the rights of the file, whatever the umask says.
[[nodiscard]] std::expected<void, ProofError> write_whole(const std::string& path, std::span<const std::byte> bytes,
                                                          unsigned mode);
[[nodiscard]] std::expected<void, ProofError> write_whole(const std::string& path, const std::string& text,
                                                          unsigned mode);
// `missing` when there is none, `malformed` when it is longer than `limit`.
[[nodiscard]] std::expected<std::string, ProofError> read_whole(const std::string& path, std::size_t limit);
// With its parents; for its owner alone when `is_private`.
[[nodiscard]] std::expected<void, ProofError> make_folder(const std::string& path, bool is_private);
[[nodiscard]] std::expected<std::vector<std::string>, ProofError> names_in(const std::string& folder);

}  // namespace dcx::proof
