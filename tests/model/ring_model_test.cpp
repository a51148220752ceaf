// The rings under every schedule and every value that the memory model allows, for small sizes; one peer stopped for
// ever at each of its steps; and each memory order taken away once, which must be found. Bounds and what follows from
// them: docs/rings.md.
// DCX_SOAK=1: larger bounds. DCX_MODEL_PRINT=1: how many executions, and how each weakening was found.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/model_atomics.h"
#include "ring/broadcast_ring.h"
#include "ring/lossy_ring.h"
#include "ring/seqlock.h"
#include "ring/spsc_ring.h"
#include "ring/wait_word.h"

namespace dcx::checker {
namespace {

using Slot = Plain<std::uint64_t>;
using Names = std::set<std::string>;

const bool soak = std::getenv("DCX_SOAK") != nullptr;
const bool printing = std::getenv("DCX_MODEL_PRINT") != nullptr;

Options options() { return {.max_executions = soak ? 200'000'000U : 3'000'000U}; }

void print(const std::string& line) {
    if (printing) MESSAGE(line);
}

// Everything was tried and nothing failed.
Outcome check_holds(const Scenario& scenario, const Options& with = options()) {
    Outcome outcome = explore(scenario, with);
    INFO(outcome.trace);
    CHECK(outcome.failure == "");
    CHECK((outcome.complete || !outcome.failure.empty()));
    if (with.dies_at < 0)
        print(std::to_string(outcome.executions) + " executions, " + std::to_string(outcome.redundant) + " cut off");
    return outcome;
}

// The mortal thread stops before its first step, its second, and so on, until it has no more. At least `least` places.
void check_deaths(const Scenario& scenario, int least) {
    std::uint64_t executions = 0;
    int places = 0;
    for (;; ++places) {
        Options with = options();
        with.dies_at = places;
        const Outcome outcome = check_holds(scenario, with);
        executions += outcome.executions;
        if (!outcome.died || !outcome.failure.empty()) break;
    }
    CHECK(places >= least);
    print(std::to_string(places) + " places to die, " + std::to_string(executions) + " executions");
}

// Each order that is not relaxed is taken away alone. Gives those without which something fails.
void check_weakened(const Scenario& scenario, const Names& needed) {
    Names found;
    Names all;
    for (const Site& site : explore(scenario, options()).sites) {
        Options with = options();
        with.weakened = static_cast<int>(site.number);
        const Outcome outcome = explore(scenario, with);
        all.insert(site.text);
        if (outcome.failure.empty()) {
            print("without " + site.text + ": nothing fails");
            continue;
        }
        found.insert(site.text);
        print("without " + site.text + ": " + outcome.failure);
    }
    std::string text;
    for (const std::string& site : found) text += site + "\n";
    INFO(text);
    CHECK(found == needed);
}

// ---- SPSC ----

struct Spsc {
    explicit Spsc(std::size_t capacity) : slots(storage.data(), capacity) {
        Checker::current().name({"tail", "head"});
        for (Slot& slot : slots) slot.track("slot");
    }

