#include "proof/receipt.h"

#include "proof/merkle.h"
#include "proof/text_lines.h"

namespace dcx::proof {
namespace {

constexpr std::string_view kOriginPrefix = "dcx/";
constexpr std::string_view kKind = "receipt";

std::unexpected<ProofError> fail(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

Digest leaf_of(const OpenedCommand& opened) {
    return leaf_hash(command_entry(opened.command.header, opened.records, commitment(opened.salt, opened.command)));
}

std::expected<void, ProofError> check_command(const Receipt& receipt, const OpenedCommand& opened) {
    const CommandHeader& header = opened.command.header;
    if (header.sequence != receipt.sequence || header.time != receipt.time)
        return fail(ProofErrorKind::wrong_leaf, "the command that is opened is " +
                                                    std::to_string(header.sequence.value) + ", not " +
                                                    std::to_string(receipt.sequence.value));
    // A log has none; a checker that ignored it would accept two files for one command.
    if (header.flags != 0) return fail(ProofErrorKind::malformed, "the command has flags");
    if (opened.records.records == 0 && opened.records.hash != Digest{})
        return fail(ProofErrorKind::malformed, "the hash of no records is zeros");
    if (leaf_of(opened) != receipt.leaf)
        return fail(ProofErrorKind::wrong_leaf, "the command's bytes and salt do not give the leaf that was receipted");
    return {};
}

std::expected<void, ProofError> check_event(const Receipt& receipt, const Checkpoint& checkpoint,
                                            const OpenedEvent& opened) {
    const EventHeader& header = opened.event.header;
    const std::string name = "event " + std::to_string(header.index);
    if (header.sequence != receipt.sequence || header.time != receipt.time)
        return fail(ProofErrorKind::wrong_leaf, name + " is of another command");
    if (header.applied_time.value != 0) return fail(ProofErrorKind::malformed, name + " has a time that no log has");
    const Digest leaf = leaf_hash(event_entry(header, commitment(opened.salt, opened.event)));
    auto included = check_inclusion(opened.leaf, checkpoint.events, leaf, opened.proof, checkpoint.event_root);
    if (!included) included.error().seen = name + ": " + included.error().seen;
    return included;
}

std::expected<void, ProofError> check_events(const ReceiptFile& file, CheckedReceipt& checked) {
    for (std::size_t i = 0; i < file.events.size(); ++i) {
        const OpenedEvent& opened = file.events[i];
        if (i > 0) {
            const OpenedEvent& before = file.events[i - 1];
            if (opened.event.header.index <= before.event.header.index ||
                opened.leaf - before.leaf != opened.event.header.index - before.event.header.index)
                return fail(ProofErrorKind::wrong_leaf, "the events do not stand as those of one command do");
        }
        if (auto right = check_event(checked.receipt, *checked.checkpoint, opened); !right) return right;
    }
    // The last one says that it is the last, and each has its index, so a number of them is all of them.
    checked.all_events = !file.events.empty() &&
                         file.events.back().event.header.index + std::size_t{1} == file.events.size() &&
                         (file.events.back().event.header.flags & kLastOfCommand) != 0;
    return {};
}

std::expected<void, ProofError> check_in_checkpoint(const ReceiptFile& file, const CheckNote& check,
                                                    CheckedReceipt& checked) {
    const Receipt& receipt = checked.receipt;
    auto checkpoint = parse_checkpoint(file.checkpoint->text);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    if (checkpoint->venue_id != receipt.venue_id)
        return fail(ProofErrorKind::other_venue, "the checkpoint is of " + origin_of(checkpoint->venue_id));
    if (auto signed_by = check(*file.checkpoint, checkpoint->number); !signed_by) return signed_by;
    if (checkpoint->batch < receipt.batch)
        return fail(ProofErrorKind::wrong_batch, "the checkpoint ends before the batch that was receipted");
    if (auto included = check_inclusion(receipt.sequence.value - 1, checkpoint->commands.value, receipt.leaf,
                                        file.proof, checkpoint->command_root);
        !included)
        return included;
    if (checkpoint->number == receipt.checkpoint &&
        Sha256::of(std::as_bytes(std::span{file.checkpoint->text})) != receipt.checkpoint_hash)
        return fail(ProofErrorKind::other_checkpoint, "the receipt names another checkpoint of this number");
    checked.checkpoint = std::move(*checkpoint);
    return check_events(file, checked);
}

}  // namespace

std::string receipt_text(const Receipt& receipt) {
    return origin_of(receipt.venue_id) + ' ' + std::string(kKind) +  //
           "\ncommand " + std::to_string(receipt.sequence.value) +   //
           "\ntime " + std::to_string(receipt.time.value) +          //
           "\nbatch " + std::to_string(receipt.batch) +              //
           "\nleaf " + to_base64(receipt.leaf) +                     //
           "\ncheckpoint " + std::to_string(receipt.checkpoint) + ' ' + to_hex(receipt.checkpoint_hash) + '\n';
}

std::expected<Receipt, ProofError> parse_receipt(std::string_view text) {
    Receipt result;
    TextLines lines(text);
    LineWords first(lines.line());
    const std::string_view origin = first.word();
    first.expect(kKind);
    if (!first.ended() || !origin.starts_with(kOriginPrefix) ||
        !from_hex(origin.substr(kOriginPrefix.size()), result.venue_id))
        return fail(ProofErrorKind::malformed, "the first line of a receipt is not dcx/VENUE receipt");
    const auto words_of = [&](std::string_view name) {
        LineWords words(lines.line());
        words.expect(name);
        return words;
    };
    LineWords command = words_of("command");
    result.sequence = Sequence{command.number<std::uint64_t>()};
    LineWords time = words_of("time");
    result.time = Time{time.number<std::int64_t>()};
    LineWords batch = words_of("batch");
    result.batch = batch.number<std::uint64_t>();
    LineWords leaf = words_of("leaf");
    result.leaf = leaf.base64();
    LineWords checkpoint = words_of("checkpoint");
    result.checkpoint = checkpoint.number<std::uint64_t>();
    result.checkpoint_hash = checkpoint.hex<Digest>();
    bool right = lines.ended();
    for (const LineWords& line : {command, time, batch, leaf, checkpoint}) right &= line.ended();
    if (!right || result.sequence.value == 0)
        return fail(ProofErrorKind::malformed, "a line of a receipt is not what it must be");
    if (result.checkpoint == 0 && result.checkpoint_hash != Digest{})
        return fail(ProofErrorKind::malformed, "a receipt before every checkpoint names one");
    return result;
}

std::expected<CheckedReceipt, ProofError> check_receipt(const ReceiptFile& file, const CheckNote& check) {
    const auto receipt = parse_receipt(file.receipt.text);
    if (!receipt) return std::unexpected(receipt.error());
    if (auto signed_by = check(file.receipt, 0); !signed_by) return std::unexpected(signed_by.error());
    CheckedReceipt checked{.receipt = *receipt, .opened = false, .checkpoint = {}, .all_events = false};
    if (file.command) {
        if (auto right = check_command(*receipt, *file.command); !right) return std::unexpected(right.error());
        checked.opened = true;
    }
    if (file.checkpoint) {
        if (auto right = check_in_checkpoint(file, check, checked); !right) return std::unexpected(right.error());
    } else if (!file.events.empty() || !file.proof.empty()) {
        return fail(ProofErrorKind::malformed, "proofs without a checkpoint");
    }
    return checked;
}

}  // namespace dcx::proof
