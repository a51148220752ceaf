// dcx verify journal DATA
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "app/commands.h"
#include "app/journal_verifier.h"
#include "app/passphrase.h"
#include "app/tool_groups.h"
#include "app/verify_commands.h"
#include "proof/whole_file.h"
#include "wallet/vault.h"

namespace dcx::app {
namespace {

constexpr unsigned kForOwner = 0600;

// From where they were told to be; from the data folder when nothing was told and they are there.
std::optional<proof::ProofKeys> secrets_of(const VerifyOptions& o) {
    if (!o.vault.empty()) {
        const PassphraseSource passphrase(o.passphrase_file);
        const auto secrets = wallet::open_vault(o.vault, passphrase.read("Passphrase of " + o.vault + ": "));
        if (!secrets) throw std::runtime_error(secrets.error().message);
        auto keys = proof::proof_keys_of([&](std::string_view name) -> std::optional<proof::Secret> {
            const auto bytes = secrets->get(name);
            proof::Secret secret{};
            if (bytes.size() != secret.size()) return std::nullopt;
            std::memcpy(secret.data(), bytes.data(), secret.size());
            return secret;
        });
        if (!keys) throw std::runtime_error(o.vault + ": " + keys.error());
        return *keys;
    }
    const std::string path = o.keys.empty() ? o.path + "/proof.keys" : o.keys;
    if (o.keys.empty() && !std::filesystem::exists(path)) return std::nullopt;
    auto keys = proof::read_proof_keys(path);
    if (!keys) throw std::runtime_error(keys.error());
    return *keys;
}

int verify_journal(const VerifyOptions& o) {
    if (!std::filesystem::is_directory(o.path)) throw std::runtime_error(o.path + " is not a folder");
    JournalVerifier verifier({.data = o.path,
                              .archive = o.archive,
                              .proofs = o.proofs,
                              .public_folder = o.public_folder,
                              .keys = secrets_of(o),
                              .key_file = o.key,
                              .progress = true});
    const AuditReport report = verifier.run();
    const std::string page = o.json ? report.json() : report.text();
    if (!o.report.empty())
        if (const auto written = proof::write_whole(o.report, page, kForOwner); !written)
            throw std::runtime_error(written.error().text());
    std::fputs(page.c_str(), stdout);
    return report.holds() ? kDone : kFailed;
}

}  // namespace

void add_verify_journal(CLI::App* group, VerifyOptions& o, Run& run) {
    auto* command = group->add_subcommand(
        "journal", "All that a venue's folder says of its past: replayed, recomputed, compared; 0 only if all holds");
    command->add_option("data", o.path, "The venue's folder, or a backup of it")->required();
    command->add_option("--archive", o.archive, "A folder of archived segments (default: DATA/archive)");
    command->add_option("--proofs", o.proofs, "The private folder of proofs (default: DATA/proofs)");
    command->add_option("--public", o.public_folder, "What the venue has published (default: DATA/public)");
    auto* keys = command->add_option("--keys", o.keys, "The secrets of the proofs (default: DATA/proof.keys)");
    command->add_option("--vault", o.vault, "A vault that has them")->excludes(keys);
    command->add_option("--passphrase-file", o.passphrase_file, "Of the vault (default: asked for on the terminal)")
        ->envname("DCX_PASSPHRASE_FILE");
    command->add_option("--key", o.key, "The venue's key.txt, as it was got from another place");
    command->add_option("--report", o.report, "Write the report there, too");
    command->add_flag("--json", o.json, "The report as one JSON line");
    command->callback([&] { run = [&] { return verify_journal(o); }; });
}

}  // namespace dcx::app
