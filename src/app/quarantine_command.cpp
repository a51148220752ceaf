// dcx journal quarantine: takes the command that a venue died on twice out of its journal's replays
// (docs/durability.md, "Poison"). The venue must not run. What the breadcrumb does not name can't be taken out: it may
// have been told to others.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "app/commands.h"
#include "engine/breadcrumb.h"
#include "journal/disk_storage.h"
#include "journal/recovery.h"
#include "journal/writer.h"
#include "platform/system_clock.h"

namespace dcx::app {

int journal_quarantine(const JournalOptions& options) {
    if (!std::filesystem::is_directory(options.folder)) throw std::runtime_error(options.folder + " is not a folder");
    auto storage = journal::DiskStorage::open(options.folder);
    if (!storage) throw std::runtime_error(storage.error().message);
    if (const auto locked = (*storage)->lock(); !locked) throw std::runtime_error(locked.error().message);
    auto breadcrumb = engine::Breadcrumb::open(options.folder + "/breadcrumb");
    if (!breadcrumb) throw std::runtime_error(breadcrumb.error());
    (*breadcrumb)->look();
    const auto deadly = (*breadcrumb)->deadly();
    if (!deadly) throw std::runtime_error("the venue did not die on a command");
    const std::uint64_t sequence = deadly->command.header.sequence.value;
    if (sequence != options.from)
        throw std::runtime_error("the venue died on another one: " + engine::describe(*deadly));

    std::optional<Digest> logged;
    const auto recovery = journal::recover(**storage, {.visit = [&](const journal::Batch& batch) {
        for (const Command& command : batch.commands)
            if (command.header.sequence.value == sequence) logged = journal::command_hash(command);
    }});
    if (!recovery) throw std::runtime_error(recovery.error().message);
    if (logged != deadly->hash) {
        (*breadcrumb)->forget();
        std::printf("command %llu never became durable: start the venue again\n",
                    static_cast<unsigned long long>(sequence));
        return kDone;
    }
    // Opening it begins the segment that records the command, whole and synced.
    const auto writer = journal::Writer::open(**storage, *recovery,
                                              {.engine_version = recovery->engine_version,
                                               .now = Time{platform::SystemClock{}.wall_ns()},
                                               .segment_size = recovery->end.segment_size,
                                               .quarantined = {{.sequence = sequence, .hash = deadly->hash}},
                                               .background = false});
    if (!writer) throw std::runtime_error(writer.error().message);
    (*breadcrumb)->forget();
    std::printf("quarantined: %s\n", engine::describe(*deadly).c_str());
    return kDone;
}

}  // namespace dcx::app
