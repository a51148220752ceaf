#include "app/proof_keys.h"

#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "app/passphrase.h"
#include "app/proof_commands.h"
#include "proof/published.h"
#include "wallet/vault.h"

namespace dcx::app {
namespace {

proof::ProofKeys from_vault(const std::string& vault, const std::string& passphrase_file) {
    const PassphraseSource passphrase(passphrase_file);
    const auto secrets = wallet::open_vault(vault, passphrase.read("Passphrase of " + vault + ": "));
    if (!secrets) throw std::runtime_error(secrets.error().message);
    const auto keys = proof::proof_keys_of([&](std::string_view name) -> std::optional<proof::Secret> {
        const auto bytes = secrets->get(name);
        proof::Secret secret{};
        if (bytes.size() != secret.size()) return std::nullopt;
        std::memcpy(secret.data(), bytes.data(), secret.size());
        return secret;
    });
    if (!keys) throw std::runtime_error(vault + ": " + keys.error());
    return *keys;
}

proof::ProofKeys from_file(const DataFolder& folder) {
    const auto keys = proof::read_proof_keys(folder.proof_keys());
    if (!keys) throw std::runtime_error(keys.error());
    return *keys;
}

}  // namespace

proof::ProofKeys load_proof_keys(const Config::Proof& config, const DataFolder& folder) {
    if (!config.vault.empty()) return from_vault(config.vault, config.passphrase_file);
    if (std::filesystem::exists(folder.proof_keys())) return from_file(folder);
    // Nobody could go on with what another key has signed.
    const std::string signed_by = proof::Published(folder.published()).key_file();
    if (std::filesystem::exists(signed_by))
        throw std::runtime_error(folder.proof_keys() + " is missing, and " + signed_by +
                                 " says that a key has signed before");
    const proof::ProofKeys keys = proof::new_proof_keys();
    if (const auto written = proof::write_proof_keys(folder.proof_keys(), keys); !written)
        throw std::runtime_error(written.error());
    return keys;
}

proof::ProofKeys proof_keys_of(const ProofOptions& options, const DataFolder& folder) {
    return options.vault.empty() ? from_file(folder) : from_vault(options.vault, options.passphrase_file);
}

}  // namespace dcx::app
