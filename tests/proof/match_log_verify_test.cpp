// A published folder as a whole: what was signed is what is there, and no byte of it can be changed.
#include <doctest/doctest.h>

#include <filesystem>

#include "proof/merkle.h"
#include "proof/published_log.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;

const MatchLog& random_log() {
    static const MatchLog log = [] {
        reference::CommandGenerator generator(8);
        MatchVenue venue;
        venue.run(generator, 900);
        return venue.log();
    }();
    return log;
}

void refused(const PublishedLog& published, Kind kind, const std::string& key_file = {}) {
    for (const bool naive : {false, true}) {
        const auto report = published.verify(naive, key_file);
        REQUIRE_FALSE(report.has_value());
        CAPTURE(report.error().text());
        CHECK(to_string(report.error().kind) == to_string(kind));
    }
}

TEST_CASE("verify match log: a published folder holds, with what it has told") {
    const PublishedLog published(random_log(), {1, 300, 300, 850}, 8192);
    const auto report = published.verify();
    if (!report) FAIL(report.error().text());
    const auto naive = published.verify(true);
    REQUIRE(naive.has_value());
    CHECK(report->counts == naive->counts);
    CHECK(report->venue_id == some_venue());
    CHECK(report->checkpoints == 4);
    CHECK(report->covered == Sequence{850ul});
    CHECK(report->last == Sequence{900ul});
    CHECK(report->counts.commands == 900);
    CHECK(report->counts.trades > 5);
    CHECK(report->unfinished == 0);
}

TEST_CASE("verify match log: what is whole in itself and not what was signed is found by the next checkpoint") {
    // Each changes one command of a log in memory, which is published under the checkpoints of the true one.
    const auto lie = [](auto change) {
        MatchLog log = random_log();
        change(log);
        const PublishedLog truth(random_log(), {400, 900});
        const PublishedLog lies(log, {static_cast<std::uint64_t>(log.size())});
        std::filesystem::remove_all(truth.match_log());
        std::filesystem::copy(lies.match_log(), truth.match_log());
        refused(truth, Kind::wrong_command_root);
    };
    lie([](MatchLog& log) { log[200].head.time.value += 1; });
    lie([](MatchLog& log) { log[899].head.time.value -= 1; });
    lie([](MatchLog& log) { log[500].head.commitment[31] ^= std::byte{1}; });
    // Two commands of which no book has heard, the one in the place of the other.
    lie([](MatchLog& log) {
        std::size_t at = 100;
        while (!log[at].records.empty() || !log[at + 1].records.empty()) ++at;
        std::swap(log[at].head.commitment, log[at + 1].head.commitment);
    });
    // An order that was never traded with, and is now said to have been of another size all its life: no rule is
    // broken.
    lie([](MatchLog& log) {
        for (LoggedCommand& command : log)
            for (MatchRecord& r : command.records)
                if (r.kind == MatchRecordKind::asset) r.other_id.value ^= 1;
    });
}

TEST_CASE("verify match log: commands dropped, files dropped, an end that is missing") {
    MatchLog shorter = random_log();
    shorter.resize(700);
    const PublishedLog part(shorter);
    const PublishedLog whole(random_log(), {}, 8192);
    const auto names = files_in(whole.match_log());
    std::filesystem::remove(whole.match_log() + "/" + names.back());
    refused(whole, Kind::missing);
    std::filesystem::remove(whole.match_log() + "/" + names.front());
    refused(whole, Kind::sequence_gap);
    std::filesystem::remove_all(whole.match_log());
    std::filesystem::copy(part.match_log(), whole.match_log());
    refused(whole, Kind::missing);
    std::filesystem::remove_all(whole.match_log());
    refused(whole, Kind::file_failed);
}

