// The match log's files: written, cut, torn, gone on with; and what a reader says of files that are not what they were.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "proof/match_log_writer.h"
#include "proof/published_log.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;
constexpr std::uint64_t kSmallFiles = 4096;

const MatchLog& some_log() {
    static const MatchLog log = [] {
        reference::CommandGenerator generator(5);
        MatchVenue venue;
        venue.run(generator, 1200);
        return venue.log();
    }();
    return log;
}

struct LogFolder : TemporaryFolder {
    [[nodiscard]] std::expected<MatchLogWriter, ProofError> open(std::optional<Sequence> keep = std::nullopt) const {
        return MatchLogWriter::open(
            {.folder = path(), .venue_id = some_venue(), .keep = keep, .file_size = kSmallFiles});
    }
    void write(const MatchLog& log) const {
        auto writer = open();
        REQUIRE(writer);
        append_log(*writer, log);
        REQUIRE(writer->flush());
    }
    [[nodiscard]] std::vector<std::string> contents() const {
        std::vector<std::string> result;
        for (const std::string& name : files_in(path())) result.push_back(name + read_file(path() + "/" + name));
        return result;
    }
};

void refused(const std::string& folder, Kind kind) {
    const ReadLog read = read_log(folder);
    REQUIRE(read.error.has_value());
    CHECK(to_string(read.error->kind) == to_string(kind));
}

TEST_CASE("match log: what was written is read, in files of bounded size") {
    const LogFolder folder;
    folder.write(some_log());
    CHECK(files_in(folder.path()).size() > 20);
    for (const std::string& name : files_in(folder.path()))
        CHECK(std::filesystem::file_size(folder.path() + "/" + name) < kSmallFiles + 128 * 64);
    const ReadLog read = read_log(folder.path());
    CHECK_FALSE(read.error.has_value());
    CHECK(read.unfinished == 0);
    CHECK(read.log == some_log());
}

TEST_CASE("match log: a command longer than a reader's chunk") {
    MatchLog log(3);
    for (std::uint64_t i = 0; i < 3; ++i) {
        log[i].records.resize(i == 1 ? kMaxMatchRecords : 1);
        log[i].head = {.sequence = Sequence{i + 1}, .records = static_cast<std::uint32_t>(log[i].records.size())};
    }
    const LogFolder folder;
    folder.write(log);
    const ReadLog read = read_log(folder.path());
    CHECK_FALSE(read.error.has_value());
    CHECK(read.log == log);
}

TEST_CASE("match log: gone on with, wherever it stopped, the files are the same") {
    const LogFolder whole;
    whole.write(some_log());
    const auto expected = whole.contents();
    const LogFolder folder;
    Random random(3);
    std::uint64_t kept = 0;
    while (kept < some_log().size()) {
        auto writer = folder.open(Sequence{kept});
        REQUIRE(writer);
        REQUIRE(writer->last() == Sequence{kept});
        // More is written than will be kept, and the end is torn.
        const std::uint64_t reached = std::min<std::uint64_t>(some_log().size(), kept + random.below(200));
        append_log(*writer, MatchLog(some_log().begin(), some_log().begin() + static_cast<std::ptrdiff_t>(reached)));
        REQUIRE(writer->flush());
        const std::string last = folder.path() + "/" + files_in(folder.path()).back();
        kept = std::min<std::uint64_t>(reached, kept + random.below(150));
        if (random.chance(50)) write_file(last, read_file(last) + std::string(random.below(300), 'x'));
    }
    auto writer = folder.open(Sequence{some_log().size()});
    REQUIRE(writer);
    CHECK(folder.contents() == expected);
    // Less than must be there.
    CHECK(folder.open(Sequence{some_log().size() + 1}).error().kind == Kind::missing);
    // All of it goes.
    REQUIRE(folder.open(Sequence{0ul}));
    CHECK(files_in(folder.path()).empty());
    CHECK(folder.open(Sequence{1ul}).error().kind == Kind::missing);
}

