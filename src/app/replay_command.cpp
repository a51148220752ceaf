#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "base/memory.h"
#include "engine/replayer.h"
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
    HeapMemory memory;
    const auto state = engine::replay_state(**storage, memory, [](const engine::ReplayProgress& progress) {
        std::fprintf(stderr, "replayed %llu commands\n", static_cast<unsigned long long>(progress.commands));
    });
    if (!state) {
        std::fprintf(stderr, "dcx replay: %s\n", state.error().c_str());
        return kFailed;
    }
    const std::string hash = to_hex(state->state_hash);
    if (options.json) {
        const nlohmann::json line{{"sequence", state->sequence.value},
                                  {"state_hash", hash},
                                  {"event_hash", to_hex(std::as_bytes(std::span{&state->event_hash, 1}))},
                                  {"commands", state->commands},
                                  {"seconds", state->seconds}};
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("sequence %llu\nstate_hash %s\n", static_cast<unsigned long long>(state->sequence.value),
                    hash.c_str());
    }
    return kDone;
}

}  // namespace dcx::app
