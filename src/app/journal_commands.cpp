// dcx journal ls, dump, check and archive: on a folder of segments, with or without a venue at work in it. None but
// `archive --keep` needs the lock or changes the folder.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "app/commands.h"
#include "app/journal_folder.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"
#include "journal/reader.h"
#include "journal/retention.h"

namespace dcx::app {
namespace {

using journal::Batch;
using journal::Position;
using journal::Reader;
using journal::RecoveryError;
using journal::Segment;
using Json = nlohmann::ordered_json;

int fail(const std::string& message) {
    std::fprintf(stderr, "dcx journal: %s\n", message.c_str());
    return kFailed;
}

void print(const Json& line) { std::printf("%s\n", line.dump().c_str()); }

// The place before a segment's first batch, as its header tells it.
Position beginning_of(const Segment& segment) {
    return {.segment_name = segment.name,
            .segment = segment.header.segment,
            .segment_size = segment.header.size,
            .offset = journal::kSegmentHeaderSize,
            .batch = segment.header.first_batch - 1,
            .sequence = Sequence{segment.header.first_sequence - 1},
            .epoch = segment.header.epoch,
            .hash = segment.header.previous,
            .time = Time{segment.header.time}};
}

// ---- ls

// A segment as the table shows it.
struct Row {
    std::uint64_t last_sequence{};
    std::uint64_t last_batch{};
    std::string state;
    std::string trouble;
};

// From the next segment's header, or by a walk through the last one.
Row row_of(journal::Storage& storage, const std::vector<Segment>& segments, std::size_t index) {
    if (index + 1 < segments.size()) {
        const auto& next = segments[index + 1].header;
        return {next.first_sequence - 1, next.first_batch - 1, "full", {}};
    }
    auto reader = Reader::open(storage, beginning_of(segments[index]));
    if (!reader) return {0, 0, "damaged", reader.error().message};
    while (true) {
        const auto batch = reader->next();
        const Position& end = reader->position();
        if (!batch) return {end.sequence.value, end.batch, "damaged", batch.error().message};
        if (!*batch) return {end.sequence.value, end.batch, reader->tail() ? "torn" : "open", {}};
    }
}

Json json_of(const Segment& segment, const Row& row, bool live, bool archived) {
    const auto& header = segment.header;
    const std::uint64_t batches = row.last_batch + 1 - header.first_batch;
    const std::uint64_t commands = row.last_sequence + 1 - header.first_sequence;
    Json line{{"segment", header.segment},
              {"name", segment.name},
              {"first_sequence", header.first_sequence},
              {"last_sequence", row.last_sequence},
              {"batches", batches},
              {"epoch", header.epoch},
              {"engine_version", header.engine_version},
              {"size", header.size},
              // Nothing stands between batches.
              {"used", journal::kSegmentHeaderSize + (batches + commands) * journal::kBlockSize},
              {"state", row.state},
              {"live", live},
              {"archived", archived},
              {"quarantined", Json::array()}};
    for (const auto& command : segment.quarantined) line["quarantined"].push_back(command.sequence);
    return line;
}

void print_row(const Json& line) {
    const auto number = [&](const char* key) {
        return static_cast<unsigned long long>(line[key].get<std::uint64_t>());
    };
    const char* where = !line["archived"].get<bool>() ? "" : line["live"].get<bool>() ? " archived" : " archived only";
    std::printf("%7llu %20llu %20llu %9llu %6llu %11llu %11llu  %s%s\n", number("segment"), number("first_sequence"),
                number("last_sequence"), number("batches"), number("epoch"), number("size"), number("used"),
                line["state"].get_ref<const std::string&>().c_str(), where);
}

// ---- dump

void dump_command(const Command& command, const Batch& batch, const Position& end, bool json) {
    const CommandHeader& header = command.header;
    const auto body = std::span{command.body}.first(body_size(header.kind));
    if (!json) {
        std::printf("%llu %lld %s session %u:%llu %s\n", static_cast<unsigned long long>(header.sequence.value),
                    static_cast<long long>(header.time.value), std::string{to_string(header.kind)}.c_str(),
                    header.session.value, static_cast<unsigned long long>(header.session_sequence),
                    to_hex(body).c_str());
        return;
    }
    print({{"sequence", header.sequence.value},
           {"time", header.time.value},
           {"kind", to_string(header.kind)},
           {"session", header.session.value},
           {"session_sequence", header.session_sequence},
           {"wait_ns", header.wait_ns},
           {"batch", batch.header->number},
           {"epoch", batch.header->epoch},
           {"segment", end.segment_name},
           {"hash", to_hex(journal::command_hash(command))},
           {"body", to_hex(body)}});
}

// ---- check

struct Walk {
    Position end;
    std::uint64_t commands = 0;  // read by this walk
    std::string trouble;         // empty: all is well
};

Walk walk(journal::Storage& storage, const std::optional<Position>& from) {
    Walk result;
    if (from) result.end = *from;
    auto reader = Reader::open(storage, from);
    if (!reader) {
        result.trouble = reader.error().message;
        return result;
    }
    while (true) {
        const auto batch = reader->next();
        result.end = reader->position();
        if (batch && *batch) {
            result.commands += (*batch)->commands.size();
            continue;
        }
        if (!batch) {
            result.trouble = batch.error().message;
        } else if (const auto& tail = reader->tail()) {
            result.trouble = "ambiguous_tail: segment " + tail->segment + ", offset " + std::to_string(tail->offset) +
                             ": " + std::to_string(tail->size) + " bytes from sequence " +
                             std::to_string(tail->first.value) + " on are no whole batch and not known durable";
        }
        return result;
    }
}

// A writer may be at work: what looks torn or contradicts itself in a batch that is being written is looked at again,
// from the last good batch on. What stays so while nothing is added is said.
Walk walk_patiently(journal::Storage& storage, const std::optional<Position>& from) {
    constexpr int looks = 20;
    Walk result = walk(storage, from);
    for (int look = 1; look < looks && !result.trouble.empty(); ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const auto again_from = result.end.segment != 0 ? std::optional{result.end} : from;
        Walk again = walk(storage, again_from);
        const bool moved = again.end.batch != result.end.batch;
        again.commands += result.commands;
        result = std::move(again);
        if (!moved && look >= 2) break;
    }
    return result;
}

}  // namespace

int journal_ls(const JournalOptions& options) {
    const auto folders = JournalFolder::open(options.folder, options.archive);
    if (!folders) return fail(folders.error().message);
    const auto segments = journal::read_catalog(folders->whole());
    if (!segments) return fail(segments.error().message);
    if (!options.json && !segments->empty())
        std::printf("%7s %20s %20s %9s %6s %11s %11s  %s\n", "segment", "first", "last", "batches", "epoch", "size",
                    "used", "state");
    int code = kDone;
    for (std::size_t i = 0; i < segments->size(); ++i) {
        const Segment& segment = (*segments)[i];
        const Row row = row_of(folders->whole(), *segments, i);
        const bool live = folders->live().size(segment.name).has_value();
        const bool archived =
            folders->archive() != nullptr && folders->archive()->size(journal::archive_name(segment.name)).has_value();
        const Json line = json_of(segment, row, live, archived);
        if (options.json)
            print(line);
        else
            print_row(line);
        if (!row.trouble.empty()) code = fail(row.trouble);
    }
    return code;
}

int journal_dump(const JournalOptions& options) {
    const auto folders = JournalFolder::open(options.folder, options.archive);
    if (!folders) return fail(folders.error().message);
    const auto segments = journal::read_catalog(folders->whole());
    if (!segments) return fail(segments.error().message);
    if (segments->empty()) return kDone;
    // From the last segment that begins at or before the first command asked for.
    std::size_t begin = 0;
    while (begin + 1 < segments->size() && (*segments)[begin + 1].header.first_sequence <= options.from) ++begin;
    auto reader = Reader::open(folders->whole(), beginning_of((*segments)[begin]));
    if (!reader) return fail(reader.error().message);
    const std::uint64_t last = options.to != 0 ? options.to : std::numeric_limits<std::uint64_t>::max();
    while (reader->position().sequence.value < last) {
        const auto batch = reader->next();
        if (!batch) return fail(batch.error().message);
        if (!*batch) break;
        for (const Command& command : (*batch)->commands)
            if (command.header.sequence.value >= options.from && command.header.sequence.value <= last)
                dump_command(command, **batch, reader->position(), options.json);
    }
    return kDone;
}

int journal_check(const JournalOptions& options) {
    const auto folders = JournalFolder::open(options.folder, options.archive);
    if (!folders) return fail(folders.error().message);
    std::optional<Position> from;
    if (options.partial) {
        const auto segments = journal::read_catalog(folders->whole());
        if (!segments) return fail(segments.error().message);
        if (!segments->empty()) from = beginning_of(segments->front());
    }
    const Walk result = walk_patiently(folders->whole(), from);
    if (!result.trouble.empty()) return fail(result.trouble);
    if (options.json)
        print({{"check", "ok"},
               {"sequence", result.end.sequence.value},
               {"batches", result.end.batch},
               {"commands", result.commands},
               {"hash", to_hex(result.end.hash)}});
    else
        std::printf("ok: %llu batches to sequence %llu\n", static_cast<unsigned long long>(result.end.batch),
                    static_cast<unsigned long long>(result.end.sequence.value));
    return kDone;
}

int journal_archive(const JournalOptions& options) {
    const auto live = open_existing(options.folder);
    if (!live) return fail(live.error().message);
    const auto archive = journal::DiskStorage::open(options.to_folder);
    if (!archive) return fail(archive.error().message);
    const auto segments = journal::read_catalog(**live);
    if (!segments) return fail(segments.error().message);
    // Deleting needs to know that nobody else does, and that nobody starts meanwhile.
    if (options.keep)
        if (const auto locked = (*live)->lock(); !locked) return fail(locked.error().message);
    for (std::size_t i = 0; i + 1 < segments->size(); ++i) {
        const Segment& segment = (*segments)[i];
        const auto packed = journal::archive_segment(**live, **archive, segment, (*segments)[i + 1]);
        if (!packed) return fail(packed.error().message);
        if (options.json)
            print({{"archived", segment.name}, {"size", segment.header.size}, {"packed", *packed}});
        else
            std::printf("archived %s, %llu bytes of %llu\n", segment.name.c_str(),
                        static_cast<unsigned long long>(*packed), static_cast<unsigned long long>(segment.header.size));
    }
    if (!options.keep || segments->empty()) return kDone;
    const std::vector<journal::Holder> holders{{"the newest segment", segments->back().header.segment}};
    const auto retired = journal::retire_segments(**live, archive->get(), holders, {.keep_segments = *options.keep});
    if (!retired) return fail(retired.error().message);
    for (const std::string& name : retired->removed) {
        if (options.json)
            print({{"removed", name}});
        else
            std::printf("removed %s\n", name.c_str());
    }
    return kDone;
}

}  // namespace dcx::app
