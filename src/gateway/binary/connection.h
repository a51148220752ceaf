// Connection: one connection of a gateway with its session, over whatever link carries it. Bytes are decoded where they
// were received; what the session sends goes into the link's bounded output. Belongs to the gateway and its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gateway/binary/session.h"
#include "gateway/link.h"

namespace dcx::gateway {

class Gateway;

class Connection final : public Link::Owner, public FrameSink {
  public:
    Connection(Gateway& gateway, net::Socket socket, const net::TcpOptions& options, std::uint64_t number);
    Connection(Gateway& gateway, ShmDoor& door, ShmClient client, std::uint64_t number);

    // Ends the session with the gateway's code for it when the output bound is passed.
    void send(std::span<const std::byte> frame) override;
    // Room to encode one frame into, then commit(); nullptr: the session has ended by it, or had ended.
    [[nodiscard]] std::byte* prepare(std::size_t size);
    void commit(std::size_t size) { link_.commit(size); }

    [[nodiscard]] Session& session() { return session_; }
    [[nodiscard]] const Session& session() const { return session_; }
    [[nodiscard]] Link& link() { return link_; }
    [[nodiscard]] std::uint64_t number() const { return session_.connection(); }

    // Terminate is queued or the other end is gone: nothing more is said or heard.
    bool closing = false;
    // Something was queued in this batch of events and is to be written at its end.
    bool dirty = false;
    // When it began to wait for room in the command ring; 0: it does not. Nothing is read meanwhile.
    Time waiting_since{};

  private:
    enum class Step : std::uint8_t { taken, stay };  // stay: it is not to be read on, now or at all

    std::size_t on_bytes(std::span<std::byte> bytes) override;
    void on_records(ShmLink& records) override;
    void on_link_closed() override;
    [[nodiscard]] Moment begin_reading();
    [[nodiscard]] Step take(const Frame& frame, Moment now);

    Gateway& gateway_;
    Session session_;
    Link link_;
};

}  // namespace dcx::gateway
