#include "net/utf8.h"

#include <cstring>

namespace dcx::net {

bool Utf8Validator::feed(std::span<const std::byte> bytes) {
    std::size_t i = 0;
    while (i < bytes.size()) {
        if (remaining_ == 0) {
            // Most text is ASCII: eight bytes at a time.
            std::uint64_t word;
            while (bytes.size() - i >= sizeof word) {
                std::memcpy(&word, bytes.data() + i, sizeof word);
                if ((word & 0x8080808080808080u) != 0) break;
                i += sizeof word;
            }
            if (i == bytes.size()) return true;
        }
        if (!take(std::to_integer<std::uint8_t>(bytes[i++]))) return false;
    }
    return true;
}

bool Utf8Validator::take(std::uint8_t byte) {
    if (remaining_ > 0) {
        if (byte < low_ || byte > high_) return false;
        --remaining_;
        low_ = 0x80;
        high_ = 0xBF;
        return true;
    }
    if (byte < 0x80) return true;
    // The second byte's range keeps out overlong forms, surrogates and numbers above U+10FFFF (RFC 3629, section 4).
    if (byte >= 0xC2 && byte <= 0xDF) {
        remaining_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
        remaining_ = 2;
        if (byte == 0xE0) low_ = 0xA0;
        if (byte == 0xED) high_ = 0x9F;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
        remaining_ = 3;
        if (byte == 0xF0) low_ = 0x90;
        if (byte == 0xF4) high_ = 0x8F;
    } else {
        return false;
    }
    return true;
}

}  // namespace dcx::net
