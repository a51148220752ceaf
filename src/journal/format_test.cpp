#include "journal/format.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/skip_test.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

template <class Header>
void check_every_bit_counts(Header header) {
    seal(header);
    REQUIRE(intact(header));
    auto* bytes = reinterpret_cast<unsigned char*>(&header);
    for (std::size_t bit = 0; bit < sizeof header * 8; ++bit) {
        bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
        CHECK_FALSE(intact(header));
        bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
    }
    CHECK(intact(header));
}

// The blocks of a segment that are not zero, as text.
std::string dump(std::span<const std::byte> segment) {
    std::string text = "# segment of " + std::to_string(segment.size()) + " bytes; offset: 128 bytes in hexadecimal\n";
    for (std::size_t offset = 0; offset < segment.size(); offset += kBlockSize) {
        const std::string hex = to_hex(segment.subspan(offset, kBlockSize));
        if (hex.find_first_not_of('0') != hex.npos) text += std::to_string(offset) + ": " + hex + "\n";
    }
    return text;
}

// Two batches with commands, each followed by its watermark; then a second epoch with one batch, in a segment of its
// own because it quarantines a command.
Files golden_journal() {
    MemoryDisk disk;
    {
        MemoryStorage storage{disk};
        const auto writer = open_writer(storage);
        REQUIRE(commit_next(*writer, 1));
        REQUIRE(writer->write_watermark(at(100)));
        REQUIRE(commit_next(*writer, 3));
        REQUIRE(writer->write_watermark(at(101)));
    }
    MemoryStorage storage{disk};
    auto options = small_options();
    options.quarantined = {{.sequence = 3, .hash = command_hash(test_command(seq(3)))}};
    REQUIRE(commit_next(*open_writer(storage, options), 2));
    return files_of(disk);
}

std::string golden_path(const char* name) { return repository_root() + "/tests/golden/" + name; }

std::string text_of(const std::string& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>(in), {}};
}

// The bytes of a segment that dump() has written.
std::vector<std::byte> undump(const std::string& text) {
    std::vector<std::byte> bytes(kSmallSegment);
    std::istringstream lines{text};
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t colon = line.find(": ");
        if (line.front() == '#' || colon == line.npos) continue;
        const std::size_t offset = std::stoul(line);
        for (std::size_t i = 0; i < kBlockSize; ++i)
            bytes.at(offset + i) = static_cast<std::byte>(std::stoul(line.substr(colon + 2 + 2 * i, 2), nullptr, 16));
    }
    return bytes;
}

}  // namespace

TEST_CASE("a header with any bit changed is not intact, and zeros are none") {
    check_every_bit_counts(SegmentHeader{.segment = 3, .first_sequence = 77, .size = kSmallSegment});
    EpochPage page{.segment = 3, .count = 1};
    seal(page);
    CHECK(intact(page));
    page.quarantined[31].hash[31] ^= std::byte{1};
    CHECK_FALSE(intact(page));
    check_every_bit_counts(BatchHeader{.epoch = 1, .number = 2, .first_sequence = 3, .count = 4});
    SegmentHeader segment;
    std::memset(static_cast<void*>(&segment), 0, sizeof segment);
    CHECK_FALSE(intact(segment));
    BatchHeader batch;
    std::memset(static_cast<void*>(&batch), 0, sizeof batch);
    CHECK_FALSE(intact(batch));
}

TEST_CASE("segment names sort as their sequences and only exact names are segments") {
    CHECK(segment_name(seq(1)) == "00000000000000000001.journal");
    CHECK(segment_name(Sequence{~std::uint64_t{0}}) == "18446744073709551615.journal");
    CHECK(segment_name(seq(9)) < segment_name(seq(10)));
    CHECK(parse_segment_name("00000000000000000042.journal") == seq(42));
    for (const char* name : {"", "42.journal", "00000000000000000042.journal~", "0000000000000000004x.journal",
                             "00000000000000000042.JOURNAL", "-0000000000000000042.journal",
                             "99999999999999999999.journal", "000000000000000000042.journal"})
        CHECK_FALSE(parse_segment_name(name).has_value());
}

TEST_CASE("the chain begins with the venue") {
    CHECK(chain_seed(kTestVenue) != chain_seed(VenueId{}));
    const std::string seed = std::string{"dcx journal"} + std::string(16, '\0');
    CHECK(chain_seed(VenueId{}) == Sha256::of(std::as_bytes(std::span{seed})));
}

TEST_CASE("golden bytes: a journal written today is what version 2 has always been") {
    const std::string path = golden_path("journal_v2.txt");
    std::string written;
    for (const auto& [name, bytes] : golden_journal()) written += "# " + name + "\n" + dump(bytes);
    if (std::getenv("DCX_REWRITE_GOLDEN") != nullptr) {
        std::ofstream{path} << written;
        MESSAGE("rewritten: " << path);
    }
    const std::string kept = text_of(path);
    REQUIRE(!kept.empty());
    CHECK_MESSAGE(written == kept,
                  "The journal's bytes changed: existing journals cannot be read any more. If that is "
                  "meant, raise kSegmentFormat or kBatchFormat and run with DCX_REWRITE_GOLDEN=1.");
}

TEST_CASE("a segment of version 1, which had no epoch page, is read and continued") {
    const auto bytes = undump(text_of(golden_path("journal_v1.txt")));
    MemoryDisk disk;
    disk.put(segment_name(seq(1)), bytes);
    {
        MemoryStorage storage{disk};
        const auto recovered = recover_all(storage);
        REQUIRE_MESSAGE(recovered.result, recovered.result.error().message);
        CHECK(same_bytes(recovered.commands, test_commands(seq(1), 6)));
        CHECK(recovered.result->quarantined.empty());
        CHECK(disk.get(segment_name(seq(1))) == bytes);
        const auto writer = Writer::open(storage, *recovered.result, small_options());
        REQUIRE(writer);
        while ((*writer)->counters().segments < 2) REQUIRE(commit_next(**writer, 7));
    }
    MemoryStorage storage{disk};
    const auto again = recover_all(storage);
    REQUIRE_MESSAGE(again.result, again.result.error().message);
    CHECK(same_bytes(again.commands, test_commands(seq(1), again.commands.size())));
    auto damaged = bytes;
    damaged[2000] = std::byte{1};
    disk.put(segment_name(seq(1)), damaged);
    const auto refused = Reader::open(storage);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == RecoveryErrorKind::damaged_segment_header);
}

}  // namespace dcx::journal
