// The command line of the small commands (ledger, order, admin, vault, signer, journal, backup, history, proof, verify,
// anchor, decoin, custody, reconcile, at, fork), apart from main.cpp for its size.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.h"
#include "app/custody_commands.h"
#include "app/history_commands.h"
#include "app/history_read_commands.h"
#include "app/proof_commands.h"
#include "app/verify_commands.h"

namespace dcx::app {

// Filled while the command line is parsed; must outlive it and the command.
struct ToolCommands {
    LedgerOptions ledger;
    OrderOptions order;
    AdminOptions admin;
    SignerOptions signer;
    AtOptions at;
    ForkOptions fork;
    VaultOptions vault;
    BackupOptions backup;
    JournalOptions journal;
    HistoryOptions history;
    HistoryReadOptions history_reading;
    CustodyToolOptions custody;
    ReconcileOptions reconcile;
    ProofOptions proof;
    VerifyOptions verify;
    AnchorOptions anchor;
    DecoinOptions decoin;
};

// Adds the commands to the program's; `run` is what main() calls when one of them was chosen.
void add_tool_commands(CLI::App& app, ToolCommands& options, std::function<int()>& run);

}  // namespace dcx::app
