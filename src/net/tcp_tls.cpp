// What TLS adds to a TcpConnection: between what the wire has and what the owner sees.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "net/tcp.h"

namespace dcx::net {

namespace {

// Of plain bytes encrypted ahead of the wire: more would only wait twice.
constexpr std::size_t encrypted_at_once = 256 * 1024;
// Of a source's, which needs no other memory meanwhile: as much as a write is worth.
constexpr std::size_t source_at_once = 32 * 1024;

}  // namespace

void TcpConnection::begin_tls() {
    if (tls_context_ == nullptr) return;
    // Beside what is encrypted at once, room for a handshake and for records' heads.
    tls_ = std::make_unique<TlsSession>(std::move(tls_context_), 3 * encrypted_at_once, reactor_.memory());
}

void TcpConnection::decrypt(std::span<std::byte> bytes) {
    const bool shaking = shaking_hands();
    if (!tls_->feed(bytes)) return tls_failed();
    if (!tls_->wire().empty() && !blocked_) need_round_end();
    if (shaking && tls_->established()) {
        if (state_ == State::securing) {
            state_ = State::open;
            connected();
        } else {
            // In draining the timer is the one that bounds it.
            if (state_ == State::open) stop_timer();
            if (something_to_send()) need_round_end();
        }
    }
    // Also when the owner pauses meanwhile: it is kept, at most what one receive has brought.
    while (state_ == State::open && tls_->established()) {
        std::size_t size = 0;
        const auto plain = reactor_.plain_buffer();
        if (!tls_->read(plain, size)) return tls_failed();
        if (size == 0) break;
        take(plain.first(size));
    }
    if (state_ == State::closed) return;
    if (!tls_->wire().empty() && !blocked_) need_round_end();
    if (tls_->ended() && state_ == State::open) input_ended();
}

std::span<const std::byte> TcpConnection::encrypt() {
    while (tls_->established() && !output_.empty() && tls_->wire().size() < encrypted_at_once) {
        const auto plain = output_.bytes().first(std::min(output_.size(), encrypted_at_once));
        // Cannot fail but for memory; the next receive tells.
        if (!tls_->write(plain)) break;
        output_.consume(plain.size());
        if (output_.empty()) encrypt_source();
    }
    encrypt_source();
    return tls_->wire().bytes();
}

void TcpConnection::encrypt_source() {
    if (!output_.empty() || !source_waits() || tls_->wire().size() >= source_at_once) return;
    OutputPieces pieces(source_at_once);
    source_->gather(pieces);
    source_ready_ = pieces.full();
    for (std::size_t i = 0; i < pieces.count(); ++i)
        if (!tls_->write(pieces[i])) return;
    if (pieces.empty()) return;
    source_taken(pieces.bytes());
    // The rest of a message that was cut, or it would wait for another round.
    const auto rest = output_.bytes();
    if (!rest.empty() && tls_->write(rest)) output_.consume(rest.size());
}

void TcpConnection::tls_failed() {
    const std::string why = tls_->error();
    // The alert, if the system takes it at once.
    if (!tls_->wire().empty()) static_cast<void>(reactor_.kernel().send(socket_.fd(), tls_->wire().bytes()));
    end(CloseCause::error, why);
}

}  // namespace dcx::net
