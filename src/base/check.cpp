#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace dcx {

void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "dcx: check failed: %s (%s:%d)\n", expression, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace dcx
