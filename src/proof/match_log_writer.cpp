#include "proof/match_log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "proof/match_file_end.h"

namespace dcx::proof {
namespace {

std::unexpected<ProofError> fail(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}
std::unexpected<ProofError> failed(const std::string& what) {
    return fail(ProofErrorKind::file_failed, what + ": " + std::strerror(errno));
}

std::expected<void, ProofError> sync_folder(const std::string& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) return failed(folder);
    return {};
}

struct Written {
    std::string name;
    Sequence first{};
};
std::expected<std::vector<Written>, ProofError> files_in(const std::string& folder) {
    std::vector<Written> files;
    std::error_code error;
    for (std::filesystem::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
        if (const auto first = parse_match_file_name(i->path().filename().string()))
            files.push_back({i->path().filename().string(), *first});
    if (error) return fail(ProofErrorKind::file_failed, folder + ": " + error.message());
    std::ranges::sort(files, {}, &Written::first);
    return files;
}

}  // namespace

std::expected<MatchLogWriter, ProofError> MatchLogWriter::open(const MatchLogWriterOptions& options) {
    MatchLogWriter writer(options);
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    if (error) return fail(ProofErrorKind::file_failed, options.folder + ": " + error.message());
    writer.buffer_.reserve(kBuffer);
    if (auto gone_on = writer.go_on(); !gone_on) return std::unexpected(gone_on.error());
    return writer;
}

// Finds where the last command ends that stays, and cuts there.
std::expected<void, ProofError> MatchLogWriter::go_on() {
    auto files = files_in(options_.folder);
    if (!files) return std::unexpected(files.error());
    // Newest first, so that a crash on the way leaves no gap.
    const auto drop_last = [&]() -> std::expected<void, ProofError> {
        const std::string path = options_.folder + "/" + files->back().name;
        if (::unlink(path.c_str()) != 0) return failed(path);
        files->pop_back();
        return sync_folder(options_.folder);
    };
    while (!files->empty()) {
        if (options_.keep && files->back().first > *options_.keep) {
            if (auto dropped = drop_last(); !dropped) return dropped;
            continue;
        }
        const std::string path = options_.folder + "/" + files->back().name;
        auto end = MatchFileEnd::find(path, files->back().first, options_.keep.value_or(Sequence{~std::uint64_t{0}}));
        if (!end) return std::unexpected(end.error());
        if (end->commands == 0) {
            // Begun and no more.
            if (auto dropped = drop_last(); !dropped) return dropped;
            continue;
        }
        if (end->venue_id != options_.venue_id) return fail(ProofErrorKind::other_venue, path + " is another venue's");
        last_ = Sequence{files->back().first.value + end->commands - 1};
        name_ = path;
        size_ = end->size;
        file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (file_.get() < 0 || ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0 ||
            ::lseek(file_.get(), 0, SEEK_END) < 0)
            return failed(path);
        break;
    }
    if (options_.keep && last_ < *options_.keep)
        return fail(ProofErrorKind::missing, options_.folder + " ends with command " + std::to_string(last_.value) +
                                                 ", not with " + std::to_string(options_.keep->value));
    return {};
}

std::expected<void, ProofError> MatchLogWriter::begin_file(Sequence first) {
    if (file_.get() >= 0)
        if (auto flushed = flush(); !flushed) return flushed;
    name_ = options_.folder + "/" + match_file_name(first);
    file_ = Descriptor(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (file_.get() < 0) return failed(name_);
    if (auto synced = sync_folder(options_.folder); !synced) return synced;
    const MatchFileHeader header{.venue_id = options_.venue_id, .first_sequence = first};
    const auto bytes = std::as_bytes(std::span{&header, 1});
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    size_ = sizeof header;
    return {};
}

std::expected<void, ProofError> MatchLogWriter::append(const CommandHeader& header,
                                                       std::span<const MatchRecord> records, const Digest& commitment) {
    DCX_CHECK(header.sequence.value == last_.value + 1 && records.size() <= kMaxMatchRecords);
    if (file_.get() < 0 || size_ >= options_.file_size)
        if (auto begun = begin_file(header.sequence); !begun) return begun;
    const MatchCommandHead head{.sequence = header.sequence,
                                .time = header.time,
                                .records = static_cast<std::uint32_t>(records.size()),
                                .commitment = commitment};
    const auto head_bytes = std::as_bytes(std::span{&head, 1});
    const auto record_bytes = std::as_bytes(records);
    buffer_.insert(buffer_.end(), head_bytes.begin(), head_bytes.end());
    buffer_.insert(buffer_.end(), record_bytes.begin(), record_bytes.end());
    size_ += head_bytes.size() + record_bytes.size();
    last_ = header.sequence;
    return buffer_.size() >= kBuffer ? write_out() : std::expected<void, ProofError>{};
}

std::expected<void, ProofError> MatchLogWriter::write_out() {
    for (std::size_t done = 0; done < buffer_.size();) {
        const ssize_t n = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed(name_);
        done += static_cast<std::size_t>(n);
    }
    buffer_.clear();
    return {};
}

std::expected<void, ProofError> MatchLogWriter::flush() {
    if (file_.get() < 0) return {};
    if (auto written = write_out(); !written) return written;
    if (::fdatasync(file_.get()) != 0) return failed(name_);
    return {};
}

}  // namespace dcx::proof