    ring::SpscWords<ModelAtomics> words;
    std::array<Slot, 4> storage;
    std::span<Slot> slots;
    std::uint64_t pushed = 0;
};

using Producer = ring::SpscProducer<Slot, ModelAtomics>;
using Consumer = ring::SpscConsumer<Slot, ModelAtomics>;

struct Sizes {
    std::size_t capacity;
    std::size_t messages;
    int tries;          // of each side
    std::size_t batch;  // 0: one by one, by try_push and try_pop
};

// The message at position p is p + 1, so whoever goes on after a death must write what comes next, and the consumer
// knows what it must see.
void produce(Checker& checker, Spsc& state, Sizes sizes) {
    Producer producer(state.words, state.slots, ring::Peer::other_process);
    for (int i = 0; i < sizes.tries && producer.position() < sizes.messages; ++i) {
        if (sizes.batch == 0) {
            if (producer.try_push(producer.position() + 1)) state.pushed = producer.position();
            continue;
        }
        const std::span<Slot> room = producer.claim(sizes.batch);
        checker.require(room.size() <= sizes.capacity, "no more room than slots");
        std::uint64_t next = producer.position();
        for (Slot& slot : room) slot.set(++next);
        if (!room.empty()) producer.publish(room.size());
        state.pushed = producer.position();
    }
    checker.require(!producer.broken(), "the producer sees no impossible position");
}

void consume(Checker& checker, Spsc& state, Sizes sizes, int tries) {
    Consumer consumer(state.words, state.slots, ring::Peer::other_process);
    for (int i = 0; i < tries && consumer.position() < sizes.messages; ++i) {
        std::uint64_t next = consumer.position();
        if (sizes.batch == 0) {
            Slot message;
            if (consumer.try_pop(message)) checker.require(message.get() == next + 1, "the next message, whole");
            continue;
        }
        const std::span<const Slot> messages = consumer.peek();
        for (const Slot& message : messages) checker.require(message.get() == ++next, "the next message, whole");
        if (!messages.empty()) consumer.release(messages.size());
    }
    checker.require(!consumer.broken(), "the consumer sees no impossible position");
}

// Whatever was published is there, and nothing else.
void drain(Checker& checker, Spsc& state, Sizes sizes) {
    consume(checker, state, sizes, static_cast<int>(sizes.messages) + 1);
    const std::uint64_t head = state.words.head.load(Order::relaxed);
    checker.require(head == state.words.tail.load(Order::relaxed), "nothing is left");
    checker.require(head == state.pushed || (state.pushed + sizes.batch >= head && head > state.pushed),
                    "what was pushed came");
}

enum class Dies { nobody, producer, consumer };

Scenario spsc(Sizes sizes, Dies dies = Dies::nobody) {
    return [=](Checker& checker) {
        Spsc& state = checker.make<Spsc>(sizes.capacity);
        const auto producer = [=, &checker, &state] { produce(checker, state, sizes); };
        const auto consumer = [=, &checker, &state] { consume(checker, state, sizes, sizes.tries); };
        if (dies == Dies::producer) {
            checker.mortal("producer", producer);
            checker.successor("producer", producer);
        } else {
            checker.thread("producer", producer);
        }
        if (dies == Dies::consumer) {
            checker.mortal("consumer", consumer);
            checker.successor("consumer", consumer);
        } else {
            checker.thread("consumer", consumer);
        }
        checker.finally([=, &checker, &state] {
            if (dies == Dies::nobody)
                checker.require(state.pushed >= std::min(sizes.capacity, sizes.messages), "room is used");
            drain(checker, state, sizes);
        });
    };
}

// Capacity, messages, tries, batch.
const std::array<Sizes, 5> spsc_sizes{{{1, 3, 4, 0}, {2, 4, 5, 0}, {2, 4, 3, 2}, {4, 6, 3, 3}, {4, 6, 6, 0}}};

TEST_CASE("SPSC: order, nothing lost, doubled or torn, no race, room respected") {
    for (const Sizes& sizes : spsc_sizes) check_holds(spsc(sizes));
    if (!soak) return;
    check_holds(spsc({2, 6, 7, 0}));
    check_holds(spsc({4, 9, 6, 3}));
}

TEST_CASE("SPSC: either side dies at any step, the other is not disturbed, a new one goes on") {
    for (const Dies dies : {Dies::producer, Dies::consumer}) {
        check_deaths(spsc({1, 2, 3, 0}, dies), 5);
        check_deaths(spsc({2, 3, 3, 0}, dies), 5);
        check_deaths(spsc({2, 4, 2, 2}, dies), 5);
    }
}

TEST_CASE("SPSC: every memory order is needed") {
    const Names all{"tail store release", "tail load acquire", "head store release", "head load acquire"};
    check_weakened(spsc({1, 3, 4, 0}), all);
    check_weakened(spsc({2, 4, 3, 2}), all);
}

// What a wrong ring would do, by hand on the same words.
TEST_CASE("SPSC: wrong algorithms are found") {
    const auto with = [](std::function<void(Spsc&)> producer, std::function<void(Spsc&)> consumer) {
        return explore([=](Checker& checker) {
            Spsc& state = checker.make<Spsc>(1U);
            checker.thread("producer", [=, &state] { producer(state); });
            checker.thread("consumer", [=, &state] { consumer(state); });
        });
    };
    const auto push = [](Spsc& state) {
        Producer producer(state.words, state.slots, ring::Peer::other_process);
        for (int i = 0; i < 3; ++i) (void)producer.try_push(producer.position() + 1);
    };
    const auto pop = [](Spsc& state) {
        Consumer consumer(state.words, state.slots, ring::Peer::other_process);
        Slot message;
        for (int i = 0; i < 3; ++i) (void)consumer.try_pop(message);
    };
    const auto publish_before_write = [](Spsc& state) {
        Producer producer(state.words, state.slots, ring::Peer::other_process);
        const std::span<Slot> room = producer.claim(1);
        producer.publish(1);
        room[0].set(1);
    };
    const auto release_before_read = [](Spsc& state) {
        Consumer consumer(state.words, state.slots, ring::Peer::other_process);
        for (int i = 0; i < 3; ++i) {
            const std::span<const Slot> messages = consumer.peek();
            if (messages.empty()) continue;
            consumer.release(1);
            (void)messages[0].get();
        }
    };
    // One more is written than there is room for.
    const auto one_too_many = [](Spsc& state) {
        for (std::uint64_t position = 0; position < 3; ++position) {
            if (position - state.words.head.load(Order::acquire) > state.slots.size()) continue;
            state.slots[position % state.slots.size()].set(position + 1);
            state.words.tail.store(position + 1, Order::release);
        }
    };
    CHECK(with(push, pop).failure == "");
    CHECK(with(publish_before_write, pop).failure != "");
    CHECK(with(push, release_before_read).failure != "");
    CHECK(with(one_too_many, pop).failure != "");
}

// ---- seqlock ----

struct Pair {
    std::uint64_t a;
    std::uint64_t b;
};

struct Locked {
    Locked() { Checker::current().name({"sequence", "word", "word"}); }

