#include "net/address_limits.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>

#include "base/check.h"

namespace dcx::net {

namespace {

// No routed IPv6 prefix begins with 0000:ffff, so the two kinds never meet.
constexpr AddressLimits::Key ipv4_mark = std::uint64_t{0xFFFF} << 32;

AddressLimits::Key key_of_ipv4(std::uint32_t address, bool exempt_loopback) {
    if (exempt_loopback && address >> 24 == 127) return AddressLimits::not_counted;
    return ipv4_mark | address;
}

}  // namespace

// Nothing that cannot be read as an address is refused: it is none of the other end's doing.
AddressLimits::Key AddressLimits::key_of(std::string_view peer) const {
    const bool v6 = peer.starts_with('[');
    const auto end = v6 ? peer.find(']') : peer.rfind(':');
    if (end == peer.npos) return not_counted;
    const std::string address{peer.substr(v6 ? 1 : 0, end - (v6 ? 1 : 0))};
    std::array<std::uint8_t, 16> bytes{};
    if (!v6) {
        std::uint32_t number = 0;
        if (::inet_pton(AF_INET, address.c_str(), &number) != 1) return not_counted;
        return key_of_ipv4(ntohl(number), options_.exempt_loopback);
    }
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return not_counted;
    const auto word = [&](std::size_t at) {
        std::uint64_t result = 0;
        for (std::size_t i = 0; i < 8; ++i) result = result << 8 | bytes[at + i];
        return result;
    };
    const Key prefix = word(0);
    if (prefix != 0) return prefix;
    const std::uint64_t rest = word(8);
    if (rest >> 32 == 0xFFFF) return key_of_ipv4(static_cast<std::uint32_t>(rest), options_.exempt_loopback);
    if (rest == 1 && options_.exempt_loopback) return not_counted;
    return ipv4_mark << 8 | 1;  // what is left has no prefix: loopback, mostly
}

std::optional<AddressLimits::Key> AddressLimits::take(std::string_view peer) {
    if (options_.connections == 0) return not_counted;
    const Key key = key_of(peer);
    if (key == not_counted) return not_counted;
    const std::scoped_lock lock(mutex_);
    std::size_t& count = counts_[key];
    // An address that is refused has others, so nothing stays behind of it.
    if (count >= options_.connections) {
        ++refused_;
        return std::nullopt;
    }
    ++count;
    return key;
}

std::uint64_t AddressLimits::refused() const {
    const std::scoped_lock lock(mutex_);
    return refused_;
}

void AddressLimits::give_back(Key key) {
    if (key == not_counted) return;
    const std::scoped_lock lock(mutex_);
    const auto found = counts_.find(key);
    DCX_CHECK(found != counts_.end() && found->second > 0);
    if (--found->second == 0) counts_.erase(found);
}

std::size_t AddressLimits::addresses() const {
    const std::scoped_lock lock(mutex_);
    return counts_.size();
}

}  // namespace dcx::net
