// Link: what carries the frames of one connection, so that a session and its gateway need not know whether that is TCP
// or memory. A closed set, chosen when the connection is made: output is a branch and no virtual call; input is one
// virtual call for all that came at once.
//
// Belongs to the gateway's thread. Its owner hears on_link_closed exactly once, from the end of the reactor's round and
// never from inside a call of his own; there he may destroy it. Bounded: what waits for the other end by the output
// limit (of memory: by its ring), what waits for the owner by the receive capacity (the ring).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/shm/shm_link.h"
#include "net/tcp.h"

namespace dcx::gateway {

class Link final : net::TcpConnection::Owner, ShmLink::Owner {
  public:
    class Owner {
      public:
        // Of TCP: whole frames, and at the end perhaps a part of one. Returns how many bytes it has dealt with; the
        // rest comes again, in front of newer bytes.
        virtual std::size_t on_bytes(std::span<std::byte> bytes) = 0;
        // Of memory: records to be looked at and popped, each to be a whole frame. What is left comes again.
        virtual void on_records(ShmLink& records) = 0;
        virtual void on_link_closed() = 0;

      protected:
        ~Owner() = default;
    };

    // Over an accepted socket.
    Link(net::Reactor& reactor, net::Socket socket, const net::TcpOptions& options, Owner& owner) : owner_(owner) {
        tcp_.emplace(reactor, std::move(socket), options, static_cast<net::TcpConnection::Owner&>(*this));
    }
    // Over the memory of a client that was admitted.
    Link(net::Reactor& reactor, ShmDoor& door, ShmClient client, Owner& owner)
        : owner_(owner),
          shm_(std::make_unique<ShmLink>(reactor, door, std::move(client), static_cast<ShmLink::Owner&>(*this))) {}

    // Room to encode one frame into, then commit() what was used; nullptr: more than `limit` would wait for the other
    // end (of memory: the ring is full), or the link is closing, and nothing was queued.
    [[nodiscard]] std::byte* prepare(std::size_t size, std::size_t limit) {
        if (shm_ != nullptr) return shm_->prepare(size);
        return tcp_->pending_output() + size <= limit ? tcp_->prepare(size) : nullptr;
    }
    void commit(std::size_t size) { shm_ != nullptr ? shm_->commit(size) : tcp_->commit(size); }
    // One frame into the room that is kept behind the limit, before close_after_flush().
    void say_last(std::span<const std::byte> frame) {
        if (shm_ != nullptr) return shm_->say_last(frame);
        // Fails only where the connection is already gone.
        (void)tcp_->send(frame);
    }
    // Bytes that the other end has yet to take.
    [[nodiscard]] std::size_t pending_output() {
        return shm_ != nullptr ? shm_->pending_output() : tcp_->pending_output();
    }
    // Hands over what was queued now rather than at the end of the round.
    void flush() { shm_ != nullptr ? shm_->flush() : tcp_->flush(); }

    // Between these the owner is not given anything, and the other end is slowed by it.
    void pause_reading() { shm_ != nullptr ? shm_->pause_reading() : tcp_->pause_reading(); }
    void resume_reading() { shm_ != nullptr ? shm_->resume_reading() : tcp_->resume_reading(); }

    // Takes no more input, lets out what is queued (for a bounded time), then closes.
    void close_after_flush(std::string_view why) {
        shm_ != nullptr ? shm_->close_after_flush() : tcp_->close_after_flush(why);
    }
    // The other end wrote into its memory what cannot be.
    [[nodiscard]] bool broken() const { return shm_ != nullptr && shm_->broken(); }

  private:
    std::size_t on_data(net::TcpConnection&, std::span<std::byte> bytes) override { return owner_.on_bytes(bytes); }
    void on_closed(net::TcpConnection&, const net::Closed&) override { owner_.on_link_closed(); }
    void on_records(ShmLink& link) override { owner_.on_records(link); }
    void on_shm_closed(ShmLink&) override { owner_.on_link_closed(); }

    Owner& owner_;
    std::optional<net::TcpConnection> tcp_;
    std::unique_ptr<ShmLink> shm_;  // one of the two
};

}  // namespace dcx::gateway