    ring::Seqlock<Pair, ModelAtomics> lock;
    std::uint64_t stored = 0;
};

// The value of version v is {v / 2, v / 2}; a writer that died leaves an odd version behind, its successor makes it
// even.
Scenario seqlock(std::uint64_t stores, int readers, int tries, bool dies = false) {
    return [=](Checker& checker) {
        Locked& state = checker.make<Locked>();
        const auto write = [=, &state] {
            for (std::uint64_t i = 0; i < stores; ++i) {
                const std::uint64_t value = state.lock.version() / 2 + 1;
                state.lock.store({value, value});
            }
        };
        if (dies) {
            checker.mortal("writer", write);
            checker.successor("writer", write);
        } else {
            checker.thread("writer", write);
        }
        for (int i = 0; i < readers; ++i)
            checker.thread("reader", [=, &checker, &state] {
                std::uint64_t newest = 0;
                for (int j = 0; j < tries; ++j) {
                    Pair value;
                    std::uint64_t version;
                    if (!state.lock.try_load(value, version)) continue;
                    checker.require(value.a == value.b, "not torn");
                    checker.require(value.a == version / 2, "the value of its version");
                    checker.require(version >= newest, "never back");
                    newest = version;
                }
            });
        checker.finally([&checker, &state] {
            Pair value;
            std::uint64_t version;
            checker.require(state.lock.try_load(value, version), "readable when nobody writes");
            checker.require(value.a == version / 2 && value.b == value.a, "the last value");
        });
    };
}

TEST_CASE("seqlock: what is accepted is whole and of its version") {
    check_holds(seqlock(2, 1, 2));
    check_holds(seqlock(1, 2, 2));
    if (soak) check_holds(seqlock(3, 1, 3));
}

TEST_CASE("seqlock: the writer dies at any step, readers see nothing torn, a new writer goes on") {
    check_deaths(seqlock(1, 1, 2, true), 6);
}

TEST_CASE("seqlock: every memory order is needed") {
    check_weakened(seqlock(2, 1, 1),
                   {"sequence store release", "sequence load acquire", "writer fence release", "reader fence acquire"});
}

// ---- sleeping and waking ----

struct Sleepers {
    explicit Sleepers(std::size_t producers) : lanes(producers) {}

