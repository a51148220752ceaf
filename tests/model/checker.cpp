#include "model/checker.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace dcx::checker {
namespace {

Checker* running_checker = nullptr;

bool acquires(Order order) {
    return order == Order::acquire || order == Order::consume || order == Order::acq_rel || order == Order::seq_cst;
}
bool releases(Order order) { return order == Order::release || order == Order::acq_rel || order == Order::seq_cst; }
// Sees messages, so that a new one makes it worth another try.
bool reads(const Operation& operation) {
    return operation.kind == Kind::load || operation.kind == Kind::update || operation.kind == Kind::wait;
}
bool is_futex(const Operation& operation) { return operation.kind == Kind::wait || operation.kind == Kind::wake; }

std::uint64_t updated(const Operation& operation, std::uint64_t before) {
    return operation.update == Update::add ? before + operation.operand : operation.operand;
}
bool writes(const Operation& operation, std::uint64_t before) {
    return operation.update != Update::compare || before == operation.expected;
}

const char* text(Order order) {
    constexpr std::array<const char*, 6> names{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
    return names[static_cast<std::size_t>(order)];
}
const char* text(Kind kind) {
    constexpr std::array<const char*, 6> names{"load", "store", "update", "fence", "wait", "wake"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace

Checker& Checker::current() {
    DCX_CHECK(running_checker != nullptr);
    return *running_checker;
}

// ---- scenarios ----

void Checker::name(std::initializer_list<const char*> names) {
    DCX_CHECK(names.size() == location_count_);
    std::size_t at = 0;
    for (const char* name : names) {
        Location& location = locations_[at];
        location.name = name;
        location.site = static_cast<std::uint8_t>(at++);
        for (std::uint8_t i = 0; i < location.site; ++i)
            if (std::strcmp(locations_[i].name, name) == 0) location.site = i;
    }
}

void Checker::add(const char* name, Body body, bool mortal, bool is_successor) {
    DCX_CHECK(thread_count_ < max_threads);
    Thread& thread = threads_[thread_count_++];
    thread.name = name;
    thread.body = std::move(body);
    thread.mortal = mortal;
    thread.is_successor = is_successor;
    thread.status = is_successor ? Status::waits_for_death : Status::ready;
    thread.steps = 0;
}

void Checker::require(bool holds, const char* what) {
    if (!holds) fail(what);
}

void Checker::note(const char* what, std::uint64_t value) {
    if (tracing_) trace(threads_[running_], std::string(what) + " " + std::to_string(value));
}

void Checker::fail(const std::string& what) {
    if (!failed_) outcome_.failure = what;
    failed_ = true;
    // A fiber goes no further; the scenario's own code runs to its end, and its first failure counts.
    if (running_ != 0) ::swapcontext(&threads_[running_].context, &scheduler_);
}

void Checker::trace(const Thread& thread, const std::string& what) {
    std::string line = thread.name;
    line.resize(std::max<std::size_t>(line.size() + 1, 14), ' ');
    outcome_.trace += line + what + "\n";
}

// ---- the memory ----

std::uint8_t Checker::add_location(std::uint64_t initial) {
    DCX_CHECK(location_count_ < max_locations && running_ == 0);
    Location& location = locations_[location_count_];
    location.name = "atomic";
    location.site = static_cast<std::uint8_t>(location_count_);
    location.messages.assign(1, Message{.value = initial, .position = 0, .view = {}});
    return static_cast<std::uint8_t>(location_count_++);
}

int Checker::add_plain(const char* name) {
    plains_.push_back({.name = name});
    return static_cast<int>(plains_.size()) - 1;
}

void Checker::join(View& to, const View& from, bool clocks) const {
    for (std::size_t i = 0; i < location_count_; ++i) {
        const auto& messages = locations_[i].messages;
        if (messages[from.seen[i]].position > messages[to.seen[i]].position) to.seen[i] = from.seen[i];
    }
    if (!clocks) return;
    for (std::size_t i = 0; i < thread_count_; ++i) to.clock[i] = std::max(to.clock[i], from.clock[i]);
}

std::size_t Checker::readable(const Thread& thread, const Operation& operation, std::size_t tried,
                              std::array<std::uint8_t, 256>& found) const {
    const auto& messages = locations_[operation.location].messages;
    const std::uint8_t known = messages[thread.known.seen[operation.location]].position;
    std::size_t count = 0;
    for (std::size_t i = tried; i < messages.size(); ++i) {
        if (messages[i].position < known) continue;
        // Of two read-modify-writes only one can stand directly behind a message.
        if (operation.kind == Kind::update && messages[i].has_update && writes(operation, messages[i].value)) continue;
        found[count++] = static_cast<std::uint8_t>(i);
    }
    return count;
}

void Checker::read_message(Thread& thread, std::uint8_t location, std::size_t message, Order order) {
    const View& view = locations_[location].messages[message].view;
    join(thread.acquirable, view);
    if (acquires(order)) join(thread.known, view);
    thread.known.seen[location] = static_cast<std::uint8_t>(message);
    const auto& messages = locations_[location].messages;
    if (messages[message].position > messages[thread.acquirable.seen[location]].position)
        thread.acquirable.seen[location] = static_cast<std::uint8_t>(message);
}

// `continued`: the view of the message that a read-modify-write read, whose release sequence it continues.
void Checker::write_message(Thread& thread, std::uint8_t location, std::uint64_t value, Order order, std::size_t behind,
                            const View* continued) {
    auto& messages = locations_[location].messages;
    DCX_CHECK(messages.size() < 255);
    const auto position = static_cast<std::uint8_t>(messages[behind].position + 1);
    for (Message& message : messages)
        if (message.position >= position) ++message.position;
    const auto number = static_cast<std::uint8_t>(messages.size());
    messages.push_back({.value = value, .position = position, .view = {}});
    thread.known.seen[location] = number;
    join(thread.acquirable, thread.known);
    View view = releases(order) ? thread.known : thread.released;
    if (continued != nullptr) join(view, *continued);
    view.seen[location] = number;
    messages.back().view = view;
}

// Orders what is known of locations, as the C++ order of the fences does; it makes nothing happen before anything
// unless a value travels too, so the clocks stay as they are.
void Checker::seq_cst_fence(Thread& thread) {
    join(thread.known, thread.acquirable);
    join(thread.known, seq_cst_view_, false);
    join(seq_cst_view_, thread.known, false);
    join(thread.acquirable, thread.known);
    thread.released = thread.known;
}

std::uint64_t Checker::execute(std::uint8_t number, const Operation& operation, std::size_t tried) {
    Thread& thread = threads_[number];
    const std::uint8_t at = operation.location;
    auto& messages = locations_[at].messages;
    std::array<std::uint8_t, 256> found;
    if (operation.order == Order::seq_cst) seq_cst_fence(thread);
    const auto say = [&](std::uint64_t value, const char* more = "") {
        if (!tracing_) return;
        trace(thread, std::string(locations_[at].name) + " " + text(operation.kind) + " " +
                          (operation.kind == Kind::wait || operation.kind == Kind::wake ? "" : text(operation.order)) +
                          " " + std::to_string(value) + more);
    };
    switch (operation.kind) {
        case Kind::fence:
            if (tracing_) trace(thread, "fence seq_cst");
            return 0;
        case Kind::load: {
            const std::size_t message = found[choose(readable(thread, operation, tried, found))];
            read_message(thread, at, message, operation.order);
            say(messages[message].value, message + 1 == messages.size() ? "" : " (not the newest)");
            return messages[message].value;
        }
        case Kind::store: {
            const std::uint8_t known = messages[thread.known.seen[at]].position;
            std::size_t count = 0;
            for (std::size_t i = messages.size(); i-- > 0;)
                if (messages[i].position >= known && !messages[i].has_update)
                    found[count++] = static_cast<std::uint8_t>(i);
            write_message(thread, at, operation.operand, operation.order, found[choose(count)], nullptr);
            say(operation.operand);
            return 0;
        }
        case Kind::update: {
            const std::size_t message = found[choose(readable(thread, operation, tried, found))];
            const std::uint64_t before = messages[message].value;
            read_message(thread, at, message, operation.order);
            say(before, writes(operation, before) ? " replaced" : " kept");
            if (writes(operation, before)) {
                messages[message].has_update = true;
                const View continued = messages[message].view;
                write_message(thread, at, updated(operation, before), operation.order, message, &continued);
            }
            return before;
        }
        case Kind::wait: {
            // The kernel compares under the lock that a wake takes too.
            join(thread.known, kernel_view_, false);
            const std::size_t message = found[choose(readable(thread, operation, tried, found))];
            read_message(thread, at, message, Order::relaxed);
            const bool sleeps = messages[message].value == operation.expected;
            if (sleeps) {
                thread.status = Status::sleeping;
                thread.sleeps_on = at;
            }
            say(messages[message].value, sleeps ? " sleeps" : " does not sleep");
            return 0;
        }
        case Kind::wake:
            join(kernel_view_, thread.known, false);
            if (tracing_) trace(thread, std::string(locations_[at].name) + " wake");
            for (std::size_t i = 1; i < thread_count_; ++i) {
                if (threads_[i].status != Status::sleeping || threads_[i].sleeps_on != at) continue;
                threads_[i].status = Status::ready;
                resume(static_cast<std::uint8_t>(i));
                break;
            }
            return 0;
    }
    return 0;
}

// ---- operations of the running thread ----

void Checker::count_step() {
    Thread& thread = threads_[running_];
    if (++steps_ > 5'000) fail("an execution does not end");
    if (thread.mortal && thread.steps++ == options_.dies_at) {
        if (tracing_) trace(thread, "dies");
        outcome_.died = dead_ = true;
        thread.status = Status::ended;
        ::swapcontext(&thread.context, &scheduler_);
    }
}

Order Checker::site_order(bool is_fence, unsigned place, Kind kind, Order order, bool& dropped) {
    dropped = false;
    if (order == Order::relaxed || kind == Kind::wait || kind == Kind::wake) return order;
    const unsigned number =
        ((unsigned{is_fence} * 32 + place) * 8 + static_cast<unsigned>(kind)) * 8 + static_cast<unsigned>(order);
    sites_seen_.set(number);
    if (options_.weakened != static_cast<int>(number)) return order;
    dropped = true;
    return Order::relaxed;
}

std::uint64_t Checker::perform(const Operation& operation) {
    if (running_ == 0) return execute(0, operation, 0);
    count_step();
    Thread& thread = threads_[running_];
    thread.next = operation;
    bool dropped;
    thread.next.order =
        site_order(false, locations_[operation.location].site, operation.kind, operation.order, dropped);
    ::swapcontext(&thread.context, &scheduler_);
    return thread.result;
}

void Checker::fence(Order order) {
    Thread& thread = threads_[running_];
    if (running_ != 0) {
        count_step();
        // Fences of equal threads are one site.
        unsigned place = running_;
        for (unsigned i = 1; i < place; ++i)
            if (std::strcmp(threads_[i].name, thread.name) == 0) place = i;
        bool dropped;
        (void)site_order(true, place, Kind::fence, order, dropped);
        if (dropped) return;
    }
    if (order == Order::seq_cst && running_ != 0) {
        thread.next = {.kind = Kind::fence, .order = order};
        ::swapcontext(&thread.context, &scheduler_);
        return;
    }
    // Nothing that another thread could tell: no step of the schedule.
    if (acquires(order)) join(thread.known, thread.acquirable);
    if (releases(order)) thread.released = thread.known;
    if (tracing_) trace(thread, std::string("fence ") + text(order));
}

// Plain accesses are no steps of the schedule either: where they are ordered nobody can tell, and where they are not,
// that is found whichever comes first.
void Checker::plain_read(int plain, std::uint64_t value) {
    if (running_ != 0) count_step();
    Thread& thread = threads_[running_];
    PlainLocation& data = plains_[static_cast<std::size_t>(plain)];
    if (tracing_) trace(thread, std::string(data.name) + " read " + std::to_string(value));
    data.read[running_] = ++thread.known.clock[running_];
    if (thread.known.clock[data.writer] < data.written) fail(std::string("data race: ") + data.name + " is read");
}

void Checker::plain_write(int plain, std::uint64_t value) {
    if (running_ != 0) count_step();
    Thread& thread = threads_[running_];
    PlainLocation& data = plains_[static_cast<std::size_t>(plain)];
    if (tracing_) trace(thread, std::string(data.name) + " write " + std::to_string(value));
    bool race = thread.known.clock[data.writer] < data.written;
    for (std::size_t i = 0; i < thread_count_; ++i) race |= thread.known.clock[i] < data.read[i];
    data.writer = running_;
    data.written = ++thread.known.clock[running_];
    if (race) fail(std::string("data race: ") + data.name + " is written");
}

// ---- the schedule ----

// One of `count` alternatives of the running step.
std::size_t Checker::choose(std::size_t count) {
    DCX_CHECK(count > 0);
    if (count == 1) return 0;
    if (depth_ == trail_.size())
        trail_.push_back({.is_schedule = false,
                          .chosen = 0,
                          .count = static_cast<std::uint8_t>(count),
                          .tried = 0,
                          .remaining = 0,
                          .sleep = {}});
    DCX_CHECK(trail_[depth_].count == count);
    return trail_[depth_++].chosen;
}

std::uint32_t Checker::candidates() {
    std::uint32_t found = 0;
    std::array<std::uint8_t, 256> messages;
    for (std::size_t i = 1; i < thread_count_; ++i) {
        if (threads_[i].status != Status::ready || sleep_[i] == all_tried) continue;
        if (sleep_[i] > 0 && readable(threads_[i], threads_[i].next, sleep_[i], messages) == 0) continue;
        found |= 1U << i;
    }
    return found;
}

// The next thread to make a step, or -1.
int Checker::pick() {
    if (depth_ == trail_.size()) {
        const std::uint32_t found = candidates();
        if (found == 0) return -1;
        const auto chosen = static_cast<std::uint8_t>(std::countr_zero(found));
        trail_.push_back({.is_schedule = true,
                          .chosen = chosen,
                          .count = 0,
                          .tried = all_tried,
                          .remaining = found & ~(1U << chosen),
                          .sleep = sleep_});
    }
    branch_ = depth_++;
    DCX_CHECK(trail_[branch_].is_schedule);
    sleep_ = trail_[branch_].sleep;
    return trail_[branch_].chosen;
}

// Loads, stores and updates of one location commute, but for what reads() sees: a store may be put anywhere in the
// order that its thread does not know to be over, a load may return old messages, and of two updates the second can't
// read what the first has read. What a load has not tried yet is the new messages.
void Checker::wake_dependent(std::uint8_t by) {
    const Operation done = threads_[by].next;
    for (std::size_t i = 1; i < thread_count_; ++i) {
        const Operation& next = threads_[i].next;
        const bool both_fences = done.order == Order::seq_cst && next.order == Order::seq_cst;
        const bool both_futex = is_futex(done) && is_futex(next) && done.location == next.location;
        if (both_fences || both_futex) sleep_[i] = 0;
    }
    sleep_[by] = 0;
}

void Checker::step(std::uint8_t number) {
    Thread& thread = threads_[number];
    const Operation operation = thread.next;
    trail_[branch_].tried =
        reads(operation) ? static_cast<std::uint16_t>(locations_[operation.location].messages.size()) : all_tried;
    wake_dependent(number);
    thread.result = execute(number, operation, trail_[branch_].sleep[number]);
    if (thread.status == Status::ready && !failed_) resume(number);
}

void Checker::enter_fiber() {
    Checker& checker = current();
    Thread& thread = checker.threads_[checker.running_];
    thread.body();
    thread.status = Status::ended;
    ::swapcontext(&thread.context, &checker.scheduler_);
}

void Checker::start(std::uint8_t number) {
    Thread& thread = threads_[number];
    ::getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = stacks_.data() + number * stack_size;
    thread.context.uc_stack.ss_size = stack_size;
    thread.context.uc_link = nullptr;
    ::makecontext(&thread.context, &Checker::enter_fiber, 0);
    thread.status = Status::ready;
    resume(number);
}

// Runs the thread up to its next operation.
void Checker::resume(std::uint8_t number) {
    const std::uint8_t before = std::exchange(running_, number);
    ::swapcontext(&scheduler_, &threads_[number].context);
    running_ = before;
    if (!threads_[number].mortal || !dead_ || failed_) return;
    for (std::size_t i = 1; i < thread_count_; ++i) {
        if (threads_[i].status != Status::waits_for_death) continue;
        threads_[i].known = threads_[i].acquirable = threads_[i].released = threads_[number].known;
        start(static_cast<std::uint8_t>(i));
    }
}

void Checker::run_threads() {
    for (std::uint8_t i = 1; i < thread_count_ && !failed_; ++i) {
        Thread& thread = threads_[i];
        thread.known = threads_[0].known;
        thread.acquirable = thread.released = thread.known;
        if (thread.status == Status::ready) start(i);
    }
    while (!failed_) {
        bool any_ready = false;
        int asleep = -1;
        for (std::size_t i = 1; i < thread_count_; ++i) {
            any_ready |= threads_[i].status == Status::ready;
            if (threads_[i].status == Status::sleeping) asleep = static_cast<int>(i);
        }
        if (any_ready) {
            const int next = pick();
            if (next < 0) {
                cut_off_ = true;
                return;
            }
            step(static_cast<std::uint8_t>(next));
            continue;
        }
        if (asleep < 0) return;
        // Who would have rung is dead: the sleep ends by its timeout. Else a wake-up was lost.
        if (!dead_) return fail("nobody wakes the sleeper");
        // By then every store has become visible, which C++ asks for only "in a finite time".
        Thread& sleeper = threads_[static_cast<std::size_t>(asleep)];
        for (std::size_t i = 0; i < location_count_; ++i) {
            const auto& messages = locations_[i].messages;
            const auto newest = std::ranges::max_element(messages, {}, &Message::position) - messages.begin();
            sleeper.known.seen[i] = sleeper.acquirable.seen[i] = static_cast<std::uint8_t>(newest);
        }
        if (tracing_) trace(sleeper, "wakes by its timeout");
        sleeper.status = Status::ready;
        resume(static_cast<std::uint8_t>(asleep));
    }
}

void Checker::finish() {
    for (std::size_t i = 1; i < thread_count_; ++i) join(threads_[0].known, threads_[i].known);
    threads_[0].acquirable = threads_[0].known;
    if (finally_) finally_();
}

void Checker::run(const Scenario& scenario) {
    depth_ = 0;
    sleep_ = {};
    cut_off_ = failed_ = dead_ = false;
    steps_ = 0;
    thread_count_ = 1;
    location_count_ = 0;
    plains_.clear();
    states_.clear();
    finally_ = nullptr;
    seq_cst_view_ = kernel_view_ = threads_[0].known = threads_[0].acquirable = threads_[0].released = {};
    scenario(*this);
    run_threads();
    if (!failed_ && !cut_off_) finish();
}

// To the next untried branch.
bool Checker::backtrack() {
    while (!trail_.empty()) {
        Branch& last = trail_.back();
        if (!last.is_schedule) {
            if (++last.chosen < last.count) return true;
        } else {
            last.sleep[last.chosen] = last.tried;
            if (last.remaining != 0) {
                last.chosen = static_cast<std::uint8_t>(std::countr_zero(last.remaining));
                last.remaining &= last.remaining - 1;
                return true;
            }
        }
        trail_.pop_back();
    }
    return false;
}

Outcome explore(const Scenario& scenario, const Options& options) {
    Checker checker(options);
    Outcome& outcome = checker.outcome_;
    Checker* const outer = std::exchange(running_checker, &checker);
    for (;;) {
        checker.run(scenario);
        ++(checker.cut_off_ ? outcome.redundant : outcome.executions);
        if (checker.failed_) {
            // Once more, the same way, and told.
            checker.tracing_ = true;
            checker.run(scenario);
            break;
        }
        if (!checker.backtrack()) {
            outcome.complete = true;
            break;
        }
        if (outcome.executions + outcome.redundant >= options.max_executions) break;
    }
    for (unsigned number = 0; number < checker.sites_seen_.size(); ++number) {
        if (!checker.sites_seen_[number]) continue;
        const unsigned place = number / 64 % 32;
        const bool is_fence = number >= 32 * 64;
        outcome.sites.push_back(
            {number, std::string(is_fence ? checker.threads_[place].name : checker.locations_[place].name) + " " +
                         text(static_cast<Kind>(number / 8 % 8)) + " " + text(static_cast<Order>(number % 8))});
    }
    checker.states_.clear();
    running_checker = outer;
    return outcome;
}

}  // namespace dcx::checker
