// Fuzz target of the match log's reader, writer and checkers. Whatever lies in the files: reading ends with whole
// commands or a numbered refusal, both checkers say the same of what was read, and a writer cuts what is not whole and
// goes on.
//
// The first byte chooses what the rest is: 0 the bytes of a file; 1 those behind a valid header; 2 records of 64 bytes
// of a valid file, 16 to a command, the first ones of a small venue.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "proof/match_checker.h"
#include "proof/match_log_reader.h"
#include "proof/match_log_writer.h"

namespace dcx::proof {
namespace {

constexpr journal::VenueId kVenue{std::byte{1}};

// One folder for the whole run.
const std::string& folder() {
    static const std::string path = [] {
        std::string pattern = std::filesystem::temp_directory_path() / "dcx_match_fuzz_XXXXXX";
        DCX_CHECK(::mkdtemp(pattern.data()) != nullptr);
        return pattern;
    }();
    return path;
}

template <class T>
void add(std::vector<std::byte>& bytes, const T& value) {
    const auto all = std::as_bytes(std::span{&value, 1});
    bytes.insert(bytes.end(), all.begin(), all.end());
}

std::vector<std::byte> file_of(std::span<const std::byte> input) {
    std::vector<std::byte> bytes;
    const auto choice = static_cast<unsigned>(input[0]) % 3;
    input = input.subspan(1);
    if (choice != 0) add(bytes, MatchFileHeader{.venue_id = kVenue, .first_sequence = Sequence{1ul}});
    if (choice != 2) {
        bytes.insert(bytes.end(), input.begin(), input.end());
        return bytes;
    }
    std::uint64_t sequence = 0;
    const auto command = [&](std::span<const std::byte> records) {
        add(bytes, MatchCommandHead{.sequence = Sequence{++sequence},
                                    .records = static_cast<std::uint32_t>(records.size() / sizeof(MatchRecord))});
        bytes.insert(bytes.end(), records.begin(), records.end());
    };
    const auto listed = [&](const MatchRecord& record) { command(std::as_bytes(std::span{&record, 1})); };
    listed({.kind = MatchRecordKind::venue, .quantity = Quantity{std::int64_t{3}}});
    listed({.kind = MatchRecordKind::asset, .order_id = OrderId{1ul}});
    listed({.kind = MatchRecordKind::asset, .order_id = OrderId{2ul}});
    listed({.kind = MatchRecordKind::instrument,
            .instrument = InstrumentId{1u},
            .order_id = OrderId{1ul},
            .other_id = OrderId{2ul},
            .price = Price{std::int64_t{1}},
            .quantity = Quantity{std::int64_t{1}}});
    while (!input.empty()) {
        // One byte: how many records this command has.
        const std::size_t wanted = (static_cast<std::size_t>(input[0]) % 17) * sizeof(MatchRecord);
        input = input.subspan(1);
        const std::size_t whole = std::min(wanted, input.size() / sizeof(MatchRecord) * sizeof(MatchRecord));
        command(input.first(whole));
        input = input.subspan(whole);
        if (whole < wanted) break;
    }
    return bytes;
}

// How many commands were read, and what both checkers said of them.
std::uint64_t read() {
    auto reader = MatchLogReader::open(folder());
    if (!reader) return 0;
    const auto indexed = make_match_checker();
    const auto naive = make_naive_match_checker();
    bool holds = true;
    MatchChunk chunk;
    while (reader->next(chunk) && !chunk.commands.empty())
        for (const MatchCommand& command : chunk.commands) {
            if (!holds) continue;
            const auto one = indexed->check(command);
            const auto other = naive->check(command);
            DCX_CHECK(one.has_value() == other.has_value());
            DCX_CHECK(one || one.error().kind == other.error().kind);
            holds = one.has_value();
        }
    DCX_CHECK(!holds || indexed->counts() == naive->counts());
    return reader->last().value;
}

}  // namespace
}  // namespace dcx::proof

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dcx;
    using namespace dcx::proof;
    if (size == 0) return 0;
    const auto bytes = file_of(std::as_bytes(std::span{data, size}));
    const std::string path = folder() + "/" + match_file_name(Sequence{1ul});
    {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        DCX_CHECK(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    const std::uint64_t commands = read();
    auto writer = MatchLogWriter::open({.folder = folder(), .venue_id = kVenue, .keep = std::nullopt});
    if (writer) {
        DCX_CHECK(writer->last().value >= commands);
        const CommandHeader next{.sequence = Sequence{writer->last().value + 1}};
        DCX_CHECK(writer->append(next, {}, {}).has_value());
        DCX_CHECK(writer->flush().has_value());
        // What the writer goes on with is only whole; what else is in it, the reader says.
        read();
    }
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return 0;
}
