#include "base/check.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace {

struct Death {
    int signal = 0;
    std::string message;
};

// Runs `body` in a child process and says how it died and what it wrote to stderr.
template <class Body>
Death death_of(Body body) {
    std::array<int, 2> pipe_ends{};
    REQUIRE(::pipe(pipe_ends.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(pipe_ends[1], STDERR_FILENO);
        // doctest's own handler would report the child's abort as a failure of this test.
        std::signal(SIGABRT, SIG_DFL);
        body();
        ::_exit(0);
    }
    ::close(pipe_ends[1]);
    Death death;
    std::array<char, 256> buffer{};
    for (ssize_t n = 0; (n = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0;)
        death.message.append(buffer.data(), static_cast<std::size_t>(n));
    ::close(pipe_ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
    return death;
}

}  // namespace

TEST_CASE("a failed check aborts and names the expression and its place") {
    const Death death = death_of([] { DCX_CHECK(1 + 1 == 3); });
    CHECK(death.signal == SIGABRT);
    CHECK(death.message.find("check failed: 1 + 1 == 3") != std::string::npos);
    CHECK(death.message.find("check_test.cpp:") != std::string::npos);
}

TEST_CASE("a check that holds evaluates its expression once and goes on") {
    int evaluated = 0;
    DCX_CHECK(++evaluated == 1);
    CHECK(evaluated == 1);
    CHECK(death_of([] { DCX_CHECK(true); }).signal == 0);
}

TEST_CASE("a check is one statement, also between if and else") {
    bool reached = false;
    if (reached)
        DCX_CHECK(false);
    else
        reached = true;
    CHECK(reached);
}
