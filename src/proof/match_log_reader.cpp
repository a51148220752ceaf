#include "proof/match_log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace dcx::proof {
namespace {

constexpr std::size_t kUnit = sizeof(MatchRecord);

std::unexpected<ProofError> fail(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

// Reads as much as there is.
std::expected<std::size_t, ProofError> read_at(int file, std::uint64_t offset, std::span<std::byte> out,
                                               const std::string& name) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::pread(file, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(ProofErrorKind::file_failed, name + ": " + std::strerror(errno));
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

}  // namespace

ProofError MatchLogReader::error(ProofErrorKind kind, const std::string& what) const {
    return {kind, files_[at_].name + ", byte " + std::to_string(offset_) + ": " + what};
}

std::expected<MatchLogReader, ProofError> MatchLogReader::open(const std::string& folder) {
    MatchLogReader reader;
    reader.folder_ = folder;
    std::error_code error;
    for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        const std::string name = i->path().filename().string();
        if (!name.ends_with(kMatchLogSuffix)) continue;
        const auto first = parse_match_file_name(name);
        if (!first) return fail(ProofErrorKind::malformed, name + " is no name of a file of a match log");
        struct stat status{};
        if (::stat(i->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode))
            return fail(ProofErrorKind::file_failed, name + " is no file that can be read");
        reader.total_bytes_ += static_cast<std::uint64_t>(status.st_size);
        reader.files_.push_back({name, *first});
    }
    if (error) return fail(ProofErrorKind::file_failed, folder + ": " + error.message());
    if (reader.files_.empty()) return fail(ProofErrorKind::missing, folder + " has no files of a match log");
    std::ranges::sort(reader.files_, {}, &LogFile::first);
    if (auto opened = reader.open_file(); !opened) return std::unexpected(opened.error());
    return reader;
}

std::expected<void, ProofError> MatchLogReader::open_file() {
    const LogFile& file = files_[at_];
    offset_ = 0;
    if (file.first.value != last_.value + 1)
        return fail(ProofErrorKind::sequence_gap, file.name + " follows command " + std::to_string(last_.value));
    const std::string path = folder_ + "/" + file.name;
    file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file_.get() < 0) return fail(ProofErrorKind::file_failed, path + ": " + std::strerror(errno));
    MatchFileHeader header;
    const auto got = read_at(file_.get(), 0, std::as_writable_bytes(std::span{&header, 1}), file.name);
    if (!got) return std::unexpected(got.error());
    if (*got < sizeof header) {
        // A file that was just begun; it must be the newest one, and not the only one.
        if (!in_last_file() || at_ == 0) return std::unexpected(error(ProofErrorKind::malformed, "no whole header"));
        unfinished_ = *got;
        offset_ = *got;
        return {};
    }
    const MatchFileHeader wanted{.venue_id = header.venue_id, .first_sequence = file.first};
    if (std::memcmp(&header, &wanted, sizeof header) != 0)
        return std::unexpected(error(ProofErrorKind::malformed, "not the header of a match log of version 1"));
    if (at_ == 0) venue_id_ = header.venue_id;
    if (header.venue_id != venue_id_)
        return std::unexpected(error(ProofErrorKind::other_venue, "its venue is another one's than the files before"));
    offset_ = sizeof header;
    read_bytes_ += sizeof header;
    return {};
}

std::expected<void, ProofError> MatchLogReader::take_commands(MatchChunk& chunk, std::size_t units) {
    std::size_t at = 0;
    while (at < units) {
        const auto head = std::bit_cast<MatchCommandHead>(chunk.units[at]);
        if (head.records > kMaxMatchRecords || head.zero != 0 || head.zero_too != 0)
            return std::unexpected(error(ProofErrorKind::malformed, "not the head of a command"));
        if (head.sequence.value != last_.value + 1)
            return std::unexpected(error(
                ProofErrorKind::sequence_gap,
                "command " + std::to_string(head.sequence.value) + " behind command " + std::to_string(last_.value)));
        if (head.records >= units - at) break;
        chunk.commands.push_back({head, std::span{chunk.units}.subspan(at + 1, head.records)});
        at += 1 + head.records;
        offset_ += (1 + std::uint64_t{head.records}) * kUnit;
        last_ = head.sequence;
    }
    read_bytes_ += at * kUnit;
    return {};
}

std::expected<void, ProofError> MatchLogReader::next(MatchChunk& chunk) {
    chunk.commands.clear();
    std::size_t wanted = kChunkUnits;
    while (chunk.commands.empty()) {
        if (unfinished_ != 0) return {};
        chunk.units.resize(wanted);
        const std::span<std::byte> bytes = std::as_writable_bytes(std::span{chunk.units});
        const auto got = read_at(file_.get(), offset_, bytes, files_[at_].name);
        if (!got) return std::unexpected(got.error());
        chunk.file = files_[at_].name;
        if (auto taken = take_commands(chunk, *got / kUnit); !taken) return taken;
        if (!chunk.commands.empty()) break;
        if (*got == bytes.size()) {
            // One command is longer than that.
            wanted = kMaxMatchRecords + 1;
            continue;
        }
        if (in_last_file()) {
            unfinished_ = *got;
            return {};
        }
        if (*got != 0) return std::unexpected(error(ProofErrorKind::malformed, "ends within a command"));
        if (offset_ == sizeof(MatchFileHeader)) return std::unexpected(error(ProofErrorKind::missing, "no commands"));
        ++at_;
        if (auto opened = open_file(); !opened) return opened;
    }
    return {};
}

}  // namespace dcx::proof
