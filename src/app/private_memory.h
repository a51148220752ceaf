// For commands that hold secrets.
#pragma once

namespace dcx::app {

// Before any secret is in memory: no core dump, and no other process of this user may look into this one. Throws
// std::runtime_error when that can't be had. A process that may not be looked into can't open /dev/stdin any more: open
// what is to be read before.
void keep_memory_private();

}  // namespace dcx::app
