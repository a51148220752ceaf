#include "history/postgres_numeric.h"

#include <array>
#include <limits>

namespace dcx::history {

namespace {

constexpr unsigned kBase = 10'000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::array<unsigned, 5> kPowers{1, 10, 100, 1000, 10'000};

void put16(char* out, unsigned value) {
    out[0] = static_cast<char>(value >> 8);
    out[1] = static_cast<char>(value);
}

unsigned get16(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned>(static_cast<std::uint8_t>(bytes[at])) << 8 | static_cast<std::uint8_t>(bytes[at + 1]);
}

// The digits of base 10,000 from the lowest on. 128-bit division is slow, and nearly every number has 64 bits.
template <class Number>
unsigned split(Number value, unsigned* digits) {
    unsigned count = 0;
    for (; value != 0; value /= kBase) digits[count++] = static_cast<unsigned>(value % kBase);
    return count;
}

}  // namespace

std::size_t write_numeric(char* out, int128 units, std::uint8_t scale) {
    const bool negative = units < 0;
    const uint128 value = negative ? -static_cast<uint128>(units) : static_cast<uint128>(units);
    // Decimals come in groups of four: the lowest digit holds the last `tail` of them, moved up.
    const unsigned fraction = (scale + 3u) / 4;
    const unsigned tail = scale - 4 * (fraction == 0 ? 0 : fraction - 1);
    unsigned digits[48];
    unsigned count = 0;
    uint128 rest = value;
    if (fraction != 0 && tail != 4) {
        digits[count++] = static_cast<unsigned>(value % kPowers[tail]) * kPowers[4 - tail];
        rest = value / kPowers[tail];
    }
    count += rest <= std::numeric_limits<std::uint64_t>::max() ? split(static_cast<std::uint64_t>(rest), digits + count)
                                                               : split(rest, digits + count);
    unsigned lowest = 0;
    while (lowest < count && digits[lowest] == 0) ++lowest;
    // A number below 10^-(4 x groups) leaves the first digit alone at zero.
    while (count > lowest && digits[count - 1] == 0) --count;
    const int weight = count == lowest ? 0 : static_cast<int>(count) - 1 - static_cast<int>(fraction);
    put16(out, count - lowest);
    put16(out + 2, static_cast<unsigned>(weight));
    put16(out + 4, negative && count != lowest ? kNegative : 0);
    put16(out + 6, scale);
    char* at = out + 8;
    for (unsigned i = count; i > lowest; --i, at += 2) put16(at, digits[i - 1]);
    return static_cast<std::size_t>(at - out);
}

std::optional<std::int64_t> read_numeric(std::string_view bytes, std::int64_t mantissa, std::uint8_t scale) {
    if (bytes.size() < 8 || mantissa <= 0) return std::nullopt;
    const unsigned count = get16(bytes, 0);
    const int weight = static_cast<std::int16_t>(get16(bytes, 2));
    const unsigned sign = get16(bytes, 4);
    if (bytes.size() != 8 + std::size_t{2} * count || (sign != 0 && sign != kNegative)) return std::nullopt;

    // Collects value x 10^scale; beyond it only zeros may stand. The largest that 64 bits of steps can make of 64 bits
    // of mantissa is below 2^126, so what grows beyond that is refused before it can overflow.
    constexpr uint128 kLimit = uint128{1} << 126;
    uint128 units = 0;
    const auto append = [&](unsigned digit, unsigned power) {
        if (units > kLimit / power) return false;
        units = units * power + digit;
        return true;
    };
    int place = weight;
    for (unsigned i = 0; i < count; ++i, --place) {
        const unsigned digit = get16(bytes, 8 + std::size_t{2} * i);
        if (digit >= kBase) return std::nullopt;
        // Decimals of this digit that are within the scale.
        const int within = place >= 0 ? 4 : static_cast<int>(scale) - 4 * (-place - 1);
        if (within >= 4) {
            if (!append(digit, kBase)) return std::nullopt;
        } else {
            const unsigned cut = kPowers[static_cast<unsigned>(4 - (within > 0 ? within : 0))];
            if (digit % cut != 0) return std::nullopt;
            if (within > 0 && !append(digit / cut, kPowers[static_cast<unsigned>(within)])) return std::nullopt;
        }
    }
    // Zeros between the last digit and the last decimal of the scale.
    if (units != 0) {
        int missing = 4 * (place + 1) + static_cast<int>(scale);
        for (; missing > 0; --missing)
            if (!append(0, 10)) return std::nullopt;
    }
    if (units % static_cast<std::uint64_t>(mantissa) != 0) return std::nullopt;
    const uint128 steps = units / static_cast<std::uint64_t>(mantissa);
    constexpr uint128 kMost = std::numeric_limits<std::int64_t>::max();
    if (sign == 0) return steps > kMost ? std::nullopt : std::optional{static_cast<std::int64_t>(steps)};
    if (steps > kMost + 1) return std::nullopt;
    return static_cast<std::int64_t>(-static_cast<int128>(steps));
}

}  // namespace dcx::history
