// Keys from one seed: BIP32 with hardened steps only, path m/44'/4474179'/account'/index'. Hardened, so that a key that
// leaks tells nothing about any other key. docs/protocols/addresses.md says all of it, to be computed again by others.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wallet/chain_key.h"

namespace dcx::wallet {

// "DEC" as three bytes of ASCII. The venue's own number: no registry gave it.
inline constexpr std::uint32_t kCoinType = 0x444543;
// Numbers of a path are below it; a hardened step adds it.
inline constexpr std::uint32_t kHardened = std::uint32_t{1} << 31;

inline constexpr std::size_t kMinSeed = 16;
inline constexpr std::size_t kMaxSeed = 64;
using Seed = SecretString<kMaxSeed>;
// 32 bytes of the operating system's random source.
[[nodiscard]] Seed new_seed();

struct ExtendedKey {
    PrivateKey key;
    SecretBytes<32> chain_code;
};

// Nothing when the seed, of kMinSeed .. kMaxSeed bytes, gives no key: one in 2^127 does.
[[nodiscard]] std::optional<ExtendedKey> master_key(std::span<const std::byte> seed);
// The child of number + kHardened, number < kHardened. Nothing when it has no key, as rarely.
[[nodiscard]] std::optional<ExtendedKey> hardened_child(const ExtendedKey& parent, std::uint32_t number);

enum class DerivationError : std::uint8_t {
    account_out_of_range = 1,  // kHardened or more
    index_out_of_range = 2,
    seed_of_wrong_size = 3,
    no_such_key = 4,  // BIP32 leaves this number out: take the next index
};
[[nodiscard]] std::string_view to_string(DerivationError error);

// The keys of one account: what the steps down to it cost is paid once.
class AccountKeys {
  public:
    [[nodiscard]] static std::expected<AccountKeys, DerivationError> of(std::span<const std::byte> seed,
                                                                        std::uint32_t account);
    [[nodiscard]] std::expected<PrivateKey, DerivationError> key(std::uint32_t index) const;
    [[nodiscard]] std::expected<ChainAddress, DerivationError> address(std::uint32_t index) const;

  private:
    explicit AccountKeys(ExtendedKey account) : account_(std::move(account)) {}

    ExtendedKey account_;
};

// m/44'/4474179'/account'/index'
[[nodiscard]] std::string path_text(std::uint32_t account, std::uint32_t index);

}  // namespace dcx::wallet
