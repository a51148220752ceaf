#include "engine/breadcrumb.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "engine/past.h"
#include "engine/replayer.h"
#include "engine/test_rig.h"
#include "journal/writer.h"

namespace dcx::engine::test {
namespace {

struct Page {
    alignas(64) std::array<std::byte, Breadcrumb::kSize> bytes{};
    Breadcrumb breadcrumb{bytes};
};

Command deadly(std::uint64_t sequence) {
    return engine_command(Checkpoint{.event_hash = 5}, Sequence{sequence}, Time{std::int64_t{9}});
}

// What a process leaves that dies of a fault while it applies `command`.
void die_on(Breadcrumb& breadcrumb, const Command& command) {
    breadcrumb.trail().begin(command);
    breadcrumb.note_fault(SIGSEGV);
}

// A process that applies command 7 and then does `end`, which must be the end of it. By which signal it ended.
template <class End>
int die(const std::string& path, End end) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto breadcrumb = Breadcrumb::open(path);
        if (!breadcrumb) ::_exit(1);
        (*breadcrumb)->catch_faults();
        (*breadcrumb)->look();
        (*breadcrumb)->applied_by_this_thread();
        (*breadcrumb)->trail().begin(deadly(7));
        end();
        ::_exit(2);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    return WTERMSIG(status);
}

}  // namespace

TEST_CASE("breadcrumb: counts deaths on one and the same command, and only those in a row") {
    Page page;
    CHECK_FALSE(page.breadcrumb.look().has_value());
    CHECK_FALSE(page.breadcrumb.deadly().has_value());
    page.breadcrumb.trail().begin(deadly(7));
    page.breadcrumb.trail().end();
    CHECK_FALSE(page.breadcrumb.look().has_value());
    die_on(page.breadcrumb, deadly(7));
    REQUIRE(page.breadcrumb.look().has_value());
    CHECK(page.breadcrumb.deadly()->deaths == 1);
    CHECK_FALSE(page.breadcrumb.look().has_value());
    die_on(page.breadcrumb, deadly(7));
    CHECK(page.breadcrumb.look()->deaths == 2);
    CHECK(page.breadcrumb.deadly()->command.header.sequence.value == 7);
    die_on(page.breadcrumb, deadly(8));
    CHECK(page.breadcrumb.look()->deaths == 1);
    page.breadcrumb.forget();
    CHECK_FALSE(page.breadcrumb.deadly().has_value());
    CHECK(contains(describe({.command = deadly(7), .hash = {}, .deaths = 2}), "command 7, checkpoint"));
}

TEST_CASE("breadcrumb: a process that dies of a fault counts, one that is killed does not") {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("dcx-breadcrumb-" + std::to_string(::getpid()))).string();
    const auto left = [&] {
        auto breadcrumb = Breadcrumb::open(path);
        REQUIRE_MESSAGE(breadcrumb.has_value(), breadcrumb.error());
        const auto found = (*breadcrumb)->look();
        CHECK((*breadcrumb)->deadly().has_value() == found.has_value());
        (*breadcrumb)->forget();
        return found ? found->deaths : 0;
    };
    CHECK(die(path, [] { ::raise(SIGKILL); }) == SIGKILL);
    CHECK(left() == 0);
    CHECK(die(path, [] { std::abort(); }) == SIGABRT);
    CHECK(left() == 1);
    CHECK(die(path, [] { ::raise(SIGSEGV); }) == SIGSEGV);
    CHECK(left() == 1);
    // A fault of another thread is not this command's.
    CHECK(die(path, [] { std::thread{[] { std::abort(); }}.join(); }) == SIGABRT);
    CHECK(left() == 0);
    // A watchdog's is.
    CHECK(die(path, [] {
              const pid_t victim = ::getpid();
              if (::fork() == 0) {
                  ::kill(victim, SIGABRT);
                  ::_exit(0);
              }
              ::pause();
          }) == SIGABRT);
    CHECK(left() == 1);
    // Two in a row, with one between them that was killed.
    CHECK(die(path, [] { std::abort(); }) == SIGABRT);
    CHECK(die(path, [] { ::raise(SIGKILL); }) == SIGKILL);
    CHECK(die(path, [] { std::abort(); }) == SIGABRT);
    CHECK(left() == 2);
    std::filesystem::remove(path);
    CHECK_FALSE(Breadcrumb::open("/nowhere/breadcrumb").has_value());
}

