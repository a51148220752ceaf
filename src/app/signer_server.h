// SignerServer: a signer behind a Unix socket of its own, for a venue and its operators on this machine: who may
// connect is who may write to the socket (0600, or 0660 and a group). One request at a time, each bounded in size; a
// client that sends half of one for too long, or what is none, is let go. One thread. Throws std::runtime_error.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "chain/signer.h"

namespace dcx::app {

class SignerServer {
  public:
    static constexpr std::size_t kMaxClients = 16;
    static constexpr std::int64_t kHalfRequestNs = 10'000'000'000;

    // A socket that nobody serves any more is replaced; a file that is none is not.
    SignerServer(chain::Signer& signer, Clock& clock, const std::string& path, std::optional<gid_t> group);
    ~SignerServer();
    SignerServer(const SignerServer&) = delete;
    SignerServer& operator=(const SignerServer&) = delete;

    // Serves what has come, and waits for it at most so long.
    void poll(int wait_ms);
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  private:
    struct Client {
        Descriptor socket;
        std::string input;
        std::int64_t since_ns{};  // of the first byte of a request that is not whole
    };
    void accept_one();
    bool hear(Client& client);
    bool serve(Client& client);

    chain::Signer& signer_;
    Clock& clock_;
    std::string path_;
    Descriptor lock_;
    Descriptor listener_;
    std::vector<Client> clients_;
    std::uint64_t answered_ = 0;
};

}  // namespace dcx::app
