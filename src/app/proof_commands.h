// dcx proof: what a venue hands out of its proofs, made by its operator from the data folder, beside the running venue
// or without it. Results on standard output; `dcx verify` checks them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/commands.h"

namespace dcx::app {

struct ProofOptions {
    ToolOptions tool;
    std::string vault;            // of the keys; empty: DATA/proof.keys
    std::string passphrase_file;  // of the vault
    std::string archive;          // a folder of archived segments; empty: none
    std::string account;          // its number, or its name in DATA/keys
    std::string asset;            // symbol or number
    std::uint64_t sequence = 0;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::uint32_t session = 0;  // whose events a receipt opens; 0: that of the command
    std::optional<std::uint32_t> event;
    std::optional<std::uint64_t> checkpoint;
    bool all = false;  // a receipt opens everything
};

int proof_checkpoint(const ProofOptions& options);
int proof_list(const ProofOptions& options);
int proof_key(const ProofOptions& options);
int proof_rotate_key(const ProofOptions& options);
int proof_secrets(const ProofOptions& options);
int proof_inclusion(const ProofOptions& options);
int proof_consistency(const ProofOptions& options);
int proof_receipt(const ProofOptions& options);
int proof_liability(const ProofOptions& options);

void add_proof(CLI::App& app, ProofOptions& o, std::function<int()>& run);

}  // namespace dcx::app
