// JsonWriter and MsgpackWriter: what they write reads back as what was written, whatever it is; the short ways of
// writing give the same bytes as the long ones.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "feed/digits.h"
#include "feed/envelope.h"
#include "feed/json_writer.h"
#include "feed/msgpack_writer.h"
#include "feed/test_reader.h"
#include "model/decimal.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

// Any number of bits is as likely as any other.
std::uint64_t some_number(Random& random) {
    const std::uint64_t bits = random.below(65);
    return bits == 0 ? 0 : random.next() >> (64 - bits);
}
std::int64_t some_signed(Random& random) { return static_cast<std::int64_t>(some_number(random)); }

std::string some_text(Random& random) {
    std::string text;
    for (std::uint64_t left = random.chance(5) ? random.below(400) : random.below(40); left > 0; --left)
        text += random.chance(20) ? std::string{"ü"} : std::string(1, static_cast<char>(random.below(0x80)));
    return text;
}

// The same random tree into a writer and as what it must read back as. Decimals are text in JSON.
template <class Writer>
Json write_some(Writer& writer, Random& random, int depth) {
    switch (random.below(depth > 3 ? 6 : 9)) {
        case 0: writer.null(); return nullptr;
        case 1: {
            const bool value = random.chance(50);
            writer.boolean(value);
            return value;
        }
        case 2: {
            const std::uint64_t value = some_number(random);
            writer.number(value);
            return value;
        }
        case 3: {
            const std::int64_t value = some_signed(random);
            writer.number(value);
            // A number that is not negative has no sign in either format.
            return value < 0 ? Json(value) : Json(static_cast<std::uint64_t>(value));
        }
        case 4: {
            const std::string value = some_text(random);
            writer.text(value);
            return value;
        }
        case 5: {
            const DecimalFormat format{.mantissa = random.between(1, 1'000),
                                       .scale = static_cast<unsigned>(random.below(19))};
            const std::int64_t value = some_signed(random);
            writer.decimal(value, format);
            if constexpr (Writer::kFormat == Format::json) return decimal_text(value * format.mantissa, format.scale);
            return value < 0 ? Json(value) : Json(static_cast<std::uint64_t>(value));
        }
        case 6: {
            Json list = Json::array();
            const std::size_t count = random.chance(10) ? random.below(40) : random.below(4);
            writer.array(count);
            for (std::size_t i = 0; i < count; ++i) list.push_back(write_some(writer, random, depth + 1));
            writer.end_array();
            return list;
        }
        case 7: {
            const std::int64_t price = some_signed(random);
            const std::int64_t quantity = some_signed(random);
            const std::uint64_t orders = some_number(random);
            const DecimalFormat format{.mantissa = random.between(1, 50),
                                       .scale = static_cast<unsigned>(random.below(20))};
            writer.level(price, format, quantity, format, orders);
            if constexpr (Writer::kFormat == Format::msgpack) return {price, quantity, orders};
            return {decimal_text(price * format.mantissa, format.scale),
                    decimal_text(quantity * format.mantissa, format.scale), orders};
        }
        default: {
            Json map = Json::object();
            const std::size_t count = random.chance(10) ? random.below(40) : random.below(4);
            writer.map(count);
            for (std::size_t i = 0; i < count; ++i) {
                const std::string key = std::to_string(i) + some_text(random);
                writer.key(std::string_view{key});
                map[key] = write_some(writer, random, depth + 1);
            }
            writer.end_map();
            return map;
        }
    }
}

template <class Writer>
void round_trips(std::uint64_t seed) {
    Random random{seed};
    for (int i = 0; i < 4'000; ++i) {
        // A buffer of its own each time, so that it grows in the middle of every kind of value.
        ByteBuffer out;
        Writer writer{out};
        writer.map(1);
        writer.template key<"of">();
        const Json expected = write_some(writer, random, 0);
        writer.end_map();
        writer.finish();
        REQUIRE(decode(Writer::kFormat, out.bytes())["of"] == expected);
    }
}

template <class Writer>
std::string written(auto&& write) {
    ByteBuffer out;
    Writer writer{out};
    write(writer);
    writer.flush();
    return std::string{out.text()};
}

}  // namespace

