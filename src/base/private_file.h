// Small files that belong to their owner alone (0600). Errors are texts that name the file and never show its content.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace dcx {

// A new file, written, synced, its name too; refuses when there is one.
[[nodiscard]] std::expected<void, std::string> write_private_file(const std::string& path, std::string_view text);
// Refuses a file to which others have access, and one longer than `limit`.
[[nodiscard]] std::expected<std::string, std::string> read_private_file(const std::string& path, std::size_t limit);

}  // namespace dcx
