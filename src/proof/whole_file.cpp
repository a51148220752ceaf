#include "proof/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/descriptor.h"

namespace dcx::proof {
namespace {

std::unexpected<ProofError> failed(const std::string& path, const char* what) {
    const char* const why = ::strerrordesc_np(errno);
    return std::unexpected(
        ProofError{ProofErrorKind::file_failed, path + ": " + what + ": " + (why != nullptr ? why : "unknown error")});
}

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

std::expected<void, ProofError> write_whole(const std::string& path, std::span<const std::byte> bytes, unsigned mode) {
    const std::string beside = path + ".new";
    {
        const Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
        if (file.get() < 0) return failed(beside, "can't be created");
        if (::fchmod(file.get(), mode) != 0 || !write_all(file.get(), bytes) || ::fsync(file.get()) != 0)
            return failed(beside, "can't be written");
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return failed(path, "can't be put in place");
    const Descriptor names{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (names.get() < 0 || ::fsync(names.get()) != 0) return failed(path, "its folder can't be synced");
    return {};
}

std::expected<void, ProofError> write_whole(const std::string& path, const std::string& text, unsigned mode) {
    return write_whole(path, std::as_bytes(std::span{text}), mode);
}

std::expected<std::string, ProofError> read_whole(const std::string& path, std::size_t limit) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0 && errno == ENOENT)
        return std::unexpected(ProofError{ProofErrorKind::missing, path + ": there is no such file"});
    if (file.get() < 0) return failed(path, "can't be opened");
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failed(path, "can't be examined");
    if (!S_ISREG(status.st_mode)) return std::unexpected(ProofError{ProofErrorKind::malformed, path + ": is no file"});
    if (static_cast<std::uint64_t>(status.st_size) > limit)
        return std::unexpected(ProofError{ProofErrorKind::malformed, path + ": is too long"});
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const auto got = ::read(file.get(), text.data() + done, text.size() - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(path, "can't be read");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
}

std::expected<void, ProofError> make_folder(const std::string& path, bool is_private) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(path, error);
    if (!error && made && is_private) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    if (error) return std::unexpected(ProofError{ProofErrorKind::file_failed, path + ": " + error.message()});
    return {};
}

std::expected<std::vector<std::string>, ProofError> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error) return std::unexpected(ProofError{ProofErrorKind::file_failed, folder + ": " + error.message()});
    std::ranges::sort(names);
    return names;
}

}  // namespace dcx::proof
