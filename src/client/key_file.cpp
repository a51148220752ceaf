#include "client/key_file.h"

#include <charconv>
#include <optional>

#include "base/private_file.h"
#include "base/sha256.h"

namespace dcx::client {
namespace {

constexpr std::size_t kMaxFile = 4096;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The fields found so far; each may be given once.
struct Fields {
    std::optional<std::uint32_t> key;
    std::optional<std::uint32_t> account;
    std::optional<Ed25519Seed> seed;

    // Nothing when the line is in order, else what is wrong with it.
    std::optional<std::string> take(std::string_view name, std::string_view value) {
        if (name == "seed") {
            Ed25519Seed bytes;
            if (seed || !from_hex(value, bytes)) return "seed must be given once, as 64 hexadecimal digits";
            seed = bytes;
            return std::nullopt;
        }
        if (name != "key_id" && name != "account") return "unknown field \"" + std::string{name} + "\"";
        auto& field = name == "key_id" ? key : account;
        const auto parsed = number(value);
        if (field || !parsed) return std::string{name} + " must be given once, as a number";
        field = parsed;
        return std::nullopt;
    }
};

}  // namespace

std::expected<ClientKey, std::string> parse_key(std::string_view text) {
    Fields fields;
    for (int line_number = 1; !text.empty(); ++line_number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end).substr(0, text.substr(0, end).find('#')));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.empty()) continue;
        const std::size_t space = line.find_first_of(" \t");
        const std::string_view value = space == line.npos ? std::string_view{} : trimmed(line.substr(space));
        if (const auto wrong = fields.take(line.substr(0, space), value))
            return std::unexpected("line " + std::to_string(line_number) + ": " + *wrong);
    }
    if (!fields.key || *fields.key == 0 || !fields.account || !fields.seed)
        return std::unexpected(std::string{"key_id (not 0), account and seed are needed"});
    return ClientKey{.key = KeyId{*fields.key}, .account = AccountId{*fields.account}, .seed = *fields.seed};
}

std::string key_text(const ClientKey& key) {
    return "# Key of an account of this venue. Whoever reads the seed can trade with it.\nkey_id " +
           std::to_string(key.key.value) + "\naccount " + std::to_string(key.account.value) + "\nseed " +
           to_hex(key.seed) + "\n";
}

std::expected<ClientKey, std::string> read_key_file(const std::string& path) {
    const auto text = read_private_file(path, kMaxFile);
    if (!text) return std::unexpected(text.error());
    auto key = parse_key(*text);
    if (!key) return std::unexpected(path + ": " + key.error());
    return key;
}

std::expected<void, std::string> write_key_file(const std::string& path, const ClientKey& key) {
    return write_private_file(path, key_text(key));
}

}  // namespace dcx::client
