#include "app/logged_command.h"

#include <filesystem>
#include <stdexcept>

#include "app/journal_folder.h"
#include "base/memory.h"
#include "engine/log_replay.h"
#include "engine/snapshots.h"
#include "journal/reader.h"

namespace dcx::app {
namespace {

template <class T>
T opened(journal::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

}  // namespace

FoundCommand find_command(const DataFolder& folder, const std::string& archive, Sequence sequence) {
    if (sequence.value == 0) throw std::runtime_error("a sequence is 1 or more");
    const auto journal = opened(JournalFolder::open(folder.journal(), archive));
    HeapMemory memory;
    std::unique_ptr<core::Core> core;
    std::optional<journal::Position> from;
    engine::LogReplay::Mark mark{};
    if (std::filesystem::is_directory(folder.snapshots())) {
        const auto snapshots = opened(open_existing(folder.snapshots()));
        auto loaded = opened(engine::load_snapshot(*snapshots, memory, {.sequence = Sequence{sequence.value - 1}}));
        if (loaded.loaded) {
            from = loaded.loaded->place;
            mark = loaded.loaded->mark();
            core = std::move(loaded.loaded->core);
        }
    }
    if (!core) core = std::make_unique<core::Core>(memory);
    auto reader = journal::Reader::open(from ? static_cast<journal::Storage&>(journal.live()) : journal.whole(), from);
    if (!reader) throw std::runtime_error(reader.error().message);
    engine::LogReplay replay(*core, 0, mark);
    replay.set_quarantined(reader->quarantined());
    for (;;) {
        const auto batch = reader->next();
        if (!batch) throw std::runtime_error(batch.error().message);
        if (!*batch) break;
        for (const Command& command : (*batch)->commands) {
            replay.forget_events();
            if (!replay.apply(command)) throw std::runtime_error(replay.error());
            if (command.header.sequence != sequence) continue;
            return {.command = command,
                    .events = {replay.events().begin(), replay.events().end()},
                    .batch = (*batch)->header->number,
                    .epoch = core->epoch()};
        }
    }
    throw std::runtime_error("the log ends at command " + std::to_string(core->sequence().value));
}

}  // namespace dcx::app
