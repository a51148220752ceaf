#include "proof/keys.h"

#include <map>
#include <utility>

#include "base/private_file.h"
#include "base/sha256.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kMaxKeyFile = 4096;
constexpr unsigned kOwnerOnly = 0600;

std::string text_of(const ProofKeys& keys) {
    const auto line = [](std::string_view name, std::span<const std::byte> secret) {
        return std::string{name} + " " + to_hex(secret) + "\n";
    };
    std::string text = line(kCheckpointKey, keys.checkpoint);
    if (keys.previous) text += line(kPreviousCheckpointKey, *keys.previous);
    return text + line(kSaltKey, keys.salt) + line(kLiabilitiesKey, keys.liabilities);
}

}  // namespace

ProofKeys new_proof_keys() {
    ProofKeys keys;
    random_bytes(keys.checkpoint);
    random_bytes(keys.salt);
    random_bytes(keys.liabilities);
    return keys;
}

std::expected<ProofKeys, std::string> proof_keys_of(const SecretByName& secrets) {
    ProofKeys keys;
    for (const auto& [name, key] : {std::pair{kCheckpointKey, &keys.checkpoint}, std::pair{kSaltKey, &keys.salt},
                                    std::pair{kLiabilitiesKey, &keys.liabilities}}) {
        const auto secret = secrets(name);
        if (!secret) return std::unexpected("there is no " + std::string{name} + " of 32 bytes");
        *key = *secret;
    }
    keys.previous = secrets(kPreviousCheckpointKey);
    return keys;
}

std::expected<ProofKeys, std::string> read_proof_keys(const std::string& path) {
    const auto text = read_private_file(path, kMaxKeyFile);
    if (!text) return std::unexpected(text.error());
    std::map<std::string, Secret, std::less<>> secrets;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        const std::size_t space = line.find(' ');
        Secret secret{};
        if (end == rest.npos || space == line.npos || !from_hex(line.substr(space + 1), secret) ||
            !secrets.emplace(line.substr(0, space), secret).second)
            return std::unexpected(path + ": must have lines of a name and 64 hexadecimal digits, each name once");
        rest.remove_prefix(end + 1);
    }
    for (const auto& [name, secret] : secrets)
        if (name != kCheckpointKey && name != kPreviousCheckpointKey && name != kSaltKey && name != kLiabilitiesKey)
            return std::unexpected(path + ": " + name + " is no name of a key of proofs");
    auto keys = proof_keys_of([&](std::string_view name) -> std::optional<Secret> {
        const auto found = secrets.find(name);
        return found == secrets.end() ? std::nullopt : std::optional{found->second};
    });
    if (!keys) return std::unexpected(path + ": " + keys.error());
    return keys;
}

std::expected<void, std::string> write_proof_keys(const std::string& path, const ProofKeys& keys) {
    return write_private_file(path, text_of(keys));
}

std::expected<void, std::string> rotate_checkpoint_key(const std::string& path, const Ed25519PublicKey& published) {
    auto keys = read_proof_keys(path);
    if (!keys) return std::unexpected(keys.error());
    if (ed25519_public_key(keys->checkpoint) != published)
        return std::unexpected(path + ": its checkpoint-key is not published yet; start the venue first");
    keys->previous = keys->checkpoint;
    random_bytes(keys->checkpoint);
    if (const auto written = write_whole(path, text_of(*keys), kOwnerOnly); !written)
        return std::unexpected(written.error().seen);
    return {};
}

}  // namespace dcx::proof
