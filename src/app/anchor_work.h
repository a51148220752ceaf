// AnchorWork: the venue's anchors, on a thread of its own that gives way to all others: takes the newest checkpoint of
// DATA/public every `anchor.interval` and on demand, brings it to each configured place (chain/anchor_queue.h), and
// tells the venue's log what was confirmed or lost (record_anchor). Whatever is wrong with a place is told (log,
// metrics, health) and tried again; it never stops the venue. A place that was configured once and is no more keeps its
// rows.
//
// One owner thread for start and stop; the rest any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/command_link.h"
#include "app/config.h"
#include "chain/anchor_queue.h"
#include "chain/decoin_anchor.h"
#include "chain/decoin_node.h"
#include "chain/signer_client.h"
#include "platform/log.h"
#include "platform/system_clock.h"
#include "platform/thread.h"
#include "proof/published.h"

namespace dcx::app {

// Of a configuration.
struct AnchorPlaces {
    std::unique_ptr<chain::Node> decoin_node;
    std::vector<std::unique_ptr<chain::AnchorPlaceClient>> places;
};
[[nodiscard]] AnchorPlaces make_anchor_places(const Config::Anchor& config, chain::Signer& signer, Clock& clock,
                                              const chain::HttpLimits& limits);

struct AnchorPlaceState {
    AnchorPlace place{};
    chain::AnchorStore::Counts counts;
    std::int64_t oldest_open_ns = 0;  // when the oldest that is not done was made; 0: none
    std::uint64_t changes = 0;        // times that the place's history was another
    std::uint64_t errors = 0;
    std::string error;  // why it does not go on; empty: it does
};

class AnchorWork {
  public:
    struct Options {
        Config::Anchor config;
        std::string signer;  // socket
        std::string queue;   // DATA/anchors.sqlite
        std::string published;
        platform::ThreadOptions thread;
        platform::Log* log = nullptr;
    };
    explicit AnchorWork(Options options) : options_(std::move(options)) {}
    ~AnchorWork() { stop(); }
    AnchorWork(const AnchorWork&) = delete;
    AnchorWork& operator=(const AnchorWork&) = delete;

    // Whether any place is configured.
    [[nodiscard]] static bool wanted(const Config::Anchor& config) {
        return !config.digest_file.empty() || !config.decoin.url.empty() || !config.evm.url.empty();
    }
    // Text of what went wrong, empty when nothing did.
    [[nodiscard]] std::string start(const net::Endpoint& order_entry, const client::ClientKey& operator_key);
    void stop();

    // The next checkpoint that has this command is put in as soon as it is signed.
    void request(Sequence at_least);
    [[nodiscard]] std::vector<AnchorPlaceState> states() const;
    // Why nothing goes on at all; empty: it does.
    [[nodiscard]] std::string reason() const;

  private:
    struct Working;  // of the thread
    void run(const std::stop_token& stop, CommandLink& link);
    void round(Working& working, CommandLink& link);
    void take_checkpoint(Working& working);
    void step(Working& working, AnchorPlace place);
    void tell(Working& working, CommandLink& link);
    void show(Working& working);
    void log_change(const chain::Anchor& anchor);
    void set_reason(const std::string& reason);

    Options options_;
    platform::SystemClock clock_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> wanted_{0};  // the command of request(); 0: none
    mutable std::mutex mutex_;
    std::map<AnchorPlace, AnchorPlaceState> states_;
    std::string reason_;
    platform::Thread thread_;
};

}  // namespace dcx::app
