#include "engine/past.h"

#include <chrono>
#include <optional>
#include <utility>

#include "engine/log_replay.h"
#include "journal/read_ahead.h"
#include "journal/reader.h"

namespace dcx::engine {
namespace {

using clock = std::chrono::steady_clock;

class Travel {
  public:
    Travel(journal::Storage& journal, MemorySource& memory, const PastOptions& options)
        : journal_(journal), memory_(memory), options_(options) {}

    std::expected<Past, std::string> run() {
        std::string error = begin();
        if (error.empty()) error = replay();
        if (!error.empty()) return std::unexpected(std::move(error));
        past_.event_hash = replay_->hash().value();
        past_.commands = replay_->commands();
        past_.seconds = seconds();
        return std::move(past_);
    }

  private:
    std::string begin() {
        LogReplay::Mark mark;
        if (options_.snapshots != nullptr) {
            auto result = load_snapshot(*options_.snapshots, memory_, options_.moment);
            if (!result) return result.error().message;
            past_.skipped_snapshots = std::move(result->skipped);
            if (result->loaded) {
                from_ = result->loaded->place;
                mark = result->loaded->mark();
                past_.core = std::move(result->loaded->core);
                past_.snapshot = past_.core->sequence();
            }
        }
        if (!past_.core) past_.core = std::make_unique<core::Core>(memory_);
        replay_.emplace(*past_.core, 0, mark);
        return {};
    }

    std::string replay() {
        journal::Storage& log = !from_ && options_.archived != nullptr ? *options_.archived : journal_;
        auto reader = journal::Reader::open(log, from_);
        if (!reader) return reader.error().message;
        replay_->set_quarantined(reader->quarantined());
        const ReplayGauge gauge(log, from_ ? from_->segment : 1, from_ ? from_->offset : 0);
        journal::ReadAhead ahead(std::move(*reader));
        while (true) {
            const auto batch = ahead.next();
            if (!batch) return batch.error().message;
            if (!*batch) return {};
            for (std::size_t i = 0; i < (*batch)->commands.size(); ++i) {
                const Command& command = (*batch)->commands[i];
                if (command.header.sequence > options_.moment.sequence || command.header.time > options_.moment.time)
                    return {};
                replay_->forget_events();
                replay_->prefetch((*batch)->commands.subspan(i));
                if (!replay_->apply(command)) return replay_->error();
            }
            tell(gauge.fraction(*(*batch)->header));
        }
    }

    void tell(double fraction) {
        if (!options_.on_progress || seconds() < told_at_ + 1) return;
        told_at_ = seconds();
        options_.on_progress({.commands = replay_->commands(), .seconds = told_at_, .fraction = fraction});
    }
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(clock::now() - begun_at_).count(); }

    journal::Storage& journal_;
    MemorySource& memory_;
    const PastOptions& options_;
    clock::time_point begun_at_ = clock::now();
    std::optional<journal::Position> from_;
    std::optional<LogReplay> replay_;
    Past past_;
    double told_at_ = 0;
};

}  // namespace

std::expected<Past, std::string> replay_past(journal::Storage& journal, MemorySource& memory,
                                             const PastOptions& options) {
    return Travel(journal, memory, options).run();
}

}  // namespace dcx::engine
