// FeedProcess: a feed of its own beside a running venue (dcx feed): engine::PublicLog in, WebSockets out, pages and
// admin listener like a venue's. It writes nothing into the venue's folder but three files of its name, and the venue
// neither waits for it nor knows of it.
//
// run() serves until a stop is asked for. Throws StartRefused, and std::runtime_error when it cannot go on: then what
// started it starts it again.
#pragma once

#include <string>

#include "app/config.h"
#include "app/data_folder.h"
#include "app/stop_signals.h"
#include "net/socket.h"
#include "platform/log.h"

namespace dcx::app {

struct FeedProcessOptions {
    std::string name = "feed";  // of its files: NAME.variants, NAME.lock, NAME.json in DATA/feeds
    net::Endpoint listen;
    net::Endpoint admin;
};

class FeedProcess {
  public:
    FeedProcess(const Config& config, const DataFolder& folder, const FeedProcessOptions& options, platform::Log& log)
        : config_(config), folder_(folder), options_(options), log_(log) {}

    void run(const StopSignals& signals);

  private:
    const Config& config_;
    const DataFolder& folder_;
    const FeedProcessOptions& options_;
    platform::Log& log_;
};

}  // namespace dcx::app
