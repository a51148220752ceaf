#include "app/recording_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dcx::app {

namespace {

std::unexpected<std::string> failed(const std::string& path, int code) {
    return std::unexpected(path + ": " + std::strerror(code));
}

}  // namespace

std::expected<NewFile, std::string> NewFile::create(const std::string& path) {
    Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644)};
    if (file.get() < 0) return failed(path, errno);
    return NewFile{path, std::move(file)};
}

std::expected<void, std::string> NewFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed(path_, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

std::expected<void, std::string> NewFile::sync() {
    if (::fsync(file_.get()) != 0) return failed(path_, errno);
    return {};
}

std::expected<MappedFile, std::string> MappedFile::open(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return failed(path, errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failed(path, errno);
    if (!S_ISREG(status.st_mode)) return std::unexpected(path + " is no file");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return MappedFile{{}};
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (at == MAP_FAILED) return failed(path, errno);
    return MappedFile{{static_cast<const std::byte*>(at), size}};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace dcx::app
