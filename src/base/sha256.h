// SHA-256 (FIPS 180-4), by OpenSSL, as a value that can be fed piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace dcx {

using Digest = std::array<std::byte, 32>;

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::span<const std::byte> bytes);
    // The bytes of one trivially copyable value without padding.
    template <class T>
    void update_value(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        update(std::as_bytes(std::span{&value, 1}));
    }
    // Ends this message and starts the next one.
    Digest finish();

    static Digest of(std::span<const std::byte> bytes);

  private:
    void* context_;
};

// Lower-case hexadecimal text, and back; an empty result when the text is not exactly such.
[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::byte> out);

}  // namespace dcx