TEST_CASE("engine start: after two deaths on the same command the next start is refused and shows it") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Page page;
    Traffic traffic(3);
    Command last{};
    {
        Rig rig(&disk, clock, small_options(), {.snapshots = nullptr, .breadcrumb = &page.breadcrumb});
        rig.settle();
        rig.submit(traffic.set_up());
        rig.settle();
        CHECK(page.breadcrumb.trail().sequence == 0);
        last = page.breadcrumb.trail().command;
        CHECK(last.header.sequence == rig.engine->core().sequence());
    }
    die_on(page.breadcrumb, last);
    {
        const Rig rig(&disk, clock, small_options(), {.snapshots = nullptr, .breadcrumb = &page.breadcrumb});
        REQUIRE(rig.engine != nullptr);
        REQUIRE(rig.engine->start_report().died_on.has_value());
        CHECK(rig.engine->start_report().died_on->deaths == 1);
        // It came past the command: that is forgotten.
        CHECK_FALSE(page.breadcrumb.deadly().has_value());
    }
    die_on(page.breadcrumb, last);
    REQUIRE(page.breadcrumb.look().has_value());
    die_on(page.breadcrumb, last);
    const Rig rig(&disk, clock, small_options(), {.snapshots = nullptr, .breadcrumb = &page.breadcrumb});
    CHECK(rig.engine == nullptr);
    CHECK(contains(rig.refusal, "died 2 times in a row"));
    CHECK(contains(rig.refusal,
                   "dcx journal quarantine DATA/journal --sequence " + std::to_string(last.header.sequence.value)));
    CHECK(contains(rig.refusal, to_hex(std::as_bytes(std::span{&last, 1}))));
}

TEST_CASE("quarantine: a start without the command, the same in every replay, and its sender is told") {
    journal::MemoryDisk disk;
    ManualClock clock;
    Traffic traffic(4);
    Command order{};
    {
        Rig rig(&disk, clock);
        rig.settle();
        rig.submit(traffic.set_up());
        for (int i = 0; i < 5; ++i) rig.submit(traffic.next());
        rig.settle();
    }
    {
        // As if the process had died on the last command, before it could do anything about what came after.
        journal::MemoryStorage storage(disk);
        journal::Recovery recovery;
        auto recovered = journal::recover(storage, {.visit = [&](const journal::Batch& batch) {
                                              for (const Command& command : batch.commands) order = command;
                                          }});
        REQUIRE(recovered.has_value());
        REQUIRE(order.header.session.value != 0);
        auto writer = journal::Writer::open(
            storage, *recovered,
            {.engine_version = kNewestRules,
             .segment_size = 64 * 1024,
             .quarantined = {{.sequence = order.header.sequence.value, .hash = journal::command_hash(order)}},
             .background = false});
        REQUIRE_MESSAGE(writer.has_value(), writer.error().message);
    }
    Rig rig(&disk, clock);
    REQUIRE_MESSAGE(rig.engine != nullptr, rig.refusal);
    rig.settle();
    rig.submit(traffic.log_on(rig.seen));
    rig.stop();
    const Digest state = rig.engine->core().state_hash();
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    const auto past = replay_past(storage, memory);
    REQUIRE_MESSAGE(past.has_value(), past.error());
    CHECK(past->core->state_hash() == state);
    CHECK(past->event_hash == rig.engine->event_hash());
    auto replayer = Replayer::open(storage, memory);
    REQUIRE(replayer.has_value());
    bool told = false;
    for (auto events = (*replayer)->peek(100); !events.empty(); events = (*replayer)->peek(100)) {
        for (const Event& event : events)
            if (event.header.sequence == order.header.sequence) {
                REQUIRE(event.header.kind == EventKind::command_rejected);
                CHECK(event.as<CommandRejected>().reason == RejectReason::quarantined);
                CHECK(event.header.session == order.header.session);
                told = true;
            }
        (*replayer)->release(events.size());
    }
    CHECK(told);
}

}  // namespace dcx::engine::test
