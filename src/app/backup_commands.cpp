#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/backup.h"
#include "app/backup_journal.h"
#include "app/commands.h"
#include "app/progress.h"
#include "app/tool_groups.h"
#include "base/memory.h"
#include "engine/past.h"

namespace dcx::app {
namespace {

// What `dcx replay` says of the folder's journal.
engine::Past replay_of(const std::string& data, HeapMemory& memory) {
    JournalFolders folders(data);
    auto past =
        engine::replay_past(folders.journal(), memory, {.snapshots = folders.snapshots(), .on_progress = show_replay});
    if (!past) throw std::runtime_error(past.error());
    return std::move(*past);
}

}  // namespace

void add_backup(CLI::App& app, BackupOptions& o, Run& run) {
    auto* backup_command = app.add_subcommand("backup", "Copy a venue's data folder, also while the venue runs");
    backup_command->add_option("data", o.data, "The venue's folder")->required();
    backup_command->add_option("destination", o.destination, "A new folder, or with --incremental a backup")
        ->required();
    backup_command->add_flag("--incremental", o.incremental, "Add what is new to a backup of the same venue");
    backup_command->add_option("--archive", o.archive,
                               "The folder of packed segments, journal.archive of dcx.toml (default: DATA/archive)");
    backup_command->add_option("--config", o.config, "dcx.toml, to be kept with it (default: DATA/dcx.toml if there)");
    backup_command->add_option("--vault", o.vault, "The vault's file, to be kept with it, encrypted as it is");
    backup_command->add_flag("--json", o.json, "One JSON line");
    backup_command->callback([&] { run = [&] { return backup(o); }; });

    auto* restore_command = app.add_subcommand("restore", "Make a data folder from a backup, checked before and after");
    restore_command->add_option("backup", o.destination, "The backup's folder")->required();
    auto* data = restore_command->add_option("data", o.data, "The venue's new folder: not there yet, or empty");
    auto* check = restore_command->add_flag("--check", o.check, "Check the backup and restore nothing");
    data->excludes(check);
    restore_command->add_flag("--json", o.json, "One JSON line");
    restore_command->callback([&] { run = [&] { return restore(o); }; });
}

int backup(const BackupOptions& options) {
    const BackupReport report = make_backup({.data = options.data,
                                             .destination = options.destination,
                                             .archive = options.archive,
                                             .config = options.config,
                                             .vault = options.vault,
                                             .incremental = options.incremental});
    if (options.json) {
        const nlohmann::ordered_json line{
            {"sequence", report.manifest.sequence},  {"journal_hash", report.manifest.journal_hash},
            {"files", report.manifest.files.size()}, {"files_copied", report.files_copied},
            {"bytes_copied", report.bytes_copied},   {"files_kept", report.files_kept}};
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("backed up to command %llu: %llu files copied, %llu bytes, %llu there already; all read back\n",
                    static_cast<unsigned long long>(report.manifest.sequence),
                    static_cast<unsigned long long>(report.files_copied),
                    static_cast<unsigned long long>(report.bytes_copied),
                    static_cast<unsigned long long>(report.files_kept));
    }
    return kDone;
}

int restore(const BackupOptions& options) {
    if (!options.check && options.data.empty()) throw std::runtime_error("give the folder to restore to, or --check");
    if (options.check) {
        const Manifest manifest = check_backup(options.destination);
        const nlohmann::ordered_json line{{"intact", true}, {"sequence", manifest.sequence}};
        if (options.json)
            std::printf("%s\n", line.dump().c_str());
        else
            std::printf("intact, up to command %llu\n", static_cast<unsigned long long>(manifest.sequence));
        return kDone;
    }
    const Manifest manifest = restore_backup(options.destination, options.data);
    HeapMemory memory;
    const engine::Past state = replay_of(options.data, memory);
    const std::uint64_t sequence = state.core->sequence().value;
    const std::string hash = to_hex(state.core->state_hash());
    if (sequence != manifest.sequence)
        throw std::runtime_error("restored, but a replay ends at command " + std::to_string(sequence) + " instead of " +
                                 std::to_string(manifest.sequence));
    if (options.json)
        std::printf("%s\n", nlohmann::ordered_json{{"sequence", sequence}, {"state_hash", hash}, {"data", options.data}}
                                .dump()
                                .c_str());
    else
        std::printf("restored to %s\nsequence %llu\nstate_hash %s\n", options.data.c_str(),
                    static_cast<unsigned long long>(sequence), hash.c_str());
    return kDone;
}

}  // namespace dcx::app
