// The bytes of a vault file, integers little-endian:
//
//   offset  size
//        0     8  "dcxvault"
//        8     4  version: 1, the chain's seed alone, as the signer once made it; 2, secrets by name
//       12     4  memory of argon2id in KiB
//       16     4  passes of argon2id (its lanes are 1)
//       20     4  n, size of the content in bytes: of version 1: 16 .. 64; of version 2: as secrets.h makes it
//       24    16  salt of argon2id
//       40    24  nonce of XChaCha20-Poly1305
//       64  n+16  the content, encrypted, with its tag; bytes 0 .. 63 are additional data: changing any of them breaks
//       the tag
//     80+n    32  SHA-256 of all before it
//
// The key of the encryption is argon2id (version 1.3) of the passphrase, 32 bytes. The checksum tells a damaged file
// from a wrong passphrase; it protects from accidents only, the tag from everybody else. Every version ends in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "wallet/secrets.h"

namespace dcx::wallet {

// Numbers are given once.
enum class VaultErrorKind : std::uint8_t {
    file_failed = 1,       // the operating system gave an error
    exists = 2,            // a vault is never written over
    not_private = 3,       // others than the owner have access to the file
    not_a_vault = 4,       // another kind of file, or one cut short
    damaged = 5,           // its checksum is wrong, or it contradicts itself
    unknown_version = 6,   // written by a later version of the program
    too_weak = 7,          // a passphrase could be guessed too fast
    too_costly = 8,        // opening it would take more than this program gives
    wrong_passphrase = 9,  // or changed by somebody who gave it a right checksum
    out_of_memory = 10,    // argon2id did not get its memory
    bad_passphrase = 11,   // for a new vault: too short
    bad_seed = 12,         // not 16 .. 64 bytes, or none in this vault
    bad_content = 13,      // it opens, and holds what no version of this program puts in
    busy = 14,             // another process is changing it
};
[[nodiscard]] std::string_view to_string(VaultErrorKind kind);

inline constexpr std::uint32_t kSeedVaultVersion = 1;
inline constexpr std::uint32_t kVaultVersion = 2;

// What a guess at the passphrase costs.
struct VaultCost {
    std::uint32_t memory_kib = 64 * 1024;
    std::uint32_t passes = 3;
    friend bool operator==(const VaultCost&, const VaultCost&) = default;
};
// Nothing below it is written or opened (tests excepted), nothing above the ceiling opened: a file must not be able to
// take the machine's memory.
inline constexpr VaultCost kVaultFloor{.memory_kib = 64 * 1024, .passes = 3};
inline constexpr VaultCost kVaultCeiling{.memory_kib = 1024 * 1024, .passes = 64};
// What argon2id itself can do.
inline constexpr VaultCost kLeastCost{.memory_kib = 8, .passes = 1};

inline constexpr std::size_t kVaultHeader = 64;
inline constexpr std::size_t kVaultTag = 16;
inline constexpr std::size_t kVaultChecksum = 32;
inline constexpr std::size_t kMaxVaultFile = kVaultHeader + kMaxContent + kVaultTag + kVaultChecksum;

// A vault as its file has it: nothing in it is secret without the passphrase.
struct SealedVault {
    std::uint32_t version = kVaultVersion;
    VaultCost cost;
    std::uint32_t content_size = 0;
    std::array<std::byte, 16> salt{};
    std::array<std::byte, 24> nonce{};
    std::vector<std::byte> ciphertext;  // with the tag

    // The first 64 bytes of the file, which the tag covers too.
    [[nodiscard]] std::array<std::byte, kVaultHeader> header() const;
    [[nodiscard]] std::vector<std::byte> file() const;
};

// Checks everything that can be checked without a passphrase, but neither floor nor ceiling.
[[nodiscard]] std::expected<SealedVault, VaultErrorKind> parse_vault(std::span<const std::byte> file);

}  // namespace dcx::wallet
