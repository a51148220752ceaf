// OperatorLink: how a worker of the venue sends commands: through order entry, as an ordinary session under the
// operator's key that comes back by itself. A command whose answer is lost may have been done: whoever sends it must be
// able to bear it twice. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "client/blocking_client.h"
#include "client/key_file.h"
#include "net/socket.h"
#include "platform/system_clock.h"

namespace dcx::app {

// Sessions are numbered per key: each worker keeps one of its own.
inline constexpr std::uint64_t kAnchorSession = 0xDC00'0010;
inline constexpr std::uint64_t kCustodySession = 0xDC00'0011;

class OperatorLink {
  public:
    OperatorLink(net::Endpoint order_entry, const client::ClientKey& key, std::uint64_t session)
        : order_entry_(std::move(order_entry)), key_(key), session_(session) {}

    // Connects when it is not connected.
    template <EventBody Answer, MessageBody Request>
    client::Result<Answer> request(const Request& request) {
        if (auto up = connect(); !up) return std::unexpected(up.error());
        auto answer = client_->request<Answer>(request);
        // A session whose answer is late is in an unknown state: another one begins.
        if (!answer && answer.error().kind != client::ClientError::Kind::refused) client_.reset();
        return answer;
    }
    // For questions and reports; null while the venue can't be reached.
    [[nodiscard]] client::BlockingClient* client() { return connect() ? client_.get() : nullptr; }
    // Heartbeats: once a second or so.
    void poll() {
        if (client_ == nullptr) return;
        client_->poll();
        if (!client_->open()) client_.reset();
    }
    void close() { client_.reset(); }

  private:
    client::Result<void> connect() {
        if (client_ != nullptr && client_->open()) return {};
        auto connected = client::BlockingClient::connect(
            {.endpoint = order_entry_, .key = key_, .client_session = session_, .clock = &clock_});
        if (!connected) return std::unexpected(connected.error());
        client_ = std::move(*connected);
        return {};
    }

    platform::SystemClock clock_;
    net::Endpoint order_entry_;
    client::ClientKey key_;
    std::uint64_t session_;
    std::unique_ptr<client::BlockingClient> client_;
};

}  // namespace dcx::app