TEST_CASE("match log: a torn end of the newest file is cut off, another one is an error") {
    const MatchLog log(some_log().begin(), some_log().begin() + 60);
    const LogFolder folder;
    folder.write(log);
    REQUIRE(files_in(folder.path()).size() > 1);
    const std::string last = folder.path() + "/" + files_in(folder.path()).back();
    const std::string bytes = read_file(last);
    for (std::size_t size = bytes.size(); size-- > 0;) {
        REQUIRE(::truncate(last.c_str(), static_cast<off_t>(size)) == 0);
        const ReadLog read = read_log(folder.path());
        REQUIRE_FALSE(read.error.has_value());
        REQUIRE(std::equal(read.log.begin(), read.log.end(), log.begin()));
        const std::size_t whole_bytes = read.log.size();
        if (size % 112 != 0) continue;
        auto writer = folder.open();
        REQUIRE(writer);
        REQUIRE(writer->last().value == whole_bytes);
        append_log(*writer, log);
        REQUIRE(writer->flush());
        REQUIRE(read_file(last) == bytes);
    }
    write_file(last, bytes);
    const std::string first = folder.path() + "/" + files_in(folder.path()).front();
    const std::string first_bytes = read_file(first);
    for (const std::size_t gone : {std::size_t{1}, std::size_t{64}, std::size_t{100}, first_bytes.size() - 64}) {
        write_file(first, std::string_view(first_bytes).substr(0, first_bytes.size() - gone));
        CHECK(read_log(folder.path()).error.has_value());
    }
}

TEST_CASE("match log: a writer goes on only in its own venue's log") {
    const LogFolder folder;
    folder.write(some_log());
    const auto other = MatchLogWriter::open({.folder = folder.path(), .venue_id = some_venue(8), .keep = {}});
    CHECK(other.error().kind == Kind::other_venue);
    CHECK(MatchLogWriter::open({.folder = "/proc/none/here", .venue_id = some_venue(), .keep = {}}).error().kind ==
          Kind::file_failed);
}

TEST_CASE("match log: files that are not in their form are refused by number") {
    const LogFolder folder;
    refused(folder.path(), Kind::missing);
    refused(folder.path() + "/none", Kind::file_failed);
    folder.write(some_log());
    const auto names = files_in(folder.path());
    const std::string second = folder.path() + "/" + names[1];
    const std::string bytes = read_file(second);
    // Each byte of a header and of a command's head that is no commitment and no time.
    for (std::size_t at = 0; at < 128; ++at) {
        if (at >= 72 && at < 80) continue;
        if (at >= 88 && at < 120) continue;
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 4);
        write_file(second, changed);
        CAPTURE(at);
        REQUIRE(read_log(folder.path()).error.has_value());
    }
    write_file(second, bytes);
    // A command left out.
    const std::uint64_t first = parse_match_file_name(names[1])->value;
    write_file(second, bytes.substr(0, 64) + bytes.substr(64 * (2 + std::size_t{some_log()[first - 1].head.records})));
    refused(folder.path(), Kind::sequence_gap);
    write_file(second, bytes);
    // A file left out, one of another name, a folder in its place.
    std::filesystem::rename(second, folder.path() + "/elsewhere");
    refused(folder.path(), Kind::sequence_gap);
    std::filesystem::rename(folder.path() + "/elsewhere", second);
    std::filesystem::copy_file(second, folder.path() + "/2.dcxm");
    refused(folder.path(), Kind::malformed);
    std::filesystem::remove(folder.path() + "/2.dcxm");
    std::filesystem::create_directory(folder.path() + "/" + match_file_name(Sequence{2ul}));
    refused(folder.path(), Kind::file_failed);
    std::filesystem::remove(folder.path() + "/" + match_file_name(Sequence{2ul}));
    CHECK_FALSE(read_log(folder.path()).error.has_value());
}

}  // namespace
}  // namespace dcx::proof
