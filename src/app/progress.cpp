#include "app/progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace dcx::app {

namespace {

void show(const std::string& text, bool last) {
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    std::fprintf(stderr, terminal ? "\r%s\033[K" : "%s\n", text.c_str());
    if (terminal && last) std::fprintf(stderr, "\n");
}

}  // namespace

void show_replay(const engine::ReplayProgress& progress) {
    show("replay " + engine::progress_bar(progress), progress.fraction >= 1);
}

void show_projection(const char* what, const engine::ReplayProgress& progress, std::uint64_t rows) {
    const double rate = progress.seconds > 0 ? static_cast<double>(rows) / progress.seconds : 0;
    show(std::string(what) + " " + engine::progress_bar(progress) + ", " + std::to_string(rows) + " rows, " +
             std::to_string(static_cast<std::uint64_t>(rate)) + " rows/s",
         progress.fraction >= 1);
}

}  // namespace dcx::app
