// Random lives of a journal against the one promise: what a commit returned is there, byte for byte; what it did not is
// there wholly or not at all, in order.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

// What the log must be, and what it may have beyond that.
struct Model {
    std::vector<Command> acknowledged;
    std::vector<Command> in_flight;

    // What recovery found becomes what must stay.
    void check(std::span<const Command> found) {
        std::vector<Command> with = acknowledged;
        with.insert(with.end(), in_flight.begin(), in_flight.end());
        const bool kept = found.size() == with.size();
        REQUIRE((kept || found.size() == acknowledged.size()));
        REQUIRE(same_bytes(found, kept ? with : acknowledged));
        acknowledged.assign(found.begin(), found.end());
        in_flight.clear();
    }
};

Fault random_fault(Random& random) {
    constexpr Operation operations[] = {Operation::write, Operation::write,  Operation::write,       Operation::sync,
                                        Operation::sync,  Operation::create, Operation::sync_folder, Operation::rename};
    const Operation operation = operations[random.below(std::size(operations))];
    const bool often = operation == Operation::write || operation == Operation::sync;
    // A write that is wholly done and still fails stands for power lost between write and sync.
    const std::size_t short_bytes = random.chance(50) ? 1'000'000 : static_cast<std::size_t>(random.below(2000));
    return {.operation = operation,
            .after = random.below(often ? 30 : 3),
            .code = random.chance(50) ? EIO : ENOSPC,
            .short_bytes = short_bytes};
}

// Writes until the fault strikes or the life is over.
void live(Writer& writer, Random& random, Model& model, std::uint64_t life) {
    for (std::uint64_t i = random.below(40); i > 0; --i) {
        if (random.chance(30)) {
            const auto told = writer.write_watermark(at(1));
            if (!told) return;
            REQUIRE(told->value == model.acknowledged.size());
            continue;
        }
        model.in_flight = test_commands(Sequence{model.acknowledged.size() + 1}, 1 + random.below(12), life);
        REQUIRE(writer.append(model.in_flight) == model.in_flight.size());
        const auto durable = writer.commit(at(1));
        if (!durable) return;
        model.acknowledged.insert(model.acknowledged.end(), model.in_flight.begin(), model.in_flight.end());
        model.in_flight.clear();
        REQUIRE(durable->value == model.acknowledged.size());
    }
}

void run_crashes(std::uint64_t seed) {
    CAPTURE(seed);
    MemoryDisk disk;
    Random random{seed};
    Model model;
    for (std::uint64_t life = 1; life <= 6; ++life) {
        {
            MemoryStorage storage{disk};
            if (random.chance(20)) disk.plant(random_fault(random));
            const auto recovered = recover_all(storage);
            // A fault may strike here; then nothing has been promised and the next life tries again.
            if (recovered.result) {
                model.check(recovered.commands);
                if (random.chance(70)) disk.plant(random_fault(random));
                const auto writer = Writer::open(storage, *recovered.result, small_options());
                if (writer) live(**writer, random, model, life);
            } else {
                REQUIRE(recovered.result.error().kind == RecoveryErrorKind::storage_failed);
            }
        }
        if (random.chance(70)) disk.crash(random.next());
    }
    disk.crash(random.next());
    MemoryStorage storage{disk};
    const auto recovered = recover_all(storage);
    REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
    model.check(recovered.commands);
}

// The child of the kill test: commits without end and tells each durable sequence.
[[noreturn]] void commit_until_killed(const std::string& folder, int out) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto storage = DiskStorage::open(folder);
    DCX_CHECK(storage.has_value());
    auto options = small_options();
    options.segment_size = 65536;
    options.background = true;
    const auto writer = open_writer(**storage, options);
    Random random{writer->epoch()};
    while (true) {
        const auto durable = commit_next(*writer, 1 + random.below(100));
        DCX_CHECK(durable.has_value());
        DCX_CHECK(::write(out, &durable->value, sizeof durable->value) == sizeof durable->value);
        if (random.chance(30)) DCX_CHECK(writer->write_watermark(at(1)).has_value());
    }
}

}  // namespace

TEST_CASE("crashes, kills and failing disks: everything acknowledged is there, everything else wholly or not at all") {
    // More, from another place, for a soak: DCX_JOURNAL_SEEDS=first:count.
    std::uint64_t first = 1;
    std::uint64_t count = 1500;
    if (const char* told = std::getenv("DCX_JOURNAL_SEEDS"))
        REQUIRE(std::sscanf(told, "%" SCNu64 ":%" SCNu64, &first, &count) == 2);
    for (std::uint64_t seed = first; seed < first + count; ++seed) run_crashes(seed);
}

TEST_CASE("disk: a writer killed in the middle of commits, ten times over one journal") {
    TemporaryFolder folder;
    Random random{1};
    for (int round = 0; round < 10; ++round) {
        int pipe_ends[2];
        REQUIRE(::pipe(pipe_ends) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(pipe_ends[0]);
            commit_until_killed(folder.path(), pipe_ends[1]);
        }
        ::close(pipe_ends[1]);
        std::uint64_t acknowledged = 0;
        // Killed after some acknowledgements, wherever it then is.
        for (std::uint64_t i = 5 + random.below(30); i > 0; --i)
            REQUIRE(::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
        REQUIRE(::kill(child, SIGKILL) == 0);
        REQUIRE(::waitpid(child, nullptr, 0) == child);
        while (::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
        }
        ::close(pipe_ends[0]);

        const auto storage = DiskStorage::open(folder.path());
        REQUIRE(storage);
        const auto recovered = recover_all(**storage);
        REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
        CHECK(recovered.commands.size() >= acknowledged);
        CHECK(recovered.commands.size() <= acknowledged + 200);
        CHECK(same_bytes(recovered.commands, test_commands(seq(1), recovered.commands.size())));
    }
}

}  // namespace dcx::journal
