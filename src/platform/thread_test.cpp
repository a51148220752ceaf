#include "platform/thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>

using dcx::platform::Thread;
using dcx::platform::ThreadOptions;

namespace {

struct Seen {
    char name[16] = {};
    bool term_blocked = false;
    bool fault_blocked = true;
    unsigned cores = 0;
    int core = -1;
};

std::expected<Seen, std::string> look_inside(const ThreadOptions& options) {
    Seen seen;
    auto thread = Thread::start(options, [&seen](const std::stop_token&) {
        pthread_getname_np(pthread_self(), seen.name, sizeof seen.name);
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        seen.term_blocked = sigismember(&mask, SIGTERM) == 1;
        seen.fault_blocked = sigismember(&mask, SIGSEGV) == 1;
        cpu_set_t allowed;
        sched_getaffinity(0, sizeof allowed, &allowed);
        seen.cores = static_cast<unsigned>(CPU_COUNT(&allowed));
        seen.core = sched_getcpu();
    });
    if (!thread) return std::unexpected(thread.error());
    thread->join();
    return seen;
}

unsigned last_allowed_core() {
    cpu_set_t allowed;
    REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    unsigned last = 0;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &allowed)) last = core;
    return last;
}

}  // namespace

TEST_CASE("a thread has its name and leaves signals to its maker") {
    const auto seen = look_inside({.name = "engine", .core = {}});
    REQUIRE(seen);
    CHECK(std::string(seen->name) == "engine");
    CHECK(seen->term_blocked);
    CHECK_FALSE(seen->fault_blocked);
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    CHECK(sigismember(&mine, SIGTERM) == 0);

    const auto long_name = look_inside({.name = "a name that is much too long", .core = {}});
    REQUIRE(long_name);
    CHECK(std::string(long_name->name) == "a name that is ");
}

TEST_CASE("a pinned thread runs on its core only") {
    const unsigned core = last_allowed_core();
    const auto seen = look_inside({.name = "pinned", .core = core});
    REQUIRE(seen);
    CHECK(seen->cores == 1);
    CHECK(seen->core == static_cast<int>(core));
}

TEST_CASE("a core that does not exist is refused with a reason, and the body never runs") {
    for (const unsigned core : {1023u, 4'000'000'000u}) {
        bool ran = false;
        const auto thread =
            Thread::start({.name = "nowhere", .core = core}, [&ran](const std::stop_token&) { ran = true; });
        REQUIRE_FALSE(thread);
        CHECK(thread.error().starts_with("cannot pin thread 'nowhere' to core " + std::to_string(core) + ": "));
        CHECK(thread.error().find("may run on cores ") != std::string::npos);
        CHECK_FALSE(ran);
    }
}

TEST_CASE("a destroyed thread is asked to stop and waited for") {
    std::atomic<bool> ended{false};
    {
        const auto thread = Thread::start({.name = "waiter", .core = {}}, [&ended](const std::stop_token& stop) {
            while (!stop.stop_requested()) std::this_thread::yield();
            ended = true;
        });
        REQUIRE(thread);
    }
    CHECK(ended);
}
