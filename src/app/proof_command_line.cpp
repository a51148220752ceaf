#include <CLI/CLI.hpp>

#include "app/proof_commands.h"
#include "app/tool_groups.h"

namespace dcx::app {
namespace {

using Function = int (*)(const ProofOptions&);

CLI::App* add(CLI::App* group, const char* name, const char* what, ProofOptions& o, Run& run, Function function) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("--data", o.tool.data, "The venue's folder, whether or not it runs")
        ->envname("DCX_DATA")
        ->capture_default_str();
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

void add_keys(CLI::App* command, ProofOptions& o) {
    command->add_option("--vault", o.vault, "Of the keys (default: DATA/proof.keys)");
    command->add_option("--passphrase-file", o.passphrase_file, "Of the vault (default: asked for on the terminal)")
        ->envname("DCX_PASSPHRASE_FILE");
}
void add_sequence(CLI::App* command, ProofOptions& o) {
    command->add_option("--sequence", o.sequence, "Of the command: every report names it")->required();
}
void add_checkpoint(CLI::App* command, ProofOptions& o, const char* what) {
    command->add_option("--checkpoint", o.checkpoint, what);
}

constexpr const char* kFirstThatHoldsIt = "Its number (default: the first that holds the command)";

}  // namespace

void add_proof(CLI::App& app, ProofOptions& o, Run& run) {
    auto* group =
        add_group(app, "proof", "Hand out what dcx verify checks: checkpoints, inclusions, receipts, liabilities");
    auto* checkpoint = add(group, "checkpoint", "Sign a checkpoint of all that is durable now, and wait for it", o, run,
                           proof_checkpoint);
    add_keys(checkpoint, o);
    add(group, "list", "The signed checkpoints", o, run, proof_list)
        ->add_flag("--json", o.tool.json, "One JSON object a line");
    add(group, "key", "The keys that sign, for everybody", o, run, proof_key);
    add(group, "rotate-key", "Make a new key that signs from the next start on; the one before says so", o, run,
        proof_rotate_key);

    auto* inclusion =
        add(group, "inclusion", "That a command, or an event of it, is in a checkpoint", o, run, proof_inclusion);
    add_sequence(inclusion, o);
    inclusion->add_option("--event", o.event, "Which of its events, from 0");
    add_checkpoint(inclusion, o, kFirstThatHoldsIt);

    auto* consistency =
        add(group, "consistency", "That a checkpoint's record goes on from another's", o, run, proof_consistency);
    consistency->add_option("--from", o.from, "Number of the older checkpoint")->required();
    consistency->add_option("--to", o.to, "Number of the newer one")->required();

    auto* receipt =
        add(group, "receipt", "A signed statement of a command's place, opened for its owner", o, run, proof_receipt);
    add_sequence(receipt, o);
    add_checkpoint(receipt, o, kFirstThatHoldsIt);
    receipt->add_option("--session", o.session, "Open this session's reports (default: of the command's own)");
    receipt->add_flag("--all", o.all, "Open the command and all of its events: for auditors, other owners are in it");
    receipt->add_option("--archive", o.archive, "A folder of archived segments, read as if they had stayed");
    add_keys(receipt, o);

    auto* liability =
        add(group, "liability", "That what an account has is in the sum that was signed", o, run, proof_liability);
    liability->add_option("--account", o.account, "Its number, or its name in DATA/keys")->required();
    liability->add_option("--asset", o.asset, "Symbol or number (default: each that it has something of)");
    liability->add_option("--checkpoint", o.checkpoint, "Its number")->required();
    add_keys(liability, o);

    auto* secrets =
        add(group, "secrets", "What opens every leaf of some epochs, for an auditor", o, run, proof_secrets);
    secrets->add_option("--from", o.from, "The first epoch")->required();
    secrets->add_option("--to", o.to, "The last one")->required();
    add_keys(secrets, o);
}

}  // namespace dcx::app
