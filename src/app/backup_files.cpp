#include "app/backup_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace dcx::app {
namespace {

constexpr std::size_t kPiece = 1u << 20;

[[noreturn]] void fail(const std::string& path, const char* what, int code = errno) {
    const char* description = ::strerrordesc_np(code);
    const std::string text = path + ": " + what + ": " + (description != nullptr ? description : "unknown error");
    if (code == ENOENT) throw FileGone(text);
    throw std::runtime_error(text);
}

class OpenFile {
  public:
    OpenFile(std::string path, int flags, mode_t mode = 0600)
        : path_(std::move(path)), fd_(::open(path_.c_str(), flags | O_CLOEXEC, mode)) {
        if (fd_ < 0) fail(path_, "can't be opened");
    }
    ~OpenFile() { ::close(fd_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

    // All of `out` from `offset` on.
    void read(std::uint64_t offset, std::span<std::byte> out) const {
        while (!out.empty()) {
            const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail(path_, "can't be read");
            if (got == 0) throw std::runtime_error(path_ + ": is shorter than it was");
            out = out.subspan(static_cast<std::size_t>(got));
            offset += static_cast<std::uint64_t>(got);
        }
    }
    void write(std::uint64_t offset, std::span<const std::byte> bytes) const {
        while (!bytes.empty()) {
            const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (put < 0 && errno == EINTR) continue;
            if (put <= 0) fail(path_, "can't be written");
            bytes = bytes.subspan(static_cast<std::size_t>(put));
            offset += static_cast<std::uint64_t>(put);
        }
    }
    void sync() const {
        if (::fsync(fd_) != 0) fail(path_, "can't be synced");
    }

  private:
    std::string path_;
    int fd_;
};

// Removes what was written beside unless it got its place.
class Beside {
  public:
    explicit Beside(std::string path) : path_(std::move(path)) { ::unlink(path_.c_str()); }
    ~Beside() {
        if (!placed_) ::unlink(path_.c_str());
    }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    void place(const std::string& to) {
        if (::rename(path_.c_str(), to.c_str()) != 0) fail(to, "can't be put in place");
        placed_ = true;
    }

  private:
    std::string path_;
    bool placed_ = false;
};

}  // namespace

std::uint64_t size_of_file(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) fail(path, "can't be examined");
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path + ": is not a file");
    return static_cast<std::uint64_t>(status.st_size);
}

Digest hash_file(const std::string& path, std::uint64_t bytes) {
    const OpenFile file(path, O_RDONLY);
    // A promise of nothing: what is dirty or mapped stays.
    ::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED);
    Sha256 hash;
    std::vector<std::byte> piece(kPiece);
    for (std::uint64_t offset = 0; offset < bytes;) {
        const auto part = std::span{piece}.first(std::min<std::uint64_t>(piece.size(), bytes - offset));
        file.read(offset, part);
        hash.update(part);
        offset += part.size();
    }
    return hash.finish();
}

Digest copy_file(const std::string& from, const std::string& to, std::uint64_t bytes, std::uint64_t size,
                 bool reserve) {
    const OpenFile source(from, O_RDONLY);
    Beside beside(to + ".new");
    const OpenFile target(beside.path(), O_WRONLY | O_CREAT | O_EXCL);
    if (reserve && size > bytes) {
        if (const int code = ::posix_fallocate(target.fd(), 0, static_cast<off_t>(size)); code != 0)
            fail(to, "its space can't be taken", code);
    }
    Sha256 hash;
    std::vector<std::byte> piece(kPiece);
    for (std::uint64_t offset = 0; offset < bytes;) {
        const auto part = std::span{piece}.first(std::min<std::uint64_t>(piece.size(), bytes - offset));
        source.read(offset, part);
        hash.update(part);
        target.write(offset, part);
        offset += part.size();
    }
    if (::ftruncate(target.fd(), static_cast<off_t>(size)) != 0) fail(to, "can't be given its size");
    target.sync();
    beside.place(to);
    return hash.finish();
}

void write_file(const std::string& path, const std::string& text) {
    Beside beside(path + ".new");
    const OpenFile target(beside.path(), O_WRONLY | O_CREAT | O_EXCL);
    target.write(0, std::as_bytes(std::span{text}));
    target.sync();
    beside.place(path);
}

std::string read_file(const std::string& path, std::size_t limit) {
    const std::uint64_t size = size_of_file(path);
    if (size > limit) throw std::runtime_error(path + ": is too long");
    std::string text(size, '\0');
    OpenFile(path, O_RDONLY).read(0, std::as_writable_bytes(std::span{text}));
    return text;
}

void sync_folder(const std::string& path) { OpenFile(path, O_RDONLY | O_DIRECTORY).sync(); }

}  // namespace dcx::app
