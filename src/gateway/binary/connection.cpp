#include "gateway/binary/connection.h"

#include "gateway/binary/gateway.h"

namespace dcx::gateway {

Connection::Connection(Gateway& gateway, net::Socket socket, const net::TcpOptions& options, std::uint64_t number)
    : gateway_(gateway),
      session_(gateway.session_context(), *this, number),
      tcp_(gateway.reactor(), std::move(socket), options, *this) {}

void Connection::send(std::span<const std::byte> frame) {
    if (closing) return;
    // The rest up to the buffer's own limit is kept for the last word.
    if (tcp_.pending_output() + frame.size() > gateway_.output_limit() || !tcp_.send(frame))
        gateway_.terminate(*this, TerminateCode::slow_consumer);
}

std::size_t Connection::on_data(net::TcpConnection&, std::span<std::byte> bytes) {
    Moment now = gateway_.moment();
    // What comes again after a wait had come before it: the wait belongs to the time from received to sequenced.
    if (waiting_since) now.wall = waiting_since;
    waiting_since = {};
    std::size_t taken = 0;
    while (!closing) {
        const auto frame = decode_frame(bytes.subspan(taken), request_block_size);
        if (!frame) {
            gateway_.terminate(*this, frame.error());
            break;
        }
        if (!frame->complete()) break;
        const auto outcome = session_.on_frame(*frame, now);
        if (!outcome) {
            gateway_.terminate(*this, outcome.error());
            break;
        }
        if (*outcome == Taken::later) {
            gateway_.wait_for_room(*this, now);
            break;
        }
        taken += frame->header.length;
        gateway_.after_frame(*this, now);
    }
    gateway_.flush_commands();
    return closing ? bytes.size() : taken;
}

void Connection::on_closed(net::TcpConnection&, const net::Closed&) { gateway_.forget(*this); }

}  // namespace dcx::gateway
