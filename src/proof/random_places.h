// RandomPlaces: numbers below 2^bits in a random order, each once, from a key alone: every order is as likely as every
// other. liabilities.h says how. Memory: a bit a place. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "proof/leaf.h"

namespace dcx::proof {

class RandomPlaces {
  public:
    RandomPlaces(const Secret& key, unsigned bits);
    ~RandomPlaces();
    RandomPlaces(const RandomPlaces&) = delete;
    RandomPlaces& operator=(const RandomPlaces&) = delete;

    // The next one; at most 2^bits times: CHECKed. Takes longer the more are taken: the last of 2^bits about that many
    // numbers of the stream, all of them together bits * 2^bits at most.
    std::uint32_t draw();
    // Those drawn, by rising number.
    [[nodiscard]] std::vector<std::uint32_t> sorted() const;
    [[nodiscard]] const std::vector<std::uint64_t>& taken() const { return taken_; }

  private:
    void refill();

    void* cipher_;
    std::uint32_t mask_;
    std::uint64_t left_;  // not drawn yet
    std::array<std::uint32_t, 1024> stream_{};
    std::size_t next_ = stream_.size();
    std::vector<std::uint64_t> taken_;  // bits
};

// How many places before a drawn one are drawn.
class PlaceRanks {
  public:
    explicit PlaceRanks(const RandomPlaces& places);
    [[nodiscard]] std::size_t of(std::uint32_t place) const;

  private:
    const std::vector<std::uint64_t>& taken_;
    std::vector<std::uint32_t> before_;  // each word
};

}  // namespace dcx::proof
