#include "journal/read_ahead.h"

#include <doctest/doctest.h>

#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

// Several segments.
Files journal_of(std::uint64_t commands) {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (std::size_t size = 1; writer->durable().value < commands; size = size % 13 + 1)
        REQUIRE(commit_next(*writer, size));
    return files_of(disk);
}

Recovered recover_ahead(Storage& storage) {
    Recovered recovered;
    recovered.result =
        recover(storage, {.visit =
                              [&](const Batch& batch) {
                                  recovered.commands.insert(recovered.commands.end(), batch.commands.begin(),
                                                            batch.commands.end());
                                  ++recovered.batches;
                              },
                          .read_ahead = true});
    return recovered;
}

void check_same(const Files& files) {
    MemoryDisk one;
    MemoryDisk two;
    for (const auto& [name, bytes] : files) {
        one.put(name, bytes);
        two.put(name, bytes);
    }
    MemoryStorage alone_storage{one};
    MemoryStorage ahead_storage{two};
    const auto alone = recover_all(alone_storage);
    const auto ahead = recover_ahead(ahead_storage);
    CHECK(alone.batches == ahead.batches);
    CHECK(same_bytes(alone.commands, ahead.commands));
    REQUIRE(alone.result.has_value() == ahead.result.has_value());
    if (!alone.result) {
        CHECK(alone.result.error().message == ahead.result.error().message);
        return;
    }
    CHECK(alone.result->end.hash == ahead.result->end.hash);
    CHECK(alone.result->end.offset == ahead.result->end.offset);
    CHECK(alone.result->tail.has_value() == ahead.result->tail.has_value());
    CHECK(files_of(one) == files_of(two));
}

}  // namespace

TEST_CASE("read ahead or not, a recovery sees the same: whole, empty, torn and damaged journals") {
    check_same({});
    const Files whole = journal_of(3000);
    REQUIRE(whole.size() > 30);
    check_same(whole);
    Random random{1};
    for (int damage = 0; damage < 60; ++damage) {
        Files files = whole;
        // The last segments more often, where it may be a tear.
        auto place = random.chance(50)
                         ? std::prev(files.end())
                         : std::next(files.begin(), static_cast<std::ptrdiff_t>(random.below(files.size())));
        place->second[random.below(place->second.size())] ^= std::byte{1};
        check_same(files);
    }
}

TEST_CASE("a batch read ahead stays as it is until the next one is taken, over segments, and the end is given again") {
    MemoryDisk disk;
    for (const auto& [name, bytes] : journal_of(2000)) disk.put(name, bytes);
    MemoryStorage storage{disk};
    auto reader = Reader::open(storage);
    REQUIRE(reader);
    ReadAhead ahead{std::move(*reader)};
    std::uint64_t sequence = 0;
    while (true) {
        const auto batch = ahead.next();
        REQUIRE(batch);
        if (!*batch) break;
        CHECK((*batch)->header->first_sequence == sequence + 1);
        CHECK(same_bytes((*batch)->commands, test_commands(seq(sequence + 1), (*batch)->commands.size())));
        sequence += (*batch)->commands.size();
    }
    CHECK(sequence >= 2000);
    const auto again = ahead.next();
    REQUIRE(again);
    CHECK_FALSE(*again);
    CHECK(ahead.finish().position().sequence == seq(sequence));
}

TEST_CASE("read ahead ends at any moment") {
    MemoryDisk disk;
    for (const auto& [name, bytes] : journal_of(2000)) disk.put(name, bytes);
    MemoryStorage storage{disk};
    for (int taken = 0; taken < 40; ++taken) {
        auto reader = Reader::open(storage);
        REQUIRE(reader);
        ReadAhead ahead{std::move(*reader)};
        for (int i = 0; i < taken; ++i) CHECK(*ahead.next());
    }
}

}  // namespace dcx::journal
