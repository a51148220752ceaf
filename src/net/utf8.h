// UTF-8 validation (RFC 3629) of text that arrives in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dcx::net {

class Utf8Validator {
  public:
    // False at the first byte that no valid text can have there.
    [[nodiscard]] bool feed(std::span<const std::byte> bytes);
    // The text so far is whole: no sequence is cut.
    [[nodiscard]] bool complete() const { return remaining_ == 0; }
    void reset() { *this = Utf8Validator{}; }

  private:
    bool take(std::uint8_t byte);

    std::uint8_t remaining_ = 0;  // continuation bytes still due
    std::uint8_t low_ = 0x80;     // range of the next one
    std::uint8_t high_ = 0xBF;
};

}  // namespace dcx::net
