// The file of a vault without its meaning: for its owner alone, there whole or not at all, never written over.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "wallet/vault_format.h"

namespace dcx::wallet {

struct VaultFileError {
    VaultErrorKind kind{};
    std::string seen;  // empty when the kind says it all
};

// A file beside it is written, synced, renamed and the folder synced. What a crash leaves beside it is encrypted too.
[[nodiscard]] std::expected<void, VaultFileError> write_vault_file(const std::string& path,
                                                                   std::span<const std::byte> bytes);
[[nodiscard]] std::expected<std::vector<std::byte>, VaultFileError> read_vault_file(const std::string& path);

}  // namespace dcx::wallet
