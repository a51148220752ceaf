// The golden values come from a program of its own, in another language, by the words of leaf.h.
#include "proof/leaf.h"

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>

#include "base/random.h"
#include "proof/leaf_hasher.h"
#include "proof/merkle.h"

namespace dcx::proof {
namespace {

constexpr std::uint64_t kSequence = 0x0102030405060708;
constexpr std::int64_t kTime = 1'700'000'000'123'456'789;

Secret counting_secret() {
    Secret secret;
    for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(i);
    return secret;
}

Command golden_command() {
    Command command;
    command.header = {.sequence = Sequence{kSequence},
                      .time = Time{kTime},
                      .session_sequence = 5,
                      .session = SessionId{3u},
                      .wait_ns = 900,
                      .kind = CommandKind::place_order,
                      .flags = 0,
                      .gateway = 2};
    for (std::size_t i = 0; i < command.body.size(); ++i) command.body[i] = static_cast<std::byte>(i);
    return command;
}

Event golden_event() {
    Event event;
    event.header = {.sequence = Sequence{kSequence},
                    .time = Time{kTime},
                    .applied_time = Time{kTime + 55},
                    .index = 4,
                    .session = SessionId{3u},
                    .wait_ns = 900,
                    .kind = EventKind::order_accepted,
                    .flags = kLastOfCommand,
                    .gateway = 2,
                    .zero = 0};
    for (std::size_t i = 0; i < event.body.size(); ++i) event.body[i] = static_cast<std::byte>(i);
    return event;
}

Digest text_hash(std::string_view text) { return Sha256::of(std::as_bytes(std::span{text})); }

TEST_CASE("salts, commitments, entries and leaves are, byte for byte, what the reference says") {
    const Secret epoch = epoch_secret(counting_secret(), 7);
    CHECK(to_hex(epoch) == "0fb410078aeee8f441b80e3daef4b96dfc91704d2a10d3be22798f640ba12cf3");
    CHECK(to_hex(salt_of(epoch, Sequence{kSequence}, 0)) == "838402a7061cccd424097010abe3bc2c");
    CHECK(to_hex(salt_of(epoch, Sequence{kSequence}, 1)) == "760bd74c5eaa20e38f09b7a29b65f030");
    CHECK(to_hex(salt_of(epoch, Sequence{kSequence}, 2)) == "91d4bc9983abb162722b3b2b6c35e1cf");
    const Command command = golden_command();
    const Digest opened = commitment(salt_of(epoch, Sequence{kSequence}, 0), command);
    CHECK(to_hex(opened) == "226303321d9c3979b6a9f7505e74e85477da09b4b1df2a406c1518bcabe24c3a");
    const CommandEntry entry = command_entry(command.header, {3, text_hash("records")}, opened);
    CHECK(to_hex(entry) ==
          "080706050403020115cd853dfe9c971703000000a94e7bcfcbed3c846d491d4f47c948e53a23908d480248b3ffe9e126e83ea865"
          "226303321d9c3979b6a9f7505e74e85477da09b4b1df2a406c1518bcabe24c3a");
    CHECK(to_hex(leaf_hash(entry)) == "f560fe547745db60c3ddd7b333693d6bb7c8800da66417d6a57ede97c66ebb77");
    const Event event = golden_event();
    const EventEntry event_bytes = event_entry(event.header, commitment(salt_of(epoch, Sequence{kSequence}, 5), event));
    CHECK(to_hex(event_bytes) ==
          "08070605040302010400000020aec5e553e29fc6b4268a997b63200ad5dcf1f7491568af2eaadc7a2ffebf40");
    CHECK(to_hex(leaf_hash(event_bytes)) == "c64225e1d9dcd85c1ad046a26541fc50f561a6ca22253f52870610256db83710");
}

TEST_CASE("a leaf does not see what is not of the log, and sees all that is") {
    const Salt salt{};
    Command command = golden_command();
    const Digest before = commitment(salt, command);
    command.header.flags = kQuarantined;  // a replay's own
    CHECK(commitment(salt, command) == before);
    Event event = golden_event();
    const Digest event_before = commitment(salt, event);
    event.header.applied_time = Time{1l};
    CHECK(commitment(salt, event) == event_before);
    for (std::size_t at = kEventPrivateFrom; at < sizeof event; ++at) {
        Event changed = event;
        std::byte* bytes = reinterpret_cast<std::byte*>(&changed);
        bytes[at] ^= std::byte{1};
        REQUIRE(commitment(salt, changed) != event_before);
    }
}

TEST_CASE("the hasher makes the leaves of the plain functions, over epochs") {
    Random random(7);
    const Secret key = counting_secret();
    LeafHasher hasher(key, 0);
    LeafHasher command_half(key, 0);
    LeafHasher event_half(key, 0);
    std::uint64_t epoch = 0;
    std::vector<Digest> leaves;
    for (std::uint64_t sequence = 1; sequence <= 400; ++sequence) {
        Command command = golden_command();
        command.header.sequence = Sequence{sequence};
        if (random.chance(10)) {
            epoch += 1 + random.below(3);
            command = Command::make(StartEpoch{epoch, 6, 6}, command.header);
        } else {
            for (std::byte& b : command.body) b = static_cast<std::byte>(random.below(256));
        }
        std::vector<Event> events(random.below(9), golden_event());
        for (std::uint32_t i = 0; i < events.size(); ++i) {
            events[i].header.sequence = Sequence{sequence};
            events[i].header.index = i;
            for (std::byte& b : events[i].body) b = static_cast<std::byte>(random.below(256));
        }
        const MatchDigest records{static_cast<std::uint32_t>(random.below(3)), text_hash("r")};
        leaves.resize(events.size());
        const Digest leaf = hasher.leaves(command, records, events, leaves);
        REQUIRE(hasher.epoch() == epoch);
        REQUIRE(command_half.command_leaf(command, records) == leaf);
        std::vector<Digest> halves(events.size());
        event_half.event_leaves(command, events, halves);
        REQUIRE(halves == leaves);
        const Secret secret = epoch_secret(key, epoch);
        const Digest opened = commitment(salt_of(secret, Sequence{sequence}, 0), command);
        REQUIRE(hasher.command_commitment() == opened);
        REQUIRE(leaf == leaf_hash(command_entry(command.header, records, opened)));
        for (std::uint32_t i = 0; i < events.size(); ++i) {
            const Salt salt = salt_of(secret, Sequence{sequence}, i + 1);
            REQUIRE(leaves[i] == leaf_hash(event_entry(events[i].header, commitment(salt, events[i]))));
        }
    }
    LeafHasher later(key, epoch);
    const Command command = golden_command();
    CHECK(later.leaves(command, {}, {}, {}) == hasher.leaves(command, {}, {}, {}));
}

TEST_CASE("a hash whose state was copied half-way goes on from there") {
    QuickSha256 hash;
    const std::string text(150, 'x');
    hash.update(std::as_bytes(std::span{text}.first(70)));
    QuickSha256 copy = hash;
    hash.update(std::as_bytes(std::span{text}.subspan(70)));
    copy.update(std::as_bytes(std::span{text}.subspan(70)));
    CHECK(hash.finish() == text_hash(text));
    CHECK(copy.finish() == text_hash(text));
    CHECK(hash.finish() == text_hash(""));
}

}  // namespace
}  // namespace dcx::proof
