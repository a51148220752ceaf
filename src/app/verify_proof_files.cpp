// dcx verify inclusion|consistency|receipt FILE --key key.txt
#include <CLI/CLI.hpp>

#include "app/tool_groups.h"
#include "app/verify_commands.h"
#include "proof/proof_file.h"

namespace dcx::app {
namespace {

void tell_checkpoint(VerifyResult& result, const std::string& name, const proof::Checkpoint& checkpoint) {
    result.tell(name, checkpoint.number);
    result.tell(name + " commands", checkpoint.commands.value);
}

int verify_inclusion(const VerifyOptions& o) {
    VerifyResult result(o);
    const auto file = proof::parse_inclusion_file(proof_text(o.path));
    if (!file) return result.refuse(file.error()), result.finish({});
    const auto checkpoint = proof::check_inclusion_file(*file, note_check(o));
    if (!checkpoint) return result.refuse(checkpoint.error()), result.finish({});
    result.tell("venue", proof::origin_of(checkpoint->venue_id));
    result.tell("tree", std::string(proof::to_string(file->tree)));
    result.tell("leaf", file->index);
    tell_checkpoint(result, "checkpoint", *checkpoint);
    refuse_without_key(o, result);
    return result.finish("the leaf is in the signed checkpoint");
}

int verify_consistency(const VerifyOptions& o) {
    VerifyResult result(o);
    const auto file = proof::parse_consistency_file(proof_text(o.path));
    if (!file) return result.refuse(file.error()), result.finish({});
    const auto both = proof::check_consistency_file(*file, note_check(o));
    if (!both) return result.refuse(both.error()), result.finish({});
    result.tell("venue", proof::origin_of(both->older.venue_id));
    tell_checkpoint(result, "older", both->older);
    tell_checkpoint(result, "newer", both->newer);
    refuse_without_key(o, result);
    return result.finish("the newer checkpoint's record begins with the older one's");
}

int verify_receipt(const VerifyOptions& o) {
    VerifyResult result(o);
    const auto file = proof::parse_receipt_file(proof_text(o.path));
    if (!file) return result.refuse(file.error()), result.finish({});
    const auto checked = proof::check_receipt(*file, note_check(o));
    if (!checked) return result.refuse(checked.error()), result.finish({});
    const proof::Receipt& receipt = checked->receipt;
    result.tell("venue", proof::origin_of(receipt.venue_id));
    result.tell("command", receipt.sequence.value);
    result.tell("time", std::to_string(receipt.time.value));
    result.tell("batch", receipt.batch);
    if (checked->opened) {
        result.tell("opened", std::string(to_string(file->command->command.header.kind)));
        result.tell("session", file->command->command.header.session.value);
    }
    for (const proof::OpenedEvent& event : file->events)
        result.tell("event " + std::to_string(event.event.header.index),
                    std::string(to_string(event.event.header.kind)));
    if (!checked->checkpoint) {
        refuse_without_key(o, result);
        return result.finish("the venue signed this receipt; no checkpoint is in this file yet");
    }
    tell_checkpoint(result, "checkpoint", *checked->checkpoint);
    result.tell("all events", std::string(checked->all_events ? "yes" : "no"));
    refuse_without_key(o, result);
    return result.finish(checked->opened
                             ? "the venue signed this receipt, its command is what was opened and is in the checkpoint"
                             : "the venue signed this receipt, and its command is in the checkpoint");
}

void add_file_command(CLI::App* group, const char* name, const char* what, VerifyOptions& o, Run& run,
                      int (*verify)(const VerifyOptions&)) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("file", o.path, "The proof file")->required();
    command->add_option("--key", o.key, "The venue's key.txt; without it no signature is checked and nothing holds");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&o, &run, verify] { run = [&o, verify] { return verify(o); }; });
}

}  // namespace

void add_verify_proof_files(CLI::App* group, VerifyOptions& o, Run& run) {
    add_file_command(group, "inclusion", "That a command or an event is in a signed checkpoint", o, run,
                     verify_inclusion);
    add_file_command(group, "consistency", "That one checkpoint's record is the beginning of another's", o, run,
                     verify_consistency);
    add_file_command(group, "receipt", "That the venue signed a receipt, and what it opens", o, run, verify_receipt);
}

}  // namespace dcx::app
