#include <CLI/CLI.hpp>

#include "app/tool_groups.h"
#include "wallet/secrets.h"

namespace dcx::app {
namespace {

using Function = int (*)(const VaultOptions&);
CLI::App* add(CLI::App* group, const char* name, const char* what, VaultOptions& o, Run& run, Function function) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("--vault", o.vault, "The encrypted file")->envname("DCX_VAULT")->required();
    // The environment names a file: the passphrase itself would be seen in it.
    command
        ->add_option("--passphrase-file", o.passphrase_file,
                     "The passphrase as its only line (default: asked for on the terminal)")
        ->envname("DCX_PASSPHRASE_FILE");
    command->add_flag("--json", o.json, "Results as JSON, one object a line");
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

}  // namespace

void add_vault(CLI::App& app, VaultOptions& o, Run& run) {
    auto* group = add_group(app, "vault", "Secrets by name, in an encrypted file with its own backup");
    add(group, "init", "Make an empty vault", o, run, vault_init);
    add(group, "list", "Names and sizes of its secrets", o, run, vault_list);

    auto* put = add(group, "put", "Put a secret in", o, run, vault_put);
    put->add_option("name", o.name, "Of the secret")->required();
    auto* from = put->add_option("--from", o.file, "A file whose bytes it is, all of them (-: standard input)");
    auto* random = put->add_option("--random", o.random, "Make it: so many random bytes")
                       ->check(CLI::Range(std::uint32_t{16}, std::uint32_t{wallet::kMaxSecret}))
                       ->excludes(from);
    from->excludes(random);
    put->add_flag("--replace", o.replace, "Also when there is one of this name");

    auto* get = add(group, "get", "Take a copy of a secret out", o, run, vault_get);
    get->add_option("name", o.name, "Of the secret")->required();
    get->add_option("--to", o.file, "A new file (-: standard output, which must not be a terminal)")->required();

    auto* remove = add(group, "remove", "Take a secret away", o, run, vault_remove);
    remove->add_option("name", o.name, "Of the secret")->required();

    auto* change = add(group, "change-passphrase", "Encrypt it anew", o, run, vault_change_passphrase);
    change
        ->add_option("--new-passphrase-file", o.new_passphrase_file,
                     "The new one as its only line (default: asked for on the terminal)")
        ->envname("DCX_NEW_PASSPHRASE_FILE");

    auto* backup = add(group, "backup", "Copy the file, and read the copy back", o, run, vault_backup);
    backup->add_option("to", o.file, "Where there is nothing yet")->required();
    add(group, "check", "Open it, and look at the file before it", o, run, vault_check);
}

}  // namespace dcx::app
