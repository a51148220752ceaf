// BenchVenue: a venue of its own for a benchmark, in a folder that goes with it, on ports that the system chooses, with
// the markets of its configuration. One owner thread. Throws std::runtime_error when it cannot start, or refuses what a
// benchmark needs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/config.h"
#include "app/venue.h"
#include "client/blocking_client.h"
#include "client/key_file.h"
#include "model/types.h"

namespace dcx::app {

// A new folder that goes with its owner.
class TemporaryFolder {
  public:
    // In this folder; empty: in the system's for temporary files.
    explicit TemporaryFolder(const std::string& parent);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

class BenchVenue {
  public:
    // `parent` as of TemporaryFolder. Returns when the venue serves and has its markets.
    BenchVenue(const std::string& parent, Config config);
    ~BenchVenue();

    // A customer with a key of these permissions and so many minor units of an asset; `reference` is another one each
    // time.
    [[nodiscard]] client::ClientKey open_customer(std::uint64_t reference, std::uint32_t permissions, AssetId asset,
                                                  Amount money = Amount{1'000'000'000'000});
    // `reference`: another one each time for the same asset.
    void mint(std::uint64_t reference, AccountId account, AssetId asset, Amount money);
    [[nodiscard]] net::Endpoint order_entry() const { return venue_->order_entry(); }
    // The socket for shared memory; empty: there is none.
    [[nodiscard]] const std::string& shm() const { return venue_->shm(); }
    // Drains it; true when everything taken is durable.
    bool stop() { return venue_->stop(); }

  private:
    [[nodiscard]] std::unique_ptr<client::BlockingClient> operator_client() const;

    TemporaryFolder temporary_;
    client::ClientKey operator_key_;
    std::unique_ptr<Venue> venue_;
};

}  // namespace dcx::app
