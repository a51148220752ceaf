#include "proof/proof_file.h"

#include <cstring>

#include "proof/base64.h"
#include "proof/json_fields.h"
#include "proof/merkle.h"

namespace dcx::proof {
namespace {

constexpr std::uint64_t kVersion = 1;
// What one command can make is bounded far above what is one owner's.
constexpr std::size_t kMaxEvents = 100'000;

std::unexpected<ProofError> malformed(std::string seen) {
    return std::unexpected(ProofError{ProofErrorKind::malformed, std::move(seen)});
}

ProofJson begun(const char* kind) { return {{"dcx", kind}, {"version", kVersion}}; }

std::string ended(const ProofJson& json) { return json.dump(1) + '\n'; }

ProofJson hashes_json(const std::vector<Digest>& hashes) {
    ProofJson list = ProofJson::array();
    for (const Digest& hash : hashes) list.push_back(to_base64(hash));
    return list;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span{&value, 1});
}
template <class T>
std::span<std::byte> writable_bytes_of(T& value) {
    return std::as_writable_bytes(std::span{&value, 1});
}

bool take_note(JsonFields& fields, const char* name, SignedNote& note) {
    auto parsed = parse_note(fields.text(name));
    if (!parsed) return false;
    note = std::move(*parsed);
    return true;
}

void begin(JsonFields& fields, const char* kind, bool& right) {
    fields.expect("dcx", kind);
    right &= fields.number("version") == kVersion;
}

std::expected<Checkpoint, ProofError> checked_checkpoint(const SignedNote& note, const CheckNote& check) {
    auto checkpoint = parse_checkpoint(note.text);
    if (!checkpoint) return checkpoint;
    if (auto signed_by = check(note, checkpoint->number); !signed_by) return std::unexpected(signed_by.error());
    return checkpoint;
}

ProofJson event_json(const OpenedEvent& opened) {
    return {{"event", to_hex(bytes_of(opened.event))},
            {"salt", to_hex(opened.salt)},
            {"leaf", opened.leaf},
            {"proof", hashes_json(opened.proof)}};
}

bool parse_event(const ProofJson& json, OpenedEvent& opened) {
    JsonFields fields(json);
    fields.hex("event", writable_bytes_of(opened.event));
    fields.hex("salt", opened.salt);
    opened.leaf = fields.number("leaf");
    opened.proof = fields.hashes("proof");
    return fields.ended();
}

bool parse_command(const ProofJson& json, OpenedCommand& opened) {
    JsonFields fields(json);
    fields.hex("command", writable_bytes_of(opened.command));
    fields.hex("salt", opened.salt);
    const std::uint64_t records = fields.number("records");
    opened.records.records = static_cast<std::uint32_t>(records);
    fields.hex("records_hash", opened.records.hash);
    return fields.ended() && records == opened.records.records;
}

}  // namespace

std::string_view to_string(ProofTree tree) { return tree == ProofTree::commands ? "commands" : "events"; }

std::string inclusion_json(const InclusionFile& file) {
    ProofJson json = begun("inclusion");
    json["tree"] = to_string(file.tree);
    json["index"] = file.index;
    json["leaf"] = to_base64(file.leaf);
    json["checkpoint"] = note_text(file.checkpoint);
    json["proof"] = hashes_json(file.proof);
    return ended(json);
}

std::string consistency_json(const ConsistencyFile& file) {
    ProofJson json = begun("consistency");
    json["older"] = note_text(file.older);
    json["newer"] = note_text(file.newer);
    json["commands"] = hashes_json(file.commands);
    json["events"] = hashes_json(file.events);
    return ended(json);
}

std::string receipt_json(const ReceiptFile& file) {
    ProofJson json = begun("receipt");
    json["receipt"] = note_text(file.receipt);
    if (file.command)
        json["opened"] = {{"command", to_hex(bytes_of(file.command->command))},
                          {"salt", to_hex(file.command->salt)},
                          {"records", file.command->records.records},
                          {"records_hash", to_hex(file.command->records.hash)}};
    if (file.checkpoint) {
        json["checkpoint"] = note_text(*file.checkpoint);
        json["proof"] = hashes_json(file.proof);
        json["events"] = ProofJson::array();
        for (const OpenedEvent& opened : file.events) json["events"].push_back(event_json(opened));
    }
    return ended(json);
}

