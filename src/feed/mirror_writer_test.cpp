#include "feed/mirror_writer.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sha256.h"
#include "feed/publisher.h"
#include "feed/test_venue.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

// A mirror in plain memory, read as its bytes are specified and not by our reader.
struct TestMirror {
    explicit TestMirror(std::uint32_t levels_of, std::uint32_t capacity = 2)
        : options{.levels = levels_of, .capacity = capacity, .pid = 77, .created_ns = 88},
          words(MirrorWriter::bytes(options) / 8),
          writer{words, options} {}

    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> result;
        for (const auto& word : words) {
            const auto value = std::bit_cast<std::array<std::byte, 8>>(word.load());
            result.insert(result.end(), value.begin(), value.end());
        }
        return result;
    }
    template <class Struct>
    [[nodiscard]] Struct at(std::size_t offset) const {
        std::array<std::uint64_t, sizeof(Struct) / 8> value;
        for (std::size_t i = 0; i < value.size(); ++i) value[i] = words[offset / 8 + i].load();
        return std::bit_cast<Struct>(value);
    }
    [[nodiscard]] std::size_t book_at(std::size_t book) const {
        return sizeof(MirrorHeader) + book * mirror_book_bytes(options.levels);
    }
    [[nodiscard]] MirrorHeader header() const { return at<MirrorHeader>(0); }
    [[nodiscard]] MirrorBookHead head(std::size_t book = 0) const { return at<MirrorBookHead>(book_at(book)); }
    [[nodiscard]] MirrorLevel level(std::size_t book, Side side, std::size_t place) const {
        const std::size_t before = place + (side == Side::buy ? 0 : options.levels);
        return at<MirrorLevel>(book_at(book) + sizeof(MirrorBookHead) + before * sizeof(MirrorLevel));
    }

    MirrorWriter::Options options;
    std::vector<std::atomic<std::uint64_t>> words;
    MirrorWriter writer;
};

// Every level that is shown, and that there is nothing behind them.
void check_side(const TestMirror& mirror, NaiveBook& book, std::size_t at, Side side) {
    const auto lines = book.lines(side, mirror.options.levels);
    const MirrorBookHead head = mirror.head(at);
    REQUIRE((side == Side::buy ? head.bids : head.asks) == lines.size());
    REQUIRE((side == Side::buy ? head.all_bids : head.all_asks) == book.lines(side, SIZE_MAX).size());
    for (std::size_t place = 0; place < mirror.options.levels; ++place) {
        MirrorLevel expected;
        if (place < lines.size())
            expected = {.price = Price{lines[place].price},
                        .quantity = Quantity{lines[place].quantity},
                        .orders = lines[place].orders};
        REQUIRE(mirror.level(at, side, place) == expected);
    }
}

}  // namespace

