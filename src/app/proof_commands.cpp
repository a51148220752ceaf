// dcx proof checkpoint, list, key, rotate-key, secrets.
#include "app/proof_commands.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "app/admin_client.h"
#include "app/data_folder.h"
#include "app/decimals.h"
#include "app/journal_folder.h"
#include "app/proof_keys.h"
#include "app/proof_work.h"
#include "engine/auditor.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
T value(std::expected<T, proof::ProofError> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return std::move(*result);
}
template <class T>
T opened(journal::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

proof::Published published(const ProofOptions& options) {
    return proof::Published(DataFolder(options.tool.data).published());
}

int tell(std::uint64_t number, std::uint64_t sequence) {
    std::printf("%s\n", Json{{"checkpoint", number}, {"sequence", sequence}}.dump().c_str());
    return kDone;
}

// Of a venue that runs: it is asked, and its newest checkpoint looked at until it holds all of that.
int checkpoint_beside(const DataFolder& folder) {
    using clock = std::chrono::steady_clock;
    constexpr auto limit = std::chrono::minutes(10);
    const auto asked = call_admin(folder, "proof-checkpoint");
    if (!asked) throw std::runtime_error(asked.error());
    if (asked->status != 200) throw std::runtime_error("the venue makes no proofs: " + asked->body);
    const auto wanted = nlohmann::json::parse(asked->body);
    const auto sequence = wanted.at("sequence").get<std::uint64_t>();
    const auto before = wanted.at("checkpoint").get<std::uint64_t>();
    for (const auto end = clock::now() + limit; clock::now() < end;) {
        const auto state = ask_admin(folder, "/ready");
        if (!state) throw std::runtime_error(state.error());
        const auto json = nlohmann::json::parse(state->body);
        const auto& proof = json.at("proof");
        if (proof.contains("reason")) throw std::runtime_error(proof["reason"].get<std::string>());
        if (json.contains("auditor")) throw std::runtime_error(json["auditor"].get<std::string>());
        const auto number = proof.at("checkpoint").get<std::uint64_t>();
        const auto holds = proof.at("sequence").get<std::uint64_t>();
        if (number > before && holds >= sequence) return tell(number, holds);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the checkpoint was not there within ten minutes");
}

// Without one: the audit that it would have gone on with.
int checkpoint_of_rest(const DataFolder& folder, const ProofOptions& options) {
    constexpr std::size_t kHeld = std::size_t{32} << 20;
    platform::SystemClock clock;
    HeapMemory memory;
    const auto journal = opened(JournalFolder::open(folder.journal(), options.archive));
    const auto snapshots =
        std::filesystem::is_directory(folder.snapshots()) ? opened(open_existing(folder.snapshots())) : nullptr;
    // So that no venue begins meanwhile.
    if (const auto locked = journal.live().lock(); !locked) throw std::runtime_error(locked.error().message);
    ProofWork work({.recorder = {.folder = folder.proofs(),
                                 .public_folder = folder.published(),
                                 .keys = proof_keys_of(options, folder),
                                 .unrecorded_bytes = kHeld}},
                   clock);
    engine::Auditor auditor({.clock = clock,
                             .memory = memory,
                             .journal = journal.live(),
                             .archived = &journal.whole(),
                             .snapshots = snapshots.get(),
                             .observer = &work},
                            {.snapshot_every = 0, .snapshot_every_ns = 0});
    while (auditor.poll()) {
    }
    if (!auditor.reason().empty()) throw std::runtime_error(auditor.reason());
    if (!work.reason().empty()) throw std::runtime_error(work.reason());
    if (!auditor.begun() || !auditor.core().started()) throw std::runtime_error("there is no venue yet");
    if (const auto made = work.checkpoint_now(auditor.core(), auditor.replay().hash().value()); !made)
        throw std::runtime_error(made.error().text);
    return tell(work.health().checkpoint, work.health().checkpoint_sequence);
}

}  // namespace

int proof_checkpoint(const ProofOptions& options) {
    const DataFolder folder(options.tool.data);
    return folder.admin() ? checkpoint_beside(folder) : checkpoint_of_rest(folder, options);
}

int proof_list(const ProofOptions& options) {
    const proof::Published folder = published(options);
    const std::uint64_t newest = value(folder.newest());
    for (std::uint64_t number = 1; number <= newest; ++number) {
        const proof::Checkpoint checkpoint = value(folder.checkpoint(number)).checkpoint;
        if (options.tool.json) {
            Json line{{"checkpoint", number},
                      {"sequence", checkpoint.commands.value},
                      {"events", checkpoint.events},
                      {"time", checkpoint.time.value},
                      {"batch", checkpoint.batch}};
            for (const proof::LiabilitiesLine& owed : checkpoint.liabilities)
                line["liabilities"][std::string{owed.symbol.view()}] =
                    units_text(owed.sum.value, {.scale = owed.scale, .what = {}});
            std::printf("%s\n", line.dump().c_str());
        } else {
            std::printf("checkpoint %llu, %s, commands 1 to %llu\n", static_cast<unsigned long long>(number),
                        utc_text(checkpoint.time).c_str(), static_cast<unsigned long long>(checkpoint.commands.value));
        }
    }
    return kDone;
}

int proof_key(const ProofOptions& options) {
    std::fputs(proof::key_list_text(value(published(options).keys())).c_str(), stdout);
    return kDone;
}

int proof_rotate_key(const ProofOptions& options) {
    const DataFolder folder(options.tool.data);
    const auto keys = value(published(options).keys());
    // A key that has signed nothing can't be followed.
    if (keys.back().from > value(published(options).newest()))
        throw std::runtime_error("the last key has signed no checkpoint yet: dcx proof checkpoint comes first");
    if (const auto rotated = proof::rotate_checkpoint_key(folder.proof_keys(), keys.back().key.key); !rotated)
        throw std::runtime_error(rotated.error());
    std::printf("%s has a new checkpoint-key: it signs from the venue's next start on\n", folder.proof_keys().c_str());
    return kDone;
}

int proof_secrets(const ProofOptions& options) {
    constexpr std::uint64_t kMost = 1'000'000;
    if (options.from > options.to || options.to - options.from >= kMost)
        throw std::runtime_error("--from and --to are epochs, the first and the last, at most 1000000 of them");
    const proof::ProofKeys keys = proof_keys_of(options, DataFolder(options.tool.data));
    for (std::uint64_t epoch = options.from; epoch <= options.to; ++epoch)
        std::printf("epoch %llu %s\n", static_cast<unsigned long long>(epoch),
                    to_hex(proof::epoch_secret(keys.salt, epoch)).c_str());
    return kDone;
}

}  // namespace dcx::app
