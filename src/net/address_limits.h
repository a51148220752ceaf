// AddressLimits: how many connections each address of the other end has, counted for all listeners that share it. Any
// thread. Of IPv6 the first 64 bits are the address, which is what one customer of a provider has at least; IPv4 within
// IPv6 is IPv4. Memory: about 64 bytes for each address that has a connection, so no more of them than connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace dcx::net {

class AddressLimits {
  public:
    struct Options {
        std::size_t connections = 0;  // of one address; 0: any number
        // Connections from this machine are not counted: they are the operator's own, or come through a proxy of his,
        // behind which all clients have one address.
        bool exempt_loopback = true;
    };
    // What an address is counted under.
    using Key = std::uint64_t;
    static constexpr Key not_counted = 0;

    explicit AddressLimits(const Options& options) : options_(options) {}

    // One more connection of "address:port": to be given back under this key when it has ended. None: the address has
    // all it may have, and this one is not counted.
    [[nodiscard]] std::optional<Key> take(std::string_view peer);
    void give_back(Key key);

    [[nodiscard]] std::size_t addresses() const;
    // Connections that were told none, so far.
    [[nodiscard]] std::uint64_t refused() const;
    [[nodiscard]] const Options& options() const { return options_; }

  private:
    [[nodiscard]] Key key_of(std::string_view peer) const;

    Options options_;
    mutable std::mutex mutex_;
    std::unordered_map<Key, std::size_t> counts_;
    std::uint64_t refused_ = 0;
};

}  // namespace dcx::net
