// `dcx record` and `dcx replay-feed`: a feed into a file, and a feed out of it (docs/protocols/recording.md). Results
// on standard output, everything else on standard error; 0 done, 1 failed, 2 usage.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): that library's own
class App;
}

namespace dcx::app {

struct RecordOptions {
    std::string file;
    std::string url;
    std::int64_t seconds = 0;       // 0: until stopped
    std::int64_t flush_ms = 2'000;  // how much a kill loses at most
    bool dump = false;              // not record, but print what is there
    bool json = false;
};
int record(const RecordOptions& options);
// The records of a file as text, one a line.
int record_dump(const RecordOptions& options);

struct ReplayFeedOptions {
    std::string file;
    std::string speed = "1";  // a factor, or "max"
    std::string listen = "127.0.0.1:8090";
    std::string from;        // a time; empty: the beginning
    std::uint64_t wait = 1;  // for so many subscriptions before anything moves
    bool stay = false;       // when everything was told
};
int replay_feed(const ReplayFeedOptions& options);

struct RecordCommands {
    RecordOptions record;
    ReplayFeedOptions replay;
};
void add_record(CLI::App& app, RecordCommands& options, std::function<int()>& run);

}  // namespace dcx::app
