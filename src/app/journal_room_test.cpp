#include "app/journal_room.h"

#include <doctest/doctest.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

using namespace dcx;
using namespace dcx::app;

TEST_CASE("journal room: a store on the journal's disk leaves room for it, others may do what they want") {
    const auto folder = std::filesystem::temp_directory_path() / ("dcx-room-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    ManualClock clock;
    struct statvfs disk{};
    REQUIRE(::statvfs(folder.c_str(), &disk) == 0);
    const std::uint64_t all = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    const std::string file = folder / "history.sqlite";
    JournalRoom small(file, folder, 1, clock);
    // More than the disk has.
    JournalRoom huge(file, folder, all, clock);
    CHECK(huge.refusal().starts_with("history error 2 (disk_full): on the disk of " + folder.string()));
    CHECK(JournalRoom("", folder, all, clock).refusal().empty());
    CHECK(JournalRoom("/proc/none", folder, all, clock).refusal().empty());
    CHECK(JournalRoom("/not/there/history.sqlite", folder, all, clock).refusal().empty());
    if (std::uint64_t{disk.f_bavail} * disk.f_frsize > 4 * JournalRoom::kTransaction) CHECK(small.refusal().empty());
    std::filesystem::remove_all(folder);
    // Asked again only after a while.
    CHECK_FALSE(huge.refusal().empty());
    clock.advance(100'000'000);
    CHECK(huge.refusal().empty());
}
