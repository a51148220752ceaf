// dcx verify liability FILE [--account A] [--amount X] [--checkpoint NOTE] --key key.txt
#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "app/decimals.h"
#include "app/tool_groups.h"
#include "app/verify_commands.h"
#include "proof/liability_file.h"

namespace dcx::app {
namespace {

// A note that its reader has from somebody else takes the place of the one in the file.
void replace_note(proof::LiabilityFile& file, const VerifyOptions& o) {
    if (o.checkpoint.empty()) return;
    auto note = proof::parse_note(proof_text(o.checkpoint));
    if (!note) throw std::runtime_error(o.checkpoint + ": " + note.error().text());
    file.checkpoint = std::move(*note);
}

// In whole units of the asset, whose scale only the checkpoint says. What its owner typed is his mistake, not the
// proof's.
std::optional<Amount> amount_of(const proof::LiabilityFile& file, const VerifyOptions& o) {
    if (o.amount.empty()) return {};
    const auto checkpoint = proof::parse_checkpoint(file.checkpoint.text);
    if (!checkpoint) return {};
    for (const proof::LiabilitiesLine& line : checkpoint->liabilities)
        if (line.asset == file.proof.tree.asset) {
            if (o.amount.starts_with("0") && o.amount.find_first_not_of("0.") == std::string::npos) return Amount{};
            const auto units = parse_units(o.amount, {.scale = line.scale, .what = "the amount"});
            if (!units) throw std::runtime_error(units.error());
            return Amount{*units};
        }
    return {};
}

// What the proof says; false when it does not hold, which is then told.
bool tell_one(const VerifyOptions& o, proof::LiabilityFile& file, bool alone, VerifyResult& result) {
    replace_note(file, o);
    const proof::OwnerSays owner{.account = o.account == 0 ? std::nullopt : std::optional(AccountId{o.account}),
                                 .amount = amount_of(file, o)};
    const auto checked = proof::check_liability_file(file, owner, note_check(o));
    if (!checked) {
        result.refuse(checked.error());
        return false;
    }
    const proof::LiabilitiesLine& line = checked->line;
    const Unit unit{.scale = line.scale, .what = {}};
    if (!alone) {
        result.tell(std::string(line.symbol.view()), units_text(file.proof.amount.value, unit) + " of " +
                                                         units_text(line.sum.value, unit) + ", account " +
                                                         std::to_string(file.proof.account.value) + ", checkpoint " +
                                                         std::to_string(checked->checkpoint.number));
        return true;
    }
    result.tell("venue", proof::origin_of(checked->checkpoint.venue_id));
    result.tell("checkpoint", checked->checkpoint.number);
    result.tell("time", utc_text(checked->checkpoint.time));
    result.tell("asset", std::string(line.symbol.view()));
    result.tell("account", file.proof.account.value);
    result.tell("amount", units_text(file.proof.amount.value, unit));
    result.tell("sum", units_text(line.sum.value, unit));
    return true;
}

int verify_liability(const VerifyOptions& o) {
    VerifyResult result(o);
    auto files = proof::parse_liability_files(proof_text(o.path));
    if (!files) return result.refuse(files.error()), result.finish({});
    if (files->size() > 1 && !o.amount.empty())
        throw std::runtime_error("the file is of several assets, and --amount is of one: compare what is printed");
    for (proof::LiabilityFile& file : *files)
        if (!tell_one(o, file, files->size() == 1, result)) return result.finish({});
    refuse_without_key(o, result);
    return result.finish(o.account != 0 && !o.amount.empty()
                             ? "what you had is in the sum that the venue signed"
                             : "this account's amount is in the sum that the venue signed; that both are yours is "
                               "for you to compare (--account, --amount)");
}

}  // namespace

void add_verify_liability(CLI::App* group, VerifyOptions& o, Run& run) {
    auto* command = group->add_subcommand("liability", "That what an account had is in the sum that the venue signed");
    command->add_option("file", o.path, "The proof file")->required();
    command->add_option("--key", o.key, "The venue's key.txt; without it no signature is checked and nothing holds");
    command->add_option("--account", o.account, "Your account's number")
        ->check(CLI::Range(std::uint32_t{1}, ~std::uint32_t{0}));
    command->add_option("--amount", o.amount,
                        "What you had when the checkpoint was made, available and held, e.g. 12.5");
    command->add_option("--checkpoint", o.checkpoint,
                        "The signed checkpoint that you have from another place than this file");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&o, &run] { run = [&o] { return verify_liability(o); }; });
}

}  // namespace dcx::app
