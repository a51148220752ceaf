// SHA-256 whose state is a value: it can be copied half-way, and a short message costs no more than its blocks. By
// OpenSSL's low-level functions, because setting up an EVP context costs more than hashing a leaf. No allocation. One
// thread for each object.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/sha256.h"

namespace dcx::proof {

class QuickSha256 {
  public:
    QuickSha256();
    void update(std::span<const std::byte> bytes);
    // Ends this message; the object is at the beginning of the next one.
    Digest finish();

    static Digest of(std::span<const std::byte> bytes);

  private:
    alignas(8) std::array<std::byte, 112> state_;
};

// HMAC-SHA-256 (RFC 2104) of one key and many messages: the two states behind the key's blocks are kept.
class KeyedHmac {
  public:
    explicit KeyedHmac(std::span<const std::byte> key);
    [[nodiscard]] Digest of(std::span<const std::byte> message) const;

  private:
    QuickSha256 inner_;
    QuickSha256 outer_;
};

}  // namespace dcx::proof
