// Proof files: made, written, read, checked; and every way to lie with one.
#include "proof/proof_file.h"

#include <doctest/doctest.h>

#include "proof/json_fields.h"
#include "proof/test_record.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;

template <class Checked>
void refused(const Checked& checked, Kind kind) {
    REQUIRE(!checked);
    INFO(checked.error().text());
    CHECK(checked.error().kind == kind);
}

struct TwoCheckpoints {
    TestRecord record{21};
    Checkpoint first = grown(37);
    Checkpoint second = grown(30);

    Checkpoint grown(int commands) {
        for (int i = 0; i < commands; ++i) record.add_command();
        return record.make_checkpoint();
    }
};

TEST_CASE("a proof of inclusion of each leaf, through its file") {
    TwoCheckpoints v;
    for (const ProofTree tree : {ProofTree::commands, ProofTree::events}) {
        const std::uint64_t size = tree == ProofTree::commands ? v.first.commands.value : v.first.events;
        for (std::uint64_t index = 0; index < size; ++index) {
            const std::string text = inclusion_json(v.record.inclusion(tree, index, v.first));
            const auto file = parse_inclusion_file(text);
            REQUIRE(file);
            REQUIRE(inclusion_json(*file) == text);
            const auto checked = check_inclusion_file(*file, v.record.check());
            REQUIRE(checked);
            REQUIRE(checked->number == 1);
        }
    }
    InclusionFile file = v.record.inclusion(ProofTree::commands, 5, v.first);
    file.tree = ProofTree::events;
    CHECK(!check_inclusion_file(file, v.record.check()));
    file = v.record.inclusion(ProofTree::commands, 5, v.first);
    file.leaf[0] ^= std::byte{1};
    refused(check_inclusion_file(file, v.record.check()), Kind::wrong_root);
    file = v.record.inclusion(ProofTree::commands, 5, v.first);
    file.checkpoint = v.record.signed_checkpoint(v.second);
    CHECK(!check_inclusion_file(file, v.record.check()));
    file = v.record.inclusion(ProofTree::commands, 5, v.first);
    const TestRecord stranger(99);
    refused(check_inclusion_file(file, stranger.check()), Kind::unknown_key);
    file.checkpoint.text[40] ^= 1;
    CHECK(!check_inclusion_file(file, v.record.check()));
}

TEST_CASE("a proof of consistency of two checkpoints, through its file") {
    TwoCheckpoints v;
    const std::string text = consistency_json(v.record.consistency(v.first, v.second));
    const auto file = parse_consistency_file(text);
    REQUIRE(file);
    CHECK(consistency_json(*file) == text);
    const auto checked = check_consistency_file(*file, v.record.check());
    REQUIRE(checked);
    CHECK((checked->older.number == 1 && checked->newer.number == 2));
    CHECK(check_consistency_file(v.record.consistency(v.first, v.first), v.record.check()));

    ConsistencyFile reversed = *file;
    std::swap(reversed.older, reversed.newer);
    refused(check_consistency_file(reversed, v.record.check()), Kind::sizes_reversed);
    ConsistencyFile changed = *file;
    changed.events.back()[31] ^= std::byte{128};
    refused(check_consistency_file(changed, v.record.check()), Kind::wrong_root);
    // A venue that rewrites a command signs another history: both roots are signed, and they do not fit.
    TestRecord other(21);
    for (int i = 0; i < 36; ++i) other.add_command();
    other.add_command();
    other.add_command();
    Checkpoint split = v.first;
    split.command_root = other.make_checkpoint().command_root;
    changed = *file;
    changed.older = v.record.signed_checkpoint(split);
    refused(check_consistency_file(changed, v.record.check()), Kind::wrong_root);
    // The newer one must name the one before it.
    Checkpoint unlinked = v.second;
    unlinked.previous = {};
    changed = *file;
    changed.newer = v.record.signed_checkpoint(unlinked);
    refused(check_consistency_file(changed, v.record.check()), Kind::checkpoint_gap);
    unlinked = v.first;
    unlinked.state_hash[3] = std::byte{1};
    changed = v.record.consistency(v.first, v.first);
    changed.newer = v.record.signed_checkpoint(unlinked);
    refused(check_consistency_file(changed, v.record.check()), Kind::other_checkpoint);
}

TEST_CASE("a receipt before and after it is opened, through its file") {
    TwoCheckpoints v;
    const ReceiptFile bare{.receipt = v.record.signed_note(receipt_text(v.record.receipt(3))),
                           .command = {},
                           .checkpoint = {},
                           .proof = {},
                           .events = {}};
    const auto read = parse_receipt_file(receipt_json(bare));
    REQUIRE(read);
    const auto simple = check_receipt(*read, v.record.check());
    REQUIRE(simple);
    CHECK((!simple->opened && !simple->checkpoint && simple->receipt.sequence == Sequence{4ul}));
    for (std::size_t command = 0; command < 37; ++command)
        for (const Checkpoint& checkpoint : {v.first, v.second}) {
            const std::string text = receipt_json(v.record.opened_receipt(command, checkpoint));
            const auto file = parse_receipt_file(text);
            REQUIRE(file);
            REQUIRE(receipt_json(*file) == text);
            const auto checked = check_receipt(*file, v.record.check());
            REQUIRE(checked);
            REQUIRE((checked->opened && checked->all_events && checked->checkpoint->number == checkpoint.number));
        }
    ReceiptFile some = v.record.opened_receipt(8, v.first);
    some.events.erase(some.events.begin());
    CHECK(!check_receipt(some, v.record.check())->all_events);
}

