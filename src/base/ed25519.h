// Ed25519 signatures (RFC 8032), by OpenSSL. Keys are raw: a 32-byte seed and a 32-byte public key.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace dcx {

using Ed25519Seed = std::array<std::byte, 32>;
using Ed25519PublicKey = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;

// From the operating system's random source.
void random_bytes(std::span<std::byte> out);
[[nodiscard]] Ed25519PublicKey ed25519_public_key(const Ed25519Seed& seed);
[[nodiscard]] Ed25519Signature ed25519_sign(const Ed25519Seed& seed, std::span<const std::byte> message);
[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& key, std::span<const std::byte> message,
                                  const Ed25519Signature& signature);

}  // namespace dcx
