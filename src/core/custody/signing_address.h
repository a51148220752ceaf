// What is kept of an address from which the venue pays: the nonces it used, whether it is busy, and whether a fork has
// retired it. A fork retires all that ever signed at once: it begins a new era, and who signed in an older one is done.
#pragma once

#include <array>
#include <cstdint>

#include "model/command.h"

namespace dcx::core {

inline constexpr std::uint32_t kMaxVenueAddresses = 4096;

struct SigningAddress {
    std::uint64_t last_nonce{};
    std::uint32_t era{};  // in which it signed, 0: it never did
    std::uint8_t busy{};  // it has an open payout
    std::array<std::uint8_t, 3> zero{};

    [[nodiscard]] bool signed_before() const { return era != 0; }
};

struct SigningEras {
    std::uint32_t now = 1;
    std::uint32_t signers = 0;  // that have signed in it

    [[nodiscard]] bool retired(const SigningAddress& address) const {
        return address.signed_before() && address.era != now;
    }
    // The address is not retired.
    void sign(SigningAddress& address, std::uint64_t nonce) {
        if (!address.signed_before()) ++signers;
        address.last_nonce = nonce;
        address.era = now;
    }
    // How many that retired.
    std::uint32_t retire_all() {
        const std::uint32_t retired = signers;
        ++now;
        signers = 0;
        return retired;
    }
};

struct VenueAddress {
    ChainAddress address{};
    VenueAddressRole role{};
    std::array<std::uint8_t, 2> zero{};
    SigningAddress signing{};
};

}  // namespace dcx::core
