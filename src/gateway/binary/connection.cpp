#include "gateway/binary/connection.h"

#include <cstring>

#include "gateway/binary/gateway.h"

namespace dcx::gateway {

namespace {

// Of one client's ring in one round: the others' turn comes soon, and one release is shared by many.
constexpr int kRecords = 64;

}  // namespace

Connection::Connection(Gateway& gateway, net::Socket socket, const net::TcpOptions& options, std::uint64_t number)
    : gateway_(gateway),
      session_(gateway.session_context(), *this, number),
      link_(gateway.reactor(), std::move(socket), options, *this) {}

Connection::Connection(Gateway& gateway, ShmDoor& door, ShmClient client, std::uint64_t number)
    : gateway_(gateway),
      session_(gateway.session_context(), *this, number),
      link_(gateway.reactor(), door, std::move(client), *this) {}

// ---- to the client

std::byte* Connection::prepare(std::size_t size) {
    if (closing) return nullptr;
    // Behind the limit there is room for the last word.
    if (std::byte* room = link_.prepare(size, gateway_.output_limit())) return room;
    gateway_.terminate(*this, link_.broken() ? TerminateCode::broken_ring : TerminateCode::slow_consumer);
    return nullptr;
}

void Connection::send(std::span<const std::byte> frame) {
    std::byte* room = prepare(frame.size());
    if (room == nullptr) return;
    std::memcpy(room, frame.data(), frame.size());
    commit(frame.size());
}

// ---- from the client

Moment Connection::begin_reading() {
    Moment now = gateway_.moment();
    // What comes again after a wait had come before it: the wait belongs to the time from received to sequenced.
    if (waiting_since) now.wall = waiting_since;
    waiting_since = {};
    return now;
}

Connection::Step Connection::take(const Frame& frame, Moment now) {
    const auto outcome = session_.on_frame(frame, now);
    if (!outcome) {
        gateway_.terminate(*this, outcome.error());
        return Step::stay;
    }
    if (*outcome == Taken::later) {
        gateway_.wait_for_room(*this, now);
        return Step::stay;
    }
    gateway_.after_frame(*this, now);
    return Step::taken;
}

std::size_t Connection::on_bytes(std::span<std::byte> bytes) {
    const Moment now = begin_reading();
    std::size_t taken = 0;
    while (!closing) {
        const auto frame = decode_frame(bytes.subspan(taken), request_block_size);
        if (!frame) {
            gateway_.terminate(*this, frame.error());
            break;
        }
        if (!frame->complete()) break;
        if (take(*frame, now) == Step::stay) break;
        taken += frame->header.length;
    }
    gateway_.flush_commands();
    return closing ? bytes.size() : taken;
}

void Connection::on_records(ShmLink& records) {
    const Moment now = begin_reading();
    for (int i = 0; i < kRecords && !closing; ++i) {
        const auto record = records.front();
        if (!record) break;
        const auto frame = decode_frame(*record, request_block_size);
        if (!frame) {
            gateway_.terminate(*this, frame.error());
        } else if (!frame->complete() || frame->header.length != record->size()) {
            gateway_.terminate(*this, TerminateCode::broken_ring);
        } else {
            if (take(*frame, now) == Step::stay) break;
            records.pop();
        }
    }
    if (records.broken()) gateway_.terminate(*this, TerminateCode::broken_ring);
    gateway_.flush_commands();
}

void Connection::on_link_closed() { gateway_.forget(*this); }

}  // namespace dcx::gateway
