// Keccak-256 as Ethereum has it: SHA-3's permutation and rate, with the padding from before the standard. OpenSSL 3.0
// has only the standard's. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/sha256.h"

namespace dcx::chain {

[[nodiscard]] Digest keccak256(std::span<const std::byte> bytes);
// The same sponge with another first byte of padding: 1 is Keccak-256, 6 is SHA3-256, which tests compare with OpenSSL.
[[nodiscard]] Digest keccak_sponge_256(std::span<const std::byte> bytes, std::byte padding);

}  // namespace dcx::chain
