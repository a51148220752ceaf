#include "app/tool_command_line.h"

#include <CLI/CLI.hpp>

#include "app/signer_evm_command.h"
#include "app/tool_groups.h"
#include "wallet/derivation.h"

namespace dcx::app {
namespace {

constexpr std::uint32_t kMaxPathNumber = wallet::kHardened - 1;

// A vault and what opens it.
CLI::App* add_vault_command(CLI::App* group, const char* name, const char* what, SignerOptions& o) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("--vault", o.vault, "The file with the encrypted seed")->required();
    command
        ->add_option("--passphrase-file", o.passphrase_file,
                     "The passphrase as its only line (default: asked for on the terminal)")
        ->envname("DCX_PASSPHRASE_FILE");
    command->add_flag("--json", o.json, "Results as JSON, one object a line");
    return command;
}

void add_account(CLI::App* command, SignerOptions& o) {
    command->add_option("--account", o.account, "The venue's number of the account")
        ->required()
        ->check(CLI::Range(std::uint32_t{0}, kMaxPathNumber));
}

void add_signer(CLI::App& app, SignerOptions& o, Run& run) {
    auto* group = add_group(app, "signer", "Addresses of the DeCoin chain, from a seed in an encrypted file");
    auto* init = add_vault_command(group, "init", "Make a vault with a new random seed", o);
    init->callback([&] { run = [&] { return signer_init(o); }; });

    auto* address = add_vault_command(group, "address", "One deposit address of an account", o);
    add_account(address, o);
    address->add_option("--index", o.index, "Which of its addresses, from 0")
        ->required()
        ->check(CLI::Range(std::uint32_t{0}, kMaxPathNumber));
    address->callback([&] { run = [&] { return signer_address(o); }; });

    auto* addresses = add_vault_command(group, "addresses", "Deposit addresses of an account, with their index", o);
    add_account(addresses, o);
    addresses->add_option("--count", o.count, "How many")
        ->required()
        ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1'000'000}));
    addresses->add_option("--first", o.first, "The index of the first (default: 0)")
        ->check(CLI::Range(std::uint32_t{0}, kMaxPathNumber));
    addresses->callback([&] { run = [&] { return signer_addresses(o); }; });

    auto* evm =
        add_vault_command(group, "evm-address", "Who owns the anchor contract of an EVM chain (docs/operations.md)", o);
    evm->callback([&] { run = [&] { return signer_evm_address(o); }; });

    auto* serve = add_vault_command(group, "serve", "Sign for a venue, behind a Unix socket, until told to stop", o);
    serve->add_option("--socket", o.socket, "Where the venue asks")->required();
    serve->add_option("--group", o.group, "Whose members may ask, too");
    serve->add_option("--rules", o.rules, "Its own limits, a TOML file (docs/custody.md)");
    serve->add_option("--signed", o.signed_list, "The list of what it has signed (default: VAULT.signed)");
    serve->callback([&] { run = [&] { return signer_serve(o); }; });

    auto* check = group->add_subcommand("check-address", "Whether a text is an address, and of which kind");
    check->add_option("text", o.text, "The text")->required();
    check->add_flag("--json", o.json, "One JSON line");
    check->callback([&] { run = [&] { return signer_check_address(o); }; });
}

}  // namespace

void add_tool_commands(CLI::App& app, ToolCommands& options, std::function<int()>& run) {
    add_ledger(app, options.ledger, run);
    add_order(app, options.order, run);
    add_admin(app, options.admin, run);
    add_backup(app, options.backup, run);
    add_vault(app, options.vault, run);
    add_signer(app, options.signer, run);
    add_custody(app, options.custody, run);
    add_reconcile(app, options.reconcile, run);
    add_past(app, options.at, options.fork, run);
    add_journal(app, options.journal, run);
    add_history_reading(add_history(app, options.history, run), options.history_reading, run);
    add_proof(app, options.proof, run);
    add_verify(app, options.verify, run);
    add_anchor(app, options.anchor, options.decoin, run);
}

}  // namespace dcx::app
