#include "app/progress.h"

#include <unistd.h>

#include <cstdio>

namespace dcx::app {

void show_replay(const engine::ReplayProgress& progress) {
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    std::fprintf(stderr, terminal ? "\rreplay %s\033[K" : "replay %s\n", engine::progress_bar(progress).c_str());
    if (terminal && progress.fraction >= 1) std::fprintf(stderr, "\n");
}

}  // namespace dcx::app
