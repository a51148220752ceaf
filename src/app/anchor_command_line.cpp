#include <CLI/CLI.hpp>

#include "app/tool_groups.h"

namespace dcx::app {
namespace {

void add_decoin(CLI::App& app, DecoinOptions& o, Run& run) {
    auto* command = app.add_subcommand(
        "decoin",
        "Look at a DeCoin node that somebody runs: genesis, links, balances, an anchor (docs/protocols/decoin.md)");
    command->add_option("url", o.url, "http://127.0.0.1:8080")->required();
    command->add_option("--genesis", o.genesis, "Hash of its block 0 (default: the public chain's)");
    command->add_option("--wait", o.wait_s, "Seconds for a transaction to be mined")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{3'600}));
    command->add_flag("--allow-test-mint", o.allow_test_mint,
                      "Make coin out of nothing for the anchor, as anybody can there: test chains only");
    command->add_flag("--json", o.json, "One JSON object a step");
    command->callback([&] { run = [&] { return decoin_check(o); }; });
}

}  // namespace

void add_anchor(CLI::App& app, AnchorOptions& o, DecoinOptions& decoin, Run& run) {
    add_decoin(app, decoin, run);
    auto* group =
        add_group(app, "anchor", "Digests of checkpoints, published where the venue can't take them back alone");
    auto* list = add_command(group, "list", "All of them, with their stage", o);
    list->callback([&] { run = [&] { return anchor_list(o); }; });

    auto* show = add_command(group, "show", "Those of one checkpoint, whole", o);
    show->add_option("number", o.number, "Of the checkpoint")->required();
    show->callback([&] { run = [&] { return anchor_show(o); }; });

    auto* now = add_command(group, "now", "Sign a checkpoint of all that is durable now, and publish its digest", o);
    now->add_option("--wait", o.wait_s, "Seconds for the checkpoint to be signed")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{3'600}));
    now->callback([&] { run = [&] { return anchor_now(o); }; });

    auto* verify = add_command(group, "verify", "Whether a checkpoint's digest is where it was published", o);
    verify->add_option("number", o.number, "Of the checkpoint");
    verify->add_option("--config", o.config, "The venue's dcx.toml, for its places");
    verify->add_option("--url", o.url, "A DeCoin node to ask, instead of the venue's");
    verify->add_option("--genesis", o.genesis, "Hash of that one's block 0 (default: the public chain's)");
    verify->add_option("--checkpoint", o.checkpoint, "The checkpoint's file, instead of that in the folder");
    verify->add_option("--transaction", o.transaction, "The anchor's, instead of those of the venue's queue");
    verify->callback([&] { run = [&] { return anchor_verify(o); }; });
}

}  // namespace dcx::app
