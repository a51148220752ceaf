#include "app/signed_list.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "base/crc32c.h"

namespace dcx::app {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw std::runtime_error(path + ": " + what);
}
[[noreturn]] void fail_errno(const std::string& path, const char* what) {
    fail(path, std::string{what} + ": " + std::strerror(errno));
}

std::string checksum(std::string_view text) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08x", static_cast<unsigned>(crc32c(std::as_bytes(std::span{text}))));
    return digits.data();
}

std::string text_of(const SignedList::Line& line) {
    std::string text = line.address + " " + std::to_string(line.nonce) + " " + to_hex(line.hash) + " " +
                       std::to_string(line.amount) + " " + std::to_string(line.day);
    return text + " " + checksum(text) + "\n";
}

// Without its end.
std::optional<SignedList::Line> parse(const std::string& text) {
    SignedList::Line line;
    std::array<char, 48> address{};
    std::array<char, 65> hash{};
    const int fields = std::sscanf(text.c_str(), "%47s %" SCNu64 " %64s %" SCNd64 " %" SCNd64, address.data(),
                                   &line.nonce, hash.data(), &line.amount, &line.day);
    line.address = address.data();
    if (fields != 5 || !from_hex(hash.data(), line.hash)) return std::nullopt;
    // Exactly what would be written, so the checksum is looked at too.
    if (text_of(line) != text + "\n") return std::nullopt;
    return line;
}

void sync_folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) fail_errno(folder, "can't be synced");
}

}  // namespace

SignedList::SignedList(const std::string& path) : path_(path) {
    file_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file_.get() < 0) fail_errno(path, "can't be opened");
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail(path, "is no file");
    if ((status.st_mode & 0077) != 0) fail(path, "others than its owner have access to it");
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) fail(path, "another signer has it");
    read(path);
    sync_folder_of(path);
}

void SignedList::read(const std::string& path) {
    std::string text;
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0) fail_errno(path, "can't be read");
    std::size_t at = 0;
    for (std::size_t number = 1; at < text.size(); ++number) {
        const auto end = text.find('\n', at);
        if (end == std::string::npos) break;
        const auto line = parse(text.substr(at, end - at));
        if (!line)
            fail(path, "line " + std::to_string(number) + " is damaged: nothing is signed without knowing what was");
        remember(*line);
        at = end + 1;
    }
    if (at == text.size()) return;
    if (::ftruncate(file_.get(), static_cast<off_t>(at)) != 0 || ::fsync(file_.get()) != 0)
        fail_errno(path, "its last line can't be cut");
}

void SignedList::remember(const Line& line) {
    last_[line.address] = {.nonce = line.nonce, .hash = line.hash};
    std::int64_t& sum = days_[line.day];
    if (__builtin_add_overflow(sum, line.amount, &sum)) sum = INT64_MAX;
}

bool SignedList::contains(const Line& line) const {
    const auto last = last_.find(line.address);
    return last != last_.end() && last->second.nonce == line.nonce && last->second.hash == line.hash;
}

std::string SignedList::refusal(const Line& line) const {
    const auto last = last_.find(line.address);
    if (last == last_.end() || line.nonce > last->second.nonce || contains(line)) return {};
    return line.nonce == last->second.nonce ? "another transaction was signed with this nonce"
                                            : "a transaction was signed with a higher nonce";
}

std::int64_t SignedList::sum_of(std::int64_t day) const {
    const auto found = days_.find(day);
    return found == days_.end() ? 0 : found->second;
}

void SignedList::add(const Line& line) {
    if (contains(line)) return;
    if (broken_) fail(path_, "an earlier write failed");
    const std::string text = text_of(line);
    broken_ = true;
    const auto written = ::write(file_.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) fail_errno(path_, "can't be written");
    if (::fdatasync(file_.get()) != 0) fail_errno(path_, "can't be synced");
    broken_ = false;
    remember(line);
}

}  // namespace dcx::app
