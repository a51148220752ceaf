// SnapshotFrames: one snapshot as the frames that its readers take: as it is, or compressed for their window. Each is
// made when the first reader asks for it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "net/websocket_deflate.h"
#include "net/websocket_frame.h"

namespace dcx::feed {

class SnapshotFrames {
  public:
    [[nodiscard]] bool empty() const { return plain_.empty(); }
    // A whole frame.
    void set(std::span<const std::byte> frame) { plain_.assign(frame.begin(), frame.end()); }

    // For a reader with such a window (0: without compression).
    [[nodiscard]] std::span<const std::byte> of(unsigned window_bits) {
        if (window_bits == 0 || plain_.size() < kWorthIt) return plain_;
        std::vector<std::byte>& packed = packed_[window_bits];
        if (packed.empty())
            net::append_deflated_frame(packed, net::kind_of_frame(plain_), net::payload_of_frame(plain_), window_bits);
        return packed;
    }

  private:
    // What is shorter takes more time than it saves.
    static constexpr std::size_t kWorthIt = 512;
    std::vector<std::byte> plain_;
    std::array<std::vector<std::byte>, net::deflate_window_bits_max + 1> packed_;
};

}  // namespace dcx::feed
