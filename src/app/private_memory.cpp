#include "app/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <stdexcept>

namespace dcx::app {

void keep_memory_private() {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        throw std::runtime_error("core dumps can't be switched off");
}

}  // namespace dcx::app
