#include "feed/variant_use.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"
#include "feed/publisher.h"
#include "feed/test_publisher.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr VariantKey kAll[]{book_of(20), book_of(1), kTrades, {Channel::orders, 0, 0, 0}};

// Another feed over the same events, which begins when the first one's readers have long been there.
struct Second {
    Publisher::Options options{.replay_bytes = 1024 * 1024, .linger_ns = 1'000 * kMs};
    Publisher publisher{options};
    std::size_t next = 0;

    void take(const std::vector<Event>& events, std::size_t to) {
        while (next < to) publisher.apply(events[next++]);
    }
};

}  // namespace

TEST_CASE("another feed goes on with each chain from the sequences that readers have") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Feed first;
        first.venue.start();
        first.take_all();
        Random random{seed};
        std::vector<std::unique_ptr<Reader>> readers;
        const auto some_commands = [&](int count) {
            for (int i = 0; i < count; ++i) {
                first.venue.random_command(random);
                first.take_all();
            }
        };
        some_commands(20);
        for (const VariantKey& key : kAll)
            for (const Format format : kFormats) readers.push_back(first.subscribe(key, format));
        some_commands(100);
        // What stands in the file some time before the end, and what it said before that.
        std::vector<VariantUse> uses = first.publisher.variants(false);
        CHECK(uses.size() == std::size(kAll));
        const std::size_t noted = first.venue.events.size();
        some_commands(30);
        for (VariantUse& use : uses)
            for (const VariantUse& now : first.publisher.variants(false))
                if (now.key == use.key) use.last = now.last, use.position = now.position;
        some_commands(40);
        // Each reader's last message lies anywhere behind that.
        Second second;
        second.publisher.begin_variants(uses);
        second.take(first.venue.events, noted / 2);
        CHECK(second.publisher.variants(false).empty());
        second.take(first.venue.events, first.venue.events.size());
        second.publisher.start_lingering(first.now_ns);
        second.publisher.tick(first.now_ns);
        for (const auto& reader : readers) {
            const VariantKey& key = reader->subscription.key;
            const auto use = std::ranges::find(uses, key, &VariantUse::key);
            REQUIRE(use != uses.end());
            const auto& messages = reader->sink.messages;
            for (std::size_t at = 0; at < messages.size(); ++at) {
                const auto seq = messages[at]["seq"].get<std::uint64_t>();
                if (seq < use->from) continue;
                Reader returned(second.publisher, reader->subscription.format, key);
                const ResumePoint from{.epoch = second.publisher.epoch(), .seq = seq};
                INFO("channel ", name_of(key.channel), " depth ", key.depth, " at ", seq, " of ", messages.size(),
                     " from ", use->from, " last ", use->last, " position ", use->position);
                REQUIRE(second.publisher.can_resume(returned.subscription, from));
                second.publisher.attach(returned.subscription, from);
                second.publisher.tick(first.now_ns);
                const std::vector<Json> rest(messages.begin() + static_cast<std::ptrdiff_t>(at) + 1, messages.end());
                CHECK(returned.sink.messages == rest);
            }
        }
    }
}

TEST_CASE("a chain in which nothing happened stands where it stood, as long as that is known") {
    Feed first;
    first.venue.start();
    first.venue.place(Side::buy, 100, 5);
    first.take_all();
    const auto reader = first.subscribe(book_of(1));
    const auto seq = reader->sink.take()["seq"].get<std::uint64_t>();
    // Behind the best level: no message.
    first.venue.place(Side::buy, 90, 5);
    first.venue.place(Side::buy, 91, 5);
    first.take_all();
    const auto uses = first.publisher.variants(true);
    REQUIRE(uses.size() == 1);
    CHECK(uses.front().last == seq);

    Second begins_behind;
    begins_behind.take(first.venue.events, first.venue.events.size());
    begins_behind.publisher.begin_variants(uses);
    Reader at_once(begins_behind.publisher, Format::json, book_of(1));
    CHECK(begins_behind.publisher.can_resume(at_once.subscription, {begins_behind.publisher.epoch(), seq}));

    // What happened after it was noted, nobody knows.
    first.venue.place(Side::buy, 92, 5);
    first.take_all();
    Second begins_late;
    begins_late.take(first.venue.events, first.venue.events.size());
    begins_late.publisher.begin_variants(uses);
    Reader too_late(begins_late.publisher, Format::json, book_of(1));
    CHECK_FALSE(begins_late.publisher.can_resume(too_late.subscription, {begins_late.publisher.epoch(), seq}));
}

TEST_CASE("what is begun for nobody is forgotten like what somebody left") {
    Feed first;
    first.venue.start();
    first.take_all();
    VariantUse use{.symbol = "DEC/USD", .key = kTrades, .formats = {true, false}};
    first.publisher.begin_variants({use});
    CHECK(first.publisher.variants(false).size() == 1);
    CHECK(first.publisher.variants(true).empty());
    first.publisher.start_lingering(first.now_ns);
    first.tick(900);
    CHECK(first.publisher.variants(false).size() == 1);
    first.tick(2'000);
    first.tick(2'000);
    CHECK(first.publisher.variants(false).empty());
    // A conflated rate, or a market that does not exist, is nothing to begin.
    use.symbol = "NO/NE";
    first.publisher.begin_variants({use});
    use.symbol = "DEC/USD";
    use.key = book_of(20, 100);
    first.publisher.begin_variants({use});
    first.tick();
    CHECK(first.publisher.variants(false).empty());
}
