#include "proof/recorded_files.h"

#include <utility>

namespace dcx::proof {

std::size_t Unrecorded::bytes() const {
    return headers.size() * (sizeof(CommandHeader) + 2 * sizeof(Digest) + 2 * sizeof(std::uint32_t)) +
           records.size() * sizeof(MatchRecord) + event_leaves.size() * sizeof(Digest);
}

void Unrecorded::clear() {
    headers.clear();
    commitments.clear();
    record_counts.clear();
    event_counts.clear();
    records.clear();
    command_leaves.clear();
    event_leaves.clear();
}

RecordedFiles::RecordedFiles(std::string folder, std::string match_log)
    : folder_(std::move(folder)), match_log_(std::move(match_log)) {}

std::expected<void, ProofError> RecordedFiles::open() {
    const auto mark = read_mark(mark_file(folder_));
    if (!mark) return std::unexpected(mark.error());
    mark_ = *mark;
    return open_files(mark_.venue_id);
}

std::expected<void, ProofError> RecordedFiles::open_files(const journal::VenueId& venue_id) {
    if (files_) return {};
    auto commands = TreeFile::open(folder_, kCommandTree, mark_.sequence);
    if (!commands) return std::unexpected(commands.error());
    auto events = TreeFile::open(folder_, kEventTree, mark_.events);
    if (!events) return std::unexpected(events.error());
    auto index = EventIndex::open(index_file(folder_), Sequence{mark_.sequence});
    if (!index) return std::unexpected(index.error());
    auto match_log =
        MatchLogWriter::open({.folder = match_log_, .venue_id = venue_id, .keep = Sequence{mark_.sequence}});
    if (!match_log) return std::unexpected(match_log.error());
    files_.emplace(Files{std::move(*commands), std::move(*events), std::move(*index), std::move(*match_log)});
    return {};
}

std::expected<void, ProofError> RecordedFiles::append(const Unrecorded& unrecorded) {
    files_->commands.append(unrecorded.command_leaves);
    files_->events.append(unrecorded.event_leaves);
    std::uint64_t events = mark_.events;  // before the next command's
    std::span<const MatchRecord> records = unrecorded.records;
    for (std::size_t i = 0; i < unrecorded.headers.size(); ++i) {
        const std::uint32_t count = unrecorded.record_counts[i];
        files_->index.append(events);
        events += unrecorded.event_counts[i];
        if (const auto done =
                files_->match_log.append(unrecorded.headers[i], records.first(count), unrecorded.commitments[i]);
            !done)
            return done;
        records = records.subspan(count);
    }
    if (const auto done = files_->commands.flush(); !done) return done;
    if (const auto done = files_->events.flush(); !done) return done;
    if (const auto done = files_->index.flush(); !done) return done;
    return files_->match_log.flush();
}

std::expected<void, ProofError> RecordedFiles::put_down(const Unrecorded& unrecorded, const RecordedMark& mark) {
    if (const auto opened = open_files(mark.venue_id); !opened) return opened;
    auto done = append(unrecorded);
    if (done) done = write_mark(mark_file(folder_), mark);
    if (!done) {
        files_.reset();
        return done;
    }
    mark_ = mark;
    return {};
}

std::expected<Digest, ProofError> RecordedFiles::command_root() {
    if (const auto opened = open_files(mark_.venue_id); !opened) return std::unexpected(opened.error());
    return files_->commands.root();
}

std::expected<Digest, ProofError> RecordedFiles::event_root() {
    if (const auto opened = open_files(mark_.venue_id); !opened) return std::unexpected(opened.error());
    return files_->events.root();
}

}  // namespace dcx::proof
