#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"

namespace dcx {
namespace {

std::unexpected<std::string> failed(const std::string& path, const char* what) {
    const char* description = ::strerrordesc_np(errno);
    return std::unexpected(path + ": " + what + ": " + (description != nullptr ? description : "unknown error"));
}

}  // namespace

std::expected<void, std::string> write_private_file(const std::string& path, std::string_view text) {
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0) return failed(path, "can't be created");
    // A umask may take rights away, but the file must be readable by its owner.
    if (::fchmod(file.get(), 0600) != 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
        auto error = failed(path, "can't be written");
        ::unlink(path.c_str());
        return error;
    }
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    const Descriptor names{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (names.get() < 0 || ::fsync(names.get()) != 0) return failed(path, "is written, but its folder can't be synced");
    return {};
}

std::expected<std::string, std::string> read_private_file(const std::string& path, std::size_t limit) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return failed(path, "can't be opened");
    struct stat status{};
    // Asked of the open file, so that it cannot be exchanged in between.
    if (::fstat(file.get(), &status) != 0) return failed(path, "can't be examined");
    if (!S_ISREG(status.st_mode)) return std::unexpected(path + ": is not a file");
    if ((status.st_mode & 077) != 0)
        return std::unexpected(path + ": others than its owner have access to it; chmod 600 it");
    std::string text(limit + 1, '\0');
    const auto size = ::read(file.get(), text.data(), text.size());
    if (size < 0) return failed(path, "can't be read");
    if (static_cast<std::size_t>(size) > limit) return std::unexpected(path + ": is too long");
    text.resize(static_cast<std::size_t>(size));
    return text;
}

}  // namespace dcx
