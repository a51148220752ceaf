// The log as the history and the balance cache read it (history/log_source.h): PublicSource beside a running venue,
// JournalSource from the journal alone. They give faults of the log as HistoryError, with what to do. One thread each.
#pragma once

#include <cstddef>
#include <span>

#include "engine/journal_log.h"
#include "engine/public_log.h"
#include "history/cursor.h"
#include "history/log_source.h"

namespace dcx::app {

[[nodiscard]] engine::LogMark mark_of(const history::Cursor& cursor);

class PublicSource final : public history::LogSource {
  public:
    PublicSource(const engine::PastEvents::Ground& ground, Clock& clock, const engine::PublicLog::Options& options)
        : log_(ground, clock, options) {}

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override { log_.release(count); }
    [[nodiscard]] bool busy() const override { return log_.busy(); }
    [[nodiscard]] Progress progress() const override;
    [[nodiscard]] const engine::PublicLog& log() const { return log_; }

  private:
    engine::PublicLog log_;
};

class JournalSource final : public history::LogSource {
  public:
    JournalSource(const engine::PastEvents::Ground& ground, const engine::JournalLog::Options& options)
        : log_(ground, options) {}

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override { log_.release(count); }
    [[nodiscard]] bool busy() const override { return log_.busy(); }
    // The end is not known before it is read.
    [[nodiscard]] Progress progress() const override { return {.at = log_.sequence(), .wanted = log_.sequence()}; }
    [[nodiscard]] const engine::JournalLog& log() const { return log_; }

  private:
    engine::JournalLog log_;
};

}  // namespace dcx::app