TEST_CASE("the mirror is the venue's book after every command of a long random run") {
    for (const std::uint32_t levels : {1u, 5u, 20u}) {
        TestMirror mirror{levels};
        TestVenue venue;
        constexpr InstrumentId other{2u};
        venue.restore_assets();
        venue.restore_instrument(TestVenue::kInstrument, "DEC/USD");
        venue.restore_instrument(other, "OTH/USD");
        for (std::int64_t i = 0; i < 30; ++i) venue.restore_order(Side::buy, 9'000 + i % 7, 5);
        venue.complete_restore(3);
        Publisher publisher{{.mirror = &mirror.writer}};
        Random random{levels};
        std::uint64_t traded = 0;
        std::size_t next = 0;
        for (int command = 0; command < 1'000; ++command) {
            for (; next < venue.events.size(); ++next) publisher.apply(venue.events[next]);
            CHECK(mirror.header().sequence.value == venue.sequence());
            for (const InstrumentId id : {TestVenue::kInstrument, other}) {
                const std::size_t at = id.value - 1;
                check_side(mirror, venue.book(id), at, Side::buy);
                check_side(mirror, venue.book(id), at, Side::sell);
                REQUIRE(mirror.head(at).guard % 2 == 0);
            }
            traded = std::max(traded, std::max(mirror.head(0).last_trade_id.value, mirror.head(1).last_trade_id.value));
            REQUIRE(traded == venue.last_trade());
            venue.random_command(random, command % 3 == 0 ? other : TestVenue::kInstrument);
        }
        CHECK(traded > 20);
    }
}

TEST_CASE("a book's number is that of the last command that changed it, and rests while others change") {
    TestMirror mirror{3};
    TestVenue venue;
    venue.start();
    Publisher publisher{{.mirror = &mirror.writer}};
    std::size_t next = 0;
    const auto take = [&] {
        for (; next < venue.events.size(); ++next) publisher.apply(venue.events[next]);
    };
    take();
    CHECK(mirror.header().state == MirrorState::live);
    venue.place(Side::buy, 100, 5);
    take();
    const MirrorBookHead placed = mirror.head();
    CHECK(placed.sequence.value == venue.sequence());
    CHECK(placed.time.value == venue.now_ns);
    venue.single(AccountOpened{.account = AccountId{9u}, .account_kind = AccountKind::customer, .zero = {}});
    take();
    CHECK(mirror.head().guard == placed.guard);
    CHECK(mirror.header().sequence.value == venue.sequence());
    SUBCASE("a halt is a change") {
        venue.single(PhaseChanged{.instrument = {}, .phase = Phase::halted, .zero = {}});
        take();
        CHECK(mirror.head().phase == Phase::halted);
        CHECK(mirror.head().guard == placed.guard + 2);
        CHECK(mirror.head().sequence.value == venue.sequence());
    }
    SUBCASE("a busted trade is still the last one") {
        venue.place(Side::sell, 100, 2);
        take();
        const MirrorBookHead traded = mirror.head();
        CHECK(traded.last_price == Price{100l});
        CHECK(traded.last_quantity == Quantity{2l});
        CHECK(traded.last_taker_side == Side::sell);
        CHECK(traded.last_time.value == venue.now_ns);
        venue.bust(TradeId{1ul});
        take();
        CHECK(mirror.head().last_trade_id == TradeId{1ul});
        CHECK(mirror.level(0, Side::buy, 0).quantity == Quantity{3l});
    }
    SUBCASE("half of a command is not shown") {
        venue.place(Side::sell, 100, 2);
        publisher.apply(venue.events[next]);
        publisher.apply(venue.events[next + 1]);
        CHECK(mirror.head().guard == placed.guard);
    }
    SUBCASE("a market that is listed later") {
        auto listing = TestVenue::listing(InstrumentId{2u}, "NEW/USD");
        listing.last_price = Price{42l};
        CHECK(mirror.header().books == 1);
        venue.single(listing);
        take();
        CHECK(mirror.header().books == 2);
        CHECK(mirror.head(1).symbol.view() == "NEW/USD");
        CHECK(mirror.head(1).last_price == Price{42l});
        CHECK(mirror.head(1).last_trade_id == TradeId{});
    }
    SUBCASE("it says that it lives, and when it ends") {
        publisher.tick(kMirrorBeatNs);
        CHECK(mirror.header().heartbeat_ns == kMirrorBeatNs);
        publisher.tick(kMirrorBeatNs + 1);
        CHECK(mirror.header().heartbeat_ns == kMirrorBeatNs);
        publisher.tick(2 * kMirrorBeatNs);
        CHECK(mirror.header().heartbeat_ns == 2 * kMirrorBeatNs);
        mirror.writer.close();
        CHECK(mirror.header().state == MirrorState::closed);
    }
}

TEST_CASE("golden bytes of a mirror: version 1") {
    TestMirror mirror{2, 1};
    TestVenue venue;
    venue.start();
    venue.place(Side::buy, 0x1234, 0x56);
    venue.place(Side::sell, 0x1236, 7);
    venue.place(Side::sell, 0x1234, 6);
    Publisher publisher{{.mirror = &mirror.writer}};
    for (const Event& event : venue.events) publisher.apply(event);
    publisher.tick(0x0102030405060708);

    // 32 bytes a line; docs/protocols/mirror.md draws them.
    const std::vector<std::string> expected{
        "4443584d49525231010000000001000000010000000000000200000001000000",
        "000000000000000000000000000000004d000000000000005800000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000010000000000000008070605040302016700000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "08000000000000006700000000000000b80b2a36fe9c97170100000001040400",
        "4445432f55534400000000000000000001000000000000000100000000000000",
        "341200000000000006000000000000000100000000000000b80b2a36fe9c9717",
        "0200000000000000010000000100000001000000010000000000000000000000",
        "3412000000000000500000000000000001000000000000000000000000000000",
        "0000000000000000000000000000000036120000000000000700000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
    };
    const std::string hex = to_hex(mirror.bytes());
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < hex.size(); at += 64) lines.push_back(hex.substr(at, 64));
    CHECK(lines == expected);
}
