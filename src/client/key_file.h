// A client's key on disk: a text file of three lines, `key_id N`, `account N` and `seed HEX` (64 digits); '#' begins a
// comment. Whoever reads the seed can trade, so a file that anybody but its owner may read or write is refused, and one
// is written with mode 0600, never over another. Errors are texts that name the file and never show its content.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "model/types.h"

namespace dcx::client {

struct ClientKey {
    KeyId key{};
    AccountId account{};  // 0: an operator's
    Ed25519Seed seed{};
};

[[nodiscard]] std::expected<ClientKey, std::string> read_key_file(const std::string& path);
// Creates the file and syncs it; refuses when there is one already.
[[nodiscard]] std::expected<void, std::string> write_key_file(const std::string& path, const ClientKey& key);

// The text of a key file, without the file's own rules. The error is what is wrong and in which line.
[[nodiscard]] std::expected<ClientKey, std::string> parse_key(std::string_view text);
[[nodiscard]] std::string key_text(const ClientKey& key);

}  // namespace dcx::client
