#include "journal/disk_storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "journal/disk_file.h"

namespace dcx::journal {
namespace {

constexpr const char* kLockName = "LOCK";

class DiskMapping final : public Mapping {
  public:
    DiskMapping(const std::byte* address, std::size_t size) : bytes_(address, size) {}
    ~DiskMapping() override {
        if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
    }
    DiskMapping(const DiskMapping&) = delete;
    DiskMapping& operator=(const DiskMapping&) = delete;
    [[nodiscard]] std::span<const std::byte> bytes() const override { return bytes_; }

  private:
    std::span<const std::byte> bytes_;
};

// Takes the space for a new file's zeros, so that writing them later cannot run out of it. 0, or the errno.
int take_space(int descriptor, std::uint64_t size) {
    // posix_fallocate writes zeros where the file system cannot reserve.
    if (const int code = ::posix_fallocate(descriptor, 0, static_cast<off_t>(size)); code != 0) return code;
    return ::fsync(descriptor) == 0 ? 0 : errno;
}

// `mkdir -p`, every new level made durable. 0, or the errno.
int make_folders(const std::string& folder) {
    for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
        const std::string part = folder.substr(0, end);
        if (::mkdir(part.c_str(), 0700) == 0) {
            const std::size_t slash = part.find_last_of('/');
            const std::string parent = slash == part.npos ? "." : part.substr(0, slash + 1);
            const Descriptor descriptor{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
            if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) return errno;
        } else if (errno != EEXIST) {
            return errno;
        }
        if (end == folder.npos) return 0;
    }
}

}  // namespace

Result<std::unique_ptr<DiskStorage>> DiskStorage::open(const std::string& folder, const DiskOptions& options) {
    const auto refused = [&](int code) {
        return std::unexpected(
            StorageError{"cannot open the journal's folder " + folder + ": " + describe(code), code});
    };
    if (folder.empty()) return refused(ENOENT);
    if (const int code = make_folders(folder); code != 0) return refused(code);
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return refused(errno);
    return std::unique_ptr<DiskStorage>(new DiskStorage(folder, descriptor, options));
}

DiskStorage::~DiskStorage() {
    // Closing the lock's only descriptor releases it.
    if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
    ::close(folder_descriptor_);
}

std::unexpected<StorageError> DiskStorage::failed(std::string_view action, std::string_view name, int code) const {
    std::string message = "cannot ";
    message += action;
    message += " " + folder_ + "/";
    message += name;
    return std::unexpected(StorageError{message + ": " + describe(code), code});
}

Result<int> DiskStorage::open_descriptor(std::string_view name, int flags) const {
    const int descriptor = ::openat(folder_descriptor_, std::string{name}.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed((flags & O_CREAT) != 0 ? "create" : "open", name, errno);
    return descriptor;
}

Result<void> DiskStorage::lock() {
    if (lock_descriptor_ >= 0) return {};
    auto opened = open_descriptor(kLockName, O_RDWR | O_CREAT);
    if (!opened) return std::unexpected(opened.error());
    Descriptor descriptor{*opened};
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        if (code != EWOULDBLOCK) return failed("lock", kLockName, code);
        char owner[16] = {};
        const bool known = ::pread(descriptor.get(), owner, sizeof owner - 1, 0) > 0;
        return std::unexpected(StorageError{"the journal " + folder_ + " is in use by another process" +
                                                (known ? " (" + std::string{owner} + ")" : std::string{}),
                                            code});
    }
    // For the message above only; the lock itself dies with the process.
    const std::string owner = "pid " + std::to_string(::getpid());
    if (::ftruncate(descriptor.get(), 0) != 0) return failed("write", kLockName, errno);
    if (const int code = write_to(descriptor.get(), 0, std::as_bytes(std::span{owner})); code != 0)
        return failed("write", kLockName, code);
    lock_descriptor_ = descriptor.release();
    return {};
}

Result<std::vector<std::string>> DiskStorage::list() {
    // A descriptor of its own, because reading a folder moves the descriptor's position.
    auto opened = open_descriptor(".", O_RDONLY | O_DIRECTORY);
    if (!opened) return std::unexpected(opened.error());
    DIR* folder = ::fdopendir(*opened);
    if (folder == nullptr) {
        const int code = errno;
        ::close(*opened);
        return failed("list", "", code);
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        errno = 0;
    }
    const int code = errno;
    ::closedir(folder);
    if (code != 0) return failed("list", "", code);
    std::sort(names.begin(), names.end());
    return names;
}

