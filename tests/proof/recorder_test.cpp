// What the recorder makes of a venue's life, against plain programs of the same leaves, roots and sums.
#include "proof/recorder.h"

#include <doctest/doctest.h>

#include "engine/past.h"
#include "journal/reader.h"
#include "proof/core_liabilities.h"
#include "proof/kept_liabilities.h"
#include "proof/match_log_reader.h"
#include "proof/merkle.h"
#include "proof/recorded_venue.h"
#include "proof/tree_file.h"

namespace dcx::proof::test {
namespace {

using engine::test::contains;

// Both trees and more up to a command, by the plain functions of leaf.h.
struct Plain {
    MerkleRoot commands;
    MerkleRoot events;
    std::uint64_t event_hash = 0;
    Digest state{};
    std::uint64_t batch = 0;
    Digest batch_hash{};
    std::map<std::uint32_t, std::int64_t> owed;

    Plain(RecordedVenue& venue, Sequence to) {
        journal::MemoryStorage storage(venue.disk);
        HeapMemory memory;
        core::Core core(memory);
        engine::LogReplay replay(core);
        MatchLogBuilder builder;
        auto reader = journal::Reader::open(storage);
        REQUIRE(reader.has_value());
        Secret epoch = epoch_secret(venue.keys.salt, 0);
        for (auto next = reader->next(); next && *next && core.sequence() < to; next = reader->next()) {
            for (const Command& command : (*next)->commands) {
                replay.forget_events();
                REQUIRE(replay.apply(command));
                if (command.header.kind == CommandKind::start_epoch)
                    epoch = epoch_secret(venue.keys.salt, command.as<StartEpoch>().epoch);
                const Sequence sequence = command.header.sequence;
                commands.append(
                    leaf_hash(command_entry(command.header, match_digest(builder.build(command, replay.events())),
                                            commitment(salt_of(epoch, sequence, 0), command))));
                for (const Event& event : replay.events())
                    events.append(leaf_hash(event_entry(
                        event.header, commitment(salt_of(epoch, sequence, 1 + event.header.index), event))));
            }
            batch = (*next)->header->number;
        }
        REQUIRE(core.sequence() == to);
        event_hash = replay.hash().value();
        state = core.state_hash();
        for (std::uint32_t asset = 1; asset <= core.assets(); ++asset)
            for (std::uint32_t account = kFirstCustomer.value; account <= core.accounts(); ++account) {
                const auto balance = core.balance(AccountId{account}, AssetId{asset});
                owed[asset] += balance.available.value + balance.held.value;
            }
    }
};

void check_checkpoint(RecordedVenue& venue, const Checkpoint& checkpoint) {
    const Plain plain(venue, checkpoint.commands);
    CHECK(checkpoint.command_root == plain.commands.root());
    CHECK(checkpoint.events == plain.events.size());
    CHECK(checkpoint.event_root == plain.events.root());
    CHECK(checkpoint.event_hash == plain.event_hash);
    CHECK(checkpoint.state_hash == plain.state);
    CHECK(checkpoint.batch == plain.batch);
    REQUIRE(checkpoint.liabilities.size() == plain.owed.size());
    for (const LiabilitiesLine& line : checkpoint.liabilities) CHECK(line.sum.value == plain.owed.at(line.asset.value));
}

}  // namespace

TEST_CASE("recorder: checkpoints say what plain programs of the same journal say, epoch after epoch") {
    RecordedVenue venue(11);
    for (int life = 0; life < 4; ++life) {
        venue.trade(250);
        venue.record();
        venue.restart();
    }
    const Published published = venue.published();
    REQUIRE(published.newest() == 4);
    Digest previous{};
    std::uint64_t commands = 0;
    for (std::uint64_t number = 1; number <= 4; ++number) {
        const auto checkpoint = published.checkpoint(number);
        REQUIRE_MESSAGE(checkpoint.has_value(), checkpoint.error().text());
        CHECK(checkpoint->checkpoint.previous == previous);
        CHECK(checkpoint->checkpoint.commands.value > commands);
        check_checkpoint(venue, checkpoint->checkpoint);
        previous = checkpoint->hash;
        commands = checkpoint->checkpoint.commands.value;
    }
    // And the public match log with it.
    auto reader = MatchLogReader::open(published.match_log());
    REQUIRE(reader.has_value());
    MatchChunk chunk;
    do REQUIRE(reader->next(chunk).has_value());
    while (!chunk.commands.empty());
    CHECK(reader->last().value >= commands);
}

TEST_CASE(
    "recorder: a checkpoint asked for when all was audited comes with a batch that has no command, and names the one "
    "before") {
    RecordedVenue venue(19);
    venue.trade(40);
    venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
        RecordedVenue::rest(auditor);
        work.request(venue.rig->engine->durable());
        // A batch without commands: it tells what is durable.
        venue.clock.advance(50'000'000);
        venue.rig->settle();
        const Sequence before = venue.rig->engine->durable();
        venue.trade(5);
        RecordedVenue::rest(auditor);
        CHECK(work.health().checkpoint == 1);
        CHECK(work.health().checkpoint_sequence == before.value);
    });
    const auto checkpoint = venue.published().checkpoint(1);
    REQUIRE(checkpoint.has_value());
    CHECK(checkpoint->checkpoint.batch == Plain(venue, checkpoint->checkpoint.commands).batch);
    fs::remove_all(venue.proofs());
    venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
        RecordedVenue::rest(auditor);
        CHECK_MESSAGE(auditor.reason().empty(), auditor.reason());
        CHECK(work.flush().has_value());
    });
}

