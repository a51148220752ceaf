// An image of the whole state as one stream of bytes, for snapshots (Core::save, Core::load): the pools as they lie in
// memory, as far as they have been used, and the counts beside them. It holds indices and no addresses, so it can be
// read back into the pools of another core; that core then goes on exactly as the first one would have.
//
// The layout is that of this program's own structs: an image is a shortcut for replay and no archive. Whoever keeps one
// checks its bytes, and compares Core::state_hash() after loading.
#pragma once

#include <cstdint>

namespace dcx::core {

// Changes with the size of anything in an image. A program skips images of another layout.
[[nodiscard]] std::uint64_t image_layout();

}  // namespace dcx::core
