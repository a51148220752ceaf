// For tests only: data that not every clone has, and how a test says that it was skipped.
//
//     const std::string path = shared_file("data/workload/FORMAT.md");
//     if (path.empty()) return skip_test("no ../shared beside the repository");
//
// The build counts a doctest case that prints such a line as skipped and ./test names it with the reason. Skip before
// the first check of the case, never after one.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace dcx {

inline void skip_test(std::string_view reason) {
    std::printf("SKIPPED: %.*s\n", static_cast<int>(reason.size()), reason.data());
    std::fflush(stdout);
}

// The repository's root: what ctest says, else the nearest folder above the current one that has src/base. Empty when
// there is none.
inline std::string repository_root() {
    if (const char* told = std::getenv("DCX_REPOSITORY")) return told;
    char* here = ::getcwd(nullptr, 0);
    std::string folder = here == nullptr ? "" : here;
    std::free(here);
    while (!folder.empty() && ::access((folder + "/src/base/skip_test.h").c_str(), R_OK) != 0)
        folder.resize(folder.rfind('/'));
    return folder;
}

// The path of a file in the folder `shared` beside the repository, or empty when it is not there.
inline std::string shared_file(std::string_view name) {
    const std::string root = repository_root();
    if (root.empty()) return {};
    std::string path = root + "/../shared/";
    path += name;
    return ::access(path.c_str(), R_OK) == 0 ? path : std::string{};
}

}  // namespace dcx