TEST_CASE("recorder: the kept liabilities of any checkpoint give its roots and a proof for each account") {
    RecordedVenue venue(12);
    venue.trade(200);
    venue.record();
    venue.trade(200);
    venue.record();
    for (std::uint64_t number = 1; number <= 2; ++number) {
        const auto checkpoint = venue.published().checkpoint(number);
        REQUIRE(checkpoint.has_value());
        const auto kept = read_kept_liabilities(venue.proofs(), number);
        REQUIRE_MESSAGE(kept.has_value(), kept.error().text());
        REQUIRE(kept->assets.size() == checkpoint->checkpoint.liabilities.size());
        for (std::size_t i = 0; i < kept->assets.size(); ++i) {
            const LiabilitiesLine& line = checkpoint->checkpoint.liabilities[i];
            const SumTreeName name{.venue_id = kept->venue_id, .checkpoint = number, .asset = line.asset};
            const SumTree tree(name, kept->depth, liabilities_nonce(venue.keys.liabilities, number),
                               kept->assets[i].liabilities);
            CHECK(tree.root() == SumNode{line.root, line.sum});
            for (const Liability& liability : kept->assets[i].liabilities) {
                const auto proof = tree.prove(liability.account);
                REQUIRE(proof.has_value());
                CHECK(check_liability(*proof, name, liability.account, kept->depth, tree.root()).has_value());
            }
        }
    }
}

TEST_CASE("recorder: a damaged or lost folder is made again and compared with what was signed") {
    RecordedVenue venue(13);
    for (int i = 0; i < 3; ++i) {
        venue.trade(150);
        venue.record();
    }
    const auto before = contents(venue.folder.path());
    const auto damage = [&](const std::string& what) {
        if (what == "all") {
            fs::remove_all(venue.proofs());
        } else if (what == "mark") {
            std::ofstream(venue.proofs() + "/recorded", std::ios::binary) << "nonsense";
        } else if (what == "match log") {
            fs::remove_all(venue.published().match_log());
        } else {
            fs::resize_file(venue.proofs() + "/" + what, 40);
        }
    };
    for (const std::string what : {"all", "mark", "match log", "commands.0", "events.0", "event-index"}) {
        CAPTURE(what);
        damage(what);
        venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
            RecordedVenue::rest(auditor);
            CHECK_MESSAGE(auditor.reason().empty(), auditor.reason());
            CHECK(work.health().made_again);
            CHECK(work.flush().has_value());
        });
        auto after = contents(venue.folder.path());
        auto wanted = before;
        // What was kept of checkpoints' liabilities can't be made again from the journal's end.
        if (what == "all") std::erase_if(wanted, [](const auto& file) { return contains(file.first, "liabilities-"); });
        for (auto* files : {&after, &wanted}) files->erase("proofs/recorded");
        CHECK(after == wanted);
        if (what == "all")
            for (const auto& [name, bytes] : before)
                if (contains(name, "liabilities-"))
                    std::ofstream(venue.folder.path() + "/" + name, std::ios::binary) << bytes;
    }
}