TEST_CASE("writers: random messages read back as they were written") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        CAPTURE(seed);
        round_trips<JsonWriter>(seed);
        round_trips<MsgpackWriter>(seed);
    }
}

TEST_CASE("writers: digits of numbers of every length") {
    Random random{4};
    const auto check = [](std::uint64_t number) {
        std::array<char, 40> text{};
        const std::string expected = std::to_string(number);
        REQUIRE(std::string(text.data(), write_number(text.data(), number)) == expected);
        for (std::size_t digits = expected.size(); digits <= 19; ++digits)
            REQUIRE(std::string(text.data(), write_digits(text.data(), number, static_cast<unsigned>(digits))) ==
                    std::string(digits - expected.size(), '0') + expected);
    };
    for (std::uint64_t number = 0; number < 20'000; ++number) check(number);
    std::uint64_t power = 1;
    for (int digits = 1; digits <= 19; ++digits, power *= 10)
        for (const std::uint64_t near : {power - 1, power, power + 1, 9 * power}) check(near);
    check(std::numeric_limits<std::uint64_t>::max());
    for (int i = 0; i < 100'000; ++i) check(some_number(random));
}

TEST_CASE("writers: sums of 128 bits, to the ends") {
    const int128 most = ~(int128{1} << 127);
    const DecimalFormat whole{.mantissa = 1, .scale = 0};
    const DecimalFormat cents{.mantissa = 1, .scale = 27};
    for (const int128 value : {int128{0}, int128{-1}, most, -most - 1, int128{INT64_MAX} + 1, int128{INT64_MIN} - 1,
                               int128{UINT64_MAX}, int128{UINT64_MAX} + 1}) {
        CHECK(written<JsonWriter>([&](JsonWriter& w) { w.decimal(value, whole); }) ==
              "\"" + decimal_text(value, 0) + "\",");
        CHECK(written<JsonWriter>([&](JsonWriter& w) { w.decimal(value, cents); }) ==
              "\"" + decimal_text(value, 27) + "\",");
    }
    const auto msgpack = [&](int128 value) {
        const std::string bytes = written<MsgpackWriter>([&](MsgpackWriter& w) { w.decimal(value, whole); });
        return decode(Format::msgpack, std::as_bytes(std::span{bytes}));
    };
    // What does not fit is told as the largest that does.
    CHECK(msgpack(most) == UINT64_MAX);
    CHECK(msgpack(int128{UINT64_MAX} + 1) == UINT64_MAX);
    CHECK(msgpack(UINT64_MAX) == UINT64_MAX);
    CHECK(msgpack(INT64_MIN) == INT64_MIN);
    CHECK(msgpack(-most - 1) == INT64_MIN);
}

TEST_CASE("writers: a message begins with the same bytes whether they are copied or made") {
    for (const char* symbol : {"DEC/USD", "A", "ABCDEFGH/IJKLMNO", "\"\\\n/ü"}) {
        InstrumentListed listing = TestVenue::listing(InstrumentId{1u}, symbol);
        const Market market{listing, "DEC", "USD"};
        for (const Channel channel : kChannels) {
            if (is_private(channel)) continue;
            for (const bool snapshot : {false, true}) {
                const Envelope envelope{.market = market,
                                        .snapshot = snapshot,
                                        .epoch = 300,
                                        .prev = 0,
                                        .seq = 1ul << 40,
                                        .time = Time{1'700'000'000'000'000'000}};
                const auto check = [&]<class Writer>(std::type_identity<Writer>) {
                    const std::string copied = written<Writer>([&](Writer& w) { begin_message(w, channel, envelope); });
                    const std::string made = written<Writer>([&](Writer& w) {
                        write_head(w, channel, snapshot, symbol, kEnvelopeFields);
                        w.number(envelope.epoch);
                        w.key(std::string_view{"prev"});
                        w.number(envelope.prev);
                        w.key(std::string_view{"seq"});
                        w.number(envelope.seq);
                        w.key(std::string_view{"time"});
                        w.number(envelope.time.value);
                        w.key(std::string_view{"data"});
                    });
                    CHECK(copied == made);
                };
                check(std::type_identity<JsonWriter>{});
                check(std::type_identity<MsgpackWriter>{});
            }
        }
    }
}
