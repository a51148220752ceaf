// Log: what an operator reads, one record a line, as text or as JSON:
//
//     2026-11-29T01:20:26.123Z info engine recovered sequence=52377 seconds=0.4
//     {"time":"2026-11-29T01:20:26.123Z","level":"info","component":"engine","message":"recovered","sequence":52377,...}
//
// Component and message are constant texts; what changes stands in the fields. The same message of a component is
// written at most kBurst times in kWindowNs; the first one after that tells how many were left out (`suppressed`).
// A file is rotated by size (FILE.1 the youngest) and opened again on reopen(), for programs that rename it. A record
// that can't be written is lost and counted, and the next that can be written tells it (`lost`); nothing waits, nothing
// ends.
//
// Any thread, under one mutex and with allocations: not for the threads that an order passes.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace dcx::platform {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
[[nodiscard]] std::string_view to_string(LogLevel level);

// A name and a value: a text, or a number or truth value as it stands.
struct LogField {
    LogField(std::string_view name_, std::string_view value_) : name(name_), value(value_), text(true) {}
    LogField(std::string_view name_, const char* value_) : LogField(name_, std::string_view{value_}) {}
    LogField(std::string_view name_, const std::string& value_) : LogField(name_, std::string_view{value_}) {}
    LogField(std::string_view name_, bool value_) : name(name_), value(value_ ? "true" : "false") {}
    template <std::integral Number>
    LogField(std::string_view name_, Number value_) : name(name_), value(std::to_string(value_)) {}
    LogField(std::string_view name_, double value_);  // with three decimals

    std::string_view name;
    std::string value;
    bool text = false;
};

struct LogOptions {
    enum class Format : std::uint8_t { text, json };
    Format format = Format::text;
    LogLevel level = LogLevel::info;      // records below it are left out
    std::string file;                     // empty: standard error, never rotated
    std::uint64_t max_bytes = 64u << 20;  // of the file before it is rotated; 0: never
    unsigned keep = 8;                    // rotated files
};

class Log {
  public:
    static constexpr unsigned kBurst = 20;
    static constexpr std::int64_t kWindowNs = 10'000'000'000;

    // To standard error.
    explicit Log(Clock& clock) : clock_(clock) {}
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // From now on so. Says why a file can't be opened; what was before stays then.
    [[nodiscard]] std::expected<void, std::string> open(const LogOptions& options);
    void write(LogLevel level, std::string_view component, std::string_view message,
               std::initializer_list<LogField> fields = {});
    void info(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::info, component, message, fields);
    }
    void warning(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::warning, component, message, fields);
    }
    void error(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::error, component, message, fields);
    }
    // Opens the file of that name anew; the one before stays when that fails, and a record says so.
    void reopen();
    // Records that could not be written.
    [[nodiscard]] std::uint64_t lost() const;

  private:
    struct Repeat {
        std::int64_t begun_ns = 0;
        unsigned written = 0;
        std::uint64_t suppressed = 0;
    };
    [[nodiscard]] std::string line(LogLevel level, std::string_view component, std::string_view message,
                                   std::initializer_list<LogField> fields, std::uint64_t suppressed) const;
    // How many of this message were left out since the last one written; nothing: leave this one out too.
    [[nodiscard]] std::expected<std::uint64_t, bool> pass(std::string_view component, std::string_view message);
    void put(const std::string& line);
    void rotate();
    [[nodiscard]] bool open_file();

    Clock& clock_;
    mutable std::mutex mutex_;
    LogOptions options_;
    int fd_ = -1;  // -1: standard error
    std::uint64_t size_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t lost_untold_ = 0;
    std::map<std::string, Repeat, std::less<>> repeats_;
};

}  // namespace dcx::platform