std::expected<InclusionFile, ProofError> parse_inclusion_file(std::string_view text) {
    const ProofJson json = parse_proof_json(text);
    JsonFields fields(json);
    InclusionFile file;
    bool right = true;
    begin(fields, "inclusion", right);
    const std::string tree = fields.text("tree");
    file.tree = tree == to_string(ProofTree::commands) ? ProofTree::commands : ProofTree::events;
    right &= tree == to_string(file.tree);
    file.index = fields.number("index");
    file.leaf = fields.base64("leaf");
    right &= take_note(fields, "checkpoint", file.checkpoint);
    file.proof = fields.hashes("proof");
    if (!right || !fields.ended()) return malformed("no proof of inclusion");
    return file;
}

std::expected<ConsistencyFile, ProofError> parse_consistency_file(std::string_view text) {
    const ProofJson json = parse_proof_json(text);
    JsonFields fields(json);
    ConsistencyFile file;
    bool right = true;
    begin(fields, "consistency", right);
    right &= take_note(fields, "older", file.older);
    right &= take_note(fields, "newer", file.newer);
    file.commands = fields.hashes("commands");
    file.events = fields.hashes("events");
    if (!right || !fields.ended()) return malformed("no proof of consistency");
    return file;
}

std::expected<ReceiptFile, ProofError> parse_receipt_file(std::string_view text) {
    const ProofJson json = parse_proof_json(text);
    JsonFields fields(json);
    ReceiptFile file;
    bool right = true;
    begin(fields, "receipt", right);
    right &= take_note(fields, "receipt", file.receipt);
    if (fields.has("opened")) right &= parse_command(fields.field("opened"), file.command.emplace());
    if (fields.has("checkpoint")) {
        right &= take_note(fields, "checkpoint", file.checkpoint.emplace());
        file.proof = fields.hashes("proof");
        const ProofJson& events = fields.field("events");
        right &= events.is_array() && events.size() <= kMaxEvents;
        if (right)
            for (const ProofJson& event : events) right &= parse_event(event, file.events.emplace_back());
    }
    if (!right || !fields.ended()) return malformed("no receipt");
    return file;
}

std::expected<Checkpoint, ProofError> check_inclusion_file(const InclusionFile& file, const CheckNote& check) {
    auto checkpoint = checked_checkpoint(file.checkpoint, check);
    if (!checkpoint) return checkpoint;
    const bool commands = file.tree == ProofTree::commands;
    const auto included =
        check_inclusion(file.index, commands ? checkpoint->commands.value : checkpoint->events, file.leaf, file.proof,
                        commands ? checkpoint->command_root : checkpoint->event_root);
    if (!included) return std::unexpected(included.error());
    return checkpoint;
}

std::expected<ConsistentCheckpoints, ProofError> check_consistency_file(const ConsistencyFile& file,
                                                                        const CheckNote& check) {
    auto older = checked_checkpoint(file.older, check);
    if (!older) return std::unexpected(older.error());
    auto newer = checked_checkpoint(file.newer, check);
    if (!newer) return std::unexpected(newer.error());
    if (older->venue_id != newer->venue_id)
        return std::unexpected(ProofError{ProofErrorKind::other_venue, "two checkpoints of two venues"});
    if (older->number > newer->number)
        return std::unexpected(
            ProofError{ProofErrorKind::sizes_reversed, "the older checkpoint has the higher number"});
    if (older->number == newer->number && file.older.text != file.newer.text)
        return std::unexpected(ProofError{ProofErrorKind::other_checkpoint, "two checkpoints of one number"});
    const auto commands = check_consistency(older->commands.value, newer->commands.value, older->command_root,
                                            newer->command_root, file.commands);
    if (!commands) return std::unexpected(commands.error());
    const auto events =
        check_consistency(older->events, newer->events, older->event_root, newer->event_root, file.events);
    if (!events) return std::unexpected(events.error());
    if (older->batch > newer->batch || older->time.value > newer->time.value)
        return std::unexpected(
            ProofError{ProofErrorKind::wrong_batch, "the newer checkpoint's batch or time is older"});
    if (newer->number == older->number + 1 && newer->previous != Sha256::of(std::as_bytes(std::span{file.older.text})))
        return std::unexpected(
            ProofError{ProofErrorKind::checkpoint_gap, "the newer checkpoint does not name the older one"});
    return ConsistentCheckpoints{std::move(*older), std::move(*newer)};
}

}  // namespace dcx::proof