TEST_CASE("verify match log: keys and checkpoints") {
    const PublishedLog published(random_log(), {300, 600, 900});
    const Published folder(published.path());
    const TemporaryFolder elsewhere;
    const std::string key = elsewhere.path() + "/key.txt";
    std::filesystem::copy_file(folder.key_file(), key);
    REQUIRE(published.verify(false, key).has_value());
    // The venue's name and another's key.
    write_file(key, verifier_text(verifier_key(origin_of(some_venue()), ed25519_public_key(some_seed(1)))) + "\n");
    refused(published, Kind::unknown_key, key);
    write_file(key, "no key\n");
    refused(published, Kind::malformed, key);
    refused(published, Kind::missing, elsewhere.path() + "/none");

    // Signed by somebody else, all of them, with his key in the folder: found by who has the venue's.
    const std::string second = read_file(folder.checkpoint_file(2));
    const std::string third = read_file(folder.checkpoint_file(3));
    write_file(folder.checkpoint_file(2), third);
    refused(published, Kind::checkpoint_gap);
    write_file(folder.checkpoint_file(2), second);
    std::filesystem::remove(folder.checkpoint_file(2));
    refused(published, Kind::checkpoint_gap);
    Checkpoint forged = parse_checkpoint(parse_note(second)->text).value();
    forged.previous[0] ^= std::byte{1};
    REQUIRE(folder.publish(forged, some_seed()));
    refused(published, Kind::checkpoint_gap);
    forged = parse_checkpoint(parse_note(second)->text).value();
    forged.command_root[0] ^= std::byte{1};
    REQUIRE(folder.publish(forged, some_seed()));
    std::filesystem::remove(folder.checkpoint_file(3));
    refused(published, Kind::wrong_command_root);
    REQUIRE(folder.publish(forged, some_seed(1)));
    refused(published, Kind::unknown_key);
    std::filesystem::remove_all(folder.checkpoints());
    std::filesystem::create_directory(folder.checkpoints());
    refused(published, Kind::missing);
}

TEST_CASE("verify match log: a key that follows another is believed by that one's signature") {
    const PublishedLog published(random_log(), {300});
    const Published folder(published.path());
    const ProofKeys rotated{.checkpoint = some_seed(2), .previous = some_seed(), .salt = {}, .liabilities = {}};
    REQUIRE(folder.publish_key(some_venue(), rotated, 2));
    MerkleRoot tree;
    for (const LoggedCommand& command : random_log()) tree.append(leaf_of(command));
    Checkpoint second = folder.checkpoint(1)->checkpoint;
    second.previous = folder.checkpoint(1)->hash;
    second.number = 2;
    second.commands = Sequence{random_log().size()};
    second.command_root = tree.root();
    REQUIRE(folder.publish(second, some_seed(2)));
    REQUIRE(published.verify().has_value());
    // Known is the first one only.
    const TemporaryFolder elsewhere;
    const std::string key = elsewhere.path() + "/key.txt";
    write_file(key, verifier_text(verifier_key(origin_of(some_venue()), ed25519_public_key(some_seed()))) + "\n");
    REQUIRE(published.verify(false, key).has_value());
    // A note by a key that is not the one before.
    const std::string note = folder.key_note_file(2);
    SignedNote forged = parse_note(read_file(note)).value();
    forged.signatures.clear();
    sign_note(forged, origin_of(some_venue()), some_seed(2));
    write_file(note, note_text(forged));
    refused(published, Kind::unknown_key);
    std::filesystem::remove(note);
    refused(published, Kind::missing);
}

TEST_CASE("verify match log: any byte changed anywhere is found, by both checkers") {
    const PublishedLog published(random_log(), {450, 900}, 16384);
    REQUIRE(published.verify().has_value());
    Random random(17);
    std::size_t by_root = 0;
    std::size_t by_rules = 0;
    std::vector<std::string> files;
    for (const std::string& name : files_in(published.match_log())) files.push_back(published.match_log() + "/" + name);
    for (int i = 0; i < 250; ++i) {
        const std::string& file = files[random.below(files.size())];
        const std::string bytes = read_file(file);
        std::string changed = bytes;
        for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips)
            changed[random.below(changed.size())] ^= static_cast<char>(1 << random.below(8));
        if (changed == bytes) continue;
        write_file(file, changed);
        const auto indexed = published.verify();
        const auto naive = published.verify(true);
        CAPTURE(i);
        REQUIRE_FALSE(indexed.has_value());
        REQUIRE_FALSE(naive.has_value());
        CHECK(to_string(indexed.error().kind) == to_string(naive.error().kind));
        ++(indexed.error().kind == Kind::wrong_command_root ? by_root : by_rules);
        write_file(file, bytes);
    }
    // Commitments and times are most of what no rule knows.
    CHECK(by_root > 30);
    CHECK(by_rules > 30);
    for (const std::uint64_t number : {1ul, 2ul}) {
        const std::string file = Published(published.path()).checkpoint_file(number);
        const std::string bytes = read_file(file);
        for (std::size_t at = 0; at < bytes.size(); at += 3) {
            std::string changed = bytes;
            changed[at] ^= 2;
            write_file(file, changed);
            CAPTURE(at);
            REQUIRE_FALSE(published.verify().has_value());
        }
        write_file(file, bytes);
    }
    REQUIRE(published.verify().has_value());
}

}  // namespace
}  // namespace dcx::proof
