#include <CLI/CLI.hpp>

#include "app/tool_groups.h"

namespace dcx::app {
namespace {

CLI::App* add_journal_command(CLI::App* group, const char* name, const char* what, JournalOptions& o) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("folder", o.folder, "The journal's folder, DATA/journal of a venue")->required();
    command->add_flag("--json", o.json, "Results as JSON, one object a line");
    return command;
}

void add_archive_option(CLI::App* command, JournalOptions& o) {
    command->add_option("--archive", o.archive, "A folder of archived segments, shown as if they had stayed");
}

}  // namespace

void add_journal(CLI::App& app, JournalOptions& o, Run& run) {
    auto* group = add_group(app, "journal", "Look at a journal, check it, archive it");
    auto* ls = add_journal_command(group, "ls", "Its segments", o);
    add_archive_option(ls, o);
    ls->callback([&] { run = [&] { return journal_ls(o); }; });

    auto* dump = add_journal_command(group, "dump", "Its commands, one a line, the body in hexadecimal", o);
    add_archive_option(dump, o);
    dump->add_option("--from", o.from, "The first sequence");
    dump->add_option("--to", o.to, "The last sequence (default: the end)");
    dump->callback([&] { run = [&] { return journal_dump(o); }; });

    auto* check =
        add_journal_command(group, "check", "Every checksum and the chain; exit code 0 only if all is well", o);
    add_archive_option(check, o);
    check->add_flag("--partial", o.partial, "From the first segment that is there, older ones may be gone");
    check->callback([&] { run = [&] { return journal_check(o); }; });

    auto* archive = add_journal_command(group, "archive", "Pack its full segments into another folder, verified", o);
    archive->add_option("--to", o.to_folder, "Where to; made when it is missing")->required();
    archive
        ->add_option("--keep", o.keep,
                     "Then delete all but the newest so many; no venue may run there, and its next start needs a "
                     "snapshot among them")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32));
    archive->callback([&] { run = [&] { return journal_archive(o); }; });

    auto* quarantine =
        group->add_subcommand("quarantine", "Take the command that the venue died on out of every replay");
    quarantine->add_option("folder", o.folder, "The journal's folder, of a venue that does not run")->required();
    quarantine->add_option("--sequence", o.from, "Of that command, as the refused start has shown it")->required();
    quarantine->callback([&] { run = [&] { return journal_quarantine(o); }; });
}

}  // namespace dcx::app
