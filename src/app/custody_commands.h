// dcx custody: what an operator does about deposits and withdrawals on the DeCoin chain, and dcx reconcile, which holds
// the ledger against it. docs/custody.md says when.
#pragma once

#include <cstdint>
#include <string>

#include "app/commands.h"
#include "app/history_commands.h"

namespace dcx::app {

struct CustodyToolOptions {
    AdminOptions admin;
    std::string hash;     // of a block or a transaction
    std::string address;  // of the chain
    std::string word;     // on, off, paid, not_paid
    std::uint64_t height = 0;
    std::uint32_t confirmations = 6;
    std::uint32_t index = 0;
    std::uint32_t path_account = 0;
    std::int64_t units = 0;
    std::uint64_t nonce = 0;
    std::string socket;
    std::string daily_limit = "0";
    std::uint32_t cooling_s = 0;
    bool allow_list = false;
};
int custody_start(const CustodyToolOptions& options);
int custody_hot(const CustodyToolOptions& options);
int custody_deposit_address(const CustodyToolOptions& options);
// On: by proposal alone, as the next two.
int custody_payouts(const CustodyToolOptions& options);
int custody_release(const CustodyToolOptions& options);
int custody_resolve(const CustodyToolOptions& options);
int custody_cover(const CustodyToolOptions& options);
int custody_limits(const CustodyToolOptions& options);
int custody_allow(const CustodyToolOptions& options);
// The signer's answer, to be posted by hand; without a venue.
int custody_sign(const CustodyToolOptions& options);

struct ReconcileOptions {
    HistoryOptions ground;
    std::string url;      // of the node; empty: the configuration's
    std::string genesis;  // likewise
};
// Done only if ledger and chain agree.
int reconcile_decoin(const ReconcileOptions& options);

void add_custody(CLI::App& app, CustodyToolOptions& o, std::function<int()>& run);
void add_reconcile(CLI::App& app, ReconcileOptions& o, std::function<int()>& run);

}  // namespace dcx::app
