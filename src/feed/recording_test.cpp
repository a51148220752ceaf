#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "feed/test_recording.h"

namespace dcx::feed::testing {
namespace {

using Kind = RecordedStep::Kind;
using Bytes = std::vector<std::byte>;

// One step as text, with the books behind it.
std::string text_of(const RecordingReader& reader, const RecordedStep& step) {
    std::string text = std::to_string(static_cast<int>(step.kind)) + " " + std::to_string(reader.state().seq) + " " +
                       std::to_string(reader.state().time.value);
    if (step.kind == Kind::state) text += " reason " + std::to_string(static_cast<int>(step.reason));
    if (step.kind == Kind::command)
        for (const RecordedEntry& e : reader.command().entries)
            text += " [" + std::to_string(static_cast<int>(e.action)) + (e.side == Side::buy ? " buy " : " sell ") +
                    std::to_string(e.market) + " #" + std::to_string(e.order.value) + " " +
                    std::to_string(e.quantity.value) + "@" + std::to_string(e.price.value) + " t" +
                    std::to_string(e.trade.value) + " " + std::to_string(e.traded.value) + " " +
                    std::to_string(e.leaves.value) + "]";
    for (const RecordedMarket& market : reader.state().markets)
        text += " " + market.listing.symbol + (market.phase == Phase::halted ? " halted " : " ") +
                std::to_string(market.book.checksum());
    return text;
}

struct Read {
    std::vector<std::string> steps;
    std::optional<RecordingError> error;
    bool closed = false;
};
Read read_all(std::span<const std::byte> file) {
    Read result;
    auto reader = RecordingReader::open(file);
    if (!reader) {
        result.error = reader.error();
        return result;
    }
    result.closed = reader->closed();
    while (true) {
        const auto step = reader->next();
        if (!step) {
            result.error = step.error();
            return result;
        }
        if (step->kind == Kind::end) return result;
        result.steps.push_back(text_of(*reader, *step));
    }
}

bool is_beginning(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
    return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// Blocks by what they say, so that another zstd, which packs them otherwise, makes no difference.
std::string text_of_blocks(std::span<const std::byte> file) {
    std::string text = to_hex(file.first(sizeof(RecordingHeader))) + "\n";
    std::uint64_t offset = sizeof(RecordingHeader);
    while (offset + sizeof(RecordingTrailer) < file.size()) {
        const auto header = read_block_header(file, offset);
        REQUIRE(header.has_value());
        const auto records = read_block(file, offset, *header);
        REQUIRE(records.has_value());
        text += "block " + std::to_string(static_cast<int>(header->kind)) + " " + std::to_string(header->records) +
                " " + std::to_string(header->seq) + " " + std::to_string(header->time) + ": " +
                to_hex(header->kind == BlockKind::index ? std::span<const std::byte>{} : std::span{*records}) + "\n";
        offset += sizeof(BlockHeader) + header->stored;
    }
    return text;
}

}  // namespace

TEST_CASE("recording: what was written is read, record by record") {
    const Read read = read_all(every_record());
    CHECK_FALSE(read.error.has_value());
    CHECK(read.closed);
    REQUIRE(read.steps.size() == 12);
    CHECK(read.steps[2].find("[2 buy 0 #6 15@9995 t8 0 25] [1 sell 0 #5 60@10010 t0 0 0]") != std::string::npos);
    CHECK(read.steps[4].find("[4 sell 0 #0 25@9995 t9 2000 0]") != std::string::npos);
    CHECK(read.steps[7].find("[0 sell 1 #8 1@1 t0 0 0]") != std::string::npos);
    CHECK(read.steps[8].find("reason 3") != std::string::npos);
    CHECK(read.steps[10].find("reason 4") != std::string::npos);
}

TEST_CASE("recording: cut anywhere it is read up to there, and that it was cut is told") {
    const Bytes whole = every_record();
    const Read all = read_all(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Read read = read_all(std::span{whole}.first(size));
        CHECK(is_beginning(read.steps, all.steps));
        CHECK_FALSE(read.closed);
        // All there, and only the trailer is not: then nothing is missing.
        if (read.steps.size() < all.steps.size() && !read.steps.empty() && read.error)
            CHECK(read.error->kind == RecordingErrorKind::cut);
    }
}

TEST_CASE("recording: a changed byte is found, and what is before it is read") {
    const Bytes whole = every_record();
    const Read all = read_all(whole);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const unsigned bit : {0u, 7u}) {
            Bytes changed = whole;
            changed[at] ^= std::byte{static_cast<unsigned char>(1u << bit)};
            const Read read = read_all(changed);
            CHECK(is_beginning(read.steps, all.steps));
            // A trailer or an index that is not right is as good as none.
            CHECK((read.error.has_value() || !read.closed || read.steps == all.steps));
        }
}

TEST_CASE("recording: keyframes are places to begin from, with the index and without") {
    RecordingWriter writer{0, {.block = 64, .keyframe = 1}};
    REQUIRE(writer.begin(small_state(1, 100, 1'000), StateReason::begin) == nullptr);
    for (std::uint64_t i = 0; i < 2'000; ++i)
        put(writer, 101 + i, 2'000 + static_cast<std::int64_t>(i) * 10,
            {entry(RecordedAction::add, Side::buy, 10 + i, 9'000 + static_cast<std::int64_t>(i % 50), 5)});
    writer.close();
    CHECK(writer.counts().states > 3);
    const Bytes closed = writer.take();
    const Bytes open{closed.begin(), closed.end() - sizeof(RecordingTrailer)};
    const Read all = read_all(closed);
    CHECK_FALSE(all.error.has_value());
    for (const Bytes* file : {&closed, &open})
        for (const std::int64_t time : {0ll, 1'000ll, 5'000ll, 12'345ll, 21'990ll, 1'000'000ll}) {
            auto reader = RecordingReader::open(*file);
            REQUIRE(reader.has_value());
            REQUIRE(reader->seek(Time{time}).has_value());
            const auto first = reader->next();
            REQUIRE(first.has_value());
            CHECK(first->kind == Kind::state);
            CHECK((reader->state().time.value <= time || reader->state().seq == 100));
            if (time > 5'000) CHECK(reader->state().seq > 100);
            // From there on everything is as when all is read.
            std::string last;
            while (true) {
                const auto step = reader->next();
                REQUIRE(step.has_value());
                if (step->kind == Kind::end) break;
                last = text_of(*reader, *step);
            }
            CHECK((last.empty() || last == all.steps.back()));
        }
}

TEST_CASE("recording: what does not fit is refused by the writer and leaves the file readable") {
    using enum RecordedAction;
    const std::vector<std::vector<RecordedEntry>> wrong{
        {entry(add, Side::buy, 3, 9'000, 1)},                                             // there already
        {entry(add, Side::buy, 9, 10'010, 1)},                                            // crossed
        {entry(add, Side::buy, 9, 0, 1)},                                                 // no price
        {entry(add, Side::buy, 9, 9'000, 0)},                                             // no quantity
        {entry(add, Side::buy, 0, 9'000, 1)},                                             // no number
        {entry(remove, Side::buy, 4, 9'990, 50)},                                         // not there
        {entry(remove, Side::buy, 3, 9'990, 49)},                                         // has more
        {entry(remove, Side::sell, 3, 9'990, 50)},                                        // of the other side
        {entry(change, Side::buy, 3, 9'990, 51)},                                         // grows in its place
        {entry(execute, Side::buy, 3, 9'990, 51, 8)},                                     // more than it has
        {entry(execute, Side::buy, 3, 9'990, 1, 7)},                                      // a trade that was
        {entry(execute, Side::buy, 3, 9'991, 1, 8)},                                      // at another price
        {entry(add, Side::buy, 9, 9'000, 1), entry(execute, Side::buy, 9, 9'000, 1, 8)},  // not the first
        {entry(bust, Side::buy, 0, 9'000, 1, 99)},                                        // never was
    };
    for (const auto& entries : wrong) {
        RecordingWriter writer{0, {}};
        REQUIRE(writer.begin(small_state(1, 100, 1'000), StateReason::begin) == nullptr);
        put(writer, 101, 1'001, {entry(add, Side::buy, 6, 9'000, 1)});
        CHECK(writer.command({.seq = 102, .time = Time{std::int64_t{1'002}}, .entries = entries}) != nullptr);
        CHECK(writer.command({.seq = 103, .time = Time{std::int64_t{1'003}}, .entries = {}}) != nullptr);
        RecordingState next = small_state(1, 110, 2'000);
        next.last_trade = TradeId{std::uint64_t{200}};
        CHECK(writer.begin(std::move(next), StateReason::gap) == nullptr);
        writer.close();
        const Read read = read_all(writer.take());
        CHECK_FALSE(read.error.has_value());
        CHECK(read.steps.size() == 3);
    }
    RecordingWriter writer{0, {}};
    CHECK(writer.command({.seq = 1, .time = {}, .entries = {}}) != nullptr);
    REQUIRE(writer.begin(small_state(2, 100, 1'000), StateReason::begin) == nullptr);
    CHECK(writer.command({.seq = 100, .time = Time{std::int64_t{1'000}}, .entries = {}}) != nullptr);
    CHECK(writer.command({.seq = 101, .time = Time{std::int64_t{999}}, .entries = {}}) != nullptr);
    CHECK(writer.begin(small_state(1, 200, 2'000), StateReason::gap) != nullptr);
    CHECK(writer.begin(small_state(2, 99, 2'000), StateReason::gap) != nullptr);
    CHECK(writer.list(listing_named("DEC/USD"), Phase::trading, {}) != nullptr);
    CHECK(writer.list(listing_named("a name that is too long"), Phase::trading, {}) != nullptr);
    CHECK(writer.set_phase(1, Phase::halted) != nullptr);
}

TEST_CASE("golden bytes: a recording written today is what version 1 has always been") {
    const std::string path = repository_root() + "/tests/golden/recording_v1.txt";
    const std::string written = text_of_blocks(every_record());
    if (std::getenv("DCX_REWRITE_GOLDEN") != nullptr) {
        std::ofstream{path} << written;
        MESSAGE("rewritten: " << path);
    }
    std::ifstream in{path};
    const std::string kept{std::istreambuf_iterator<char>{in}, {}};
    REQUIRE(!kept.empty());
    CHECK_MESSAGE(written == kept,
                  "The bytes of recordings changed: existing ones cannot be read any more. If that is meant, raise "
                  "kRecordingVersion and run with DCX_REWRITE_GOLDEN=1.");
}

}  // namespace dcx::feed::testing
