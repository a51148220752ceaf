#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/journal_folder.h"
#include "app/progress.h"
#include "base/memory.h"
#include "engine/past.h"

namespace dcx::app {

int replay(const ReplayOptions& options) {
    const auto folder = JournalFolder::open(options.journal, options.archive);
    if (!folder) {
        std::fprintf(stderr, "dcx replay: %s\n", folder.error().message.c_str());
        return kFailed;
    }
    HeapMemory memory;
    engine::PastOptions past{.on_progress = show_replay};
    if (options.to) past.moment.sequence = Sequence{*options.to};
    const auto state = engine::replay_past(folder->whole(), memory, past);
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
