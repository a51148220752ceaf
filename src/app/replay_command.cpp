#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/progress.h"
#include "base/memory.h"
#include "engine/past.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::app {

int replay(const ReplayOptions& options) {
    // Opening a storage makes its folder; a replay must not make one where there is none.
    if (!std::filesystem::is_directory(options.journal)) {
        std::fprintf(stderr, "dcx replay: %s is not a folder\n", options.journal.c_str());
        return kFailed;
    }
    auto storage = journal::DiskStorage::open(options.journal);
    if (!storage) {
        std::fprintf(stderr, "dcx replay: %s\n", storage.error().message.c_str());
        return kFailed;
    }
    std::unique_ptr<journal::DiskStorage> archive;
    std::unique_ptr<journal::ArchiveView> both;
    if (!options.archive.empty()) {
        if (!std::filesystem::is_directory(options.archive)) {
            std::fprintf(stderr, "dcx replay: %s is not a folder\n", options.archive.c_str());
            return kFailed;
        }
        auto opened = journal::DiskStorage::open(options.archive);
        if (!opened) {
            std::fprintf(stderr, "dcx replay: %s\n", opened.error().message.c_str());
            return kFailed;
        }
        archive = std::move(*opened);
        both = std::make_unique<journal::ArchiveView>(**storage, *archive);
    }
    journal::Storage& whole = both ? static_cast<journal::Storage&>(*both) : **storage;
    HeapMemory memory;
    engine::PastOptions past{.on_progress = show_replay};
    if (options.to) past.moment.sequence = Sequence{*options.to};
    const auto state = engine::replay_past(whole, memory, past);
    if (!state) {
        std::fprintf(stderr, "dcx replay: %s\n", state.error().c_str());
        return kFailed;
    }
    const std::uint64_t sequence = state->core->sequence().value;
    const std::string hash = to_hex(state->core->state_hash());
    if (options.json) {
        const nlohmann::json line{{"sequence", sequence},
                                  {"state_hash", hash},
                                  {"event_hash", to_hex(std::as_bytes(std::span{&state->event_hash, 1}))},
                                  {"commands", state->commands},
                                  {"seconds", state->seconds}};
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("sequence %llu\nstate_hash %s\n", static_cast<unsigned long long>(sequence), hash.c_str());
    }
    return kDone;
}

}  // namespace dcx::app
