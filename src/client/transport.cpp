#include "client/transport.h"

#include <charconv>
#include <cstring>

namespace dcx::client {

std::expected<VenueAddress, std::string> parse_venue_address(std::string_view text) {
    constexpr std::string_view kShm = "shm:";
    VenueAddress address;
    if (text.starts_with(kShm)) {
        address.shm = text.substr(kShm.size());
        if (address.shm.empty()) return std::unexpected("'" + std::string(text) + "' names no socket");
        return address;
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.endpoint.port);
    if (colon == 0 || port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size())
        return std::unexpected("'" + std::string(text) + "' is neither ADDRESS:PORT nor shm:PATH");
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    address.endpoint.address = host;
    return address;
}

Transport::Transport(net::Reactor& reactor, const VenueAddress& address, const TransportOptions& options, Owner& owner)
    : owner_(owner) {
    if (!address.shm.empty()) {
        shm_ = std::make_unique<ShmPipe>(reactor, address.shm, options.spinning, static_cast<ShmPipe::Owner&>(*this));
        return;
    }
    net::TcpOptions tcp;
    tcp.output_limit = options.output_limit;
    tcp_.emplace(reactor, address.endpoint, tcp, static_cast<net::TcpConnection::Owner&>(*this));
}

bool Transport::send(std::span<const std::byte> frame) {
    std::byte* room = prepare(frame.size());
    if (room == nullptr) return false;
    std::memcpy(room, frame.data(), frame.size());
    commit(frame.size());
    return true;
}

void Transport::on_record(std::span<const std::byte> record) {
    // A record is a frame: what is less can never become whole.
    if (owner_.on_bytes(record) != record.size()) close_now("the venue sent a record that is no frame");
}

}  // namespace dcx::client
