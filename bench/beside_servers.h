// A benchmark that needs PostgreSQL or Redis starts itself once more, beside private ones (tests/servers), unless it
// was told of servers already: DCX_POSTGRES_URL, DCX_REDIS_URL.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/skip_test.h"

namespace dcx {

// For main(), first of all; `server`: "redis" or "postgres".
inline void beside_server(const char* server, char** argv) {
    const bool redis = std::string(server) == "redis";
    if (std::getenv(redis ? "DCX_REDIS_URL" : "DCX_POSTGRES_URL") != nullptr) return;
    // From its place, build/PRESET/bench/PROGRAM, when it is not run from the repository.
    std::string self(4096, '\0');
    const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
    self.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    std::string root = repository_root();
    if (root.empty() && self.find("/build") != self.npos) root = self.substr(0, self.find("/build"));
    const std::string runner = root + "/tests/servers/with_servers.py";
    std::vector<char*> words{const_cast<char*>(runner.c_str()), const_cast<char*>(server), const_cast<char*>("--"),
                             self.data()};
    for (char** word = argv + 1; *word != nullptr; ++word) words.push_back(*word);
    words.push_back(nullptr);
    ::execv(runner.c_str(), words.data());
    std::fprintf(stderr, "%s can't be run; set DCX_%s_URL\n", runner.c_str(), redis ? "REDIS" : "POSTGRES");
    std::exit(2);
}

}  // namespace dcx
