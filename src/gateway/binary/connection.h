// Connection: one TCP connection of a gateway with its session. Bytes are decoded where they were received; what the
// session sends goes into the connection's bounded output. Belongs to the gateway and its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gateway/binary/session.h"
#include "net/tcp.h"

namespace dcx::gateway {

class Gateway;

class Connection final : public net::TcpConnection::Owner, public FrameSink {
  public:
    Connection(Gateway& gateway, net::Socket socket, const net::TcpOptions& options, std::uint64_t number);

    // Ends the session with the gateway's code for it when the output bound is passed.
    void send(std::span<const std::byte> frame) override;

    [[nodiscard]] Session& session() { return session_; }
    [[nodiscard]] net::TcpConnection& tcp() { return tcp_; }
    [[nodiscard]] std::uint64_t number() const { return session_.connection(); }

    // Terminate is queued or the other end is gone: nothing more is said or heard.
    bool closing = false;
    // Something was queued in this batch of events and is to be written at its end.
    bool dirty = false;
    // When it began to wait for room in the command ring; 0: it does not. Nothing is read meanwhile.
    Time waiting_since{};

  private:
    std::size_t on_data(net::TcpConnection& connection, std::span<std::byte> bytes) override;
    void on_closed(net::TcpConnection& connection, const net::Closed& closed) override;

    Gateway& gateway_;
    Session session_;
    net::TcpConnection tcp_;
};

}  // namespace dcx::gateway
