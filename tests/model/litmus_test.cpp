// The checker itself, by the litmus tests of the memory model: what C++ forbids is never seen, what it allows is seen.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "model/model_atomics.h"

namespace dcx::checker {
namespace {

using Word = ModelAtomic<std::uint64_t>;

struct Litmus {
    Word x, y;
    std::array<std::uint64_t, 4> result{};
};
using Results = std::set<std::string>;

// Everything that `result` can be at the end, one digit each.
template <class Threads>
Results results(Threads threads, std::size_t count) {
    Results found;
    const Outcome outcome = explore([&](Checker& checker) {
        auto& state = checker.make<Litmus>();
        checker.name({"x", "y"});
        threads(checker, state);
        checker.finally([&state, &found, count] {
            std::string text;
            for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + state.result[i]);
            found.insert(text);
        });
    });
    CHECK(outcome.failure.empty());
    CHECK(outcome.complete);
    return found;
}

// Store buffering: each thread stores one word and loads the other.
Results store_buffering(Order store, Order load, bool fences) {
    return results(
        [=](Checker& checker, Litmus& state) {
            checker.thread("1", [=, &state] {
                state.x.store(1, store);
                if (fences) ModelAtomics::fence(Order::seq_cst);
                state.result[0] = state.y.load(load);
            });
            checker.thread("2", [=, &state] {
                state.y.store(1, store);
                if (fences) ModelAtomics::fence(Order::seq_cst);
                state.result[1] = state.x.load(load);
            });
        },
        2);
}

TEST_CASE("store buffering: both may miss the other, except with seq_cst") {
    const Results all{"00", "01", "10", "11"};
    const Results not_both_missed{"01", "10", "11"};
    CHECK(store_buffering(Order::relaxed, Order::relaxed, false) == all);
    CHECK(store_buffering(Order::release, Order::acquire, false) == all);
    CHECK(store_buffering(Order::seq_cst, Order::seq_cst, false) == not_both_missed);
    CHECK(store_buffering(Order::relaxed, Order::relaxed, true) == not_both_missed);
}

// Message passing: y says that x is written.
Results message_passing(Order store, Order load, bool release_fence, bool acquire_fence) {
    return results(
        [=](Checker& checker, Litmus& state) {
            checker.thread("writer", [=, &state] {
                state.x.store(1, Order::relaxed);
                if (release_fence) ModelAtomics::fence(Order::release);
                state.y.store(1, store);
            });
            checker.thread("reader", [=, &state] {
                state.result[0] = state.y.load(load);
                if (acquire_fence) ModelAtomics::fence(Order::acquire);
                state.result[1] = state.x.load(Order::relaxed);
            });
        },
        2);
}

TEST_CASE("message passing: needs a release and an acquire, as operations or as fences") {
    const Results all{"00", "01", "10", "11"};
    const Results passed{"00", "01", "11"};
    CHECK(message_passing(Order::release, Order::acquire, false, false) == passed);
    CHECK(message_passing(Order::relaxed, Order::relaxed, true, true) == passed);
    CHECK(message_passing(Order::release, Order::relaxed, false, true) == passed);
    CHECK(message_passing(Order::relaxed, Order::acquire, true, false) == passed);
    CHECK(message_passing(Order::relaxed, Order::acquire, false, false) == all);
    CHECK(message_passing(Order::release, Order::relaxed, false, false) == all);
    CHECK(message_passing(Order::relaxed, Order::relaxed, false, true) == all);
    CHECK(message_passing(Order::relaxed, Order::relaxed, true, false) == all);
}

TEST_CASE("coherence: nobody sees one word go back, all see one order") {
    const Results found = results(
        [](Checker& checker, Litmus& state) {
            checker.thread("1", [&state] { state.x.store(1, Order::relaxed); });
            checker.thread("2", [&state] { state.x.store(2, Order::relaxed); });
            for (const std::size_t first : {0U, 2U})
                checker.thread("reader", [&state, first] {
                    state.result[first] = state.x.load(Order::relaxed);
                    state.result[first + 1] = state.x.load(Order::relaxed);
                });
        },
        4);
    CHECK(found.contains("1212"));
    CHECK(found.contains("2121"));
    CHECK(found.contains("0212"));
    CHECK_FALSE(found.contains("1221"));
    CHECK_FALSE(found.contains("1000"));
    CHECK_FALSE(found.contains("2010"));
}

TEST_CASE("two words written in opposite orders: the last of each may be the first of its thread") {
    Results found;
    const Outcome outcome = explore([&](Checker& checker) {
        auto& state = checker.make<Litmus>();
        checker.thread("1", [&state] {
            state.x.store(1, Order::relaxed);
            state.y.store(2, Order::relaxed);
        });
        checker.thread("2", [&state] {
            state.y.store(1, Order::relaxed);
            state.x.store(2, Order::relaxed);
        });
        checker.finally([&state, &found] {
            found.insert(std::to_string(state.x.load(Order::relaxed)) + std::to_string(state.y.load(Order::relaxed)));
        });
    });
    CHECK(outcome.complete);
    CHECK(found == Results{"11", "12", "21", "22"});
}

Results independent_reads(Order store, Order load) {
    return results(
        [=](Checker& checker, Litmus& state) {
            checker.thread("1", [=, &state] { state.x.store(1, store); });
            checker.thread("2", [=, &state] { state.y.store(1, store); });
            checker.thread("3", [=, &state] {
                state.result[0] = state.x.load(load);
                state.result[1] = state.y.load(load);
            });
            checker.thread("4", [=, &state] {
                state.result[2] = state.y.load(load);
                state.result[3] = state.x.load(load);
            });
        },
        4);
}

TEST_CASE("independent reads of independent writes: two readers may disagree, except with seq_cst") {
    CHECK(independent_reads(Order::release, Order::acquire).contains("1010"));
    CHECK(independent_reads(Order::release, Order::acquire).size() == 16);
    const Results ordered = independent_reads(Order::seq_cst, Order::seq_cst);
    CHECK_FALSE(ordered.contains("1010"));
    CHECK(ordered.size() == 15);
}

TEST_CASE("read-modify-writes never read the same value") {
    const Results found = results(
        [](Checker& checker, Litmus& state) {
            for (const std::size_t i : {0U, 1U, 2U})
                checker.thread("adder", [&state, i] { state.result[i] = state.x.fetch_add(1, Order::relaxed); });
        },
        3);
    CHECK(found == Results{"012", "021", "102", "120", "201", "210"});
}

TEST_CASE("compare_exchange: one of two wins") {
    const Results found = results(
        [](Checker& checker, Litmus& state) {
            for (const std::size_t i : {0U, 1U})
                checker.thread("taker", [&state, i] {
                    std::uint64_t expected = 0;
                    state.result[i] = state.x.compare_exchange_strong(expected, 1, Order::relaxed) ? 1 : 0;
                });
        },
        2);
    CHECK(found == Results{"01", "10"});
}

// A third thread changes y between the writer's release and the reader's acquire.
Results release_sequence(bool by_update) {
    return results(
        [=](Checker& checker, Litmus& state) {
            checker.thread("writer", [&state] {
                state.x.store(1, Order::relaxed);
                state.y.store(1, Order::release);
            });
            checker.thread("between", [=, &state] {
                if (by_update) {
                    state.y.fetch_add(1, Order::relaxed);
                } else if (state.y.load(Order::relaxed) == 1) {
                    state.y.store(2, Order::relaxed);
                }
            });
            checker.thread("reader", [&state] {
                state.result[0] = state.y.load(Order::acquire);
                state.result[1] = state.x.load(Order::relaxed);
            });
        },
        2);
}

TEST_CASE("a release sequence goes on through updates, not through stores") {
    CHECK_FALSE(release_sequence(true).contains("20"));
    CHECK(release_sequence(true).contains("21"));
    CHECK(release_sequence(false).contains("20"));
}

struct Handover {
    Plain<std::uint64_t> data;
    Word ready;
};

Outcome handover(Order store, Order load) {
    return explore([=](Checker& checker) {
        auto& state = checker.make<Handover>();
        checker.name({"ready"});
        state.data.track("data");
        checker.thread("writer", [=, &state] {
            state.data.set(7);
            state.ready.store(1, store);
        });
        checker.thread("reader", [=, &state, &checker] {
            if (state.ready.load(load) == 1) checker.require(state.data.get() == 7, "the data came with the flag");
        });
    });
}

TEST_CASE("races on plain data are found and told, happens-before is not taken for one") {
    CHECK(handover(Order::release, Order::acquire).failure.empty());
    const Outcome unreleased = handover(Order::relaxed, Order::acquire);
    CHECK(unreleased.failure == "data race: data is read");
    CHECK(unreleased.trace.find("ready store relaxed 1") != std::string::npos);
    CHECK(handover(Order::release, Order::relaxed).failure == "data race: data is read");
    // seq_cst fences order, but nothing happens before anything by them alone.
    const Outcome fences_only = explore([](Checker& checker) {
        auto& state = checker.make<Handover>();
        state.data.track("data");
        checker.thread("writer", [&state] {
            state.data.set(7);
            ModelAtomics::fence(Order::seq_cst);
        });
        checker.thread("reader", [&state] {
            ModelAtomics::fence(Order::seq_cst);
            state.data.set(8);
        });
    });
    CHECK(fences_only.failure == "data race: data is written");
}

TEST_CASE("a lost wake-up is found") {
    struct Sleep {
        ModelAtomic<std::uint32_t> asleep;
        Word work;
    };
    const auto outcome = [](bool look_again) {
        return explore([=](Checker& checker) {
            auto& state = checker.make<Sleep>();
            checker.name({"asleep", "work"});
            checker.thread("waiter", [=, &state] {
                state.asleep.store(1, Order::seq_cst);
                if (!look_again || state.work.load(Order::seq_cst) == 0) ModelAtomics::wait(state.asleep, 1, 0);
            });
            checker.thread("producer", [&state] {
                state.work.store(1, Order::seq_cst);
                if (state.asleep.load(Order::seq_cst) == 0) return;
                state.asleep.store(0, Order::relaxed);
                ModelAtomics::wake(state.asleep);
            });
        });
    };
    CHECK(outcome(true).failure.empty());
    CHECK(outcome(true).complete);
    CHECK(outcome(false).failure == "nobody wakes the sleeper");
}

// Without any reduction the schedules of n independent threads of k steps are (nk)! / (k!)^n: 90 here. One is enough.
TEST_CASE("independent steps are tried in one order only") {
    struct Apart {
        std::array<Word, 3> words;
    };
    const Outcome outcome = explore([](Checker& checker) {
        auto& state = checker.make<Apart>();
        for (Word& word : state.words)
            checker.thread("writer", [&word] {
                word.store(1, Order::release);
                word.store(2, Order::release);
            });
    });
    CHECK(outcome.complete);
    CHECK(outcome.executions == 1);
}

}  // namespace
}  // namespace dcx::checker
