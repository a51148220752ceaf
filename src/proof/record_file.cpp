#include "proof/record_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "journal/write_all.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kWriteAt = std::size_t{256} << 10;

ProofError file_error(const std::string& path, int number) {
    return {number == ENOENT ? ProofErrorKind::missing : ProofErrorKind::file_failed,
            path + ": " + std::strerror(number)};
}

std::expected<std::uint64_t, ProofError> size_of(const std::string& path, int file) {
    struct stat status{};
    if (::fstat(file, &status) != 0) return std::unexpected(file_error(path, errno));
    if (!S_ISREG(status.st_mode))
        return std::unexpected(ProofError{ProofErrorKind::file_failed, path + ": not a plain file"});
    return static_cast<std::uint64_t>(status.st_size);
}

std::expected<void, ProofError> read_at(const std::string& path, int file, std::uint64_t offset,
                                        std::span<std::byte> out) {
    while (!out.empty()) {
        const auto count = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(file_error(path, errno));
        if (count == 0)
            return std::unexpected(
                ProofError{ProofErrorKind::missing, path + ": ends before byte " + std::to_string(offset + 1)});
        offset += static_cast<std::uint64_t>(count);
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

std::expected<RecordReader, ProofError> RecordReader::open(std::string path, std::size_t record_size) {
    RecordReader result;
    result.path_ = std::move(path);
    result.record_size_ = record_size;
    result.file_ = Descriptor(::open(result.path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (result.file_.get() < 0) return std::unexpected(file_error(result.path_, errno));
    return result;
}

std::expected<std::uint64_t, ProofError> RecordReader::records() const {
    const auto size = size_of(path_, file_.get());
    if (!size) return std::unexpected(size.error());
    return *size / record_size_;
}

std::expected<void, ProofError> RecordReader::read(std::uint64_t first, std::span<std::byte> out) const {
    DCX_CHECK(out.size() % record_size_ == 0);
    return read_at(path_, file_.get(), first * record_size_, out);
}

std::expected<RecordFile, ProofError> RecordFile::open(std::string path, std::size_t record_size,
                                                       std::uint64_t records) {
    RecordFile result;
    result.path_ = std::move(path);
    result.record_size_ = record_size;
    result.file_ = Descriptor(::open(result.path_.c_str(), O_RDWR | O_CLOEXEC | (records == 0 ? O_CREAT : 0), 0600));
    if (result.file_.get() < 0) return std::unexpected(file_error(result.path_, errno));
    const auto size = size_of(result.path_, result.file_.get());
    if (!size) return std::unexpected(size.error());
    const std::uint64_t wanted = records * record_size;
    if (*size < wanted)
        return std::unexpected(ProofError{ProofErrorKind::missing, result.path_ + ": has " + std::to_string(*size) +
                                                                       " of " + std::to_string(wanted) + " bytes"});
    if (*size > wanted && ::ftruncate(result.file_.get(), static_cast<off_t>(wanted)) != 0)
        return std::unexpected(file_error(result.path_, errno));
    result.written_ = records;
    result.dirty_ = true;  // the cut, or the new file
    return result;
}

void RecordFile::fail(ProofError error) {
    if (!error_) error_ = std::move(error);
}

void RecordFile::append(std::span<const std::byte> bytes) {
    DCX_CHECK(bytes.size() % record_size_ == 0);
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    if (waiting_.size() >= kWriteAt) (void)write_out();  // an error is kept
}

std::expected<void, ProofError> RecordFile::write_out() {
    if (error_) return std::unexpected(*error_);
    if (waiting_.empty()) return {};
    const auto write_some = [this](std::span<const std::byte> part, std::uint64_t offset) {
        return ::pwrite(file_.get(), part.data(), part.size(), static_cast<off_t>(offset));
    };
    if (const int error = journal::write_all(write_some, written_ * record_size_, waiting_); error != 0) {
        fail(file_error(path_, error));
        return std::unexpected(*error_);
    }
    written_ += waiting_.size() / record_size_;
    waiting_.clear();
    dirty_ = true;
    return {};
}

std::expected<void, ProofError> RecordFile::flush() {
    if (auto written = write_out(); !written) return written;
    if (!dirty_) return {};
    if (::fdatasync(file_.get()) != 0) {
        fail(file_error(path_, errno));
        return std::unexpected(*error_);
    }
    dirty_ = false;
    return {};
}

std::expected<void, ProofError> RecordFile::read(std::uint64_t first, std::span<std::byte> out) {
    DCX_CHECK(out.size() % record_size_ == 0);
    if (auto written = write_out(); !written) return written;
    return read_at(path_, file_.get(), first * record_size_, out);
}

std::expected<void, ProofError> sync_folder(const std::string& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) return std::unexpected(file_error(folder, errno));
    return {};
}

}  // namespace dcx::proof
