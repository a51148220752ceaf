#include "feed/mirror_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/ed25519.h"
#include "base/sha256.h"

namespace dcx::feed {

namespace {

std::unexpected<std::string> failed(const std::string& file, const char* what, int error) {
    return std::unexpected(file + ": " + what + ": " + std::generic_category().message(error));
}

// Nobody can have put a file there before.
std::string unused_name(const std::string& path) {
    std::array<std::byte, 8> suffix{};
    random_bytes(suffix);
    return path + "." + to_hex(suffix) + ".new";
}

bool is_in_memory(int file) {
    struct statfs system{};
    return ::fstatfs(file, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

// There is a file of that name and its writer holds it.
bool has_living_writer(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    return file.get() >= 0 && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

std::expected<MirrorFile, std::string> MirrorFile::create(const std::string& path, std::size_t bytes) {
    const std::string name = unused_name(path);
    Descriptor file{::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.get() < 0) return failed(name, "can't be made", errno);
    MirrorFile mirror(path, name, std::move(file));
    const int descriptor = mirror.file_.get();
    mirror.in_memory_ = is_in_memory(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return failed(name, "can't be locked", errno);
    if (auto taken = mirror.take(bytes); !taken) return std::unexpected(std::move(taken.error()));
    return mirror;
}

std::expected<MirrorFile, std::string> MirrorFile::create_unnamed(const std::string& what, std::size_t bytes) {
    Descriptor file{::memfd_create(what.c_str(), MFD_CLOEXEC)};
    if (file.get() < 0) return failed(what, "can't be made", errno);
    MirrorFile mirror(what, {}, std::move(file));
    mirror.in_memory_ = true;
    if (auto taken = mirror.take(bytes); !taken) return std::unexpected(std::move(taken.error()));
    return mirror;
}

// All of its bytes, and maps them.
std::expected<void, std::string> MirrorFile::take(std::size_t bytes) {
    const int descriptor = file_.get();
    if (const int error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)); error != 0)
        return failed(path_, "no room", error);
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
    if (memory == MAP_FAILED) return failed(path_, "can't be mapped", errno);
    words_ = {static_cast<std::atomic<std::uint64_t>*>(memory), bytes / sizeof(std::uint64_t)};
    // Best effort: its pages are few, and where the limit forbids it they can be swapped out like others.
    (void)::mlock(memory, bytes);
    return {};
}

MirrorFile::MirrorFile(MirrorFile&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::exchange(other.name_, {})),
      file_(std::move(other.file_)),
      words_(std::exchange(other.words_, {})),
      in_memory_(other.in_memory_) {}

MirrorFile::~MirrorFile() {
    remove();
    if (!words_.empty()) ::munmap(words_.data(), words_.size_bytes());
}

std::expected<void, std::string> MirrorFile::publish(unsigned mode) {
    if (name_.empty()) return std::unexpected(path_ + ": has no file");
    if (has_living_writer(path_)) return std::unexpected(path_ + ": another venue's");
    // Only now: what is readable under the other name would be read by its number.
    if (::fchmod(file_.get(), mode) != 0) return failed(name_, "can't be given its mode", errno);
    if (::rename(name_.c_str(), path_.c_str()) != 0) return failed(path_, "can't be given its name", errno);
    name_ = path_;
    return {};
}

void MirrorFile::remove() {
    if (name_.empty()) return;
    struct stat ours{}, there{};
    const bool is_ours = ::fstat(file_.get(), &ours) == 0 && ::lstat(name_.c_str(), &there) == 0 &&
                         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
    if (is_ours) ::unlink(name_.c_str());
    name_.clear();
}

}  // namespace dcx::feed
