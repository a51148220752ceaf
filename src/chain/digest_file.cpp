#include "chain/digest_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "base/descriptor.h"

namespace dcx::chain {
namespace {

std::unexpected<AnchorError> failed(const std::string& path, const char* what) {
    const char* const why = ::strerrordesc_np(errno);
    return std::unexpected(
        AnchorError{AnchorErrorKind::away, path + ": " + what + ": " + (why == nullptr ? "unknown error" : why)});
}

std::string utc(std::int64_t wall_ns) {
    const std::time_t seconds = wall_ns / 1'000'000'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::string start_of(const Anchor& anchor) {
    return std::to_string(anchor.checkpoint) + " " + to_hex(anchor.digest) + " ";
}

}  // namespace

AnchorAnswer<PreparedAnchor> DigestFile::prepare(const Anchor& anchor, const PlaceMemory&) {
    return PreparedAnchor{.tx_hash = {}, .body = start_of(anchor) + utc(clock_.wall_ns()), .nonce = 0};
}

AnchorAnswer<void> DigestFile::post(const Anchor& anchor) {
    const Descriptor file{::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (file.get() < 0) return failed(path_, "can't be opened");
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        errno = EINVAL;
        return failed(path_, "is not a file");
    }
    char last = '\n';
    if (status.st_size > 0 && ::pread(file.get(), &last, 1, status.st_size - 1) != 1)
        return failed(path_, "can't be read");
    const std::string line = (last == '\n' ? "" : "\n") + anchor.body + "\n";
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        return failed(path_, "can't be written");
    if (::fsync(file.get()) != 0) return failed(path_, "can't be synced");
    const std::size_t slash = path_.rfind('/');
    const std::string folder = slash == path_.npos ? "." : path_.substr(0, slash + 1);
    const Descriptor names{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (names.get() < 0 || ::fsync(names.get()) != 0) return failed(folder, "can't be synced");
    return {};
}

AnchorAnswer<AnchorSighting> DigestFile::look(const Anchor& anchor) {
    std::ifstream file(path_, std::ios::binary);
    if (!file) {
        if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return AnchorSighting{};
        return failed(path_, "can't be read");
    }
    std::string line;
    while (std::getline(file, line)) {
        // Whole: with its time, and not at an end that was cut.
        if (line == anchor.body && !file.eof())
            return AnchorSighting{.state = AnchorSighting::State::there, .height = 0, .block_hash = {}};
    }
    return AnchorSighting{};
}

}  // namespace dcx::chain
