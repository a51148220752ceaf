// Trace: one number for all that happens in a run, in order: network, disk, events, clients, faults. The same seed
// gives the same trace on every machine and in every build; two runs with the same trace did the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace dcx::simulation {

class Trace {
  public:
    void add(std::uint64_t word) {
        hash_ = (hash_ ^ word) * 0x9E3779B97F4A7C15u;
        hash_ ^= hash_ >> 29;
    }
    void add(std::string_view what, std::uint64_t word) {
        add(std::as_bytes(std::span{what}));
        add(word);
    }
    void add(std::span<const std::byte> bytes) {
        add(bytes.size());
        for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data(), 8);
            add(word);
        }
        std::uint64_t rest = 0;
        if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
        add(rest);
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

  private:
    std::uint64_t hash_ = 0x243F6A8885A308D3u;
};

}  // namespace dcx::simulation