TEST_CASE("recorder: a journal that is not the one that was signed is a difference") {
    RecordedVenue venue(14);
    venue.trade(300);
    venue.record();
    RecordedVenue other(15);
    other.trade(400);
    SUBCASE("everything is made again") { fs::remove_all(venue.proofs()); }
    SUBCASE("it goes on where it ended") {}
    SUBCASE("with another salt key") {
        fs::remove_all(venue.proofs());
        venue.keys.salt.fill(std::byte{9});
    }
    const bool other_journal = venue.keys.salt == test_keys().salt;
    if (other_journal) fs::copy(venue.folder.path(), other.folder.path(), fs::copy_options::recursive);
    (other_journal ? other : venue).life([&](engine::Auditor& auditor, app::ProofWork& work) {
        RecordedVenue::rest(auditor);
        CHECK(auditor.health().failed);
        CHECK_FALSE(work.reason().empty());
        // By the first of all that differs.
        const bool named =
            contains(auditor.reason(), "wrong_batch (25)") || contains(auditor.reason(), "wrong_event_hash (24)");
        CHECK(contains(auditor.reason(), "differ"));
        CHECK((other_journal ? named : contains(auditor.reason(), "wrong_command_root (21)")));
    });
}

TEST_CASE("recorder: a folder of another venue, a checkpoint left out or forged: an alarm, and nothing is recorded") {
    RecordedVenue venue(16);
    for (int i = 0; i < 2; ++i) {
        venue.trade(100);
        venue.record();
    }
    std::string wanted;
    SUBCASE("left out") {
        fs::remove(venue.published().checkpoint_file(1));
        wanted = "checkpoint_gap (20)";
    }
    SUBCASE("forged") {
        std::string text = content(venue.published().checkpoint_file(2));
        text[text.find("\ntime ") + 8] ^= 1;
        std::ofstream(venue.published().checkpoint_file(2), std::ios::binary) << text;
        wanted = "bad_signature (5)";
    }
    SUBCASE("another key") {
        venue.keys.checkpoint.fill(std::byte{77});
        wanted = "unknown_key (4)";
    }
    SUBCASE("the list of keys is gone") {
        fs::remove(venue.published().key_file());
        wanted = "missing (6)";
    }
    SUBCASE("no way to the folder") {
        fs::remove_all(venue.proofs());
        std::ofstream(venue.proofs()) << "a file";
        wanted = "file_failed (2)";
    }
    venue.trade(50);
    venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
        RecordedVenue::rest(auditor);
        CHECK_FALSE(auditor.health().failed);
        CHECK(contains(auditor.reason(), wanted));
        CHECK(work.reason() != "");
        CHECK(work.failures() > 0);
        CHECK(auditor.sequence() < venue.rig->engine->durable());
        if (wanted != "file_failed (2)") return;
        // As soon as it can, it goes on.
        fs::remove(venue.proofs());
        RecordedVenue::rest(auditor);
        RecordedVenue::rest(auditor);
        CHECK(auditor.reason().empty());
        CHECK(work.reason().empty());
        CHECK(auditor.sequence() == venue.rig->engine->durable());
    });
}

TEST_CASE("recorder: a second process on the same folder is refused for as long as the first one is there") {
    RecordedVenue venue(17);
    venue.life([&](engine::Auditor& first, app::ProofWork&) {
        RecordedVenue::rest(first);
        venue.life([&](engine::Auditor& second, app::ProofWork& work) {
            RecordedVenue::rest(second);
            CHECK(contains(work.reason(), "another process"));
            CHECK_FALSE(second.begun());
        });
    });
    venue.life([&](engine::Auditor& auditor, app::ProofWork&) {
        RecordedVenue::rest(auditor);
        CHECK(auditor.begun());
    });
}

TEST_CASE("recorder: a new checkpoint key signs from a checkpoint on, and the one before signs that it does") {
    RecordedVenue venue(18);
    for (int i = 0; i < 2; ++i) {
        venue.trade(60);
        venue.record();
    }
    const Ed25519Seed before = venue.keys.checkpoint;
    venue.keys.previous = before;
    venue.keys.checkpoint.fill(std::byte{42});
    venue.trade(60);
    venue.record();
    venue.keys.previous.reset();
    venue.trade(60);
    venue.record();
    const auto keys = venue.published().keys();
    REQUIRE(keys.has_value());
    REQUIRE(keys->size() == 2);
    CHECK(keys->back().from == 3);
    CHECK(key_for(*keys, 2).key.key == ed25519_public_key(before));
    CHECK(key_for(*keys, 3).key.key == ed25519_public_key(venue.keys.checkpoint));
    CHECK(parse_key_list(key_list_text(*keys)).has_value());
    for (std::uint64_t number = 1; number <= 4; ++number) CHECK(venue.published().checkpoint(number).has_value());
    const auto note = parse_note(content(venue.published().folder() + "/keys/00000003.txt"));
    REQUIRE(note.has_value());
    CHECK(note->text == key_note_text(keys->back()));
    CHECK(check_signature(*note, keys->front().key).has_value());
    CHECK_FALSE(check_signature(*note, keys->back().key).has_value());
}

}  // namespace dcx::proof::test
