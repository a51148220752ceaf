#include "platform/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace dcx::platform {
namespace {

// Messages are constant texts: more of them than this is a mistake, and then none of the new ones is counted.
constexpr std::size_t kMaxMessages = 512;

std::string time_text(std::int64_t wall_ns) {
    const std::time_t seconds = wall_ns / 1'000'000'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(wall_ns / 1'000'000 % 1000));
    return text.data();
}

// The size of the UTF-8 sequence that the text begins with; 0: none.
std::size_t utf8_sequence(std::string_view text) {
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned first = at(0);
    const std::size_t size = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xC0u) != 0x80u) return 0;
    // Longer than needed, a surrogate, or above the last code point.
    if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F) || (first == 0xF0 && at(1) < 0x90) ||
        (first == 0xF4 && at(1) > 0x8F))
        return 0;
    return size;
}

// In quotes, so that one record stays one line whatever is in it, and valid UTF-8.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        const auto c = static_cast<unsigned char>(text.front());
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text.front();
        } else if (size == 0 || c < 0x20 || c == 0x7F) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", unsigned{c});
            out += escape.data();
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out += '"';
}

bool plain(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text)
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
    return true;
}

}  // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "unknown";
}

LogField::LogField(std::string_view name_, double value_) : name(name_) {
    std::array<char, 64> digits{};
    std::snprintf(digits.data(), digits.size(), "%.3f", value_);
    value = digits.data();
}

Log::~Log() {
    if (fd_ >= 0) ::close(fd_);
}

std::expected<void, std::string> Log::open(const LogOptions& options) {
    const std::lock_guard lock(mutex_);
    const LogOptions before = options_;
    options_ = options;
    if (options.file.empty()) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
        return {};
    }
    if (open_file()) return {};
    const char* description = ::strerrordesc_np(errno);
    options_ = before;
    return std::unexpected(options.file +
                           ": the log can't be opened: " + (description != nullptr ? description : "unknown error"));
}

bool Log::open_file() {
    const int fd = ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) return false;
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    struct stat status{};
    size_ = ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    return true;
}

std::expected<std::uint64_t, bool> Log::pass(std::string_view component, std::string_view message) {
    std::string key{component};
    key += ' ';
    key += message;
    const auto found = repeats_.find(key);
    if (found == repeats_.end() && repeats_.size() == kMaxMessages) return 0;
    Repeat& repeat = found == repeats_.end() ? repeats_[key] : found->second;
    const std::int64_t now = clock_.monotonic_ns();
    if (repeat.written == 0 || now - repeat.begun_ns >= kWindowNs) {
        repeat.begun_ns = now;
        repeat.written = 0;
    }
    if (repeat.written == kBurst) {
        ++repeat.suppressed;
        return std::unexpected(false);
    }
    ++repeat.written;
    return std::exchange(repeat.suppressed, 0);
}

std::string Log::line(LogLevel level, std::string_view component, std::string_view message,
                      std::initializer_list<LogField> fields, std::uint64_t suppressed) const {
    const bool json = options_.format == LogOptions::Format::json;
    std::string out;
    const std::string time = time_text(clock_.wall_ns());
    const auto add = [&](const LogField& field) {
        if (json) {
            out += ',' + quoted(field.name) + ':' + (field.text ? quoted(field.value) : field.value);
        } else {
            out += ' ';
            out += field.name;
            out += '=' + (plain(field.value) ? field.value : quoted(field.value));
        }
    };
    if (json) {
        out = "{\"time\":" + quoted(time) + ",\"level\":" + quoted(to_string(level)) +
              ",\"component\":" + quoted(component) + ",\"message\":" + quoted(message);
    } else {
        out = time + ' ';
        out += to_string(level);
        out += ' ';
        out += component;
        out += ' ';
        out += message;
    }
    for (const LogField& field : fields) add(field);
    if (suppressed != 0) add({"suppressed", suppressed});
    if (lost_untold_ != 0) add({"lost", lost_untold_});
    out += json ? "}\n" : "\n";
    return out;
}

void Log::write(LogLevel level, std::string_view component, std::string_view message,
                std::initializer_list<LogField> fields) {
    const std::lock_guard lock(mutex_);
    if (level < options_.level) return;
    const auto passed = pass(component, message);
    if (passed) put(line(level, component, message, fields, *passed));
}

void Log::put(const std::string& line) {
    if (fd_ >= 0 && options_.max_bytes != 0 && size_ != 0 && size_ + line.size() > options_.max_bytes) rotate();
    // One write, so that lines of several writers don't mix. A part of a line is not gone on with: the disk is full.
    const int fd = fd_ >= 0 ? fd_ : STDERR_FILENO;
    ssize_t written = 0;
    do written = ::write(fd, line.data(), line.size());
    while (written < 0 && errno == EINTR);
    if (written > 0) size_ += static_cast<std::uint64_t>(written);
    if (written != static_cast<ssize_t>(line.size())) {
        ++lost_;
        ++lost_untold_;
    } else {
        lost_untold_ = 0;
    }
}

void Log::rotate() {
    const auto name = [&](unsigned number) { return options_.file + "." + std::to_string(number); };
    // The oldest is written over by the one before it. A rename that fails leaves a gap or a longer file, not a lost
    // one.
    for (unsigned number = options_.keep; number > 1; --number)
        static_cast<void>(::rename(name(number - 1).c_str(), name(number).c_str()));
    if (options_.keep == 0) {
        if (::ftruncate(fd_, 0) == 0) size_ = 0;
        return;
    }
    if (::rename(options_.file.c_str(), name(1).c_str()) == 0) static_cast<void>(open_file());
}

void Log::reopen() {
    bool opened = true;
    {
        const std::lock_guard lock(mutex_);
        if (!options_.file.empty()) opened = open_file();
    }
    if (!opened)
        error("log", "the file can't be opened again, the one before is written on", {{"file", options_.file}});
}

std::uint64_t Log::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

}  // namespace dcx::platform
