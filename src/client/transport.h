// Transport: what carries a client's frames to the venue and back, so that the session need not know whether that is
// TCP or memory. A closed set, chosen when it is made.
//
// Belongs to its reactor's thread; connects from the moment it is made. Its owner hears on_transport_closed exactly
// once, from the end of a round and never from inside a call of his own; there he may destroy it.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/shm_pipe.h"
#include "net/tcp.h"

namespace dcx::client {

// Where a venue takes orders: "address:port", or "shm:" and the path of its socket for shared memory on one machine.
struct VenueAddress {
    net::Endpoint endpoint{};
    std::string shm{};  // the path; not empty: shared memory instead of the endpoint

    [[nodiscard]] std::string text() const { return shm.empty() ? endpoint.text() : "shm:" + shm; }
};
// The error is for a person and quotes the text.
[[nodiscard]] std::expected<VenueAddress, std::string> parse_venue_address(std::string_view text);

struct TransportOptions {
    std::size_t output_limit = 4 * 1024 * 1024;  // bytes that may wait for the venue; of memory: its ring
    bool spinning = false;                       // the owner calls poll() all the time (shm_pipe.h)
};

class Transport final : net::TcpConnection::Owner, ShmPipe::Owner {
  public:
    class Owner {
      public:
        // Whole frames, and over TCP at the end perhaps a part of one. Returns how many bytes it has dealt with; the
        // rest comes again, in front of newer bytes.
        virtual std::size_t on_bytes(std::span<const std::byte> bytes) = 0;
        // `why` is for a person and valid during the call.
        virtual void on_transport_closed(std::string_view why) = 0;

      protected:
        ~Owner() = default;
    };

    Transport(net::Reactor& reactor, const VenueAddress& address, const TransportOptions& options, Owner& owner);

    // Room to encode one frame into, then commit() what was used; it leaves at the end of the reactor's round or with
    // flush(). nullptr: the bound is exceeded, or the transport is not open.
    [[nodiscard]] std::byte* prepare(std::size_t size) {
        return shm_ != nullptr ? shm_->prepare(size) : tcp_->prepare(size);
    }
    void commit(std::size_t size) { shm_ != nullptr ? shm_->commit() : tcp_->commit(size); }
    // One frame, all or nothing; false as prepare() gives nullptr.
    [[nodiscard]] bool send(std::span<const std::byte> frame);
    [[nodiscard]] std::size_t pending_output() {
        return shm_ != nullptr ? shm_->pending_output() : tcp_->pending_output();
    }
    void flush() { shm_ != nullptr ? shm_->flush() : tcp_->flush(); }
    // At once; what is queued is lost.
    void close_now(std::string_view why) { shm_ != nullptr ? shm_->close_now(why) : tcp_->close_now(why); }
    // Looks into the memory for what has come, without a system call; true when there was any. TCP has nothing to look
    // into: the reactor's poll does all.
    bool poll() { return shm_ != nullptr && shm_->poll(); }

  private:
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override { return owner_.on_bytes(bytes); }
    void on_closed(net::TcpConnection&, const net::Closed& closed) override { owner_.on_transport_closed(closed.text); }
    void on_record(std::span<const std::byte> record) override;
    void on_pipe_closed(std::string_view why) override { owner_.on_transport_closed(why); }

    Owner& owner_;
    std::optional<net::TcpConnection> tcp_;
    std::unique_ptr<ShmPipe> shm_;  // one of the two
};

}  // namespace dcx::client
