// For the journal's tests: commands with known bytes, a journal in memory that can be run, cut and compared, a folder
// that goes away.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "journal/memory_storage.h"
#include "journal/recovery.h"
#include "journal/writer.h"

namespace dcx::journal {

inline constexpr VenueId kTestVenue{std::byte{0xDE}, std::byte{0xC0}, std::byte{1}};
inline constexpr std::uint64_t kSmallSegment = 8192;  // 32 blocks of batches

constexpr Sequence seq(std::uint64_t sequence) { return Sequence{sequence}; }
constexpr Time at(std::int64_t ns) { return Time{ns}; }

// A command of this sequence whose other bytes depend on `life`, none of them zero.
inline Command test_command(Sequence sequence, std::uint64_t life = 0) {
    Command command;
    Random random{sequence.value * 1'000'003 + life};
    std::array<std::byte, sizeof(Command)> bytes{};
    for (std::byte& b : bytes) b = static_cast<std::byte>(1 + random.below(255));
    std::memcpy(static_cast<void*>(&command), bytes.data(), bytes.size());
    command.header.sequence = sequence;
    return command;
}

inline std::vector<Command> test_commands(Sequence first, std::size_t count, std::uint64_t life = 0) {
    std::vector<Command> commands;
    commands.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) commands.push_back(test_command(Sequence{first.value + i}, life));
    return commands;
}

inline bool same_bytes(std::span<const Command> a, std::span<const Command> b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

inline WriterOptions small_options() {
    return {
        .venue_id = kTestVenue, .engine_version = 7, .now = at(1), .segment_size = kSmallSegment, .background = false};
}

// A recovery with all commands that it visited.
struct Recovered {
    std::expected<Recovery, RecoveryError> result;
    std::vector<Command> commands;
    std::size_t batches = 0;
};
inline Recovered recover_all(Storage& storage) {
    Recovered recovered;
    recovered.result =
        recover(storage, {.visit = [&](const Batch& batch) {
                    recovered.commands.insert(recovered.commands.end(), batch.commands.begin(), batch.commands.end());
                    ++recovered.batches;
                }});
    return recovered;
}

// Recovers and opens; both must succeed.
inline std::unique_ptr<Writer> open_writer(Storage& storage, const WriterOptions& options = small_options()) {
    const auto recovery = recover(storage);
    DCX_CHECK(recovery.has_value());
    auto writer = Writer::open(storage, *recovery, options);
    DCX_CHECK(writer.has_value());
    return std::move(*writer);
}

// Appends the next `count` commands and commits them.
inline Result<Sequence> commit_next(Writer& writer, std::size_t count, std::uint64_t life = 0) {
    const auto commands = test_commands(Sequence{writer.durable().value + 1}, count, life);
    DCX_CHECK(writer.append(commands) == count);
    return writer.commit(Time{static_cast<std::int64_t>(commands.back().header.sequence.value)});
}

// Where each batch of a segment's bytes lies.
struct Extent {
    std::uint64_t offset;
    std::uint64_t size;
    std::uint32_t count;
};
inline std::vector<Extent> batch_extents(std::span<const std::byte> segment) {
    std::vector<Extent> extents;
    for (std::uint64_t offset = kSegmentHeaderSize; offset + kBlockSize <= segment.size();) {
        BatchHeader header;
        std::memcpy(static_cast<void*>(&header), segment.data() + offset, sizeof header);
        if (!intact(header)) break;
        extents.push_back({offset, (std::uint64_t{header.count} + 1) * kBlockSize, header.count});
        offset += extents.back().size;
    }
    return extents;
}

using Files = std::map<std::string, std::vector<std::byte>>;

inline Files files_of(const MemoryDisk& disk) {
    Files files;
    for (const std::string& name : disk.names()) files[name] = disk.get(name);
    return files;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "dcx-journal-XXXXXX").string();
        DCX_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace dcx::journal
