#include "platform/thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <system_error>
#include <utility>

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

// "0-3,8"
std::string allowed_cores() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return "unknown";
    std::string text;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &allowed)) continue;
        unsigned last = core;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &allowed)) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(core);
        if (last > core) text.append("-").append(std::to_string(last));
        core = last;
    }
    return text;
}

std::string pin_this_thread(const std::string& name, unsigned core) {
    int error = EINVAL;
    if (core < CPU_SETSIZE) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(core, &only);
        error = pthread_setaffinity_np(pthread_self(), sizeof only, &only);
    }
    if (error == 0) return {};
    return "cannot pin thread '" + name + "' to core " + std::to_string(core) + ": " + std::strerror(error) +
           " (this process may run on cores " + allowed_cores() + ")";
}

// Text of what went wrong, empty when nothing did.
std::string prepare_this_thread(const ThreadOptions& options) {
    // A name is only for those who look on: a longer one is cut rather than refused.
    pthread_setname_np(pthread_self(), options.name.substr(0, 15).c_str());
    if (options.nice > 0) static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), options.nice));
    return options.core ? pin_this_thread(options.name, *options.core) : std::string{};
}

}  // namespace

std::expected<Thread, std::string> Thread::start(const ThreadOptions& options,
                                                 std::function<void(std::stop_token)> body) {
    std::promise<std::string> prepared;
    std::future<std::string> outcome = prepared.get_future();
    auto run = [options, body = std::move(body), prepared = std::move(prepared)](std::stop_token stop) mutable {
        const std::string error = prepare_this_thread(options);
        prepared.set_value(error);
        if (error.empty()) body(std::move(stop));
    };
    std::jthread thread;
    try {
        const SignalsBlocked blocked;
        thread = std::jthread(std::move(run));
    } catch (const std::system_error& refused) {
        return std::unexpected("cannot start thread '" + options.name + "': " + refused.what());
    }
    if (std::string error = outcome.get(); !error.empty()) return std::unexpected(std::move(error));
    return Thread(std::move(thread));
}

}  // namespace dcx::platform