    ring::WaitWord<ModelAtomics> bell;
    struct Lane {
        ring::SpscWords<ModelAtomics> words;
        std::array<Slot, 2> slots;
    };
    std::vector<Lane> lanes;
};

// Each producer pushes `messages` and rings after each; the consumer sleeps whenever it finds nothing, until it has
// all.
Scenario sleeping(std::size_t producers, std::uint64_t messages, bool look_again = true, bool dies = false) {
    return [=](Checker& checker) {
        Sleepers& state = checker.make<Sleepers>(producers);
        if (producers == 1)
            checker.name({"asleep", "tail", "head"});
        else
            checker.name({"asleep", "tail", "head", "tail", "head"});
        for (auto& lane : state.lanes)
            for (Slot& slot : lane.slots) slot.track("slot");
        const auto produce_into = [=, &state](std::size_t i) {
            auto& lane = state.lanes[i];
            Producer producer(lane.words, lane.slots, ring::Peer::other_process);
            while (producer.position() < messages && producer.try_push(producer.position() + 1)) state.bell.ring();
        };
        for (std::size_t i = 0; i < producers; ++i) {
            const auto body = [=] { produce_into(i); };
            if (dies && i == 0)
                checker.mortal("producer", body);
            else
                checker.thread("producer", body);
        }
        if (dies) checker.successor("producer", [=] { produce_into(0); });
        checker.thread("consumer", [=, &checker, &state] {
            std::array<Consumer*, 2> lanes{};
            Consumer first(state.lanes[0].words, state.lanes[0].slots, ring::Peer::other_process);
            Consumer second(state.lanes.back().words, state.lanes.back().slots, ring::Peer::other_process);
            lanes = {&first, &second};
            std::uint64_t got = 0;
            const auto look = [&] {
                const std::uint64_t before = got;
                for (std::size_t i = 0; i < producers; ++i) {
                    Slot message;
                    const std::uint64_t next = lanes[i]->position() + 1;
                    if (!lanes[i]->try_pop(message)) continue;
                    checker.require(message.get() == next, "the next message, whole");
                    ++got;
                }
                return got > before;
            };
            // The dead give no bound to the looks: whoever died after publishing has not rung, and the sleep times out.
            for (int i = 0; i < 12 && got < producers * messages; ++i) {
                if (look()) continue;
                state.bell.announce();
                if (!look_again || !look()) state.bell.sleep(0);
                state.bell.retract();
            }
            checker.require(got == producers * messages, "everything came");
        });
    };
}

TEST_CASE("wait word: no wake-up is lost") {
    check_holds(sleeping(1, 1));
    check_holds(sleeping(1, 2));
    check_holds(sleeping(2, 1));
    CHECK(explore(sleeping(1, 1, false)).failure == "nobody wakes the sleeper");
}

TEST_CASE("wait word: a producer dies at any step, the sleeper sees all that its successor brings") {
    check_deaths(sleeping(1, 1, true, true), 4);
}

TEST_CASE("wait word: both fences are needed") {
    check_weakened(sleeping(1, 1),
                   {"tail store release", "tail load acquire", "producer fence seq_cst", "consumer fence seq_cst"});
}

// ---- broadcast with obligatory readers ----

struct Broadcast {
    using Ring = ring::BroadcastRing<Slot, ModelAtomics, ring::WaitWord<ModelAtomics>>;

    explicit Broadcast(std::size_t capacity)
        : ring(std::span<Slot>(storage.data(), capacity)), first(ring.add_reader()), second(ring.add_reader()) {
        Checker::current().name({"published", "cursor", "cursor"});
        for (std::size_t i = 0; i < capacity; ++i) storage[i].track("slot");
        for (Slot& done : told) done.track("told");
    }

