#include "wallet/vault_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/descriptor.h"

namespace dcx::wallet {
namespace {

std::unexpected<VaultFileError> failed(const char* what) {
    const char* description = ::strerrordesc_np(errno);
    return std::unexpected(
        VaultFileError{VaultErrorKind::file_failed,
                       std::string{what} + ": " + (description != nullptr ? description : "unknown error")});
}

bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// A plain rename would replace a vault that came to be in the meantime: that is for those who mean to.
enum class Over : std::uint8_t { nothing, whatever_is_there };

std::expected<void, VaultFileError> write_beside(int fd, const std::string& beside, const std::string& path,
                                                 std::span<const std::byte> bytes, Over over) {
    if (::fchmod(fd, 0600) != 0) return failed("it can't be protected");
    if (!write_all(fd, bytes) || ::fsync(fd) != 0) return failed("it can't be written");
    const unsigned flags = over == Over::nothing ? RENAME_NOREPLACE : 0;
    if (::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), flags) == 0) return {};
    if (errno == EEXIST) return std::unexpected(VaultFileError{VaultErrorKind::exists, {}});
    return failed("it can't be put in place");
}

std::expected<void, VaultFileError> put_file(const std::string& path, std::span<const std::byte> bytes, Over over) {
    const std::string folder_path = folder_of(path);
    const Descriptor folder{::open(folder_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() < 0) return failed("its folder can't be opened");
    std::string beside = path + ".XXXXXX";
    const Descriptor file{::mkostemp(beside.data(), O_CLOEXEC)};
    if (file.get() < 0) return failed("it can't be created");
    if (auto written = write_beside(file.get(), beside, path, bytes, over); !written) {
        ::unlink(beside.c_str());
        return written;
    }
    if (::fsync(folder.get()) != 0) return failed("it is written, but its folder can't be synced");
    return {};
}

}  // namespace

std::expected<void, VaultFileError> write_vault_file(const std::string& path, std::span<const std::byte> bytes) {
    return put_file(path, bytes, Over::nothing);
}

std::expected<void, VaultFileError> replace_vault_file(const std::string& path, std::span<const std::byte> bytes) {
    return put_file(path, bytes, Over::whatever_is_there);
}

VaultFileLock::~VaultFileLock() {
    if (fd_ >= 0) ::close(fd_);
}

VaultFileLock::VaultFileLock(VaultFileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

std::expected<VaultFileLock, VaultFileError> VaultFileLock::take(const std::string& path) {
    // The lock is of the file, which a change replaces: what was locked must still be what the name leads to.
    for (int attempt = 0; attempt < 8; ++attempt) {
        VaultFileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (lock.fd_ < 0) return failed("it can't be opened");
        if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return std::unexpected(VaultFileError{VaultErrorKind::busy, {}});
            return failed("it can't be locked");
        }
        struct stat locked{};
        struct stat named{};
        if (::fstat(lock.fd_, &locked) != 0 || ::stat(path.c_str(), &named) != 0) return failed("it can't be examined");
        if (locked.st_dev == named.st_dev && locked.st_ino == named.st_ino) return lock;
    }
    return std::unexpected(VaultFileError{VaultErrorKind::busy, {}});
}

std::expected<std::vector<std::byte>, VaultFileError> read_vault_file(const std::string& path) {
    // Without waiting for a writer, should it be a pipe.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.get() < 0) return failed("it can't be opened");
    struct stat status{};
    // Asked of the open file, so that it cannot be exchanged in between.
    if (::fstat(file.get(), &status) != 0) return failed("it can't be examined");
    if (!S_ISREG(status.st_mode)) return std::unexpected(VaultFileError{VaultErrorKind::not_a_vault, "is not a file"});
    if ((status.st_mode & 077) != 0) return std::unexpected(VaultFileError{VaultErrorKind::not_private, {}});
    // One byte more than the longest, so that a longer file is seen as such.
    std::vector<std::byte> bytes(kMaxVaultFile + 1);
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t read = ::read(file.get(), bytes.data() + size, bytes.size() - size);
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) return failed("it can't be read");
        if (read == 0) break;
        size += static_cast<std::size_t>(read);
    }
    if (size > kMaxVaultFile) return std::unexpected(VaultFileError{VaultErrorKind::not_a_vault, "is too long"});
    bytes.resize(size);
    return bytes;
}

}  // namespace dcx::wallet
