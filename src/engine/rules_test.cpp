// Under which rules a venue is, as its log tells: they stay over restarts, are raised by command, and a log that knows
// more than this program is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "engine/log_replay.h"
#include "engine/test_rig.h"

using namespace dcx;
using namespace dcx::engine;
using namespace dcx::engine::test;

namespace {

constexpr Ed25519Seed kFirst{std::byte{1}};
constexpr Ed25519Seed kSecond{std::byte{2}};

// A log being replayed, of a venue with two operators (sessions 1 and 2).
class OldLog {
  public:
    OldLog(std::uint32_t rules, std::uint32_t newest_rules, bool dual_control) : replay_(core_) {
        Genesis genesis = small_genesis();
        genesis.operator_key = ed25519_public_key(kFirst);
        genesis.dual_control = std::uint8_t{dual_control};
        REQUIRE(add(genesis, 0));
        REQUIRE(add(GenesisKey{.public_key = ed25519_public_key(kSecond), .person = PersonId{2u}, .zero = 0}, 0));
        REQUIRE(add(StartEpoch{.epoch = 1, .engine_version = rules, .newest_rules = newest_rules}, 0));
        for (std::uint32_t key = 1; key <= 2; ++key) {
            REQUIRE(add(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{key}, .zero = 0}, 0));
            REQUIRE(add(EstablishSession{}, key));
        }
    }
    template <MessageBody Body>
    bool add(const Body& body, std::uint32_t session) {
        CommandHeader header{};
        header.sequence = Sequence{core_.sequence().value + 1};
        header.time = Time{std::int64_t{1'700'000'000'000'000'000}};
        header.session = SessionId{session};
        if (session != 0 && Body::kind != CommandKind::establish_session) header.session_sequence = ++sent_[session];
        replay_.forget_events();
        return replay_.apply(Command::make(body, header));
    }
    // Whether the last approval's command was still taken by the replay.
    bool activate_by_two(std::uint32_t version) {
        const ActivateRules body{.version = version, .zero = 0};
        Propose propose{.proposed = CommandKind::activate_rules, .zero = 0, .lifetime_s = 60, .body = {}};
        std::memcpy(propose.body.data(), &body, sizeof body);
        REQUIRE(add(propose, 1));
        const auto proposed = replay_.events()[0].as<CommandProposed>();
        const ApprovalMessage message{.venue_id = small_genesis().venue_id,
                                      .proposal = proposed.proposal,
                                      .expires = proposed.expires,
                                      .proposed = proposed.proposed,
                                      .zero = 0,
                                      .proposer = proposed.proposer,
                                      .body = propose.body};
        const auto signed_by = [&](const Ed25519Seed& seed) {
            return Approve{.proposal = proposed.proposal,
                           .signature = ed25519_sign(seed, std::as_bytes(std::span{&message, 1}))};
        };
        REQUIRE(add(signed_by(kFirst), 1));
        return add(signed_by(kSecond), 2);
    }
    [[nodiscard]] RejectReason refused() const {
        const Event& last = replay_.events().back();
        return last.header.kind == EventKind::command_rejected ? last.as<CommandRejected>().reason : RejectReason::none;
    }
    [[nodiscard]] const std::string& error() const { return replay_.error(); }
    [[nodiscard]] std::uint32_t rules() const { return core_.rules(); }

  private:
    HeapMemory memory_;
    core::Core core_{memory_};
    LogReplay replay_;
    std::array<std::uint64_t, 3> sent_{};
};

std::size_t told(const NaiveReader& seen, EventKind kind) {
    return static_cast<std::size_t>(
        std::ranges::count_if(seen.live, [&](const Event& event) { return event.header.kind == kind; }));
}

}  // namespace

TEST_CASE("rules: a venue goes on under its own until newer ones are activated") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Traffic traffic(1);
    {
        EngineOptions options = small_options();
        options.rules = kOldestRules;
        Rig rig(&disk, clock, options);
        rig.settle();
        rig.submit(traffic.set_up());
        // What this program can't do is refused, and does the log no harm.
        rig.submit(traffic.of_operator(ActivateRules{.version = kNewestRules + 1}));
        rig.settle();
        CHECK(rig.engine->core().rules() == kOldestRules);
        const Event& last = rig.seen.live.back();
        REQUIRE(last.header.kind == EventKind::command_rejected);
        CHECK(last.as<CommandRejected>().reason == RejectReason::unknown_rules);
        rig.stop();
    }
    {
        Rig rig(&disk, clock);
        rig.settle();
        CHECK(rig.engine->start_report().rules == kOldestRules);
        CHECK(rig.engine->core().rules() == kOldestRules);
        rig.submit(traffic.log_on(rig.seen));
        for (std::uint32_t version = kOldestRules + 1; version <= kNewestRules; ++version)
            rig.submit(traffic.of_operator(ActivateRules{.version = version}));
        rig.settle();
        CHECK(told(rig.seen, EventKind::rules_activated) == kNewestRules - kOldestRules);
        CHECK(rig.engine->core().rules() == kNewestRules);
        rig.stop();
    }
    Rig rig(&disk, clock);
    rig.settle();
    CHECK(rig.engine->start_report().rules == kNewestRules);
    CHECK(rig.engine->core().rules() == kNewestRules);
    rig.stop();
}

TEST_CASE("rules: a new venue begins under the newest") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Rig rig(&disk, clock);
    rig.settle();
    CHECK(rig.engine->core().rules() == kNewestRules);
    rig.stop();
}

TEST_CASE("rules: a log that activates what only a newer program knows is refused there, however it was activated") {
    {
        OldLog log(kNewestRules, kNewestRules + 1, false);
        CHECK_FALSE(log.add(ActivateRules{.version = kNewestRules + 1, .zero = 0}, 1));
        CHECK(contains(log.error(), "sequence 8: it activates rules 7; this program knows rules 3 to 6"));
        CHECK(contains(log.error(), "it takes a newer program"));
        CHECK_FALSE(log.add(Tick{}, 0));
    }
    OldLog log(kNewestRules, kNewestRules + 1, true);
    CHECK_FALSE(log.activate_by_two(kNewestRules + 1));
    CHECK(contains(log.error(), "it activates rules 7"));
}

TEST_CASE("rules: what an older program refused is refused here too") {
    OldLog log(kOldestRules, kOldestRules, false);
    CHECK(log.add(ActivateRules{.version = kOldestRules + 1, .zero = 0}, 1));
    CHECK(log.refused() == RejectReason::unknown_rules);
    CHECK(log.add(StartEpoch{.epoch = 2, .engine_version = kOldestRules, .newest_rules = kNewestRules}, 0));
    CHECK(log.add(NegotiateSession{.client_session = 1, .connection = 0, .key = KeyId{1u}, .zero = 0}, 0));
    CHECK(log.add(EstablishSession{}, 1));
    CHECK(log.add(ActivateRules{.version = kOldestRules + 1, .zero = 0}, 1));
    CHECK(log.refused() == RejectReason::none);
    CHECK(log.rules() == kOldestRules + 1);
    CHECK_FALSE(log.add(StartEpoch{.epoch = 3, .engine_version = kOldestRules, .newest_rules = kNewestRules}, 0));
    CHECK(contains(log.error(), "rules 4 are in force"));
}
