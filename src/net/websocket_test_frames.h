// For tests and fuzzing only: frames as a client (masked) or a server (not) would send them, right or wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::net::test {

struct FrameSpec {
    unsigned opcode = 1;
    std::string_view payload = {};
    bool final = true;
    bool masked = true;
    unsigned reserved = 0;     // of the first byte, 0x40 to 0x10
    unsigned length_form = 0;  // 0: shortest; 126 or 127: that one
    std::uint32_t key = 0x12345678;
};

inline std::string frame(const FrameSpec& spec) {
    const std::size_t size = spec.payload.size();
    const unsigned form = spec.length_form != 0 ? spec.length_form : size <= 125 ? 0 : size <= 0xFFFF ? 126 : 127;
    std::string out;
    out += static_cast<char>((spec.final ? 0x80 : 0) | spec.reserved | spec.opcode);
    const unsigned mask_bit = spec.masked ? 0x80 : 0;
    out += static_cast<char>(mask_bit | (form == 0 ? static_cast<unsigned>(size) : form));
    const int bytes = form == 126 ? 2 : form == 127 ? 8 : 0;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i));
    if (!spec.masked) return out.append(spec.payload);
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(spec.key >> shift);
    for (std::size_t i = 0; i < size; ++i)
        out += static_cast<char>(spec.payload[i] ^ static_cast<char>(spec.key >> (8 * (i % 4))));
    return out;
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    return std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason);
}

}  // namespace dcx::net::test
