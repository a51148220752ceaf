#include "app/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dcx::app {
namespace {

class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int fd() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<std::string> failed(const std::string& path, const char* what) {
    const char* description = ::strerrordesc_np(errno);
    return std::unexpected(path + ": " + what + ": " + (description != nullptr ? description : "unknown error"));
}

}  // namespace

std::expected<void, std::string> write_private_file(const std::string& path, std::string_view text) {
    const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.fd() < 0) return failed(path, "can't be created");
    // A umask may take rights away, but the file must be readable by its owner.
    if (::fchmod(file.fd(), 0600) != 0 ||
        ::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.fd()) != 0) {
        auto error = failed(path, "can't be written");
        ::unlink(path.c_str());
        return error;
    }
    return {};
}

std::expected<std::string, std::string> read_private_file(const std::string& path, std::size_t limit) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.fd() < 0) return failed(path, "can't be opened");
    struct stat status{};
    // Asked of the open file, so that it cannot be exchanged in between.
    if (::fstat(file.fd(), &status) != 0) return failed(path, "can't be examined");
    if (!S_ISREG(status.st_mode)) return std::unexpected(path + ": is not a file");
    if ((status.st_mode & 077) != 0)
        return std::unexpected(path + ": others than its owner have access to it; chmod 600 it");
    std::string text(limit + 1, '\0');
    const auto size = ::read(file.fd(), text.data(), text.size());
    if (size < 0) return failed(path, "can't be read");
    if (static_cast<std::size_t>(size) > limit) return std::unexpected(path + ": is too long");
    text.resize(static_cast<std::size_t>(size));
    return text;
}

}  // namespace dcx::app
