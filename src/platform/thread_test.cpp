#include "platform/thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "base/skip_test.h"

using dcx::platform::Thread;
using dcx::platform::ThreadOptions;

namespace {

struct Seen {
    char name[16] = {};
    bool term_blocked = false;
    bool fault_blocked = true;
    unsigned cores = 0;
    int core = -1;
    int policy = -1;
    int priority = -1;
    std::string warning;
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
        sched_param parameters{};
        pthread_getschedparam(pthread_self(), &seen.policy, &parameters);
        seen.priority = parameters.sched_priority;
    });
    if (!thread) return std::unexpected(thread.error());
    thread->join();
    seen.warning = thread->warning();
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

// Runs the body in a child process without any privilege and with no real-time priority allowed, and gives its code.
template <class Body>
int without_privileges(Body&& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit none{0, 0};
        if (::setrlimit(RLIMIT_RTPRIO, &none) != 0) ::_exit(101);
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(102);
        ::_exit(body());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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

TEST_CASE("real-time priority where it is allowed") {
    const auto seen = look_inside({.name = "urgent", .core = last_allowed_core(), .realtime = 7});
    if (seen && !seen->warning.empty()) return dcx::skip_test(seen->warning);
    REQUIRE(seen);
    CHECK((seen->policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO);
    CHECK(seen->priority == 7);
}

TEST_CASE("real-time priority that is refused is a warning that names the limit, and the body runs") {
    const int code = without_privileges([] {
        const auto seen = look_inside({.name = "urgent", .core = {}, .realtime = 7});
        if (!seen || seen->priority != 0 || (seen->policy & ~SCHED_RESET_ON_FORK) != SCHED_OTHER) return 1;
        const bool named = seen->warning.starts_with("thread 'urgent' runs without its real-time priority 7: ") &&
                           seen->warning.find("RLIMIT_RTPRIO is 0: `ulimit -r 7`") != std::string::npos;
        return named ? 0 : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a thread kept on some cores passes that on to those it makes") {
    const unsigned core = last_allowed_core();
    std::string kept = "not asked";
    unsigned cores = 0;
    auto maker = Thread::start({.name = "maker", .core = {}}, [&](const std::stop_token&) {
        kept = dcx::platform::keep_this_thread_on({&core, 1});
        if (const auto seen = look_inside({.name = "made", .core = {}})) cores = seen->cores;
    });
    REQUIRE(maker);
    maker->join();
    CHECK(kept.empty());
    CHECK(cores == 1);
    const unsigned nowhere[] = {1023};
    CHECK(dcx::platform::keep_this_thread_on(nowhere).starts_with("cannot keep a thread on the cores 1023: "));
}