bool DiskStorage::direct(std::uint64_t size) const {
    return options_.sync == SyncMode::direct && size % kDirectBlock == 0;
}

Result<std::unique_ptr<File>> DiskStorage::open_file(std::string_view name, std::uint64_t size, int flags) const {
    const bool directly = direct(size);
    auto opened = open_descriptor(name, O_RDWR | flags | (directly ? O_DIRECT | O_DSYNC : 0));
    if (!opened) return std::unexpected(opened.error());
    std::string path = folder_ + "/" + std::string{name};
    if (!directly) return make_buffered_file(std::move(path), *opened);
    return make_direct_file(std::move(path), *opened, size, (flags & O_CREAT) != 0);
}

Result<std::unique_ptr<File>> DiskStorage::create(std::string_view name, std::uint64_t size) {
    auto file = open_file(name, size, O_CREAT | O_EXCL);
    if (!file) return file;
    // With a plain descriptor: what posix_fallocate does by writing cannot be done directly.
    auto opened = open_descriptor(name, O_RDWR);
    if (!opened) return std::unexpected(opened.error());
    const Descriptor descriptor{*opened};
    if (const int code = take_space(descriptor.get(), size); code != 0) {
        ::unlinkat(folder_descriptor_, std::string{name}.c_str(), 0);
        return failed("take " + std::to_string(size) + " bytes for", name, code);
    }
    return file;
}

Result<std::unique_ptr<File>> DiskStorage::open(std::string_view name) {
    const auto bytes = size(name);
    if (!bytes) return std::unexpected(bytes.error());
    return open_file(name, *bytes, 0);
}

Result<std::size_t> DiskStorage::read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) {
    auto opened = open_descriptor(name, O_RDONLY);
    if (!opened) return std::unexpected(opened.error());
    const Descriptor descriptor{*opened};
    std::size_t done = 0;
    while (done < out.size()) {
        const auto got =
            ::pread(descriptor.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", name, errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<std::unique_ptr<Mapping>> DiskStorage::map(std::string_view name) {
    auto opened = open_descriptor(name, O_RDONLY);
    if (!opened) return std::unexpected(opened.error());
    const Descriptor descriptor{*opened};
    struct stat status{};
    if (::fstat(descriptor.get(), &status) != 0) return failed("read the size of", name, errno);
    if (status.st_size == 0) return std::make_unique<DiskMapping>(nullptr, 0);
    const auto size = static_cast<std::size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor.get(), 0);
    if (address == MAP_FAILED) return failed("map", name, errno);
    auto mapping = std::make_unique<DiskMapping>(static_cast<const std::byte*>(address), size);
#ifdef MADV_POPULATE_READ
    // Reads everything now: a sector that cannot be read is an error here instead of a SIGBUS later. Kernels
    // before 5.14 do not know it (EINVAL).
    if (::madvise(address, size, MADV_POPULATE_READ) != 0 && errno != EINVAL)
        return failed("read", name, errno == EFAULT ? EIO : errno);
#endif
    return mapping;
}

Result<std::uint64_t> DiskStorage::size(std::string_view name) {
    struct stat status{};
    if (::fstatat(folder_descriptor_, std::string{name}.c_str(), &status, 0) != 0)
        return failed("read the size of", name, errno);
    return static_cast<std::uint64_t>(status.st_size);
}

Result<void> DiskStorage::rename(std::string_view from, std::string_view to) {
    if (::renameat2(folder_descriptor_, std::string{from}.c_str(), folder_descriptor_, std::string{to}.c_str(),
                    RENAME_NOREPLACE) != 0)
        return failed("rename to " + std::string{to} + " the file", from, errno);
    return {};
}

Result<void> DiskStorage::remove(std::string_view name) {
    if (::unlinkat(folder_descriptor_, std::string{name}.c_str(), 0) != 0) return failed("remove", name, errno);
    return {};
}

Result<void> DiskStorage::sync_folder() {
    if (::fsync(folder_descriptor_) != 0) return failed("sync the folder", "", errno);
    return {};
}

}  // namespace dcx::journal