TEST_CASE("a receipt that lies") {
    TwoCheckpoints v;
    const auto check = v.record.check();
    const ReceiptFile right = v.record.opened_receipt(8, v.first);
    REQUIRE(right.events.size() > 1);
    const auto with = [&](auto change) {
        ReceiptFile file = right;
        change(file);
        return check_receipt(file, check);
    };
    refused(with([](auto& f) { f.command->command.body[0] ^= std::byte{1}; }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.command->salt[0] ^= std::byte{1}; }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.command->records.records = 1; }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.command->records.hash[0] = std::byte{1}; }), Kind::malformed);
    refused(with([](auto& f) { f.command->command.header.flags = kQuarantined; }), Kind::malformed);
    refused(with([](auto& f) { f.command->command.header.sequence = Sequence{10ul}; }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.proof[0][0] ^= std::byte{1}; }), Kind::wrong_root);
    refused(with([](auto& f) { f.events[0].event.body[5] ^= std::byte{1}; }), Kind::wrong_root);
    refused(with([](auto& f) { f.events[0].event.header.applied_time = Time{1l}; }), Kind::malformed);
    refused(with([](auto& f) { f.events[0].event.header.time = Time{1l}; }), Kind::wrong_leaf);
    refused(with([](auto& f) { ++f.events[0].leaf; }), Kind::wrong_root);
    refused(with([](auto& f) { std::swap(f.events[0], f.events[1]); }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.events[1] = f.events[0]; }), Kind::wrong_leaf);
    refused(with([](auto& f) { f.checkpoint.reset(); }), Kind::malformed);
    refused(with([&](auto& f) { f.receipt = v.record.signed_checkpoint(v.first); }), Kind::malformed);
    refused(with([&](auto& f) { f.checkpoint = f.receipt; }), Kind::malformed);
    // Events of another command, each of which is in the tree.
    refused(with([&](auto& f) { f.events = v.record.opened_receipt(9, v.first).events; }), Kind::wrong_leaf);
    refused(with([&](auto& f) {
                Receipt receipt = v.record.receipt(8);
                receipt.batch = 1000;
                f.receipt = v.record.signed_note(receipt_text(receipt));
            }),
            Kind::wrong_batch);
    refused(with([&](auto& f) {
                Receipt receipt = v.record.receipt(8);
                receipt.checkpoint = 1;
                f.receipt = v.record.signed_note(receipt_text(receipt));
            }),
            Kind::other_checkpoint);
    const TestRecord stranger(5);
    refused(with([&](auto& f) { f.receipt = stranger.signed_note(f.receipt.text); }), Kind::unknown_key);
    refused(with([&](auto& f) { f.checkpoint = stranger.signed_note(f.checkpoint->text); }), Kind::unknown_key);
    Checkpoint foreign = v.first;
    foreign.venue_id[0] ^= std::byte{1};
    refused(with([&](auto& f) { f.checkpoint = v.record.signed_checkpoint(foreign); }), Kind::other_venue);
    // The checkpoint ends before the command.
    refused(check_receipt(
                [&] {
                    ReceiptFile file = v.record.opened_receipt(50, v.second);
                    file.checkpoint = v.record.signed_checkpoint(v.first);
                    return file;
                }(),
                check),
            Kind::wrong_batch);
}

TEST_CASE("a receipt's text is read back as it was written, and nothing else is one") {
    TwoCheckpoints v;
    const std::string text = receipt_text(v.record.receipt(3));
    REQUIRE(parse_receipt(text));
    for (std::size_t at = 0; at < text.size(); ++at)
        for (const std::string& other :
             {text.substr(0, at) + text.substr(at + 1), text.substr(0, at) + text[at] + text.substr(at),
              text.substr(0, at), text.substr(0, at) + char(text[at] ^ 1) + text.substr(at + 1)}) {
            const auto parsed = parse_receipt(other);
            if (parsed) REQUIRE(receipt_text(*parsed) == other);
        }
    refused(parse_receipt(text + "\n"), Kind::malformed);
}

TEST_CASE("files that are not in their form are malformed, whatever is wrong with them") {
    TwoCheckpoints v;
    const std::string inclusion = inclusion_json(v.record.inclusion(ProofTree::commands, 2, v.first));
    const std::string consistency = consistency_json(v.record.consistency(v.first, v.second));
    const std::string receipt = receipt_json(v.record.opened_receipt(2, v.first));
    const auto all_refuse = [](const std::string& text) {
        INFO(text);
        refused(parse_inclusion_file(text), Kind::malformed);
        refused(parse_consistency_file(text), Kind::malformed);
        refused(parse_receipt_file(text), Kind::malformed);
    };
    for (const std::string& text :
         {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{"7"}, std::string{"{\"dcx\":\"inclusion\"}"},
          std::string(100'000, '['), std::string("\xFF\xFE"), std::string(std::size_t{17} << 20, ' ')})
        all_refuse(text);
    for (const std::string& text : {inclusion, consistency, receipt}) {
        std::string other = text;
        all_refuse(other.replace(other.find("\"version\": 1"), 12, "\"version\": 2"));
        other = text;
        all_refuse(other.replace(other.find("\"version\": 1"), 12, "\"version\": 1,\n \"more\": 1"));
        other = text;
        all_refuse(other.replace(other.find("\"version\": 1"), 12, "\"version\": 1,\n \"version\": 1"));
        other = text;
        all_refuse(other.replace(other.find("\"version\": 1"), 12, "\"version\": 1.0"));
        // Cut anywhere.
        for (std::size_t size = 0; size + 2 < text.size(); size += 37) all_refuse(text.substr(0, size));
    }
}

}  // namespace
}  // namespace dcx::proof
