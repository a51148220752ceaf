// The file of a vault without its meaning: for its owner alone, there whole or not at all, and a new one never over
// another.
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
// The same in the place of a file that may be there.
[[nodiscard]] std::expected<void, VaultFileError> replace_vault_file(const std::string& path,
                                                                     std::span<const std::byte> bytes);
[[nodiscard]] std::expected<std::vector<std::byte>, VaultFileError> read_vault_file(const std::string& path);

// Who changes a file, which must be there: one at a time. Ends with the object.
class VaultFileLock {
  public:
    // Refused at once (busy) while another process has it.
    [[nodiscard]] static std::expected<VaultFileLock, VaultFileError> take(const std::string& path);
    ~VaultFileLock();
    VaultFileLock(VaultFileLock&& other) noexcept;
    VaultFileLock& operator=(VaultFileLock&&) = delete;

  private:
    explicit VaultFileLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace dcx::wallet
