// Tears and rot on the real disk: a journal written through DiskStorage is damaged in its files and recovered from
// them. Every byte of the last three batches, every subset of their sectors, and random bytes anywhere are compared
// with a judge that knows what was written and applies the table of docs/durability.md to it, in its own words.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <optional>

#include "journal/disk_storage.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;
using Bytes = std::vector<std::byte>;
using Files = std::map<std::string, Bytes>;

constexpr std::uint64_t kSector = 512;

Bytes bytes_of(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    Bytes bytes(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)));
    REQUIRE(::pread(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    ::close(file);
    return bytes;
}

// In place, as a disk damages it.
void overwrite(const std::string& path, const Bytes& bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    REQUIRE(::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    ::close(file);
}

bool zero(const Bytes& bytes, std::uint64_t from, std::uint64_t to) {
    const auto at = [&](std::uint64_t offset) { return bytes.begin() + static_cast<std::ptrdiff_t>(offset); };
    return std::all_of(at(from), at(to), [](std::byte b) { return b == std::byte{0}; });
}

// What was committed as one batch, and where it lies.
struct Written {
    std::string segment;
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t first;  // sequence; of the next command for a watermark
    std::uint64_t count;
    [[nodiscard]] std::uint64_t end() const { return offset + size; }
    [[nodiscard]] std::uint64_t last() const { return first + count - 1; }
};

// What a start must say of a damaged folder.
struct Verdict {
    std::size_t kept = 0;  // batches, of all segments
    std::optional<Kind> refused;
    std::string segment;
    std::uint64_t offset = 0;  // of the batch or header that is refused
    std::optional<AmbiguousTail> tail;
};

class TornJournal {
  public:
    // Several full segments, then batches of `last_sizes` commands in the last one (0: a watermark).
    explicit TornJournal(std::initializer_list<std::size_t> last_sizes) {
        const auto storage = DiskStorage::open(folder_.path());
        REQUIRE(storage);
        auto options = small_options();
        options.segment_size = 16384;
        const auto writer = open_writer(**storage, options);
        Random random{last_sizes.size()};
        while (writer->counters().segments < 3) commit(*writer, 1 + random.below(20));
        for (const std::size_t size : last_sizes) commit(*writer, size);
        REQUIRE(writer->counters().segments == 3);
        const auto names = (*storage)->list();
        REQUIRE(names);
        for (const std::string& name : *names)
            if (name.ends_with(kSegmentSuffix)) whole_[name] = bytes_of(path(name));
        REQUIRE(whole_.size() == 3);
        locate();
        after_ = whole_;
    }

    [[nodiscard]] const Files& whole() const { return whole_; }
    [[nodiscard]] const std::string& last_segment() const { return whole_.rbegin()->first; }
    [[nodiscard]] const Bytes& last_bytes() const { return whole_.rbegin()->second; }
    // The n-th batch from the end; 0 is the last.
    [[nodiscard]] const Written& from_end(std::size_t n) const { return written_[written_.size() - 1 - n]; }
    [[nodiscard]] std::uint64_t tries() const { return tries_; }

    // Puts the damaged bytes on the disk, starts, and compares with the judge.
    void check(const Files& damaged) {
        ++tries_;
        put(damaged);
        compare(judge(damaged));
    }

    [[nodiscard]] Verdict judge(const Files& damaged) const;
    [[nodiscard]] Verdict judge_last(const Bytes& damaged) const { return judge(last_segment(), damaged); }

  private:
    [[nodiscard]] Verdict judge(const std::string& name, const Bytes& damaged) const;
    void commit(Writer& writer, std::size_t size) {
        const std::uint64_t first = writer.durable().value + 1;
        if (size == 0)
            REQUIRE(writer.write_watermark(at(9)));
        else
            REQUIRE(commit_next(writer, size));
        written_.push_back({{}, 0, (size + 1) * kBlockSize, first, size});
    }

    // Where the batches lie follows from their sizes and the segments' names alone.
    void locate() {
        auto segment = whole_.begin();
        std::uint64_t offset = kSegmentHeaderSize;
        for (Written& batch : written_) {
            const auto next = std::next(segment);
            if (next != whole_.end() && next->first == segment_name(seq(batch.first))) {
                segment = next;
                offset = kSegmentHeaderSize;
            }
            batch.segment = segment->first;
            batch.offset = offset;
            offset = batch.end();
        }
        REQUIRE(written_.back().segment == last_segment());
    }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

    // What the try before left damaged or repaired is made whole, all but what is written anyway.
    void put(const Files& damaged) {
        for (const auto& [name, whole] : whole_) {
            const auto wanted = damaged.find(name);
            const Bytes& bytes = wanted == damaged.end() ? whole : wanted->second;
            const auto there = after_.find(name);
            if (there == after_.end() || there->second != bytes) overwrite(path(name), bytes);
            after_[name] = bytes;
        }
    }

    void check_unchanged() const {
        for (const auto& [name, bytes] : after_) CHECK(bytes_of(path(name)) == bytes);
    }

    void compare(const Verdict& verdict);
    void check_tail(const Verdict& verdict, const std::optional<AmbiguousTail>& tail) const;
    void check_goes_on(std::uint64_t sequence);

    TemporaryFolder folder_;
    Files whole_;  // the segments as they were written
    Files after_;  // and as they are on the disk now; without those that a start has repaired
    std::vector<Written> written_;
    std::uint64_t tries_ = 0;
};

// All segment headers are looked at before the first batch, and the batches in their order.
Verdict TornJournal::judge(const Files& damaged) const {
    std::optional<Verdict> refused;
    for (const auto& [name, bytes] : damaged) {
        const Verdict verdict = judge(name, bytes);
        const bool in_header = verdict.refused && verdict.offset == 0;
        if (in_header) return verdict;
        if (verdict.refused && !refused) refused = verdict;
    }
    if (refused) return *refused;
    const auto last = damaged.find(last_segment());
    return judge(last_segment(), last == damaged.end() ? last_bytes() : last->second);
}

// Of one damaged file.
Verdict TornJournal::judge(const std::string& name, const Bytes& damaged) const {
    const Bytes& whole = whole_.at(name);
    const bool last = name == last_segment();
    const auto same = [&](std::uint64_t from, std::uint64_t to) {
        const auto at = [](std::uint64_t offset) { return static_cast<std::ptrdiff_t>(offset); };
        return std::equal(whole.begin() + at(from), whole.begin() + at(to), damaged.begin() + at(from));
    };
    Verdict verdict;
    verdict.segment = name;
    if (!same(0, kSegmentHeaderSize)) {
        SegmentHeader header;
        std::memcpy(static_cast<void*>(&header), damaged.data(), sizeof header);
        const bool newer = header.magic == kSegmentMagic && header.format > kSegmentFormat;
        verdict.refused = newer ? Kind::newer_format : Kind::damaged_segment_header;
        return verdict;
    }
    const Written* broken = nullptr;
    std::uint64_t end = kSegmentHeaderSize;
    for (const Written& batch : written_) {
        if (batch.segment == name && broken == nullptr && !same(batch.offset, batch.end())) broken = &batch;
        if (broken == nullptr) ++verdict.kept;
        if (batch.segment == name) end = batch.end();
    }
    verdict.offset = broken != nullptr ? broken->offset : end;
    if (!last) {
        // The next segment was begun when all of this one was durable.
        if (broken == nullptr && same(end, whole.size())) return verdict;
        const bool gone = broken != nullptr && zero(damaged, broken->offset, broken->offset + kBlockSize);
        verdict.refused = gone ? Kind::missing_batch : Kind::damaged_batch;
        return verdict;
    }
    // A header that is whole says that the batch before it was durable.
    std::uint64_t claimed = 0;
    if (broken != nullptr) {
        for (const Written* batch = broken; batch <= &written_.back(); ++batch) {
            if (!same(batch->offset, batch->offset + kBlockSize)) continue;
            if (batch > broken) {
                const bool gone = zero(damaged, broken->offset, broken->offset + kBlockSize);
                verdict.refused = gone ? Kind::missing_batch : Kind::damaged_batch;
                return verdict;
            }
            if (batch->count > 0) claimed = batch->last();
        }
    }
    std::uint64_t first = verdict.offset;
    std::uint64_t behind = damaged.size();
    while (first < damaged.size() && zero(damaged, first, first + kBlockSize)) first += kBlockSize;
    while (behind > first && zero(damaged, behind - kBlockSize, behind)) behind -= kBlockSize;
    if (first < behind)
        verdict.tail = AmbiguousTail{.segment = name,
                                     .offset = first,
                                     .size = behind - first,
                                     .first = Sequence{broken != nullptr ? broken->first : written_.back().last() + 1},
                                     .last = Sequence{claimed}};
    return verdict;
}

void TornJournal::compare(const Verdict& verdict) {
    std::uint64_t sequence = 0;
    {
        const auto storage = DiskStorage::open(folder_.path());
        REQUIRE(storage);
        const auto recovered = recover_all(**storage);
        if (verdict.refused) {
            REQUIRE_FALSE(recovered.result);
            const RecoveryError& error = recovered.result.error();
            CHECK_MESSAGE(error.kind == *verdict.refused, error.message);
            CHECK_MESSAGE(error.segment == verdict.segment, error.message);
            CHECK_MESSAGE(error.offset == verdict.offset, error.message);
            CHECK(error.message.find(verdict.segment) != std::string::npos);
            CHECK(error.message.find("offset " + std::to_string(verdict.offset)) != std::string::npos);
            return check_unchanged();
        }
        REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
        sequence = verdict.kept == 0 ? 0 : written_[verdict.kept - 1].last();
        CHECK(recovered.batches == verdict.kept);
        CHECK(same_bytes(recovered.commands, test_commands(seq(1), sequence)));
        check_tail(verdict, recovered.result->tail);
        after_.erase(last_segment());
    }
    // Every few times, or each try would cost three more syncs.
    if (tries_ % 16 == 0) check_goes_on(sequence);
}

void TornJournal::check_tail(const Verdict& verdict, const std::optional<AmbiguousTail>& tail) const {
    REQUIRE(tail.has_value() == verdict.tail.has_value());
    if (!tail) return;
    CHECK(tail->segment == verdict.tail->segment);
    CHECK(tail->offset == verdict.tail->offset);
    CHECK(tail->size == verdict.tail->size);
    CHECK(tail->first == verdict.tail->first);
    CHECK(tail->last == verdict.tail->last);
}

// Other commands take the place of what was cut, and none of it comes back.
void TornJournal::check_goes_on(std::uint64_t sequence) {
    const auto more = test_commands(Sequence{sequence + 1}, 1, 99);
    {
        const auto storage = DiskStorage::open(folder_.path());
        REQUIRE(storage);
        auto options = small_options();
        options.segment_size = 16384;
        const auto writer = open_writer(**storage, options);
        REQUIRE(writer->durable().value == sequence);
        REQUIRE(writer->append(more) == more.size());
        REQUIRE(writer->commit(at(1)));
    }
    const auto storage = DiskStorage::open(folder_.path());
    REQUIRE(storage);
    const auto again = recover_all(**storage);
    REQUIRE_MESSAGE(again.result, again.result.error().message);
    auto expected = test_commands(seq(1), sequence);
    expected.insert(expected.end(), more.begin(), more.end());
    CHECK(same_bytes(again.commands, expected));
    CHECK_FALSE(again.result->tail);
}

std::byte other_than_nothing(Random& random) { return static_cast<std::byte>(1 + random.below(255)); }

void say(const char* what, const TornJournal& journal) {
    std::printf("%s: %" PRIu64 " starts\n", what, journal.tries());
}

// Zeros from each byte of the last three batches on, and each of these bytes changed.
void check_every_byte(TornJournal& journal) {
    const Bytes& whole = journal.last_bytes();
    const std::uint64_t end = journal.from_end(0).end();
    Random random{end};
    for (std::uint64_t at = journal.from_end(2).offset; at < end; ++at) {
        CAPTURE(at);
        Bytes cut = whole;
        std::fill(cut.begin() + static_cast<std::ptrdiff_t>(at), cut.end(), std::byte{0});
        journal.check({{journal.last_segment(), cut}});
        Bytes flipped = whole;
        flipped[at] ^= other_than_nothing(random);
        journal.check({{journal.last_segment(), flipped}});
    }
}

}  // namespace

TEST_CASE("disk: zeros from every byte of the last three batches on, and every byte of them flipped") {
    SUBCASE("the last one acknowledged a moment ago") {
        TornJournal journal{3, 2, 4};
        // The judge itself: what the last batch's header knows is refused, the last batch is cut, and nothing before
        // it.
        Bytes damaged = journal.last_bytes();
        damaged[journal.from_end(1).offset + 200] ^= std::byte{1};
        CHECK(journal.judge_last(damaged).refused == Kind::damaged_batch);
        damaged = journal.last_bytes();
        damaged[journal.from_end(0).end() - 1] ^= std::byte{1};
        CHECK(journal.judge_last(damaged).tail->last.value == journal.from_end(0).last());
        check_every_byte(journal);
        say("three batches", journal);
    }
    SUBCASE("and known durable by the watermark behind it") {
        TornJournal journal{3, 4, 0};
        Bytes damaged = journal.last_bytes();
        damaged[journal.from_end(1).end() - 1] ^= std::byte{1};
        CHECK(journal.judge_last(damaged).refused == Kind::damaged_batch);
        check_every_byte(journal);
        say("two batches and their watermark", journal);
    }
}

TEST_CASE("disk: any subset of the sectors of the last batch reached the disk") {
    TornJournal journal{5, 1, 26};
    const Written& torn = journal.from_end(0);
    const std::uint64_t first = torn.offset / kSector;
    const std::uint64_t count = (torn.end() + kSector - 1) / kSector - first;
    REQUIRE(count >= 7);
    REQUIRE(count <= 9);
    for (std::uint64_t there = 0; there < (std::uint64_t{1} << count); ++there) {
        Bytes damaged = journal.last_bytes();
        for (std::uint64_t sector = 0; sector < count; ++sector) {
            if ((there >> sector & 1) != 0) continue;
            // As the sector was before: its part of earlier batches, then zeros.
            const std::uint64_t from = std::max((first + sector) * kSector, torn.offset);
            const std::uint64_t to = (first + sector + 1) * kSector;
            std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(from),
                      damaged.begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
        }
        CAPTURE(there);
        journal.check({{journal.last_segment(), damaged}});
    }
    say("sectors of the last batch", journal);
}

TEST_CASE("disk: any subset of the sectors of three batches, as a disk leaves them that lied about two syncs") {
    TornJournal journal{8, 7, 9};
    const std::uint64_t begin = journal.from_end(2).offset;
    const std::uint64_t first = begin / kSector;
    const std::uint64_t count = (journal.from_end(0).end() + kSector - 1) / kSector - first;
    REQUIRE(count <= 9);
    for (std::uint64_t there = 0; there < (std::uint64_t{1} << count); ++there) {
        Bytes damaged = journal.last_bytes();
        for (std::uint64_t sector = 0; sector < count; ++sector) {
            if ((there >> sector & 1) != 0) continue;
            const std::uint64_t from = std::max((first + sector) * kSector, begin);
            const std::uint64_t to = (first + sector + 1) * kSector;
            std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(from),
                      damaged.begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
        }
        CAPTURE(there);
        journal.check({{journal.last_segment(), damaged}});
    }
    say("sectors of three batches", journal);
}

TEST_CASE("disk: random bytes anywhere, one and several") {
    TornJournal journal{6, 2, 5};
    Random random{20};
    std::vector<std::string> names;
    for (const auto& [name, bytes] : journal.whole()) names.push_back(name);
    for (int i = 0; i < 1500; ++i) {
        const std::string& name = names[random.below(names.size())];
        Bytes damaged = journal.whole().at(name);
        const std::uint64_t at = random.below(damaged.size());
        damaged[at] ^= other_than_nothing(random);
        CAPTURE(name);
        CAPTURE(at);
        journal.check({{name, damaged}});
    }
    for (int i = 0; i < 500; ++i) {
        Files damaged;
        for (std::uint64_t more = 2 + random.below(8); more > 0; --more) {
            const std::string& name = names[random.below(names.size())];
            if (!damaged.contains(name)) damaged[name] = journal.whole().at(name);
            Bytes& bytes = damaged.at(name);
            const std::uint64_t at = random.below(bytes.size());
            const std::uint64_t size = std::min<std::uint64_t>(1 + random.below(64), bytes.size() - at);
            for (std::uint64_t j = 0; j < size; ++j) bytes[at + j] ^= other_than_nothing(random);
        }
        CAPTURE(i);
        journal.check(damaged);
    }
    say("random bytes", journal);
}

}  // namespace dcx::journal