    std::array<Slot, 4> storage;
    Ring ring;
    Ring::Reader& first;
    Ring::Reader& second;
    std::array<Slot, 8> told;
};

// The first reader tells of each message elsewhere; the second reads no further than the first, and sees it told.
Scenario broadcast(std::size_t capacity, std::uint64_t messages, int tries, std::size_t batch,
                   Dies dies = Dies::nobody) {
    return [=](Checker& checker) {
        Broadcast& state = checker.make<Broadcast>(capacity);
        const auto write = [=, &state] {
            for (int i = 0; i < tries && state.ring.position() < messages; ++i) {
                std::uint64_t position = state.ring.position();
                if (!state.ring.has_room(batch)) continue;
                for (std::size_t j = 0; j < batch; ++j, ++position) state.ring.slot(position).set(position + 1);
                state.ring.publish(position);
            }
        };
        const auto read = [=, &checker, &state](Broadcast::Ring::Reader& reader, bool is_first) {
            for (int i = 0; i < tries && reader.position() < messages; ++i) {
                std::uint64_t position = reader.position();
                const auto seen = reader.peek(is_first ? ring::no_limit : state.first.cursor());
                for (const Slot& message : seen) {
                    checker.require(message.get() == position + 1, "the next message, whole");
                    if (is_first)
                        state.told[position].set(position + 1);
                    else
                        checker.require(state.told[position].get() == position + 1, "told before");
                    ++position;
                }
                if (!seen.empty()) reader.release(seen.size());
            }
        };
        if (dies == Dies::producer)
            checker.mortal("writer", write);
        else
            checker.thread("writer", write);
        const auto first = [=, &state] { read(state.first, true); };
        if (dies == Dies::consumer)
            checker.mortal("reader", first);
        else
            checker.thread("reader", first);
        checker.thread("reader", [=, &state] { read(state.second, false); });
    };
}

TEST_CASE("broadcast: every reader sees every message, none is overwritten, a follower sees what was done before it") {
    check_holds(broadcast(1, 2, 3, 1));
    check_holds(broadcast(2, 3, 3, 1));
    check_holds(broadcast(2, 4, 2, 2));
    if (soak) check_holds(broadcast(2, 4, 4, 1));
}

TEST_CASE("broadcast: the writer or the first reader dies at any step, nobody sees anything unpublished") {
    check_deaths(broadcast(1, 2, 2, 1, Dies::producer), 5);
    check_deaths(broadcast(1, 2, 2, 1, Dies::consumer), 5);
}

TEST_CASE("broadcast: every memory order is needed") {
    check_weakened(broadcast(1, 2, 3, 1), {"published store release", "published load acquire", "cursor store release",
                                           "cursor load acquire"});
}

// ---- broadcast that never waits ----

struct Lossy {
    explicit Lossy(std::size_t capacity) : slots(storage.data(), 2 * capacity) {
        Checker::current().name({"published", "announced", "word", "word", "word", "word"});
    }

    ring::LossyWords<ModelAtomics> words;
    std::array<ModelAtomic<std::uint64_t>, 4> storage;
    std::span<ModelAtomic<std::uint64_t>> slots;
};

// The message at position p is {p + 1, p + 1}.
Scenario lossy(std::size_t capacity, std::uint64_t messages, int tries, bool dies = false) {
    return [=](Checker& checker) {
        Lossy& state = checker.make<Lossy>(capacity);
        const auto write = [=, &state] {
            ring::LossyWriter<Pair, ModelAtomics> writer(state.words, state.slots);
            while (writer.position() < messages) writer.push({writer.position() + 1, writer.position() + 1});
        };
        if (dies) {
            checker.mortal("writer", write);
            checker.successor("writer", write);
        } else {
            checker.thread("writer", write);
        }
        checker.thread("reader", [=, &checker, &state] {
            ring::LossyReader<Pair, ModelAtomics> reader(state.words, state.slots);
            reader.from(0);
            for (int i = 0; i < tries; ++i) {
                const std::uint64_t before = reader.position();
                std::array<Pair, 1> message;
                const ring::LossyResult result = reader.read(message);
                checker.require(result.status != ring::LossyStatus::broken, "the reader sees no impossible position");
                checker.require(reader.position() - before == result.count, "what was read or missed is known");
                if (result.status != ring::LossyStatus::messages) continue;
                checker.require(message[0].a == message[0].b, "not torn");
                checker.require(message[0].a == before + 1, "the message of its position");
            }
        });
    };
}

TEST_CASE("lossy broadcast: what is accepted is whole and of its position, laps are known") {
    check_holds(lossy(1, 2, 2));
    check_holds(lossy(2, 3, 2));
}

TEST_CASE("lossy broadcast: the writer dies at any step, readers see nothing torn, a new writer goes on") {
    check_deaths(lossy(1, 2, 2, true), 6);
}

TEST_CASE("lossy broadcast: every memory order is needed") {
    check_weakened(lossy(2, 3, 2), {"published store release", "published load acquire", "announced store release",
                                    "writer fence release", "reader fence acquire"});
}

}  // namespace
}  // namespace dcx::checker
