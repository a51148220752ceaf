#include "app/tool_groups.h"
#include "app/verify_commands.h"

namespace dcx::app {

void add_verify(CLI::App& app, VerifyOptions& o, Run& run) {
    auto* group = add_group(app, "verify", "Check what a venue signed, published or keeps; without a venue");
    add_verify_proof_files(group, o, run);
    add_verify_liability(group, o, run);
    add_verify_match_log(group, o, run);
    add_verify_journal(group, o, run);
}

}  // namespace dcx::app
