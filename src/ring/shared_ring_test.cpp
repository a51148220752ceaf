// Two real processes over one mapping: the peer is killed at random instants, or writes anything it likes.
#include "ring/shared_ring.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/random.h"
#include "platform/descriptor_passing.h"
#include "platform/shared_memory.h"
#include "ring/lossy_records.h"
#include "ring/wait.h"

using dcx::Descriptor;
using dcx::Random;
using dcx::platform::Access;
using dcx::platform::SharedMemory;
using namespace dcx::ring;

namespace {

struct Message {
    std::uint64_t number;
    std::array<std::uint64_t, 7> body;

    static Message make(std::uint64_t number) {
        Message message{number, {}};
        for (std::uint64_t i = 0; i < message.body.size(); ++i) message.body[i] = number * 31 + i;
        return message;
    }
    friend bool operator==(const Message&, const Message&) = default;
};

std::uint64_t kills() { return std::getenv("DCX_SOAK") != nullptr ? 20'000 : 150; }

SharedMemory shared(std::size_t size) {
    auto memory = SharedMemory::create("dcx-ring-test", size, {.huge_pages = false});
    REQUIRE(memory);
    return std::move(*memory);
}

// A process that runs `body` until it returns an exit code or is killed.
class Child {
  public:
    template <class Body>
    explicit Child(Body body) : pid_(::fork()) {
        if (pid_ == 0) ::_exit(body());
    }
    ~Child() {
        if (pid_ > 0) kill();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // True when it was still running, and so did nothing wrong on its own account.
    bool kill() {
        ::kill(pid_, SIGKILL);
        const int status = wait();
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    int wait() {
        int status = -1;
        while (::waitpid(std::exchange(pid_, -1), &status, 0) < 0 && errno == EINTR) {
        }
        return status;
    }

  private:
    pid_t pid_;
};

// `step()` until it has made `enough` progress (it says how much), with an end for a peer that does nothing.
template <class Step>
bool progress(std::uint64_t enough, Step step) {
    std::uint64_t made = 0, idle = 0;
    while (made < enough && idle < 2'000'000) {
        const std::uint64_t more = step();
        made += more;
        if (more > 0) idle = 0;
        if (more == 0 && ++idle % 64 == 0) ::sched_yield();
    }
    return made >= enough;
}

// Writes messages by their position, in batches of all sizes, for ever.
int produce(const SharedSpsc<Message>& ring, std::uint64_t seed) {
    SpscProducer<Message> producer(ring.words(), ring.slots(), Peer::other_process);
    Random random(seed);
    while (!producer.broken()) {
        const auto slots = producer.claim(1 + random.below(9));
        Position next = producer.position();
        for (Message& slot : slots) slot = Message::make(next++);
        producer.publish(random.chance(80) ? slots.size() : slots.size() / 2);
        ring.consumer_bell().ring();
        if (slots.empty()) ::sched_yield();
    }
    return 2;
}

// Reads and checks, sleeping when there is nothing, for ever.
int consume(const SharedSpsc<Message>& ring, std::uint64_t seed) {
    SpscConsumer<Message> consumer(ring.words(), ring.slots(), Peer::other_process);
    Random random(seed);
    const WaitOptions options{.spin_rounds = 10, .yield_rounds = 1, .max_sleep_ns = 50'000'000};
    for (;;) {
        if (!wait(options, ring.consumer_bell(), [&] { return !consumer.peek().empty() || consumer.broken(); }))
            continue;
        if (consumer.broken()) return 2;
        const auto seen = consumer.peek(1 + random.below(9));
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (seen[i] != Message::make(consumer.position() + i)) return 3;
        consumer.release(random.chance(80) ? seen.size() : seen.size() / 2);
    }
}

}  // namespace

TEST_CASE("a producer killed at any instant leaves a whole prefix, and the next one goes on behind it") {
    const SharedMemory memory = shared(SharedSpsc<Message>::size(64));
    const auto ring = SharedSpsc<Message>::create(memory.bytes(), 64);
    SpscConsumer<Message> consumer(ring.words(), ring.slots(), Peer::other_process);
    Random random(1);
    std::uint64_t wrong = 0;
    const auto read = [&]() -> std::uint64_t {
        const auto seen = consumer.peek();
        for (std::size_t i = 0; i < seen.size(); ++i)
            wrong += seen[i] == Message::make(consumer.position() + i) ? 0u : 1u;
        const std::size_t count = seen.size();
        consumer.release(count);
        return count;
    };
    for (std::uint64_t round = 0; round < kills(); ++round) {
        Child producer([&] { return produce(ring, round); });
        REQUIRE(progress(1 + random.below(400), read));
        for (auto pause = random.below(5'000); pause > 0; --pause) dcx::platform::relax_cpu();
        REQUIRE(producer.kill());
        while (read() > 0) {
        }
        REQUIRE(wrong == 0);
        REQUIRE_FALSE(consumer.broken());
    }
}

TEST_CASE("a consumer killed at any instant, even asleep, loses nothing, and the next one goes on") {
    const SharedMemory memory = shared(SharedSpsc<Message>::size(64));
    const auto ring = SharedSpsc<Message>::create(memory.bytes(), 64);
    SpscProducer<Message> producer(ring.words(), ring.slots(), Peer::other_process);
    Random random(2);
    const auto write = [&]() -> std::uint64_t {
        const auto slots = producer.claim(1 + random.below(9));
        Position next = producer.position();
        for (Message& slot : slots) slot = Message::make(next++);
        producer.publish(slots.size());
        ring.consumer_bell().ring();
        return slots.size();
    };
    for (std::uint64_t round = 0; round < kills(); ++round) {
        Child consumer([&] { return consume(ring, round); });
        REQUIRE(progress(100 + random.below(400), write));
        // Sometimes it has time to fall asleep.
        for (auto pause = random.below(20); pause > 0; --pause) ::sched_yield();
        REQUIRE(consumer.kill());
        REQUIRE_FALSE(producer.broken());
    }
    SpscConsumer<Message> last(ring.words(), ring.slots(), Peer::other_process);
    Message message;
    std::uint64_t wrong = 0;
    for (Position at = last.position(); last.try_pop(message); ++at) wrong += message == Message::make(at) ? 0u : 1u;
    CHECK(wrong == 0);
    CHECK(last.position() == producer.position());
}

TEST_CASE("a producer of records killed at any instant leaves whole records") {
    const SharedMemory memory = shared(SharedRecords::size(128));
    const auto ring = SharedRecords::create(memory.bytes(), 128);
    RecordConsumer<> consumer(ring.words(), ring.slots(), Peer::other_process);
    Random random(3);
    // A record is its round, its number in the round, and bytes that follow from both.
    const auto fill = [](std::span<std::byte> bytes, std::uint64_t round, std::uint64_t number) {
        std::memcpy(bytes.data(), &round, 8);
        std::memcpy(bytes.data() + 8, &number, 8);
        for (std::size_t i = 16; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(round + number * 3 + i);
    };
    const auto size = [](std::uint64_t number) { return std::size_t{16 + Random(number).below(100)}; };
    std::uint64_t wrong = 0, last_round = 0, next = 0;
    std::vector<std::byte> expected;
    const auto read = [&] {
        std::uint64_t count = 0;
        while (const auto seen = consumer.next()) {
            std::uint64_t round = 0;
            if (seen->size() >= 16) std::memcpy(&round, seen->data(), 8);
            if (round != last_round) next = 0;
            last_round = round;
            expected.resize(size(next));
            fill(expected, round, next++);
            wrong += std::ranges::equal(*seen, expected) ? 0u : 1u;
            ++count;
        }
        consumer.release();
        return count;
    };
    for (std::uint64_t round = 1; round <= kills(); ++round) {
        Child producer([&] {
            RecordProducer<> records(ring.words(), ring.slots(), Peer::other_process);
            Random mine(round);
            for (std::uint64_t number = 0; !records.broken();) {
                const auto room = records.claim(size(number));
                if (!room) {
                    ::sched_yield();
                    continue;
                }
                fill(*room, round, number++);
                records.advance();
                if (mine.chance(50)) records.flush();
            }
            return 2;
        });
        REQUIRE(progress(1 + random.below(200), read));
        for (auto pause = random.below(5'000); pause > 0; --pause) dcx::platform::relax_cpu();
        REQUIRE(producer.kill());
        while (read() > 0) {
        }
        REQUIRE(wrong == 0);
        REQUIRE(last_round == round);
        REQUIRE_FALSE(consumer.broken());
    }
}

TEST_CASE("a lossy writer and its readers are killed at any instant, and nobody else notices") {
    auto made = SharedMemory::create("dcx-ring-test", SharedLossy<Message>::size(64), {.huge_pages = false});
    REQUIRE(made);
    const auto ring = SharedLossy<Message>::create(made->bytes(), 64);
    const auto view = ReadOnlyLossy<Message>::attach(made->read_only());
    REQUIRE(view);
    const auto follow = [](std::uint64_t& bad, LossyReader<Message>& reader) {
        std::array<Message, 5> messages;
        const auto seen = reader.read(messages);
        if (seen.status == LossyStatus::broken) ++bad;
        if (seen.status != LossyStatus::messages) return std::uint64_t{0};
        for (std::size_t i = 0; i < seen.count; ++i)
            bad += messages[i] == Message::make(reader.position() - seen.count + i) ? 0u : 1u;
        return seen.count;
    };
    LossyReader<Message> reader(view->words(), view->slots());
    Random random(4);
    std::uint64_t wrong = 0;
    for (std::uint64_t round = 0; round < kills(); ++round) {
        Child other([&] {
            LossyReader<Message> mine(view->words(), view->slots());
            std::uint64_t bad = 0;
            while (bad == 0) follow(bad, mine);
            return 3;
        });
        Child writer([&] {
            LossyWriter<Message> mine(ring.words(), ring.slots());
            Random batches(round);
            for (;;) {
                const std::size_t count = 1 + batches.below(9);
                mine.announce(count);
                for (std::size_t i = 0; i < count; ++i) mine.write(Message::make(mine.position()));
                mine.publish();
                if (batches.chance(5)) ::sched_yield();
            }
            return 2;
        });
        REQUIRE(progress(1 + random.below(200), [&] { return follow(wrong, reader); }));
        for (auto pause = random.below(5'000); pause > 0; --pause) dcx::platform::relax_cpu();
        const bool reader_first = random.chance(50);
        if (reader_first) REQUIRE(other.kill());
        REQUIRE(writer.kill());
        // What stands is readable without a writer.
        while (reader.position() < LossyReader<Message>(view->words(), view->slots()).position()) follow(wrong, reader);
        if (!reader_first) REQUIRE(other.kill());
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("a peer that got the descriptor over a socket answers in the ring") {
    std::array<int, 2> sockets;
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) == 0);
    const Descriptor here(sockets[0]), there(sockets[1]);
    constexpr std::size_t one = (SharedSpsc<Message>::size(8) + 4095) / 4096 * 4096;
    const SharedMemory memory = shared(2 * one);
    const auto ask = SharedSpsc<Message>::create(memory.bytes().first(one), 8);
    const auto answer = SharedSpsc<Message>::create(memory.bytes().subspan(one), 8);
    Child peer([&] {
        auto descriptor = dcx::platform::receive_descriptor(there.get());
        if (!descriptor) return 1;
        const auto mapped = SharedMemory::open(std::move(*descriptor), Access::read_write, 1 << 20);
        if (!mapped) return 2;
        const auto questions = SharedSpsc<Message>::attach(mapped->bytes().first(one));
        const auto answers = SharedSpsc<Message>::attach(mapped->bytes().subspan(one));
        if (!questions || !answers) return 3;
        SpscConsumer<Message> in(questions->words(), questions->slots(), Peer::other_process);
        SpscProducer<Message> out(answers->words(), answers->slots(), Peer::other_process);
        for (int left = 1'000; left > 0; --left) {
            Message message;
            for (int tries = 0; !in.try_pop(message); ++tries)
                if (!wait({.spin_rounds = 0}, questions->consumer_bell(), [&] { return !in.peek().empty(); }) &&
                    tries > 10'000)
                    return 4;
            message.number += 1;
            if (!out.try_push(message)) return 5;
            answers->consumer_bell().ring();
        }
        return 0;
    });
    REQUIRE(dcx::platform::send_descriptor(here.get(), memory.descriptor()) == 0);
    SpscProducer<Message> out(ask.words(), ask.slots(), Peer::other_process);
    SpscConsumer<Message> in(answer.words(), answer.slots(), Peer::other_process);
    std::uint64_t good = 0;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        REQUIRE(out.try_push(Message::make(i)));
        ask.consumer_bell().ring();
        Message message;
        REQUIRE(progress(
            1, [&] { return wait({}, answer.consumer_bell(), [&] { return in.try_pop(message); }) ? 1u : 0u; }));
        good += message.number == i + 1 && message.body == Message::make(i).body ? 1u : 0u;
    }
    CHECK(good == 1'000);
    CHECK(peer.wait() == 0);
}

TEST_CASE("what is not the expected ring is refused by name") {
    using Ring = SharedSpsc<Message>;
    alignas(128) std::array<std::byte, Ring::size(8)> block{};
    CHECK(Ring::attach(block).error() == AttachError::no_ring);
    (void)Ring::create(block, 8);
    const auto good = Ring::attach(block);
    REQUIRE(good);
    CHECK(good->capacity() == 8);
    CHECK(Ring::attach(std::span(block).first(block.size() - 1)).error() == AttachError::too_small);
    CHECK(Ring::attach(std::span(block).first(100)).error() == AttachError::too_small);
    CHECK(Ring::attach(std::span(block).subspan(8)).error() == AttachError::not_aligned);
    CHECK(SharedSpsc<std::uint64_t>::attach(block).error() == AttachError::other_slot);
    CHECK(SharedRecords::attach(block).error() == AttachError::other_kind);
    auto& header = *reinterpret_cast<RingHeader*>(block.data());
    for (const std::uint64_t capacity : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}}) {
        header.capacity = capacity;
        CHECK(Ring::attach(block).error() == AttachError::bad_capacity);
    }
    for (const unsigned bits : {4u, 40u, 58u, 63u}) {
        header.capacity = std::uint64_t{1} << bits;
        CHECK(Ring::attach(block).error() == AttachError::too_small);
    }
    header.version = 2;
    CHECK(Ring::attach(block).error() == AttachError::other_version);
    for (int error = 1; error <= 7; ++error) CHECK(std::strlen(describe(static_cast<AttachError>(error))) > 10);
}

namespace {

// Mostly near the truth, where an off-by-one would hide.
std::uint64_t garbage(Random& random, std::uint64_t truth) {
    switch (random.below(4)) {
        case 0: return random.next();
        case 1: return truth + random.below(20);
        case 2: return truth - random.below(20);
        default: return truth;
    }
}

template <class T>
bool within(std::span<T> part, std::span<const std::uint64_t> whole) {
    const auto* begin = reinterpret_cast<const std::byte*>(whole.data());
    const auto bytes = std::as_bytes(part);
    return bytes.empty() || (bytes.data() >= begin && bytes.data() + bytes.size() <= begin + whole.size_bytes());
}

}  // namespace

TEST_CASE("whatever a peer writes into the words of a queue, this side stays within its slots and says broken") {
    Random random(5);
    unsigned outside = 0, broken_producers = 0, broken_consumers = 0;
    for (int round = 0; round < 3'000; ++round) {
        std::vector<std::uint64_t> slots(std::size_t{1} << random.below(5));
        SpscWords<> words;
        words.tail = garbage(random, 0);
        words.head = garbage(random, 0);
        SpscProducer<std::uint64_t> producer(words, slots, Peer::other_process);
        SpscConsumer<std::uint64_t> consumer(words, slots, Peer::other_process);
        for (int step = 0; step < 40; ++step) {
            const auto room = producer.claim(random.below(40));
            outside += within(room, slots) ? 0u : 1u;
            std::ranges::fill(room, 1);
            producer.publish(room.size());
            const auto seen = consumer.peek();
            outside += within(seen, slots) ? 0u : 1u;
            consumer.release(random.below(seen.size() + 1));
            if (random.chance(30)) words.tail = garbage(random, words.tail);
            if (random.chance(30)) words.head = garbage(random, words.head);
        }
        broken_producers += producer.broken() ? 1u : 0u;
        broken_consumers += consumer.broken() ? 1u : 0u;
        if (producer.broken()) CHECK(producer.claim(100).size() <= slots.size());
    }
    CHECK(outside == 0);
    CHECK(broken_producers > 1'000);
    CHECK(broken_consumers > 1'000);
}

TEST_CASE("whatever a peer writes into a ring of records, this side stays within it and says broken") {
    Random random(6);
    unsigned outside = 0, broken = 0;
    for (int round = 0; round < 3'000; ++round) {
        std::vector<std::uint64_t> ring(std::size_t{2} << random.below(5));
        SpscWords<> words;
        RecordProducer<> producer(words, ring, Peer::other_process);
        RecordConsumer<> consumer(words, ring, Peer::other_process);
        for (int step = 0; step < 40; ++step) {
            const auto room = producer.claim(random.below(producer.longest() + 1));
            if (room) {
                outside += within(*room, ring) ? 0u : 1u;
                producer.advance();
                producer.flush();
            }
            // A length, a skip where none belongs, or anything.
            if (random.chance(50))
                ring[random.below(ring.size())] = random.chance(20) ? record_skip : garbage(random, 8);
            if (random.chance(10)) words.tail = garbage(random, words.tail);
            if (random.chance(10)) words.head = garbage(random, words.head);
            for (int n = 0; n < 8; ++n)
                if (const auto seen = consumer.next()) outside += within(*seen, ring) ? 0u : 1u;
            consumer.release();
        }
        broken += consumer.broken() ? 1u : 0u;
    }
    CHECK(outside == 0);
    CHECK(broken > 1'000);
}

TEST_CASE("whatever a writer puts into a lossy ring, its readers end or go on, within bounds") {
    Random random(7);
    unsigned broken = 0, lapped = 0, read = 0;
    for (int round = 0; round < 2'000; ++round) {
        std::vector<LossyWord<>> slots(std::size_t{2} << random.below(5));
        LossyWords<> words;
        LossyReader<std::uint64_t> reader(words, slots);
        LossyRecordReader<> records(words, slots);
        for (int step = 0; step < 40; ++step) {
            words.published = garbage(random, words.published + random.below(4));
            words.announced = garbage(random, words.published);
            slots[random.below(slots.size())] = random.chance(50) ? random.next() : words.published.load();
            std::array<std::uint64_t, 7> out;
            const auto seen = reader.read(out);
            const auto record = records.next();
            broken += seen.status == LossyStatus::broken || record.status == LossyStatus::broken ? 1u : 0u;
            lapped += seen.status == LossyStatus::lapped ? 1u : 0u;
            read += seen.status == LossyStatus::messages ? 1u : 0u;
        }
    }
    CHECK(broken > 100);
    CHECK(lapped > 100);
    CHECK(read > 100);
}
