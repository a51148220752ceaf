#include "platform/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <system_error>
#include <utility>
#include <vector>

#include "platform/topology.h"

namespace dcx::platform {
namespace {

// While it lives, threads made by this one start with all signals blocked but those a fault raises in its own thread.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t blocked;
        sigfillset(&blocked);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF})
            sigdelset(&blocked, fault);
        pthread_sigmask(SIG_SETMASK, &blocked, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

std::string allowed_cores() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return "unknown";
    std::vector<unsigned> cores;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &allowed)) cores.push_back(core);
    return cpu_list(std::move(cores));
}

// The error's number, 0 when there is none.
int confine(std::span<const unsigned> cores) {
    cpu_set_t only;
    CPU_ZERO(&only);
    for (const unsigned core : cores) {
        if (core >= CPU_SETSIZE) return EINVAL;
        CPU_SET(core, &only);
    }
    return pthread_setaffinity_np(pthread_self(), sizeof only, &only);
}

std::string pin_this_thread(const std::string& name, unsigned core) {
    const int error = confine({&core, 1});
    if (error == 0) return {};
    return "cannot pin thread '" + name + "' to core " + std::to_string(core) + ": " + std::strerror(error) +
           " (this process may run on cores " + allowed_cores() + ")";
}

std::string make_this_thread_realtime(const std::string& name, int priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters);
    if (error == 0) return {};
    rlimit limit{};
    ::getrlimit(RLIMIT_RTPRIO, &limit);
    const std::string wanted = std::to_string(priority);
    return "thread '" + name + "' runs without its real-time priority " + wanted + ": " + std::strerror(error) +
           " (RLIMIT_RTPRIO is " + std::to_string(limit.rlim_cur) + ": `ulimit -r " + wanted +
           "`, or LimitRTPRIO=" + wanted + " and RestrictRealtime=no of a systemd unit)";
}

struct Prepared {
    std::string error;    // empty: go on
    std::string warning;  // of what it goes without
};

Prepared prepare_this_thread(const ThreadOptions& options) {
    // A name is only for those who look on: a longer one is cut rather than refused.
    pthread_setname_np(pthread_self(), options.name.substr(0, 15).c_str());
    if (options.nice > 0) static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), options.nice));
    Prepared prepared;
    if (options.core) prepared.error = pin_this_thread(options.name, *options.core);
    if (prepared.error.empty() && options.realtime > 0)
        prepared.warning = make_this_thread_realtime(options.name, options.realtime);
    return prepared;
}

}  // namespace

std::expected<Thread, std::string> Thread::start(const ThreadOptions& options,
                                                 std::function<void(std::stop_token)> body) {
    std::promise<Prepared> prepared;
    std::future<Prepared> outcome = prepared.get_future();
    auto run = [options, body = std::move(body), prepared = std::move(prepared)](std::stop_token stop) mutable {
        Prepared result = prepare_this_thread(options);
        const bool ready = result.error.empty();
        prepared.set_value(std::move(result));
        if (ready) body(std::move(stop));
    };
    std::jthread thread;
    try {
        const SignalsBlocked blocked;
        thread = std::jthread(std::move(run));
    } catch (const std::system_error& refused) {
        return std::unexpected("cannot start thread '" + options.name + "': " + refused.what());
    }
    Prepared result = outcome.get();
    if (!result.error.empty()) return std::unexpected(std::move(result.error));
    return Thread(std::move(thread), std::move(result.warning));
}

std::string keep_this_thread_on(std::span<const unsigned> cores) {
    const int error = confine(cores);
    if (error == 0) return {};
    return std::string("cannot keep a thread on the cores ") + cpu_list({cores.begin(), cores.end()}) + ": " +
           std::strerror(error) + " (this process may run on cores " + allowed_cores() + ")";
}

}  // namespace dcx::platform
