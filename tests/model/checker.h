// A stateless model checker for small programs over C++ atomics: runs a scenario again and again until every schedule
// of its threads, and every value that the memory model lets a load return, has been tried.
//
// Threads are fibers of one real thread. The memory is view-based, in the manner of RC11: each location keeps all its
// messages in modification order, each message carries the view that its writer released with it, each thread has three
// views (what it knows, what an acquire fence would add, what its last release fence gave). A load may return any
// message that its thread does not know to be overwritten; a store may stand anywhere in the order behind what its
// thread knows. Plain data (Plain<T>) carries vector clocks: two accesses without happens-before are a failure.
// Not modelled: load buffering (a load that sees a store which comes after it in its own thread and is caused by it, or
// in a cycle of threads); docs/rings.md says why that is no loss here. seq_cst loads and stores are a seq_cst fence and
// an acquire or release access: somewhat stronger than C++. Sleeps on a futex have no timeout and wake only by a wake.
//
// Equivalent schedules are left out by sleep sets: a thread that was tried at a branch is not tried again until a step
// that does not commute with its next one. For a load that means only: until there is a message it has not tried.
//
// Deterministic. One real thread; one Checker at a time. A failure ends the search and gives the whole interleaving.
#pragma once

#include <ucontext.h>

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::checker {

inline constexpr std::size_t max_threads = 7;  // the scenario's own is number 0
inline constexpr std::size_t max_locations = 32;

using Order = std::memory_order;

enum class Kind : std::uint8_t { load, store, update, fence, wait, wake };
enum class Update : std::uint8_t { exchange, add, compare };

struct Operation {
    Kind kind;
    std::uint8_t location = 0;
    Order order = Order::relaxed;
    std::uint64_t operand = 0;
    std::uint64_t expected = 0;  // of Update::compare and of wait
    Update update = Update::exchange;
};

// What a thread or a message knows: of each location the message (by number of creation), of each thread its clock.
struct View {
    std::array<std::uint8_t, max_locations> seen{};
    std::array<std::uint16_t, max_threads> clock{};
};

// An operation of one place with an order that is not relaxed, or a fence of one thread: what can be weakened.
struct Site {
    unsigned number;
    std::string text;  // "tail store release", "producer fence seq_cst"
};

struct Options {
    int weakened = -1;  // the number of a Site: its order becomes relaxed, a fence is left out
    int dies_at = -1;   // the mortal thread stops for ever before this step of its own
    std::uint64_t max_executions = 5'000'000;
};

struct Outcome {
    std::uint64_t executions = 0;  // ran to the end
    std::uint64_t redundant = 0;   // cut off: the rest was tried in another order
    bool complete = false;         // everything was tried
    bool died = false;             // in some execution the mortal thread came to its `dies_at`
    std::string failure;           // empty: none
    std::string trace;             // of the failure
    std::vector<Site> sites;
};

class Checker;
// Called at the start of every execution: makes the state, names it, adds threads.
using Scenario = std::function<void(Checker&)>;

[[nodiscard]] Outcome explore(const Scenario& scenario, const Options& options = {});

class Checker {
  public:
    using Body = std::function<void()>;

    // ---- for scenarios ----
    // Lives as long as the execution. Make all atomics inside such states, before the threads.
    template <class State, class... Arguments>
    State& make(Arguments&&... arguments) {
        auto state = std::make_shared<State>(std::forward<Arguments>(arguments)...);
        states_.push_back(state);
        return *state;
    }
    // Of the atomics in the order of their construction; equal names share their sites.
    void name(std::initializer_list<const char*> names);
    // Bodies must not own memory: a fiber that is cut off is never unwound.
    void thread(const char* name, Body body) { add(name, std::move(body), false, false); }
    // The one that dies at Options::dies_at.
    void mortal(const char* name, Body body) { add(name, std::move(body), true, false); }
    // Runs when the mortal thread has died, and knows all that it did (its process was waited for). Not without death.
    void successor(const char* name, Body body) { add(name, std::move(body), false, true); }
    // After all threads have ended, with all that they know.
    void finally(Body body) { finally_ = std::move(body); }
    // In a body or in finally(): a false `holds` is a failure.
    void require(bool holds, const char* what);
    // Stands in the trace.
    void note(const char* what, std::uint64_t value);

    // ---- for ModelAtomics and Plain ----
    static Checker& current();
    [[nodiscard]] std::uint8_t add_location(std::uint64_t initial);
    [[nodiscard]] int add_plain(const char* name);
    std::uint64_t perform(const Operation& operation);
    void fence(Order order);
    void plain_read(int plain, std::uint64_t value);
    void plain_write(int plain, std::uint64_t value);

  private:
    friend Outcome explore(const Scenario& scenario, const Options& options);

    struct Message {
        std::uint64_t value;
        std::uint8_t position;    // in modification order
        bool has_update = false;  // a read-modify-write stands directly behind it
        View view;
    };
    struct Location {
        const char* name = "atomic";
        std::uint8_t site = 0;  // the first location of this name
        std::vector<Message> messages;
    };
    struct PlainLocation {
        const char* name;
        std::uint8_t writer = 0;
        std::uint16_t written = 0;
        std::array<std::uint16_t, max_threads> read{};
    };
    enum class Status : std::uint8_t { waits_for_death, ready, sleeping, ended };
    struct Thread {
        const char* name = "main";
        Body body;
        bool mortal = false;
        bool is_successor = false;
        Status status = Status::ready;
        int steps = 0;
        View known, acquirable, released;
        Operation next{};
        std::uint64_t result = 0;
        std::uint8_t sleeps_on = 0;
        ucontext_t context;
    };
    // For each thread what was tried already: nothing (0), of a load the messages before this one, or all.
    static constexpr std::uint16_t all_tried = 0xffff;
    using SleepSet = std::array<std::uint16_t, max_threads>;
    struct Branch {
        bool is_schedule;
        std::uint8_t chosen;      // a thread, or an alternative
        std::uint8_t count;       // of alternatives
        std::uint16_t tried;      // of the chosen thread, once it has run from here
        std::uint32_t remaining;  // threads still to be tried
        SleepSet sleep;
    };

    explicit Checker(const Options& options) : options_(options), stacks_(max_threads * stack_size) {}
    void add(const char* name, Body body, bool mortal, bool is_successor);
    void run(const Scenario& scenario);
    void run_threads();
    void start(std::uint8_t thread);
    void resume(std::uint8_t thread);
    void finish();
    static void enter_fiber();
    [[nodiscard]] bool backtrack();
    int pick();
    [[nodiscard]] std::uint32_t candidates();
    [[nodiscard]] std::size_t choose(std::size_t count);
    void step(std::uint8_t thread);
    void wake_dependent(std::uint8_t by);
    void count_step();
    [[nodiscard]] Order site_order(bool is_fence, unsigned place, Kind kind, Order order, bool& dropped);

    std::uint64_t execute(std::uint8_t thread, const Operation& operation, std::size_t tried);
    std::size_t readable(const Thread& thread, const Operation& operation, std::size_t tried,
                         std::array<std::uint8_t, 256>& found) const;
    void read_message(Thread& thread, std::uint8_t location, std::size_t message, Order order);
    void write_message(Thread& thread, std::uint8_t location, std::uint64_t value, Order order, std::size_t behind,
                       const View* continued);
    void seq_cst_fence(Thread& thread);
    void join(View& to, const View& from, bool clocks = true) const;
    void fail(const std::string& what);
    void trace(const Thread& thread, const std::string& what);

    static constexpr std::size_t stack_size = 64 * 1024;
    Options options_;
    Outcome outcome_;
    std::vector<char> stacks_;
    std::vector<Branch> trail_;
    bool tracing_ = false;

    // Of one execution.
    std::size_t depth_ = 0;
    SleepSet sleep_{};
    std::size_t branch_ = 0;  // the schedule branch of this step
    bool cut_off_ = false;
    bool failed_ = false;
    bool dead_ = false;
    unsigned steps_ = 0;
    std::uint8_t running_ = 0;
    std::size_t thread_count_ = 1;
    std::size_t location_count_ = 0;
    std::array<Thread, max_threads> threads_;
    std::array<Location, max_locations> locations_;
    std::vector<PlainLocation> plains_;
    View seq_cst_view_;
    View kernel_view_;
    Body finally_;
    std::vector<std::shared_ptr<void>> states_;
    ucontext_t scheduler_;
    std::bitset<8192> sites_seen_;
};

}  // namespace dcx::checker
