// DCX_CHECK: an assertion that stays on in every build. A failed check means a bug of ours, never bad input: it prints
// the expression with its place and aborts, because state that broke an invariant must not be served or journaled.
#pragma once

namespace dcx {

[[noreturn, gnu::cold, gnu::noinline]] void check_failed(const char* expression, const char* file, int line);

}  // namespace dcx

#define DCX_CHECK(expression)                                     \
    do {                                                          \
        if (!(expression)) [[unlikely]]                           \
            ::dcx::check_failed(#expression, __FILE__, __LINE__); \
    } while (false)
